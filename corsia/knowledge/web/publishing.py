"""What happens to an article after it was written: one button, one service."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.knowledge import services
from corsia.knowledge.permissions import APPROVE_ARTICLES, WRITE_ARTICLES
from corsia.knowledge.web.places import units_with


def _done(request: StaffRequest, article_id: int, act: Callable[..., Any], said: str, **values: Any) -> HttpResponse:
    act(article_id=article_id, by=request.actor, now=request.received_at, **values)
    messages.success(request, said)
    return redirect("knowledge:article", article_id)


@require_POST
@access(WRITE_ARTICLES)
def submit(request: StaffRequest, article_id: int) -> HttpResponse:
    """Hand the draft over for approval."""
    return _done(request, article_id, services.submit, _("Handed over for approval. Whoever approves was told."))


@require_POST
@access(WRITE_ARTICLES)
def withdraw(request: StaffRequest, article_id: int) -> HttpResponse:
    """Take the version back from approval."""
    return _done(request, article_id, services.withdraw, _("It is a draft again."))


@require_POST
@access(APPROVE_ARTICLES)
def approve(request: StaffRequest, article_id: int) -> HttpResponse:
    """Publish what waits."""
    return _done(request, article_id, services.approve, _("Published. Search finds it from now on."))


@require_POST
@access(APPROVE_ARTICLES)
def send_back(request: StaffRequest, article_id: int) -> HttpResponse:
    """Give the version back with what is missing."""
    reason = request.POST.get("reason", "").replace("\x00", "")
    return _done(request, article_id, services.send_back, _("Sent back to whoever wrote it."), reason=reason)


@require_POST
@access(WRITE_ARTICLES)
def discard(request: StaffRequest, article_id: int) -> HttpResponse:
    """Throw the draft away."""
    stays = services.discard_draft(article_id=article_id, by=request.actor, now=request.received_at)
    messages.success(request, _("The draft is gone."))
    return redirect("knowledge:article", article_id) if stays else redirect("knowledge:index")


@require_POST
@access(WRITE_ARTICLES)
def restore(request: StaffRequest, article_id: int, number: int) -> HttpResponse:
    """Make a draft of an old version."""
    services.restore(article_id=article_id, number=number, by=request.actor, now=request.received_at)
    messages.success(request, _("The old wording is a draft now. Look it over, then hand it over for approval."))
    return redirect("knowledge:edit", article_id)


@require_POST
@access(APPROVE_ARTICLES)
def retire(request: StaffRequest, article_id: int) -> HttpResponse:
    """Take an article off."""
    return _done(request, article_id, services.retire, _("Retired: nobody finds it any more."))


@require_POST
@access(APPROVE_ARTICLES)
def bring_back(request: StaffRequest, article_id: int) -> HttpResponse:
    """Publish a retired article again."""
    return _done(request, article_id, services.bring_back, _("Published again. It is due for review today."))


@require_POST
@access(WRITE_ARTICLES)
def reviewed(request: StaffRequest, article_id: int) -> HttpResponse:
    """State that the text is still right."""
    return _done(request, article_id, services.reviewed, _("Noted: it was read again and is still right."))


@require_POST
@access(APPROVE_ARTICLES)
def install(request: StaffRequest) -> HttpResponse:
    """Add the articles that ship with the product to the highest unit the person manages."""
    unit_id = units_with(request, APPROVE_ARTICLES)[0][0]
    added = services.install_starter(unit_id=unit_id, by=request.actor, now=request.received_at)
    messages.success(
        request, _("%(count)s articles were added. Read each one over, then approve it.") % {"count": len(added)}
    )
    return redirect("knowledge:index")
