"""Health, failed reactions and the audit trail: the pages of whoever keeps Corsia running."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from corsia.config.audit_words import kind_words, verbs_saying, words_of
from corsia.config.health import State, database_finding, findings
from corsia.config.work import visible
from corsia.kernel.access import access, public
from corsia.kernel.errors import NotFound
from corsia.kernel.facts import react
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.limits import Limit
from corsia.kernel.models import AuditEntry, ReactionFailure
from corsia.organisation.permissions import READ_AUDIT, RUN_SYSTEM

PAGE_ROWS = 50


@access(RUN_SYSTEM)
def health(request: StaffRequest) -> HttpResponse:
    """Show what `corsia doctor` finds."""
    return render(request, "config/health.html", {"findings": findings(now=request.received_at)})


@public(limit=Limit(name="alive", times=120, seconds=60))
def alive(request: HttpRequest) -> HttpResponse:
    """Answer a load balancer: 200 when the database answers, 503 when not; it says nothing else."""
    is_up = database_finding().state is not State.BAD
    return JsonResponse({"up": is_up}, status=200 if is_up else 503)


@access(RUN_SYSTEM)
def failures(request: StaffRequest) -> HttpResponse:
    """List the reactions that have not succeeded yet."""
    rows = visible(ReactionFailure.objects.select_related("fact"), "fact__unit_id").order_by("-last_failed_at")[:200]
    return render(request, "config/failures.html", {"failures": rows})


@require_POST
@access(RUN_SYSTEM)
def replay(request: StaffRequest, failure_id: int) -> HttpResponse:
    """Queue a failed reaction again."""
    failure = visible(ReactionFailure.objects.filter(pk=failure_id), "fact__unit_id").first()
    if failure is None:
        raise NotFound
    react.defer(fact_id=failure.fact_id, reaction=failure.reaction)
    return redirect("system:failures")


@access(READ_AUDIT, personal=True)
def audit_trail(request: StaffRequest) -> HttpResponse:
    """Show who did what, newest first, paged by id; `who` and `what` narrow it."""
    rows = visible(AuditEntry.objects.order_by("-pk"), "unit_id")
    before, who, what = (request.GET.get(name, "") for name in ("before", "who", "what"))
    if row_id(before):
        rows = rows.filter(pk__lt=row_id(before))
    if who:
        rows = rows.filter(actor_name__icontains=who[:80])
    if what:
        rows = rows.filter(Q(verb__icontains=what[:60]) | Q(verb__in=verbs_saying(what[:60])))
    page = list(rows[: PAGE_ROWS + 1])
    entries = [(entry, words_of(entry.verb), kind_words(entry.object_kind)) for entry in page[:PAGE_ROWS]]
    context = {"entries": entries, "next_before": page[PAGE_ROWS - 1].pk if len(page) > PAGE_ROWS else None}
    return render(request, "config/audit.html", {**context, "who": who, "what": what})
