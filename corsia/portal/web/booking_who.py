"""Booking on the web, the last steps: who it is, and the link that confirms. GET shows, only POST acts."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from corsia.customers.identity import read_email, read_phone
from corsia.kernel.access import public
from corsia.kernel.actors import customer
from corsia.kernel.errors import Invalid, Refused, TooMany
from corsia.kernel.limits import Limit
from corsia.listening.queries import rules_in_force
from corsia.messaging.queries.texting import account_for
from corsia.organisation.queries import time_zone_of, tree
from corsia.portal.queries import privacy_notice
from corsia.portal.web.public import friendly, language_of, page
from corsia.workshop.links import booking_token
from corsia.workshop.models import Loan, OnlineRequest, Visit
from corsia.workshop.queries.booked import address_of
from corsia.workshop.queries.online import phone_of
from corsia.workshop.services.fetches import LONGEST, SHORTEST
from corsia.workshop.services.online import (
    Who,
    confirm_contact,
    confirm_known,
    request_of,
    request_to_confirm,
    say_who,
)
from corsia.workshop.vocabulary import LAPSED, VisitState

ASKED = Limit("portal.book_who", times=30, seconds=3600)
LONGEST_WISH = 1000


class WhoForm(forms.Form):
    """Who books. `website` is a trap: people do not see it, programs fill it in."""

    name = forms.CharField(
        label=gettext_lazy("First and last name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    plate = forms.CharField(
        label=gettext_lazy("Number plate"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "placeholder": "AB123CD"}),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Mobile phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    address = forms.CharField(
        label=gettext_lazy("Where we fetch your car"),
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    wish = forms.CharField(
        label=gettext_lazy("Anything we should know?"),
        max_length=LONGEST_WISH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    website = forms.CharField(required=False)

    def __init__(self, *args: Any, can_text: bool, is_fetched: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_fetched:
            del self.fields["address"]
        self.can_text = can_text
        self.fields["email"].required = not can_text

    def clean_email(self) -> str:
        typed: str = self.cleaned_data["email"].strip()
        if not typed:
            return ""
        email = read_email(typed)
        if email.warning is not None or not email.is_usable:
            raise forms.ValidationError(_("This is not an e-mail address. Correct it."))
        return email.value

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"].strip()
        if not typed:
            return ""
        phone = read_phone(typed)
        if not phone.is_usable:
            raise forms.ValidationError(_("This is not a telephone number. Correct it, or leave it empty."))
        return phone.e164

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(
                _("A hidden field was filled in, perhaps by your browser. Please look over the form and send it again.")
            )
        return ""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.can_text and not given.get("email") and not given.get("phone") and not self.errors:
            self.add_error("email", _("Write an e-mail address or a mobile number: we send you a link to confirm."))
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=ASKED)
def who(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """Show the slot that is held, take who it is for, and say that the link was sent."""
    now = request.received_at  # type: ignore[attr-defined]
    row = request_of(token)
    language = language_of(request, row.language)
    visit = row.visit
    can_text, is_fetched = account_for(visit.unit_id, "sms") is not None, visit.fetches.exists()
    with translation.override(language):
        form = WhoForm(initial=_typed(row), can_text=can_text, is_fetched=is_fetched)
        error, status = "", 200
        if request.method == "POST":
            try:
                if visit.customer_id is not None:
                    wish = request.POST.get("wish", "")[:LONGEST_WISH].replace("\x00", "")
                    address = request.POST.get("address", "")
                    typed = {"wish": wish, "address": address.replace("\x00", "")[:LONGEST]}
                    form = WhoForm(initial=typed, can_text=can_text, is_fetched=is_fetched)
                    booked = confirm_known(token=token, wish=wish, address=address, by=_customer(), now=now)
                    return redirect(f"{reverse('portal:visit', args=[booking_token(booked.pk)])}?l={language}&booked=1")
                form = WhoForm(request.POST, can_text=can_text, is_fetched=is_fetched)
                if form.is_valid():
                    given = {name: value for name, value in form.cleaned_data.items() if name != "website"}
                    say_who(token=token, who=Who(**given), by=_customer(), now=now)
                    return redirect(f"{request.path}?l={language}")
                status = 422
            except (Invalid, Refused, TooMany) as refusal:  # what was typed stays on the page
                error, status = str(refusal), refusal.status
            visit.refresh_from_db()
        is_asked = row.asked_at is not None and "edit" not in request.GET and not error and not form.is_bound
        context = held_context(row, visit, now=now) | {
            "form": form,
            "error": error,
            "is_known": visit.customer_id is not None,
            "is_asked": is_asked,
            "can_text": can_text,
            "privacy_url": privacy_notice(visit.unit_id),
            "step": 4 if is_asked else 3,
        }
        color = rules_in_force(visit.unit_id).brand_color
        return page(request, "portal/book/who.html", context, language=language, color=color, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=ASKED)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is about to be booked, and book it: looking at a link confirms nothing."""
    now = request.received_at  # type: ignore[attr-defined]
    row = request_to_confirm(token)
    language = language_of(request, row.language)
    visit = row.visit
    with translation.override(language):
        error, status = "", 200
        if request.method == "POST" or row.confirmed_at is not None:
            try:
                booked = confirm_contact(proof=token, by=_customer(), now=now) if request.method == "POST" else visit
                return redirect(f"{reverse('portal:visit', args=[booking_token(booked.pk)])}?l={language}&booked=1")
            except (Invalid, Refused) as refusal:
                error, status = str(refusal), refusal.status
                visit.refresh_from_db()
        context = held_context(row, visit, now=now) | {"error": error, "step": 4}
        color = rules_in_force(visit.unit_id).brand_color
        return page(request, "portal/book/confirm.html", context, language=language, color=color, status=status)


def held_context(row: OnlineRequest, visit: Visit, *, now: datetime) -> dict[str, Any]:
    """Return what pages show of a slot that is held."""
    jobs = list(visit.jobs.select_related("job", "package").order_by("position"))
    loan = Loan.objects.filter(visit=visit).select_related("car").first()
    left = int((visit.held_until - now).total_seconds()) // 60 if visit.held_until else 0
    packages = {line.package_id: line.package for line in jobs if line.package is not None}
    again = [("package", pk) for pk in packages] + [("job", line.job_id) for line in jobs if line.package_id is None]
    return {
        "row": row,
        "visit": visit,
        "work": [*packages.values(), *(line.job for line in jobs if line.package_id is None)],
        "total_cents": sum(line.price_cents for line in jobs),
        "zone": time_zone_of(visit.unit_id),
        "place": tree().label(visit.unit_id),
        "address": address_of(visit.unit_id),
        "phone": phone_of(visit.unit_id),
        "group": tree().group(visit.unit_id).name,
        "car": loan.car.name if loan else "",
        "fetches": list(visit.fetches.order_by("starts_at")),
        "minutes_left": max(0, left),
        "is_held": visit.state == VisitState.HELD,
        "is_booked": visit.state not in (VisitState.HELD, VisitState.CANCELLED),
        "is_lapsed": visit.state == VisitState.CANCELLED and visit.end_reason == LAPSED,
        "again": f"{reverse('portal:book_when', args=[row.page_code])}?{urlencode(again)}",
        "masked": masked(row.email or row.phone),
    }


def masked(contact: str) -> str:
    """Return an address or a number as far as its owner needs it to know which: "m…i@example.it", "…123"."""
    name, at, domain = contact.partition("@")
    if at:
        return f"{name[:1]}…{name[-1:]}@{domain}"
    return f"…{contact[-3:]}" if contact else ""


def _typed(row: OnlineRequest) -> dict[str, str]:
    return {name: getattr(row, name) for name in ("name", "email", "phone", "plate", "address", "wish")}


def _customer() -> Any:
    return customer(_("Customer, on the web"))
