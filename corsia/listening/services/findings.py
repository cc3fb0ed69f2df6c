"""What was found out about touchpoints, by whatever instrument."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.listening.models import Finding, Touchpoint
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.low_items import LowItem, low_items
from corsia.listening.vocabulary import Instrument, Sign
from corsia.organisation.queries import tree


class FindingSettled(Refused):
    code = "listening.finding_settled"
    message = _("This finding was settled already. Reload the page.")


@dataclass(frozen=True, kw_only=True)
class FindingData:
    """One finding; `severity` is from 1 to 5."""

    touchpoint_id: int
    instrument: str
    sign: str
    severity: int
    title: str
    found_on: date
    quote: str = ""
    source_id: int | None = None


@transaction.atomic
def add_finding(*, unit_id: int, data: FindingData, by: Actor, now: datetime) -> Finding:
    """Write down what was found out at a unit.

    Raises:
        NotFound: no such touchpoint within the scope.
    """
    demand(by, MANAGE_LISTENING, unit_id)
    Touchpoint.objects.find(data.touchpoint_id)
    values = {name: getattr(data, name) for name in FindingData.__dataclass_fields__}
    finding: Finding = Finding.objects.create(unit_id=unit_id, noted_by_id=by.id, noted_at=now, **values)
    audit(finding, "finding_added", by=by, now=now, sign=data.sign, severity=data.severity)
    return finding


@transaction.atomic
def settle_finding(*, finding_id: int, by: Actor, now: datetime) -> Finding:
    """Say that what was found no longer holds; it stays in the history and leaves the ranking.

    Raises:
        FindingSettled: somebody said so before.
    """
    finding: Finding = Finding.objects.lock(finding_id)
    demand(by, MANAGE_LISTENING, finding.unit_id)
    if finding.settled_on is not None:
        raise FindingSettled
    today = now.astimezone(tree().time_zone(finding.unit_id)).date()
    finding.settled_on = max(today, finding.found_on)
    finding.save(update_fields=["settled_on"])
    audit(finding, "finding_settled", by=by, now=now)
    return finding


@transaction.atomic
def settle_findings(*, finding_ids: Iterable[int], by: Actor, now: datetime) -> int:
    """Say that several findings no longer hold, and return how many there were.

    Raises:
        FindingSettled: somebody said so of one of them before; then none of them is settled by this.
    """
    return sum(settle_finding(finding_id=pk, by=by, now=now) is not None for pk in sorted(set(finding_ids)))


@transaction.atomic
def find_low_items(*, now: datetime) -> int:
    """Count the bad answers of this month and the last into findings; the first time those of a year.

    Return how many findings there are of these months.
    """
    is_first = not Finding.objects.filter(month__isnull=False).exists()
    since, found = low_items(now=now, months=12 if is_first else 2)
    held = {
        (row.unit_id, row.touchpoint_id, row.item, row.month): row
        for row in Finding.objects.select_for_update(of=("self",)).filter(month__gte=since, settled_on=None)
    }
    fresh = [(one, held.pop((one.unit_id, one.touchpoint_id, one.item, one.month), None)) for one in found]
    changed = [_counted(one, row) for one, row in fresh if row is not None]
    Finding.objects.bulk_update(changed, ["severity", "title", "found_on", "noted_at", "times"], batch_size=500)
    Finding.objects.bulk_create(
        _counted(
            one,
            Finding(
                unit_id=one.unit_id,
                touchpoint_id=one.touchpoint_id,
                instrument=Instrument.SURVEY,
                sign=Sign.MINUS,
                item=one.item,
                month=one.month,
            ),
        )
        for one, row in fresh
        if row is None
    )
    # What nobody says any more: their answers were set aside or erased.
    Finding.objects.filter(pk__in=[row.pk for row in held.values()]).delete()
    return len(found)


def _counted(one: LowItem, row: Finding) -> Finding:
    row.severity, row.title, row.times = one.severity, one.title, one.times
    row.found_on, row.noted_at = one.latest_on, one.latest_at
    return row
