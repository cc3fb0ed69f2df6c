"""Where cases wait, and how they are given away."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from corsia.cases import services
from corsia.cases.models import Queue
from corsia.cases.permissions import MANAGE_PROCESSES
from corsia.cases.queries.definitions import processes_in_scope
from corsia.cases.queries.desk import unit_label
from corsia.cases.web.desk import unit_choices
from corsia.cases.web.setup_forms import QueueForm
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest
from corsia.organisation.queries import tree


@access(MANAGE_PROCESSES)
def index(request: StaffRequest) -> HttpResponse:
    """List the queues."""
    organisation = tree()
    names = {process.key: process for process in processes_in_scope()}
    rows = [
        {
            "queue": queue,
            "unit": unit_label(organisation, queue.unit_id),
            "process": names.get(queue.process_key),
            "may_edit": may(request.actor, MANAGE_PROCESSES, queue.unit_id),
        }
        for queue in Queue.objects.select_related("skill").order_by("-is_active", "position", "name", "pk")
    ]
    return render(request, "cases/queues.html", {"rows": rows, "here": "queues"})


@access(MANAGE_PROCESSES)
def edit(request: StaffRequest, queue_id: int | None = None) -> HttpResponse:
    """Add a queue, or change one."""
    queue = Queue.objects.find(queue_id) if queue_id is not None else None
    form = QueueForm(
        request.POST or None,
        units=unit_choices(tree()),
        processes=processes_in_scope(),
        initial=QueueForm.initial_of(queue) if queue else None,
    )
    if request.method == "POST" and form.is_valid():
        services.save_queue(
            unit_id=form.cleaned_data["unit"],
            details=form.details(),
            queue_id=queue_id,
            by=request.actor,
            now=request.received_at,
        )
        messages.success(request, _("Queue saved"))
        return redirect("cases:queues")
    context = {"form": form, "queue": queue, "here": "queues"}
    return render(request, "cases/queue_edit.html", context, status=422 if form.errors else 200)
