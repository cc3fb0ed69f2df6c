"""The approved texts of a WhatsApp account with their states, on the page of its channel."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from corsia.connectors.whatsapp.models import ApprovedText, Business
from corsia.connectors.whatsapp.reading import KEY
from corsia.connectors.whatsapp.services.texts import fetch_texts, set_business
from corsia.connectors.whatsapp.vocabulary import TONES, AccountNews, Quality, TemplateCategory, TemplateStatus, shown
from corsia.kernel.access import access, demand
from corsia.kernel.http import StaffRequest
from corsia.kernel.limits import Limit
from corsia.messaging.models import ChannelAccount
from corsia.messaging.permissions import MANAGE_CHANNELS


@require_safe
@access(MANAGE_CHANNELS)
def panel(request: StaffRequest, account_id: int) -> HttpResponse:
    """Show the texts of an account; nothing for accounts of other channels."""
    account: ChannelAccount = ChannelAccount.objects.find(account_id)
    return HttpResponse() if account.channel != KEY else _panel(request, account)


@require_POST
@access(MANAGE_CHANNELS)
def business(request: StaffRequest, account_id: int) -> HttpResponse:
    """Say to which business account the number belongs."""
    waba_id = request.POST.get("waba_id", "")
    set_business(account_id=account_id, waba_id=waba_id, by=request.actor, now=request.received_at)
    return _panel(request, ChannelAccount.objects.find(account_id))


@require_POST
@access(MANAGE_CHANNELS, limit=Limit(name="whatsapp.fetch", times=20, seconds=600))
def fetch(request: StaffRequest, account_id: int) -> HttpResponse:
    """Ask Meta for the texts now."""
    account: ChannelAccount = ChannelAccount.objects.find(account_id)
    demand(request.actor, MANAGE_CHANNELS, account.unit_id)
    fetch_texts(account_id=account_id, now=request.received_at)
    return _panel(request, account)


def _panel(request: StaffRequest, account: ChannelAccount) -> HttpResponse:
    row = Business.objects.filter(account=account).first()
    texts = list(ApprovedText.objects.filter(account=account).order_by("name", "language"))
    for text in texts:
        text.state = shown(TemplateStatus, text.status)
        text.tone = TONES.get(text.status, "")
        text.received = shown(Quality, text.quality) if text.quality else ""
        text.kind = shown(TemplateCategory, text.category)
    context = {
        "account": account,
        "business": row,
        "texts": texts,
        "news": shown(AccountNews, row.news) if row and row.news in AccountNews.values else "",
    }
    return render(request, "whatsapp/_panel.html", context)
