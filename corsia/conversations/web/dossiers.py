"""Dossiers: asked for on the page of a case, listed there and for all cases, downloaded as PDF."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.models import Case
from corsia.conversations import services
from corsia.conversations.models import Dossier
from corsia.conversations.permissions import MAKE_DOSSIERS
from corsia.conversations.vocabulary import Audience, DossierState
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.messaging.web.files import FILE_POLICY, locked_down
from corsia.organisation.vocabulary import Language

PAGE = 40
SHOWN = 10  # on the page of a case


@require_safe
@access(MAKE_DOSSIERS, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List the dossiers made, the latest first, page by page."""
    rows = Dossier.objects.select_related("case", "asked_by").order_by("-pk")
    before = row_id(request.GET.get("before"))
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    older = found[PAGE - 1].pk if len(found) > PAGE else None
    return render(request, "conversations/dossiers.html", {"dossiers": found[:PAGE], "older": older})


@require_safe
@access(MAKE_DOSSIERS, personal=True)
def of_case(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show the dossiers of a case and the form for a new one: a panel of its page."""
    return _panel(request, Case.objects.find(case_id))


@require_POST
@access(MAKE_DOSSIERS, personal=True)
def ask(request: StaffRequest, case_id: int) -> HttpResponse:
    """Have a dossier made."""

    def act() -> int:
        dossier = services.ask_dossier(
            case_id=case_id,
            audience=request.POST.get("audience", ""),
            language=request.POST.get("language", ""),
            by=request.actor,
            now=request.received_at,
        )
        return int(dossier.pk)

    once(request, door="conversations.dossier", act=act)
    return _panel(request, Case.objects.find(case_id)) if request.htmx else redirect("cases:case", case_id)


@require_safe
@access(MAKE_DOSSIERS, personal=True)
def file(request: StaffRequest, dossier_id: int) -> HttpResponse:
    """Hand out the PDF; whoever gets it is written down."""
    dossier, content = services.dossier_file(dossier_id=dossier_id)
    day = timezone.localtime(dossier.asked_at).date().isoformat()
    with override(dossier.language):
        name = _("dossier-%(number)s-%(day)s.pdf") % {"number": dossier.case_id, "day": day}
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return locked_down(response, FILE_POLICY)


@require_safe
@access(MAKE_DOSSIERS, personal=True)
def check(request: StaffRequest, dossier_id: int) -> HttpResponse:
    """Read the log again and say whether it still tells the same as the dossier."""
    is_same = services.still_tells(dossier_id=dossier_id)
    dossier = Dossier.objects.find(dossier_id)
    return render(request, "conversations/_dossier_check.html", {"dossier": dossier, "is_same": is_same})


def _panel(request: StaffRequest, case: Case) -> HttpResponse:
    dossiers = list(Dossier.objects.filter(case=case).select_related("asked_by").order_by("-pk")[:SHOWN])
    context = {
        "case": case,
        "dossiers": dossiers,
        "is_waiting": any(one.state == DossierState.WAITING for one in dossiers),
        "audiences": Audience.choices,
        "languages": Language.choices,
        "language": case.language,
    }
    return render(request, "conversations/_dossiers.html", context)
