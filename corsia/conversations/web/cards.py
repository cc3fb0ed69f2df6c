"""Send a car, a quote or an appointment: drawn as a card where the channel shows cards, as plain words elsewhere."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods

from corsia.cases.models import Case
from corsia.conversations import queries
from corsia.conversations.permissions import USE_INBOX
from corsia.conversations.web.forms import FilesField
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.messaging import services as messaging
from corsia.messaging.rules import cards
from corsia.ui.forms import told_in
from corsia.vehicles.models import Vehicle
from corsia.vehicles.queries import vehicles_like


class CardForm(forms.Form):
    """What a card shows."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What to send"),
        choices=[
            (cards.CAR, gettext_lazy("A car")),
            (cards.QUOTE, gettext_lazy("A quote")),
            (cards.BOOKING, gettext_lazy("An appointment")),
        ],
        widget=forms.RadioSelect,
        initial=cards.CAR,
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    details = forms.CharField(
        label=gettext_lazy("Details, one a line"),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    price = forms.CharField(
        label=gettext_lazy("Price"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "18.900 €"}),
    )
    link = forms.URLField(label=gettext_lazy("Address to open"), max_length=300, required=False, assume_scheme="https")
    attached = FilesField(label=gettext_lazy("Picture or file"), required=False)


_DOES = {
    cards.CAR: {"it": "Vedi l'auto", "en": "See the car"},
    cards.QUOTE: {"it": "Apri il preventivo", "en": "Open the quote"},
    cards.BOOKING: {"it": "Conferma l'appuntamento", "en": "Confirm the appointment"},
}


@require_http_methods(["GET", "HEAD", "POST"])
@access(USE_INBOX, personal=True)
def card(request: StaffRequest, case_id: int) -> HttpResponse:
    """Make a card and send it."""
    case: Case = Case.objects.find(case_id)
    chosen = row_id(request.GET.get("vehicle", ""))
    words = request.GET.get("q", "")[:60]
    vehicle: Vehicle | None = Vehicle.objects.find(chosen) if chosen else None
    start = _of_vehicle(vehicle, case.language) if vehicle else {"title": request.GET.get("title", "")[:120]}
    data = request.POST or None
    form = CardForm(data, {"attached": request.FILES.getlist("attached")} if data else None, initial=start)  # type: ignore[arg-type]
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            message_id = once(request, door="conversations.card", act=lambda: _sent(request, case, form))
            item = queries.message_item(case=case, message_id=message_id, now=request.received_at)
            context = {"items": [item], "active": case.pk, "is_fresh": True}
            return render(request, "conversations/_items.html", context)
    found = vehicles_like(text=words, limit=6) if words.strip() else []
    context = {"case": case, "form": form, "found": found, "q": words, "vehicle": vehicle}
    answer = render(request, "conversations/_card.html", context, status=422 if form.errors else 200)
    if request.method == "POST":
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#dialog-body", "innerHTML"
    return answer


def _sent(request: StaffRequest, case: Case, form: CardForm) -> int:
    given = form.cleaned_data
    language = case.language if case.language == "en" else "it"
    link = cards.Link(_DOES[given["kind"]][language], given["link"]) if given["link"] else None
    made = cards.card(
        given["kind"],
        title=given["title"],
        lines=[line.strip() for line in given["details"].splitlines() if line.strip()],
        price=given["price"],
        link=link,
    )
    message = messaging.write_reply(
        case_id=case.pk,
        text=cards.as_words(made),
        card=made,
        attachments=given["attached"],
        by=request.actor,
        now=request.received_at,
    )
    return message.pk


def _of_vehicle(vehicle: Vehicle, language: str) -> dict[str, str]:
    """Return what a card says about one of our vehicles: what its record holds, and no price."""
    with override(language):
        lines = [
            vehicle.trim,
            str(vehicle.model_year or ""),
            vehicle.get_fuel_display() if vehicle.fuel else "",
            _("%(km)s km") % {"km": formats.number_format(vehicle.odometer_km, use_l10n=True, force_grouping=True)}
            if vehicle.odometer_km
            else "",
        ]
    return {
        "kind": cards.CAR,
        "title": f"{vehicle.make} {vehicle.model}".strip(),
        "details": "\n".join(line for line in lines if line),
    }
