"""Touchpoints of the journey: shipped, written, moved, looked at anew."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.listening.models import Touchpoint
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.rules.journey import next_review
from corsia.listening.vocabulary import LifeState, Stage
from corsia.organisation.models import Person
from corsia.organisation.queries import managers_above, tree
from corsia.organisation.services import notify

SHIPPED = Path(__file__).parent.parent / "shipped" / "touchpoints.yaml"
MOST = 500


class TouchpointRetired(Refused):
    code = "listening.touchpoint_retired"
    message = _("%(name)s is retired, so there is nothing to review. Make it active again first.")


@dataclass(frozen=True, kw_only=True)
class TouchpointData:
    """What a manager writes; the fields are those of Touchpoint."""

    name_it: str
    name_en: str
    stage: str
    is_digital: bool = False
    is_moment_of_truth: bool = False
    owner_id: int | None = None
    state: str = LifeState.ACTIVE.value
    review_months: int = 12


@cache
def shipped_touchpoints() -> tuple[dict[str, Any], ...]:
    """Return the touchpoints of the package as their file says, in the order of the journey."""
    return tuple(yaml.safe_load(SHIPPED.read_text(encoding="utf-8")))


@transaction.atomic
def install_touchpoints(*, unit_id: int, by: Actor, now: datetime) -> list[Touchpoint]:
    """Put the shipped touchpoints on the journey of a unit; those it has already are left as they are.

    Returns:
        The touchpoints that are new.
    """
    demand(by, MANAGE_LISTENING, unit_id)
    there = set(Touchpoint.objects.filter(unit_id=unit_id).values_list("key", flat=True))
    today = now.astimezone(tree().time_zone(unit_id)).date()
    places = dict.fromkeys(Stage.values, 0)
    new = []
    for one in shipped_touchpoints():
        place = places[one["stage"]]
        places[one["stage"]] += 1
        if one["key"] in there:
            continue
        new.append(
            Touchpoint(
                unit_id=unit_id,
                key=one["key"],
                name_it=one["it"],
                name_en=one["en"],
                stage=one["stage"],
                is_digital=one.get("digital", False),
                is_moment_of_truth=one.get("moment_of_truth", False),
                reviewed_on=today,
                position=place,
            )
        )
    Touchpoint.objects.bulk_create(new)
    for touchpoint in new:
        audit(touchpoint, "touchpoint_saved", by=by, now=now, key=touchpoint.key)
    return new


@transaction.atomic
def save_touchpoint(
    *, touchpoint_id: int | None, unit_id: int, data: TouchpointData, by: Actor, now: datetime
) -> Touchpoint:
    """Write a touchpoint, or change it where it stands. A new one goes to the end of its stage."""
    if touchpoint_id is None:
        demand(by, MANAGE_LISTENING, unit_id)
        touchpoint = Touchpoint(unit_id=unit_id, key=_free_key(unit_id, data.name_en or data.name_it))
        touchpoint.reviewed_on = now.astimezone(tree().time_zone(unit_id)).date()
    else:
        touchpoint = _locked(touchpoint_id, by=by)
    if touchpoint.stage != data.stage:
        touchpoint.position = _end_of(touchpoint.unit_id, data.stage)
    for name in TouchpointData.__dataclass_fields__:
        setattr(touchpoint, name, getattr(data, name))
    touchpoint.save()
    audit(touchpoint, "touchpoint_saved", by=by, now=now, key=touchpoint.key, stage=data.stage, state=data.state)
    return touchpoint


@transaction.atomic
def move_touchpoint(*, touchpoint_id: int, stage: str, before_id: int | None, by: Actor, now: datetime) -> Touchpoint:
    """Put a touchpoint into a stage, before another of its unit or at the end."""
    touchpoint = _locked(touchpoint_id, by=by)
    others = Touchpoint.objects.select_for_update().filter(unit_id=touchpoint.unit_id, stage=stage)
    row = [other for other in others.order_by("position", "pk") if other.pk != touchpoint.pk]
    place = next((index for index, other in enumerate(row) if other.pk == before_id), len(row))
    row.insert(place, touchpoint)
    was, touchpoint.stage = touchpoint.stage, stage
    for position, other in enumerate(row):
        if other.position != position or other.pk == touchpoint.pk:
            other.position = position
            other.save(update_fields=["position", "stage"])
    audit(touchpoint, "touchpoint_moved", by=by, now=now, stage=[was, stage], position=touchpoint.position)
    return touchpoint


@transaction.atomic
def review_touchpoint(*, touchpoint_id: int, by: Actor, now: datetime) -> Touchpoint:
    """Write down that a touchpoint was looked at anew today; its rhythm begins again.

    Raises:
        TouchpointRetired: it is not lived any more.
    """
    touchpoint = _locked(touchpoint_id, by=by)
    if touchpoint.state == LifeState.RETIRED:
        raise TouchpointRetired(name=touchpoint.name_it)
    touchpoint.reviewed_on = now.astimezone(tree().time_zone(touchpoint.unit_id)).date()
    if touchpoint.state == LifeState.REVIEW:
        touchpoint.state = LifeState.ACTIVE
    touchpoint.save(update_fields=["reviewed_on", "state"])
    audit(touchpoint, "touchpoint_reviewed", by=by, now=now)
    return touchpoint


def tell_due_touchpoints(*, now: datetime) -> int:
    """Tell owners, once for each day on which it fell due, that a touchpoint is to be reviewed; return how many.

    One without an owner, or whose owner left, is told to the nearest managers.
    """
    places, told = tree(), 0
    lived = Touchpoint.objects.filter(state__in=[LifeState.ACTIVE, LifeState.REVIEW], reviewed_on__isnull=False)
    for one in lived.select_related("owner").order_by("reviewed_on", "pk")[:MOST]:
        today = now.astimezone(places.time_zone(one.unit_id)).date()
        due_on = next_review(one.reviewed_on, one.review_months)
        if due_on > today:
            continue
        owner: Person | None = one.owner
        told += notify(
            [owner.pk]
            if owner and owner.is_active
            else [person.pk for person in managers_above(one.unit_id, level=1, today=today)[:2]],
            kind="listening.touchpoint",
            title=_("A touchpoint is due for review"),
            text=one.name_it,
            url=reverse("listening:touchpoint", args=[one.pk]),
            dedupe_key=f"listening.touchpoint.{one.pk}.{due_on.isoformat()}",
            now=now,
        )
    return told


def _locked(touchpoint_id: int, *, by: Actor) -> Touchpoint:
    touchpoint: Touchpoint = Touchpoint.objects.lock(touchpoint_id)
    demand(by, MANAGE_LISTENING, touchpoint.unit_id)
    return touchpoint


def _end_of(unit_id: int, stage: str) -> int:
    last = Touchpoint.objects.filter(unit_id=unit_id, stage=stage).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _free_key(unit_id: int, name: str) -> str:
    """Return the name as a key, numbered where the unit has such a one."""
    stem = slugify(name)[:36] or "touchpoint"
    taken = set(Touchpoint.unscoped.filter(unit_id=unit_id, key__startswith=stem).values_list("key", flat=True))
    return next(key for key in (stem, *(f"{stem}-{n}" for n in range(2, 1000))) if key not in taken)
