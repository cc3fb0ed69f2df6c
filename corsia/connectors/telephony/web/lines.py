"""How a phone line is answered, on the page of its channel: for managers."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.queries import people_who_work_in
from corsia.connectors.telephony.models import Extension, Line, RobotKey
from corsia.connectors.telephony.queries.lines import line_of
from corsia.connectors.telephony.services import lines as services
from corsia.connectors.telephony.vocabulary import KEY, KeyAction
from corsia.customers.identity import display_phone
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.messaging.models import ChannelAccount
from corsia.messaging.permissions import MANAGE_CHANNELS
from corsia.messaging.queries.texting import texting_account
from corsia.ui.forms import told_in

_A_MOBILE = "+393331234567"  # any: whether mobiles can be texted does not depend on which


class LineForm(forms.Form):
    """How a line is answered."""

    has_robot = forms.BooleanField(label=_("The robot offers its keys first"), required=False)
    asks_language = forms.BooleanField(
        label=_("It asks for the language"),
        required=False,
        help_text=_("Whoever is known is spoken to in their language at once."),
    )
    takes_messages = forms.BooleanField(label=_("Callers may leave a message after the tone"), required=False)
    ring_seconds = forms.IntegerField(label=_("Seconds our phones ring"), min_value=5, max_value=120)
    callback_minutes = forms.IntegerField(
        label=_("Missed callers are called back within"),
        min_value=5,
        max_value=4800,
        help_text=_("In minutes of working time."),
    )


class KeyForm(forms.Form):
    """A key of the robot."""

    digit = forms.TypedChoiceField(
        label=_("Key of the phone"), choices=[(number, str(number)) for number in range(1, 10)], coerce=int
    )
    action = forms.ChoiceField(label=_("What it does"), choices=KeyAction.choices)
    label_it = forms.CharField(label=_("Spoken before the key, Italian"), max_length=80)
    label_en = forms.CharField(label=_("Spoken before the key, English"), max_length=80)
    text_it = forms.CharField(
        label=_("Words of the SMS or said, Italian"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    text_en = forms.CharField(
        label=_("Words of the SMS or said, English"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    link = forms.URLField(label=_("Link that is sent"), required=False, assume_scheme="https", max_length=200)


@require_safe
@access(MANAGE_CHANNELS)
def panel(request: StaffRequest, account_id: int) -> HttpResponse:
    """Show how a line is answered; nothing for accounts of other channels."""
    account: ChannelAccount = ChannelAccount.objects.find(account_id)
    return HttpResponse() if account.channel != KEY else _panel(request, account)


@require_POST
@access(MANAGE_CHANNELS)
def save(request: StaffRequest, account_id: int) -> HttpResponse:
    """Say how a line is answered."""
    form = LineForm(request.POST)
    if form.is_valid():
        with told_in(form):
            services.save_line(
                account_id=account_id,
                details=services.LineDetails(**form.cleaned_data),
                by=request.actor,
                now=request.received_at,
            )
    return _panel(request, ChannelAccount.objects.find(account_id), line_form=form if form.errors else None)


@require_POST
@access(MANAGE_CHANNELS)
def add_phone(request: StaffRequest, account_id: int) -> HttpResponse:
    """Let one more phone ring."""
    services.add_phone(
        account_id=account_id,
        number=request.POST.get("number", "")[:40],
        person_id=row_id(request.POST.get("person")),
        by=request.actor,
        now=request.received_at,
    )
    return _panel(request, ChannelAccount.objects.find(account_id))


@require_POST
@access(MANAGE_CHANNELS)
def remove_phone(request: StaffRequest, extension_id: int) -> HttpResponse:
    """Let a phone ring no more."""
    account_id = services.remove_phone(extension_id=extension_id, by=request.actor, now=request.received_at)
    return _panel(request, ChannelAccount.objects.find(account_id))


@require_POST
@access(MANAGE_CHANNELS)
def save_key(request: StaffRequest, account_id: int) -> HttpResponse:
    """Say what a key of the robot does."""
    form = KeyForm(request.POST)
    if form.is_valid():
        with told_in(form):
            services.save_key(
                account_id=account_id,
                details=services.KeyDetails(**form.cleaned_data),
                by=request.actor,
                now=request.received_at,
            )
    return _panel(request, ChannelAccount.objects.find(account_id), key_form=form if form.errors else None)


@require_POST
@access(MANAGE_CHANNELS)
def remove_key(request: StaffRequest, key_id: int) -> HttpResponse:
    """Take a key off the robot's menu."""
    account_id = services.remove_key(key_id=key_id, by=request.actor, now=request.received_at)
    return _panel(request, ChannelAccount.objects.find(account_id))


def _panel(
    request: StaffRequest,
    account: ChannelAccount,
    *,
    line_form: LineForm | None = None,
    key_form: KeyForm | None = None,
) -> HttpResponse:
    line: Line = line_of(account)
    phones: list[Any] = []
    keys: list[RobotKey] = []
    if line.pk:
        rows = Extension.objects.filter(line=line).select_related("person").order_by("pk")
        phones = [{"id": row.pk, "number": display_phone(row.number), "person": row.person} for row in rows]
        keys = list(RobotKey.objects.filter(line=line).order_by("digit"))
    used = {key.digit for key in keys}
    free = next((digit for digit in range(1, 10) if digit not in used), 9)
    has_errors = bool(line_form or key_form)
    context = {
        "account": account,
        "line": line,
        "line_form": line_form or LineForm(initial={name: getattr(line, name) for name in LineForm.base_fields}),
        "key_form": key_form or KeyForm(initial={"digit": free, "action": KeyAction.LINK}, auto_id="key_%s"),
        "key_open": key_form is not None,
        "phones": phones,
        "keys": keys,
        "people": people_who_work_in(account.unit_id, now=request.received_at).order_by("last_name", "first_name")[
            :200
        ],
        "can_text": texting_account(account.unit_id, phone=_A_MOBILE) is not None,
    }
    return render(request, "telephony/_line.html", context, status=422 if has_errors else 200)
