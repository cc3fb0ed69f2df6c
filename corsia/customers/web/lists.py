"""The list of customers with its search, the results of the palette, and the picker of a customer."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from corsia.customers import queries
from corsia.customers.permissions import EDIT_CUSTOMERS, MERGE_CUSTOMERS, SEE_CUSTOMERS
from corsia.customers.ports import grouped, segments
from corsia.customers.vocabulary import CustomerKind
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest

PAGE = 40
MOST_FOUND = 40
PALETTE = 6
PICKER = 8
MOST_COUNTED = 100


@require_GET
@access(SEE_CUSTOMERS, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """Show the customers a query finds, the best first, or those added last."""
    query, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    kind = kind if kind in CustomerKind.values else ""
    before = request.GET.get("before", "")
    more = 0
    offered = segments().choices(request.actor)
    segment = next((one.key for one in offered if one.key == request.GET.get("segment")), "")
    within = segments().customer_ids(segment, request.actor) if segment else None
    if query:
        found = [(hit.customer, hit.matched) for hit in queries.search(query, MOST_FOUND)]
        held = None if within is None else set(within)
        found = [
            (row, matched)
            for row, matched in found
            if (not kind or row.kind == kind) and (held is None or held.intersection(queries.family_ids(row.id)))
        ]
    else:
        before_id = int(before) if before.isdecimal() and len(before) < 19 else None
        rows = queries.recent_customers(kind=kind, before_id=before_id, limit=PAGE + 1, within=within)
        found = [(row, "") for row in rows[:PAGE]]
        more = rows[PAGE - 1].id if len(rows) > PAGE else 0
    context = {"query": query, "kind": kind, "kinds": CustomerKind, "found": found, "more": more, "before": before}
    context |= {"segment": segment, "segments": grouped(offered)}
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "customers/_rows.html", context)
    context["may_edit"] = may(request.actor, EDIT_CUSTOMERS)
    if may(request.actor, MERGE_CUSTOMERS):
        waiting = queries.count_open_duplicates(up_to=MOST_COUNTED)
        context["waiting"] = f"{MOST_COUNTED - 1}+" if waiting >= MOST_COUNTED else str(waiting)
    return render(request, "customers/index.html", context)


@require_GET
@access(SEE_CUSTOMERS, personal=True)
def palette(request: StaffRequest) -> HttpResponse:
    """Return what the palette shows of customers: options that lead to their pages."""
    hits = queries.search(request.GET.get("q", ""), PALETTE)
    return render(request, "customers/_palette.html", {"hits": hits})


@require_GET
@access(EDIT_CUSTOMERS, personal=True)
def advisors(request: StaffRequest) -> HttpResponse:
    """Return the people whom a typed name may mean, as what the form's field offers."""
    text = request.GET.get("owner_advisor", "").replace("\x00", "").strip()[:200]
    found = queries.advisors(text) if text else []
    return render(request, "customers/_advisors.html", {"texts": [queries.advisor_text(person) for person in found]})


@require_GET
@access(SEE_CUSTOMERS, personal=True)
def pick(request: StaffRequest) -> HttpResponse:
    """Return customers to choose one of, as radio buttons for the form that asked."""
    without = request.GET.get("without", "")
    hits = [hit for hit in queries.search(request.GET.get("q", ""), PICKER) if str(hit.id) != without]
    name = request.GET.get("name", "")
    context = {
        "hits": hits,
        "name": name if name in ("member", "other") else "other",
        "query": request.GET.get("q", ""),
    }
    return render(request, "customers/_pick.html", context)
