"""What vehicles are due for, those overdue first: a list by kind, unit and month, as a table to take along too."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.scope import visible_ids
from corsia.kernel.tables import as_download, form_of
from corsia.organisation.queries import tree
from corsia.vehicles import queries
from corsia.vehicles.permissions import MANAGE_DUES, SEE_VEHICLES
from corsia.vehicles.rules.dues import add_months
from corsia.vehicles.vocabulary import DueKind

PAGE = 50
MONTHS_AHEAD = 12
MOST_EXPORTED = 50_000


@require_safe
@access(SEE_VEHICLES, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List what vehicles are due for, page by page."""
    filters = _filters(request)
    today = timezone.localdate(request.received_at)
    rows = queries.dues_list(on=today, after=_place_in_list(request.GET.get("after", "")), limit=PAGE + 1, **filters)
    last = rows[PAGE - 1].due if len(rows) > PAGE else None
    this_month = today.replace(day=1)
    context = {
        "rows": rows[:PAGE],
        "next": f"{last.due_on.isoformat()}_{last.pk}" if last else "",
        "is_paged": bool(request.GET.get("after")),
        "kinds": DueKind.choices,
        "kind": filters["kind"],
        "units": _units(),
        "unit": row_id(request.GET.get("unit")) if filters["place_ids"] is not None else None,
        "months": [add_months(this_month, number) for number in range(MONTHS_AHEAD + 1)],
        "month": filters["month"],
        "is_filtered": bool(filters["kind"] or filters["month"] or filters["place_ids"] is not None),
        "may_manage": may(request.actor, MANAGE_DUES),
    }
    return render(request, "vehicles/dues.html", context)


@require_safe
@access(SEE_VEHICLES, personal=True)
def export(request: StaffRequest) -> HttpResponse:
    """Hand the list out as CSV or XLSX, with the same filters."""
    today = timezone.localdate(request.received_at)
    rows = queries.dues_list(on=today, limit=MOST_EXPORTED, **_filters(request))
    return as_download(
        form_of(request.GET.get("form")),
        name=_("Dues"),
        header=[
            *(_("Due on"), _("Due for"), _("Vehicle"), _("Plate"), _("VIN"), _("Why"), _("Earliest"), _("Latest")),
            *(_("Expected on"), _("Kilometres due"), _("Last at")),
        ],
        rows=(
            [
                *(row.due.due_on, row.title, row.name, row.plate, row.vehicle.vin, row.because, row.due.earliest),
                *(row.due.latest, row.due.expected_on, row.due.km_due, row.place),
            ]
            for row in rows
        ),
        on=today,
    )


def _filters(request: StaffRequest) -> dict[str, Any]:
    kind, unit = request.GET.get("kind", ""), row_id(request.GET.get("unit"))
    organisation = tree()
    is_visible = unit is not None and unit in visible_ids(organisation.units)
    places = [row.pk for row in organisation.below(unit)] if unit is not None and is_visible else None
    return {
        "kind": kind if kind in DueKind.values else "",
        "place_ids": places,
        "month": _month(request.GET.get("month", "")),
    }


def _units() -> list[tuple[int, str]]:
    organisation = tree()
    units = [organisation.unit(pk) for pk in visible_ids(organisation.units)]
    return [
        (unit.pk, organisation.label(unit.pk)) for unit in sorted(units, key=lambda row: row.path) if unit.is_active
    ]


def _month(text: str) -> date | None:
    day = _day(f"{text}-01")
    return day if day and 2000 <= day.year <= 2100 else None


def _place_in_list(text: str) -> tuple[date, int] | None:
    day, _sep, pk = text.partition("_")
    on, number = _day(day), row_id(pk)
    return (on, number) if on and number else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
