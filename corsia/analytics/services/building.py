"""Put a number together from parts, or retire it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.analytics.models import BuiltMetric
from corsia.analytics.permissions import BUILD_METRICS
from corsia.analytics.queries.built import metric_of
from corsia.analytics.rules.metrics import NotAMetric
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid


class PartsDoNotFit(Invalid):
    code = "analytics.parts_do_not_fit"
    message = _("These parts do not make a number. Averages need an amount, shares a condition; counts need neither.")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a number is made of: keys of `rules.parts`."""

    unit_id: int
    name_it: str
    name_en: str
    dataset: str
    day: str
    statistic: str
    rows: Sequence[str] = ()
    amount: str = ""
    of: str = ""
    better: str = "neither"
    minimum_n: int = 5


def planned(plan: Plan) -> BuiltMetric:
    """Return the row of a plan, not stored.

    Raises:
        PartsDoNotFit: its parts make no number.
    """
    row = BuiltMetric(
        unit_id=plan.unit_id,
        key="preview",
        name_it=plan.name_it,
        name_en=plan.name_en,
        dataset=plan.dataset,
        day=plan.day,
        statistic=plan.statistic,
        rows=" ".join(plan.rows),
        amount=plan.amount,
        of=plan.of,
        better=plan.better,
        minimum_n=plan.minimum_n,
    )
    try:
        metric_of(row)
    except (NotAMetric, ValueError, KeyError):
        raise PartsDoNotFit from None
    return row


@transaction.atomic
def build_metric(*, plan: Plan, by: Actor, now: datetime) -> BuiltMetric:
    """Keep a number put together from parts, for a unit and everything below it.

    Raises:
        PartsDoNotFit: its parts make no number.
        NotAllowed: the actor builds no numbers there.
    """
    demand(by, BUILD_METRICS, plan.unit_id)
    row = planned(plan)
    row.key, row.made_by_id, row.made_at = f"own-{secrets.token_hex(6)}", by.id, now
    row.save(force_insert=True)
    audit(row, "metric_built", by=by, now=now, name=row.name_it)
    return row


@transaction.atomic
def retire_metric(*, metric_id: int, by: Actor, now: datetime) -> None:
    """Take a built number out of sight; it stays in the trail.

    Raises:
        NotAllowed: it belongs to a unit where the actor builds no numbers.
    """
    row: BuiltMetric = BuiltMetric.objects.lock(metric_id)
    demand(by, BUILD_METRICS, row.unit_id)
    row.is_retired = True
    row.save(update_fields=["is_retired"])
    audit(row, "metric_retired", by=by, now=now)
