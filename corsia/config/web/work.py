"""The page of all work: queues, failed jobs, dead letters of every context, and what providers take."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from corsia.config import work
from corsia.kernel.access import access
from corsia.kernel.errors import NotAllowed
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.permissions import RUN_SYSTEM


class NotOfOneUnit(NotAllowed):
    code = "config.not_of_one_unit"
    message = _("Jobs serve all units: only an administrator of the whole organisation may touch them.")


@require_safe
@access(RUN_SYSTEM)
def index(request: StaffRequest) -> HttpResponse:
    """Show what waits, runs and failed. Jobs belong to no unit: they are for whoever keeps the whole tree."""
    context: dict[str, Any] = {
        "keeps_everything": work.keeps_everything(),
        "letters": work.dead_letters(),
        "providers": work.provider_states(now=request.received_at),
        "most": work.MOST_AT_ONCE,
    }
    if context["keeps_everything"]:
        before = row_id(request.GET.get("before"))
        jobs = work.failed_jobs(before=before, limit=work.PAGE + 1)
        context |= {
            "queues": work.queue_states(now=request.received_at),
            "jobs": jobs[: work.PAGE],
            "older": jobs[work.PAGE - 1].id if len(jobs) > work.PAGE else None,
            "is_paged": before is not None,
        }
    return render(request, "config/work.html", context)


@require_POST
@access(RUN_SYSTEM)
def jobs(request: StaffRequest) -> HttpResponse:
    """Retry or drop the chosen jobs: `act` is "retry" or "discard", `job` their ids."""
    if not work.keeps_everything():
        raise NotOfOneUnit
    ids = [pk for given in request.POST.getlist("job") if (pk := row_id(given)) is not None]
    if request.POST.get("act") == "discard":
        count = work.discard_jobs(job_ids=ids, by=request.actor, now=request.received_at)
        messages.success(
            request, ngettext("%(count)s job dropped.", "%(count)s jobs dropped.", count) % {"count": count}
        )
    else:
        count = work.retry_jobs(job_ids=ids, by=request.actor, now=request.received_at)
        messages.success(
            request, ngettext("%(count)s job queued again.", "%(count)s jobs queued again.", count) % {"count": count}
        )
    return redirect("system:work")


@require_POST
@access(RUN_SYSTEM)
def letters(request: StaffRequest, kind: str) -> HttpResponse:
    """Retry or give up the dead letters of a kind within the scope."""
    if request.POST.get("act") == "discard":
        count = work.discard_letters(key=kind, by=request.actor, now=request.received_at)
        said = ngettext("%(count)s given up.", "%(count)s given up.", count)
    else:
        count = work.retry_letters(key=kind, by=request.actor, now=request.received_at)
        said = ngettext("%(count)s is tried again.", "%(count)s are tried again.", count)
    messages.success(request, said % {"count": count})
    return redirect("system:work")
