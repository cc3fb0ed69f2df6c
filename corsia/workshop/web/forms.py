"""Forms of orders, reception and terminal."""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.ui.forms import DayInput
from corsia.vehicles.services.records import HIGHEST_KM
from corsia.workshop.services.reception import DamageData, LineData, PictureData
from corsia.workshop.vocabulary import LineKind, Verdict

PHOTOS = "image/jpeg,image/png"
QUARTERS = [(f"{hour:02d}:{minute:02d}",) * 2 for hour in range(7, 21) for minute in (0, 15, 30, 45)]
_PNG = "data:image/png;base64,"


class Signature(forms.CharField):
    """What was drawn on the pad, as the address of a PNG; b"" where nobody signed."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return b""
        if not text.startswith(_PNG) or len(text) > 800_000:
            raise ValidationError(_("The signature could not be read. Clear it and sign again."))
        try:
            return b64decode(text[len(_PNG) :], validate=True)
        except binascii.Error as broken:
            raise ValidationError(_("The signature could not be read. Clear it and sign again.")) from broken


class Euros(forms.DecimalField):
    """An amount as people type it; its value is whole cents."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=Decimal(0), max_value=Decimal(1_000_000), decimal_places=2, localize=True, **options)

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        return None if amount is None else round(amount * 100)


class LineForm(forms.Form):
    """A line as the desk writes it."""

    kind = forms.ChoiceField(label=_("Kind"), choices=LineKind.choices)
    text = forms.CharField(label=_("Work"), max_length=200)
    quantity = forms.DecimalField(
        label=_("Quantity"), min_value=Decimal("0.01"), max_value=Decimal(9999), decimal_places=2, initial=1,
        localize=True,
    )  # fmt: skip
    minutes = forms.IntegerField(label=_("Minutes sold"), min_value=0, max_value=6000, initial=0)
    price = Euros(label=_("Price of the line in euros, VAT included"))

    def line(self) -> LineData:
        """Return what was written."""
        data = self.cleaned_data
        return LineData(
            kind=data.get("kind") or LineKind.LABOUR,
            text=data["text"],
            quantity=data["quantity"],
            minutes=data["minutes"],
            price_cents=data["price"],
        )


class ExtraForm(LineForm):
    """Extra work: what, why, for how much, with a photo."""

    reason = forms.CharField(
        label=_("Why, in words the customer understands"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    photo = forms.FileField(
        label=_("Photo"), required=False, widget=forms.FileInput(attrs={"accept": PHOTOS, "capture": "environment"})
    )

    field_order = ("kind", "text", "reason", "quantity", "minutes", "price", "photo")

    def picture(self, key: UUID | None = None) -> PictureData | None:
        """Return the photo, which the customer sees with the proposal."""
        photo = self.cleaned_data["photo"]
        return PictureData(content=photo.read(), is_for_customer=True, key=key or uuid4()) if photo else None


class TerminalExtraForm(ExtraForm):
    """Extra work as a technician proposes it: labour, with whatever it takes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kind"]


class DecisionForm(forms.Form):
    """What a customer said to proposed lines."""

    lines = forms.TypedMultipleChoiceField(coerce=int, widget=forms.MultipleHiddenInput)
    approved = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
    name = forms.CharField(label=_("Name of the customer"), max_length=120)
    signature = Signature(required=False)
    shown = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, line_ids: Sequence[int] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lines"].choices = [(pk, pk) for pk in line_ids]  # type: ignore[attr-defined]


class PromiseForm(forms.Form):
    """Another hour at which the customer may come, and why."""

    on = forms.DateField(label=_("Day"), widget=DayInput)
    at = forms.ChoiceField(label=_("Hour"), choices=QUARTERS)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def moment(self, zone: tzinfo) -> datetime:
        """Return the hour as an instant."""
        return moment_of(self.cleaned_data["on"], self.cleaned_data["at"], zone)


class CloseForm(forms.Form):
    """What is written when a vehicle is given back."""

    invoice = forms.CharField(label=_("Invoice"), max_length=40, required=False)
    km = forms.IntegerField(label=_("Kilometres now"), min_value=0, max_value=HIGHEST_KM, required=False)


class PhotoForm(forms.Form):
    """A photo or voice note of an order."""

    photo = forms.FileField(
        label=_("Photo"), widget=forms.FileInput(attrs={"accept": PHOTOS, "capture": "environment"})
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    is_for_customer = forms.BooleanField(label=_("The customer sees it"), required=False)


class ManyFiles(forms.FileField):
    """Several files of one input."""

    def clean(self, value: Any, initial: Any = None) -> Any:
        return [super(ManyFiles, self).clean(one, initial) for one in value or []]


class ManyInput(forms.ClearableFileInput):
    """The input of several files."""

    allow_multiple_selected = True


class ReceptionForm(forms.Form):
    """What is written down around a vehicle that comes."""

    on = forms.DateField(label=_("Promised for the day"), widget=DayInput)
    at = forms.ChoiceField(label=_("Hour"), choices=QUARTERS)
    wish = forms.CharField(
        label=_("What the customer asked for"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    km = forms.IntegerField(
        label=_("Kilometres"),
        min_value=0,
        max_value=HIGHEST_KM,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    fuel = forms.IntegerField(
        label=pgettext_lazy("level", "Fuel"), min_value=0, max_value=100, initial=50,
        widget=forms.NumberInput(attrs={"type": "range", "step": "5"}),
    )  # fmt: skip
    damage_x = forms.CharField(required=False)
    photos = ManyFiles(
        label=_("Photos"), required=False,
        widget=ManyInput(attrs={"accept": PHOTOS, "capture": "environment", "multiple": True}),
    )  # fmt: skip
    signed_name = forms.CharField(label=_("First and last name of who signs"), max_length=120)
    signature = Signature(required=False)

    def damages(self) -> list[DamageData]:
        """Return the damages, each told by three fields of the same place."""
        rows = zip(*(self.data.getlist(name) for name in ("damage_x", "damage_y", "damage_note")), strict=False)  # type: ignore[attr-defined]
        return [
            DamageData(x_pct=_percent(x), y_pct=_percent(y), note=note) for x, y, note in rows if note.strip() or x
        ][:60]

    def pictures(self) -> list[PictureData]:
        """Return the photos of the walk-around, which the customer sees."""
        return [PictureData(content=one.read(), is_for_customer=True) for one in self.cleaned_data["photos"][:20]]


class DoneForm(forms.Form):
    """One thing a terminal sends: what, when by the device, and the key that makes it count once."""

    kind = forms.ChoiceField(choices=[(kind, kind) for kind in ("on", "off", "finish", "check", "extra", "photo")])
    key = forms.UUIDField(required=False)
    at = forms.DateTimeField(required=False)
    order = forms.IntegerField(min_value=1, max_value=2**62)
    line = forms.IntegerField(min_value=1, max_value=2**62, required=False)
    technician = forms.IntegerField(min_value=1, max_value=2**62, required=False)
    start_key = forms.UUIDField(required=False)
    started_at = forms.DateTimeField(required=False)
    item = forms.CharField(max_length=40, required=False)
    verdict = forms.ChoiceField(choices=[("", ""), *Verdict.choices], required=False)
    note = forms.CharField(max_length=300, required=False)
    photo = forms.FileField(required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        data["key"] = data.get("key") or uuid4()  # without a script the page sends none
        needed = {
            "on": ("line", "technician"),
            "off": ("line", "technician", "start_key", "started_at"),
            "finish": ("line",),
            "check": ("item", "verdict"),
            "photo": ("photo",),
        }
        for name in needed.get(data.get("kind", ""), ()):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed."))
        return data


def moment_of(day: date, hour: str, zone: tzinfo) -> datetime:
    """Return a day and an hour of the house as an instant."""
    return datetime.combine(day, time.fromisoformat(hour), tzinfo=zone)


def _percent(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else -1
