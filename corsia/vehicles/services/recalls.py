"""Recall campaigns: written down, given their VINs, ended. A single vehicle's is closed by what was done to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.organisation.queries import group_of
from corsia.vehicles.models import Recall, Vehicle, VehicleRecall
from corsia.vehicles.permissions import MANAGE_DUES
from corsia.vehicles.rules.vin_list import VinList, read_vins
from corsia.vehicles.services.dues import recompute_dues
from corsia.vehicles.services.linking import link_recalls
from corsia.vehicles.services.records import demand_edit

T = TypeVar("T")
MOST_VINS = 50_000
BATCH = 2000


class RecallKnown(Refused):
    code = "vehicles.recall_known"
    message = _("Recall %(recall)s is already written down. Open that one and add the VINs there.")


class EndsBeforeItOpens(Invalid):
    code = "vehicles.recall_ends_before_it_opens"
    message = _("A recall cannot end before it opens. Correct one of the days.")


class TooManyVins(Invalid):
    code = "vehicles.too_many_vins"
    message = _("The list holds more than %(most)s VINs. Add them in parts.")


class NoVins(Invalid):
    code = "vehicles.no_vins"
    message = _("There is no VIN in the list. A VIN has 17 letters and digits.")


@dataclass(frozen=True, kw_only=True)
class RecallData:
    """A campaign as the maker announces it."""

    code: str
    title_it: str
    title_en: str = ""
    text_it: str = ""
    text_en: str = ""
    opened_on: date
    ended_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of a list of VINs."""

    new: int
    known_before: int
    unknown: tuple[str, ...]  # new VINs of which we know no vehicle
    unreadable: tuple[str, ...]


@transaction.atomic
def save_recall(*, recall_id: int | None, unit_id: int, data: RecallData, by: Actor, now: datetime) -> Recall:
    """Write a campaign down, or correct it.

    Args:
        unit_id: any unit of the dealer group: the campaign is the group's.

    Raises:
        RecallKnown: the group already has a campaign of that code.
        EndsBeforeItOpens: its days are the wrong way round.
    """
    if data.ended_on is not None and data.ended_on < data.opened_on:
        raise EndsBeforeItOpens
    recall: Recall = Recall.objects.lock(recall_id) if recall_id else Recall(unit_id=group_of(unit_id).pk)
    demand_edit(by, recall.unit_id, MANAGE_DUES)
    for name in RecallData.__dataclass_fields__:
        setattr(recall, name, getattr(data, name))
    try:
        with transaction.atomic():
            recall.save()
    except IntegrityError:
        raise RecallKnown(recall=data.code) from None
    audit(recall, "recall_saved", by=by, now=now, code=recall.code)
    _recompute(recall, now=now)
    return recall


@transaction.atomic
def add_vins(*, recall_id: int, text: str, by: Actor, now: datetime) -> Imported:
    """Add the VINs of a list to a campaign; those it names already stay as they are.

    Raises:
        NotFound: no such campaign within the scope.
        NoVins, TooManyVins: the list cannot be taken.
    """
    recall: Recall = Recall.objects.lock(recall_id)
    demand_edit(by, recall.unit_id, MANAGE_DUES)
    listed: VinList = read_vins(text)
    if not listed.vins:
        raise NoVins
    if len(listed.vins) > MOST_VINS:
        raise TooManyVins(most=MOST_VINS)
    before = set(VehicleRecall.objects.filter(recall=recall, vin__in=listed.vins).values_list("vin", flat=True))
    new = [vin for vin in listed.vins if vin not in before]
    ids: dict[str, int] = {}
    for part in _parts(new):
        ids |= dict(Vehicle.objects.filter(unit_id=recall.unit_id, vin__in=part).values_list("vin", "pk"))
    VehicleRecall.objects.bulk_create(
        [VehicleRecall(recall=recall, vin=vin, vehicle_id=ids.get(vin)) for vin in new], batch_size=BATCH
    )
    audit(recall, "recall_vins_added", by=by, now=now, vins=len(new))
    for known in _parts(list(ids.values())):
        recompute_dues(vehicle_ids=known, now=now)
    return Imported(
        new=len(new),
        known_before=len(before),
        unknown=tuple(vin for vin in new if vin not in ids),
        unreadable=listed.unreadable,
    )


def _recompute(recall: Recall, *, now: datetime) -> None:
    link_recalls()
    ids = VehicleRecall.objects.filter(recall=recall, vehicle__isnull=False, closed_on=None)
    for part in _parts(list(ids.order_by("vehicle_id").values_list("vehicle_id", flat=True))):
        recompute_dues(vehicle_ids=part, now=now)


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
