"""The outbox: what waits, failed, came back or left. In a sandbox it is where all mail ends."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest
from corsia.messaging import services
from corsia.messaging.models import Outgoing
from corsia.messaging.permissions import SEE_OUTBOX, SEE_QUARANTINE
from corsia.messaging.queries.outbox import CAP, TABS, outbox_counts, outbox_page
from corsia.messaging.services.mail_format import html_part
from corsia.messaging.vocabulary import OutboxState, explained
from corsia.messaging.web.files import in_frame


@require_safe
@access(SEE_OUTBOX, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List outgoing mail of the actor's units."""
    tab = request.GET.get("tab", "")
    if tab not in TABS:
        tab = "sent" if settings.SANDBOX else "waiting"
    before = page_start(request.GET.get("before", ""))
    page = outbox_page(tab=tab, before=before)
    counts = outbox_counts()
    labels = {
        "waiting": _("Waiting"),
        "failed": _("Did not leave"),
        "bounced": _("Came back"),
        "sent": _("These would have left") if settings.SANDBOX else _("Sent mail"),
        "all": _("All"),
    }
    tabs = [
        {"key": key, "label": label, "count": f"{CAP - 1}+" if counts.get(key, 0) >= CAP else counts.get(key, 0)}
        for key, label in labels.items()
    ]
    context = {"tab": tab, "tabs": tabs, "page": page, "is_sandbox": settings.SANDBOX, "is_paged": before is not None}
    context["may_see_journal"] = may(request.actor, SEE_QUARANTINE)
    return render(request, "messaging/outbox.html", context)


@require_safe
@access(SEE_OUTBOX, personal=True)
def detail(request: StaffRequest, outgoing_id: int) -> HttpResponse:
    """Show one mail as its reader would see it, and what became of it."""
    row: Outgoing = Outgoing.objects.select_related("message", "mailbox", "unit").find(outgoing_id)
    sentence, detail_ = explained(row.last_error) if row.last_error else ("", "")
    context = {
        "row": row,
        "sentence": sentence,
        "detail": detail_,
        "files": list(row.message.attachments.order_by("pk")) if row.message else [],
        "may_retry": row.state in (OutboxState.FAILED, OutboxState.BLOCKED) and row.body and row.to_address,
        "is_sandbox": settings.SANDBOX,
    }
    return render(request, "messaging/outgoing.html", context)


@require_safe
@access(SEE_OUTBOX, personal=True)
def html(request: StaffRequest, outgoing_id: int) -> HttpResponse:
    """Show the HTML part of a mail of ours in a frame that can do nothing."""
    row: Outgoing = Outgoing.objects.select_related("message__case").find(outgoing_id)
    language = row.message.case.language if row.message else "it"
    return in_frame(HttpResponse(html_part(row.body, language=language)), request)


def page_start(given: str) -> int | None:
    """Return the id a page goes on from; anything else than a number means the first page."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


@require_POST
@access(SEE_OUTBOX)
def retry(request: StaffRequest, outgoing_id: int) -> HttpResponse:
    """Send a mail again that failed."""
    services.try_again(outgoing_id=outgoing_id, by=request.actor, now=request.received_at)
    return redirect("messaging:outgoing", outgoing_id=outgoing_id)
