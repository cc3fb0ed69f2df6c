"""The mailboxes of the units: list, form with a write-only secret, test of the connection."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.models import Process
from corsia.connectors.email.services.imap import ImapFailed, check_connection
from corsia.connectors.email.services.settings import SECRETS, save_mailbox
from corsia.connectors.email.vocabulary import explained
from corsia.connectors.email.web.forms import MailboxForm
from corsia.kernel.access import access, demand
from corsia.kernel.http import StaffRequest
from corsia.kernel.limits import Limit
from corsia.kernel.scope import current_scope
from corsia.messaging.models import Mailbox
from corsia.messaging.permissions import MANAGE_MAILBOXES
from corsia.organisation.queries import tree
from corsia.ui.forms import told_in
from corsia.ui.templatetags.ui import local_name


@require_safe
@access(MANAGE_MAILBOXES)
def nav(request: StaffRequest) -> HttpResponse:
    """The entry beside the pages of messages."""
    return render(request, "email/_nav.html")


@require_safe
@access(MANAGE_MAILBOXES)
def index(request: StaffRequest) -> HttpResponse:
    """List the mailboxes of the actor's units, with what is wrong with them."""
    rows = list(Mailbox.objects.select_related("unit").defer(*SECRETS, "oauth_access_token").order_by("address"))
    for row in rows:
        row.sentence, row.detail = explained(row.last_error) if row.last_error else ("", "")
    return render(request, "email/mailboxes.html", {"rows": rows})


@access(MANAGE_MAILBOXES)
def edit(request: StaffRequest, mailbox_id: int | None = None) -> HttpResponse:
    """Add a mailbox or change it."""
    mailbox: Mailbox | None = Mailbox.objects.find(mailbox_id) if mailbox_id else None
    form = MailboxForm(request.POST or None, units=_units(), processes=_processes(), mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            saved = save_mailbox(
                mailbox_id=mailbox_id, details=form.details(), by=request.actor, now=request.received_at
            )
            messages.success(request, _("The mailbox was saved."))
            return redirect("email:mailbox", mailbox_id=saved.pk)
    return render(request, "email/mailbox.html", {"form": form, "mailbox": mailbox}, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_MAILBOXES, limit=Limit(name="check_mailbox", times=20, seconds=600))
def check(request: StaffRequest, mailbox_id: int) -> HttpResponse:
    """Try to open the IMAP mailbox and say in plain words what happens."""
    mailbox: Mailbox = Mailbox.objects.find(mailbox_id)
    demand(request.actor, MANAGE_MAILBOXES, mailbox.unit_id)
    count, sentence, detail = 0, "", ""
    try:
        count = check_connection(mailbox, now=request.received_at)
    except ImapFailed as failure:
        sentence, detail = explained(str(failure))
    return render(request, "email/_check.html", {"count": count, "sentence": sentence, "detail": detail})


def _units() -> list[tuple[int, str]]:
    organisation, scope = tree(), current_scope()
    mine = [unit for unit in organisation.units.values() if unit.pk in scope.units and unit.is_active]
    top = min((unit.path.count("/") for unit in mine), default=0)
    return [
        (unit.pk, "\u2007\u2007" * (unit.path.count("/") - top) + organisation.label(unit.pk))
        for unit in sorted(mine, key=lambda unit: unit.path)
    ]


def _processes() -> list[tuple[str, str]]:
    names = {row.key: local_name(row) for row in Process.objects.filter(is_active=True, is_internal=False)}
    return sorted(names.items(), key=lambda item: item[1])
