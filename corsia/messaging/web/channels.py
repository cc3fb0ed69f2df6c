"""The channels of the units: which there are, how they are, and the form that switches one on."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.models import Process, Queue
from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.kernel.scope import current_scope
from corsia.messaging.models import ChannelAccount
from corsia.messaging.permissions import MANAGE_CHANNELS, SEE_QUARANTINE
from corsia.messaging.ports import ChannelKind, adapter_of, adapters
from corsia.messaging.queries.accounts import channel_cards
from corsia.messaging.services import accounts
from corsia.organisation.models import WorkingCalendar
from corsia.organisation.queries import tree
from corsia.ui.forms import told_in
from corsia.ui.templatetags.ui import local_name


class AccountForm(forms.Form):
    """A channel of a unit; its secrets can be written, never read."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("As your people call it."))
    unit = forms.TypedChoiceField(
        label=gettext_lazy("Unit"), coerce=int, help_text=gettext_lazy("New cases open here.")
    )
    external_id = forms.CharField(max_length=120)
    address = forms.CharField(
        label=gettext_lazy("As customers see it"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("The number, page or name they write to."),
    )
    token = forms.CharField(max_length=4000, required=False)
    signing_secret = forms.CharField(max_length=1000, required=False)
    hello_secret = forms.CharField(max_length=200, required=False)
    process_key = forms.ChoiceField(label=gettext_lazy("New cases start as"))
    queue = forms.TypedChoiceField(label=gettext_lazy("Queue"), coerce=int, empty_value=None, required=False)
    calendar = forms.TypedChoiceField(
        label=gettext_lazy("Hours"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=gettext_lazy("Within them customers get the greeting, outside them the other text."),
    )
    first_answer_minutes = forms.IntegerField(
        label=gettext_lazy("First answer within (working minutes)"), min_value=1, max_value=10_000, required=False
    )
    greeting_it = forms.CharField(label=gettext_lazy("Greeting, Italian"), max_length=1000, required=False)
    greeting_en = forms.CharField(label=gettext_lazy("Greeting, English"), max_length=1000, required=False)
    away_it = forms.CharField(label=gettext_lazy("Outside the hours, Italian"), max_length=1000, required=False)
    away_en = forms.CharField(label=gettext_lazy("Outside the hours, English"), max_length=1000, required=False)
    has_bot = forms.BooleanField(
        label=gettext_lazy("The assistant answers first; a person takes over at a word"), required=False
    )

    def __init__(
        self, data: Any = None, *, kind: ChannelKind, account: ChannelAccount | None, choices: dict[str, list[Any]]
    ) -> None:
        super().__init__(data, initial=_initial(account))
        for name in ("greeting_it", "greeting_en", "away_it", "away_en"):
            self.fields[name].widget = forms.Textarea(attrs={"rows": 2})
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]
        asked = {ask.field: ask for ask in kind.asks}
        for name in ("external_id", "address", *accounts.SECRETS):
            ask = asked.get(name)
            if ask is None:
                if name != "address":
                    del self.fields[name]
                continue
            field = self.fields[name]
            field.label, field.help_text = ask.label, ask.help or field.help_text
            field.required = ask.is_required and not ask.is_secret
            if ask.is_secret:
                field.widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
                if account is not None and getattr(account, name):
                    field.help_text = _("One is stored. Leave this empty to keep it.")

    def asked_fields(self) -> list[Any]:
        """Return the fields that the provider asks for, in their order."""
        return [self[name] for name in ("external_id", "address", *accounts.SECRETS) if name in self.fields]

    def details(self, account: ChannelAccount | None) -> accounts.AccountDetails:
        """Return what was entered."""
        data = dict(self.cleaned_data)
        data.setdefault("external_id", account.external_id if account else "")
        return accounts.AccountDetails(
            unit_id=data.pop("unit"), queue_id=data.pop("queue"), calendar_id=data.pop("calendar"), **data
        )


@require_safe
@access(MANAGE_CHANNELS)
def index(request: StaffRequest) -> HttpResponse:
    """List the channels of the actor's units with their health, and those that can be added."""
    kinds = [adapter.kind for adapter in adapters().values() if adapter.kind.opens_account_by_hand]
    context = {
        "cards": channel_cards(now=request.received_at),
        "kinds": kinds,
        "may_see_journal": may(request.actor, SEE_QUARANTINE),
    }
    return render(request, "messaging/channels.html", context)


@access(MANAGE_CHANNELS)
def edit(request: StaffRequest, account_id: int | None = None, channel: str = "") -> HttpResponse:
    """Add a channel to a unit or change it."""
    account: ChannelAccount | None = ChannelAccount.objects.find(account_id) if account_id else None
    adapter = adapter_of(account.channel if account else channel)
    if adapter is None:
        raise NotFound(kind="messaging.ChannelAccount")
    form = AccountForm(request.POST or None, kind=adapter.kind, account=account, choices=_choices())
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            saved = accounts.save_account(
                account_id=account_id,
                channel=adapter.kind.key,
                details=form.details(account),
                by=request.actor,
                now=request.received_at,
            )
            messages.success(request, _("The channel was saved."))
            return redirect("messaging:channel", account_id=saved.pk)
    hook = ""
    if account is not None:
        hook = settings.PUBLIC_URL + reverse("messaging:hook", args=[account.channel, account.hook_key])
    context = {"form": form, "account": account, "kind": adapter.kind, "hook": hook}
    return render(request, "messaging/channel.html", context, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_CHANNELS)
def switch(request: StaffRequest, account_id: int) -> HttpResponse:
    """Switch a channel on or off."""
    account = accounts.switch(
        account_id=account_id, is_on=request.POST.get("on") == "1", by=request.actor, now=request.received_at
    )
    said = _("“%(name)s” is on.") if account.is_active else _("“%(name)s” is off. What arrives is still kept.")
    messages.success(request, said % {"name": account.name})
    return redirect("messaging:channels")


def _choices() -> dict[str, list[Any]]:
    organisation, scope = tree(), current_scope()
    mine = [unit for unit in organisation.units.values() if unit.pk in scope.units and unit.is_active]
    units = sorted(mine, key=lambda unit: unit.path)
    processes = {row.key: local_name(row) for row in Process.objects.filter(is_active=True, is_internal=False)}
    queues = Queue.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
    owners = {above for unit in units for above in (unit.pk, *unit.ancestor_ids)}
    calendars = WorkingCalendar.objects.filter(owner_id__in=owners).order_by("name").values_list("pk", "name")
    return {
        "unit": [(unit.pk, organisation.label(unit.pk)) for unit in units],
        "process_key": sorted(processes.items(), key=lambda item: item[1]),
        "queue": [("", _("as for every case of the unit")), *queues],
        "calendar": [("", _("as the unit")), *calendars],
    }


def _initial(account: ChannelAccount | None) -> dict[str, Any]:
    if account is None:
        return {}
    names = ("name", "external_id", "address", "process_key", "first_answer_minutes", "greeting_it", "greeting_en")
    values = {name: getattr(account, name) for name in (*names, "away_it", "away_en", "has_bot")}
    return values | {"unit": account.unit_id, "queue": account.queue_id, "calendar": account.calendar_id}
