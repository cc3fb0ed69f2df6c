"""What came in, byte for byte: the quarantine with its reasons, and everything else that was received."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access
from corsia.kernel.errors import NotFound, Refused
from corsia.kernel.http import StaffRequest
from corsia.messaging.permissions import SEE_QUARANTINE
from corsia.messaging.queries.journal import TABS, journal_detail, journal_page, visible_journal
from corsia.messaging.services import journal as services
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
    return render(request, "messaging/journal.html", context)


@require_safe
@access(SEE_QUARANTINE, personal=True)
def detail(request: StaffRequest, inbound_id: int) -> HttpResponse:
    """Show why something is in quarantine, and its header as plain text."""
    found = journal_detail(inbound_id)
    if found is None:
        raise NotFound(kind="messaging.Inbound")
    return render(request, "messaging/inbound.html", {"found": found, "row": found.row})


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
