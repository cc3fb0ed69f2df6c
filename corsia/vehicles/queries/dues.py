"""What vehicles are due for, as pages and messages tell it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from corsia.kernel.scope import visible_ids
from corsia.organisation.queries import tree
from corsia.vehicles.models import Due, ServiceEvent, Vehicle, VehicleRecall
from corsia.vehicles.rules.dues import add_months
from corsia.vehicles.rules.plates import display_plate
from corsia.vehicles.vocabulary import DueKind, DueReason, DueState

SOON = timedelta(days=30)
SHOWN_EVENTS = 6
_BECAUSE = {
    DueReason.KM.value: gettext_lazy("%(km)s km come first, counted from the service of %(day)s"),
    DueReason.DATE.value: gettext_lazy("%(months)s after the service of %(day)s come first"),
    DueReason.FIRST_INSPECTION.value: gettext_lazy("Four years after the first registration, by the end of the month"),
    DueReason.INSPECTION.value: gettext_lazy("Two years after the inspection of %(day)s, by the end of the month"),
    DueReason.WINTER_TYRES.value: gettext_lazy(
        "Winter tyres or chains from 15 November; the change may begin on 15 October"
    ),
    DueReason.SUMMER_TYRES.value: gettext_lazy(
        "Winter tyres of a lower speed class come off between 15 April and 15 May"
    ),
    DueReason.MAKER_WARRANTY.value: gettext_lazy("The warranty that came with the vehicle"),
    DueReason.LEGAL_WARRANTY.value: gettext_lazy("The legal warranty: two years"),
    DueReason.RECALL.value: gettext_lazy("Open since %(opened)s, until the work is done"),
}
_ASSUMED = {
    DueReason.KM.value: gettext_lazy("%(km)s km come first, counted from the first registration"),
    DueReason.DATE.value: gettext_lazy("%(months)s after the first registration come first"),
    DueReason.INSPECTION.value: gettext_lazy("Every two years, if the last one was done in time: it is not known here"),
    DueReason.LEGAL_WARRANTY.value: gettext_lazy("The legal warranty: two years, counted from the first registration"),
}


@dataclass(frozen=True, kw_only=True)
class DueRow:
    """A due in words. `days` is how many are left, negative once it is overdue."""

    due: Due
    kind: DueKind
    vehicle: Vehicle
    name: str
    plate: str
    place: str  # where it was last, within the scope
    title: str
    because: str  # why on that day
    span: str  # between which days it lies; "" where it is a day of the calendar
    habit: str  # when it will probably come; "" where that is not known
    days: int

    @property
    def is_overdue(self) -> bool:
        """Tell whether its day has passed; a recall is not overdue, it is open."""
        return self.days < 0 and self.kind != DueKind.RECALL

    @property
    def is_soon(self) -> bool:
        """Tell whether it comes within a month, or is a recall."""
        return self.kind == DueKind.RECALL or 0 <= self.days <= SOON.days


@dataclass(frozen=True, kw_only=True)
class DuesOf:
    """What a vehicle is due for, and what was done to it."""

    dues: list[DueRow]
    events: list[ServiceEvent]
    recalls: list[VehicleRecall]  # open ones
    has_plan_due: bool  # whether a next service could be foretold


def dues_of(*, vehicle_id: int, on: date) -> DuesOf:
    """Return what a vehicle is due for, soonest first, and what was done to it, latest first."""
    dues = due_rows(_open().filter(vehicle_id=vehicle_id).order_by("due_on", "pk"), on=on)
    events = ServiceEvent.objects.filter(vehicle_id=vehicle_id).select_related("place").order_by("-done_on", "-pk")
    return DuesOf(
        dues=dues,
        events=list(events[:SHOWN_EVENTS]),
        recalls=[row.due.recall for row in dues if row.due.recall is not None],
        has_plan_due=any(row.kind == DueKind.SERVICE for row in dues),
    )


def dues_of_vehicles(*, vehicle_ids: Collection[int], on: date) -> list[DueRow]:
    """Return what some vehicles are due for, soonest first."""
    return due_rows(_open().filter(vehicle_id__in=vehicle_ids).order_by("due_on", "pk"), on=on)


def dues_list(
    *,
    on: date,
    kind: str = "",
    place_ids: Collection[int] | None = None,
    month: date | None = None,
    after: tuple[date, int] | None = None,
    limit: int,
) -> list[DueRow]:
    """Return open dues by day, those overdue first, from after a day and id on.

    Args:
        place_ids: only vehicles that were last at one of these units; None for all.
        month: the first day of the month they fall into.
    """
    rows = _open()
    if kind:
        rows = rows.filter(kind=kind)
    if place_ids is not None:
        rows = rows.filter(place_id__in=place_ids)
    if month is not None:
        rows = rows.filter(due_on__gte=month, due_on__lt=add_months(month, 1))
    if after is not None:
        rows = rows.filter(due_on__gte=after[0]).exclude(due_on=after[0], pk__lte=after[1])
    return due_rows(rows.order_by("due_on", "pk")[:limit], on=on)


def due_rows(dues: "QuerySet[Due] | Sequence[Due]", *, on: date) -> list[DueRow]:
    """Return dues in words, in the language that is active."""
    rows, organisation = list(dues), tree()
    seen = visible_ids(organisation.units)
    return [
        DueRow(
            due=due,
            kind=DueKind(due.kind),
            vehicle=due.vehicle,
            name=str(due.vehicle),
            plate=display_plate(due.vehicle.plate),
            place=organisation.label(due.place_id) if due.place_id in seen else "",
            title=_title(due),
            because=_because(due),
            span=_span(due, on),
            habit=_habit(due),
            days=(due.due_on - on).days,
        )
        for due in rows
    ]


def _open() -> "QuerySet[Due]":
    rows: QuerySet[Any] = Due.objects.filter(state=DueState.OPEN)
    return rows.select_related("vehicle", "recall__recall")


def _title(due: Due) -> str:
    if due.recall is None:
        return str(DueKind(due.kind).label)
    recall = due.recall.recall
    words = recall.title_it if get_language() == "it" else recall.title_en or recall.title_it
    return f"{DueKind.RECALL.label} {recall.code}: {words}"


def _because(due: Due) -> str:
    words = _ASSUMED.get(due.reason) if due.is_assumed else None
    months = due.interval_months or 0
    return str(words or _BECAUSE[due.reason]) % {
        "km": number_format(due.km_due) if due.km_due else "",
        "day": _day(due.counted_from) if due.counted_from else "",
        "months": ngettext("%(count)s month", "%(count)s months", months) % {"count": months},
        "opened": _day(due.due_on),
    }


def _span(due: Due, on: date) -> str:
    if due.kind != DueKind.SERVICE:
        return ""
    if due.earliest is None or due.latest is None:
        if due.reason == DueReason.KM:
            return _("Too few vehicles are known to say how sure this is.")
        return ""
    if due.earliest == due.latest:
        return ""
    if due.latest <= on:
        reached = _("Reached between %(earliest)s and %(latest)s, as the readings say")
        return reached % {"earliest": _day(due.earliest), "latest": _day(due.latest)}
    pace = _("at about %(km)s km a year") % {"km": number_format(round(due.km_a_year or 0, -2))}
    between = _("Four times out of five between %(earliest)s and %(latest)s, %(pace)s")
    return between % {"earliest": _day(due.earliest), "latest": _day(due.latest), "pace": pace}


def _habit(due: Due) -> str:
    if due.expected_on is None:
        return ""
    return _("By habit it will come around %(day)s") % {"day": _day(due.expected_on)}


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
