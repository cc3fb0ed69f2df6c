"""The organisation chart: search, move by drag and by form, history."""

from functools import cache

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation import services
from corsia.organisation.models import Person
from corsia.organisation.permissions import MANAGE_PEOPLE, MANAGE_UNITS, SEE_ORGANISATION
from corsia.organisation.queries.chart import branch as branch_of
from corsia.organisation.queries.chart import chart
from corsia.organisation.queries.chart_history import history
from corsia.organisation.queries.directory import visible_person
from corsia.organisation.queries.tree import tree
from corsia.organisation.web.forms import MoveForm
from corsia.organisation.web.views import places, today_of, typed, visible_unit, visible_units, with_event
from corsia.ui.templatetags.ui import icon

MOST_OPEN = 500  # branches that a page may ask to have open
# The chart repeats these for every unit and person; drawing each once saves a good part of the page's time.
_DRAWN = (
    [(name, 13) for name in ("arrows-move", "folder", "user")]
    + [("beach", 14), ("chevron-down", 15), ("dots", 18)]
    + [(name, 16) for name in ("arrows-move", "eye", "pencil", "plus", "user-plus")]
    + [(name, 17) for name in ("layout-grid", "users", "building-store", "building-skyscraper", "headset", "world")]
    + [("building-factory-2", 17)]
)


@cache
def _icons() -> dict[str, str]:
    return {f"{name.replace('-', '_')}_{size}": icon(name, size) for name, size in _DRAWN}


@access(SEE_ORGANISATION)
def show(request: StaffRequest) -> HttpResponse:
    """Show the chart, as far as it is open or as a search finds something; htmx gets the tree alone."""
    query = typed(request, "q")
    is_part = request.htmx and not request.htmx.history_restore_request
    context = _tree(request, query) | ({} if is_part else {"history": history(visible=visible_units())})
    response = render(request, "organisation/_tree.html" if is_part else "organisation/chart.html", context)
    response.headers["Vary"] = "HX-Request"
    return response


@require_safe
@access(SEE_ORGANISATION)
def branch(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Return what is directly below a unit: a large chart fetches it when the unit is opened."""
    unit, visible = visible_unit(unit_id), visible_units()
    nodes = branch_of(unit.pk, visible=visible, today=today_of(request), now=request.received_at)
    return render(request, "organisation/_branch.html", {"nodes": nodes} | _tools(request))


@access(MANAGE_UNITS)
def move_unit(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Ask where a unit goes (GET), or move it (POST: `to`, and `before` for its place among siblings)."""
    unit = visible_unit(unit_id)
    form = MoveForm(
        request.POST or None, units=places(request, MANAGE_UNITS, without=unit.path), initial={"to": unit.parent_id}
    )
    if request.method != "POST" or not form.is_valid():
        return _ask(request, form, title=_("Move %(name)s") % {"name": unit.name})
    old_parent_id, target = unit.parent_id, tree().unit(form.cleaned_data["to"])
    before = request.POST.get("before", "")
    moved = services.move_unit(
        unit_id=unit.pk,
        parent_id=target.pk,
        before_id=row_id(before),
        by=request.actor,
        now=request.received_at,
    )
    said = _("%(name)s now belongs to %(place)s") if moved else _("%(name)s has its new place in %(place)s")
    undo: dict[str, object] = {
        "url": reverse("organisation:move_unit", args=[unit.pk]),
        "values": {"to": old_parent_id},
    }
    return _moved(request, said % {"name": unit.name, "place": tree().label(target.pk)}, undo if moved else None)


@access(MANAGE_PEOPLE)
def move_person(request: StaffRequest, person_id: int) -> HttpResponse:
    """Ask where a person goes (GET), or move them (POST: `from` and `to`)."""
    person = visible_person(person_id, visible=visible_units(), own_id=request.actor.id)
    source = request.POST.get("from") or request.GET.get("from", "")
    if row_id(source) is None:
        raise NotFound(kind=Person._meta.label)
    old = visible_unit(int(source))
    form = MoveForm(request.POST or None, units=places(request, MANAGE_PEOPLE), initial={"to": old.pk})
    if request.method != "POST" or not form.is_valid():
        title = _("Move %(name)s from %(place)s") % {"name": person.full_name, "place": old.name}
        return _ask(request, form, title=title, source=old.pk)
    new = tree().unit(form.cleaned_data["to"])
    moved = services.move_person(
        person_id=person.pk,
        from_unit_id=old.pk,
        to_unit_id=new.pk,
        today=today_of(request, new.pk),
        by=request.actor,
        now=request.received_at,
    )
    said = _("%(name)s now works in %(place)s") % {"name": person.full_name, "place": tree().label(new.pk)}
    undo: dict[str, object] = {
        "url": reverse("organisation:move_person", args=[person.pk]),
        "values": {"from": new.pk, "to": old.pk},
    }
    return _moved(request, said, undo if moved else None)


@require_POST
@access(MANAGE_UNITS)
def close_unit(request: StaffRequest, unit_id: int) -> HttpResponse:
    """Close a unit, or open it again (`open`)."""
    unit = visible_unit(unit_id)
    verb = services.reopen_unit if request.POST.get("open") else services.close_unit
    verb(unit_id=unit.pk, by=request.actor, now=request.received_at)
    return redirect("organisation:unit", unit.pk)


def _tree(request: StaffRequest, query: str) -> dict[str, object]:
    # The page says which branches are open: a move answers with the whole tree and leaves them so.
    named = (request.POST.get("open") or request.GET.get("open", "")).split(",")[:MOST_OPEN]
    shown = chart(
        visible=visible_units(),
        query=query,
        today=today_of(request),
        now=request.received_at,
        opened={pk for text in named if (pk := row_id(text)) is not None},
    )
    return {"chart": shown, "nodes": shown.nodes, "query": query} | _tools(request)


def _tools(request: StaffRequest) -> dict[str, object]:
    return {
        "icons": _icons(),
        "base": reverse("organisation:chart"),
        "may_manage_units": may(request.actor, MANAGE_UNITS),
        "may_manage_people": may(request.actor, MANAGE_PEOPLE),
        "may_people": may(request.actor, MANAGE_PEOPLE),
    }


def _ask(request: StaffRequest, form: MoveForm, *, title: str, source: int | None = None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    template = "organisation/_move.html" if request.htmx else "organisation/move.html"
    context = {"form": form, "title": title, "source": source, "action": request.path}
    return render(request, template, context, status=status)


def _moved(request: StaffRequest, said: str, undo: dict[str, object] | None) -> HttpResponse:
    if not request.htmx:
        return redirect("organisation:chart")
    context = _tree(request, "") | {"history": history(visible=visible_units()), "with_history": True}
    response = render(request, "organisation/_tree.html", context)
    return with_event(response, "organisation-moved", {"text": said, "undo": undo})
