"""Where managers say on which sites a web chat may stand, and take the line for their web agency."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.messaging.models import ChannelAccount
from corsia.messaging.rules.visits import CHANNEL
from corsia.portal.chat.queries import site_rows
from corsia.portal.chat.services import SiteDetails, renew_secret, save_site
from corsia.portal.models import ChatSite
from corsia.portal.permissions import MANAGE_FORMS
from corsia.portal.vocabulary import Side
from corsia.portal.web.forms import HEX_COLOR
from corsia.ui.forms import told_in


class ChatSiteForm(forms.Form):
    """A web chat, as its manager edits it."""

    title_it = forms.CharField(label=gettext_lazy("Title, Italian"), max_length=60)
    title_en = forms.CharField(label=gettext_lazy("Title, English"), max_length=60)
    intro_it = forms.CharField(
        label=gettext_lazy("First words, Italian"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("What visitors read before they write."),
    )
    intro_en = forms.CharField(
        label=gettext_lazy("First words, English"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    domains = forms.CharField(
        label=gettext_lazy("Sites"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "www.example.it"}),
        help_text=gettext_lazy("One a line. Browsers show the chat on these sites and on no other."),
    )
    brand_color = forms.CharField(
        label=gettext_lazy("Colour"), validators=[HEX_COLOR], widget=forms.TextInput(attrs={"type": "color"})
    )
    side = forms.ChoiceField(label=gettext_lazy("Corner"), choices=Side.choices)
    privacy_url = forms.URLField(
        label=gettext_lazy("Address of the privacy notice"), required=False, assume_scheme="https", max_length=200
    )
    asks_name = forms.BooleanField(
        label=gettext_lazy("Ask for name and e-mail before the first message; both may stay empty"), required=False
    )


_START = {"title_it": "Parla con noi", "title_en": "Talk to us", "brand_color": "#2450d8", "side": Side.RIGHT}


@require_safe
@access(MANAGE_FORMS)
def index(request: StaffRequest) -> HttpResponse:
    """List the web chats of the visible units."""
    return render(request, "portal/manage/chats.html", {"rows": site_rows()})


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_FORMS)
def edit(request: StaffRequest, account_id: int) -> HttpResponse:
    """Say how a web chat looks and where it may stand."""
    account: ChannelAccount = ChannelAccount.objects.filter(channel=CHANNEL).find(account_id)
    site = ChatSite.objects.filter(account=account).first()
    names = list(ChatSiteForm.base_fields)
    form = ChatSiteForm(request.POST or None, initial={name: getattr(site, name) for name in names} if site else _START)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            details = SiteDetails(**form.cleaned_data)
            save_site(account_id=account.pk, details=details, by=request.actor, now=request.received_at)
            messages.success(request, _("The web chat was saved."))
            return redirect("portal:chat_site", account_id=account.pk)
    context: dict[str, Any] = {"form": form, "account": account, "site": site, "line": _line(site) if site else ""}
    return render(request, "portal/manage/chat.html", context, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_FORMS)
def secret(request: StaffRequest, account_id: int) -> HttpResponse:
    """Make a new secret by which the site vouches for its customers, and show it this once."""
    made = renew_secret(account_id=account_id, by=request.actor, now=request.received_at)
    return render(request, "portal/manage/chat_secret.html", {"secret": made, "account_id": account_id})


def _line(site: ChatSite) -> str:
    source = settings.PUBLIC_URL.rstrip("/") + reverse("portal:chat_script", args=[site.key])
    return f'<script async src="{source}"></script>'  # shown to be copied: the page escapes it
