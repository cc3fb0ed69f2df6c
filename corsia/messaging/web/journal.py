"""What came in, byte for byte: the quarantine with its reasons, and everything else that was received."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access
from corsia.kernel.errors import NotFound, Refused
from corsia.kernel.http import StaffRequest, row_id
from corsia.messaging.permissions import SEE_QUARANTINE
from corsia.messaging.queries.journal import TABS, journal_detail, journal_page, planned_openings, visible_journal
from corsia.messaging.services import journal as services
from corsia.messaging.services import opening
from corsia.messaging.web.files import FILE_POLICY, locked_down
from corsia.messaging.web.outbox import page_start


class NotInQuarantine(Refused):
    code = "messaging.not_in_quarantine"
    message = gettext_lazy("This message is no longer in quarantine. Reload the page to see where it is.")


@require_safe
@access(SEE_QUARANTINE, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List what came in, by what became of it."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "quarantined"
    before = page_start(request.GET.get("before", ""))
    rows, older = journal_page(tab=tab, before=before)
    labels = {
        "quarantined": _("In quarantine"),
        "waiting": _("Not read yet"),
        "automatic": _("Automatic"),
        "bounce": _("Bounces"),
        "all": _("All"),
    }
    context = {"tab": tab, "tabs": labels.items(), "rows": rows, "older": older, "is_paged": before is not None}
    context["may_open"] = tab == "automatic"
    return render(request, "messaging/journal.html", context)


@require_safe
@access(SEE_QUARANTINE, personal=True)
def detail(request: StaffRequest, inbound_id: int) -> HttpResponse:
    """Show why something is in quarantine, and its header as plain text."""
    found = journal_detail(inbound_id)
    if found is None:
        raise NotFound(kind="messaging.Inbound")
    may_open = found.row.is_automatic and found.case_id is None
    return render(request, "messaging/inbound.html", {"found": found, "row": found.row, "may_open": may_open})


@require_POST
@access(SEE_QUARANTINE, personal=True)
def open_cases(request: StaffRequest) -> HttpResponse:
    """Open cases of mails that were kept as automatic: say first what would happen, do it once confirmed."""
    ids = [found for given in request.POST.getlist("mail") if (found := row_id(given)) is not None]
    if not request.POST.get("confirmed"):
        planned = planned_openings(ids[: opening.MOST])
        if not planned:
            raise opening.NothingChosen
        ready = sum(1 for plan in planned if not plan.why_not)
        return render(request, "messaging/open_cases.html", {"planned": planned, "ready": ready})
    count = opening.open_cases(inbound_ids=ids, by=request.actor, now=request.received_at)
    sentence = ngettext(
        "%(count)s mail is being read as a customer's mail.",
        "%(count)s mails are being read as customers' mails.",
        count,
    )
    messages.success(request, sentence % {"count": count})
    if len(ids) == 1:
        return redirect("messaging:inbound", inbound_id=ids[0])
    return redirect(reverse("messaging:journal") + "?tab=automatic")


@require_POST
@access(SEE_QUARANTINE)
def retry(request: StaffRequest, inbound_id: int) -> HttpResponse:
    """Have it read again from its untouched bytes."""
    if not visible_journal().filter(pk=inbound_id).exists():
        raise NotFound(kind="messaging.Inbound")
    if not services.retry(inbound_id=inbound_id, by=request.actor, now=request.received_at):
        raise NotInQuarantine
    return redirect("messaging:inbound", inbound_id=inbound_id)


@require_safe
@access(SEE_QUARANTINE, personal=True)
def original(request: StaffRequest, inbound_id: int) -> HttpResponse:
    """Download the bytes as they came."""
    raw = visible_journal().filter(pk=inbound_id).values_list("raw", flat=True).first()
    if raw is None:
        raise NotFound(kind="messaging.Inbound")
    response = HttpResponse(bytes(raw), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="message-{inbound_id}.eml"'
    return locked_down(response, FILE_POLICY)
