"""Forms of the inbox."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.cases.vocabulary import RecoveryOutcome
from corsia.kernel.http import row_id
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.services.refusals import MAX_FILES_BYTES, MAX_TEXT
from corsia.messaging.vocabulary import Channel
from corsia.ui.forms import DayInput

HALF_HOURS = [(f"{h:02d}:{m:02d}", f"{h:02d}:{m:02d}") for h in range(7, 21) for m in (0, 30)]


class Files(forms.ClearableFileInput):
    """A file input for several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, as messaging takes them."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        kept = [super(FilesField, self).clean(one, initial) for one in given]
        if sum(file.size for file in kept) > MAX_FILES_BYTES:
            raise forms.ValidationError(
                _("The files are larger than %(limit)s MB together. Send fewer or smaller ones.")
                % {"limit": MAX_FILES_BYTES // 1024 // 1024}
            )
        return [NewFile(name=file.name, content=file.read()) for file in kept]


class ComposerForm(forms.Form):
    """An answer or an internal note."""

    kind = forms.ChoiceField(choices=[("out", ""), ("note", "")])
    text = forms.CharField(max_length=MAX_TEXT, required=False, strip=False)  # messaging says why an empty one stays
    cc = forms.CharField(required=False, max_length=2000)
    later_on = forms.DateField(required=False)
    later_at = forms.TimeField(required=False)
    mentions = forms.CharField(required=False, max_length=500)
    attached = FilesField(required=False)
    way = forms.CharField(required=False, max_length=330)
    ready_made = forms.CharField(required=False, max_length=200)

    def values(self) -> list[str]:
        """Return what was typed into the holes of an approved text, in their order."""
        typed = [(name, value) for name, value in self.data.items() if name.startswith("hole_")]
        numbered = [(row_id(name.removeprefix("hole_")) or 0, str(value)[:1000]) for name, value in typed]
        return [value for _number, value in sorted(numbered)[:20]]

    def copies(self) -> list[str]:
        """Return the addresses for copies, parted by comma, semicolon or blank."""
        given: str = self.cleaned_data["cc"]
        return given.replace(",", " ").replace(";", " ").split()

    def mentioned_ids(self) -> list[int]:
        """Return the people chosen after an @."""
        return [found for word in self.cleaned_data["mentions"].split() if (found := row_id(word))]

    def send_after(self, zone: ZoneInfo) -> datetime | None:
        """Return the chosen later moment, in the time zone of the case's unit."""
        return moment(self.cleaned_data["later_on"], self.cleaned_data["later_at"], zone)


class SnoozeForm(forms.Form):
    """Until when a conversation sleeps."""

    day = forms.DateField(label=_("Day"), widget=DayInput)
    hour = forms.ChoiceField(label=_("Time"), choices=HALF_HOURS, initial="08:30")

    def until(self, zone: ZoneInfo) -> datetime | None:
        """Return the chosen moment in the time zone of the case's unit."""
        return moment(self.cleaned_data["day"], time.fromisoformat(self.cleaned_data["hour"]), zone)


class CloseForm(forms.Form):
    """How a case ends, with what its process asks for."""

    end_kind = forms.ChoiceField(label=_("Outcome"))
    root_cause = forms.CharField(label=_("Root cause"), max_length=200, required=False)
    remedy = forms.CharField(label=_("Remedy"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    reference = forms.CharField(label=_("External reference"), max_length=60, required=False)

    def __init__(
        self,
        *args: Any,
        ends: Sequence[tuple[str, Any]],
        asked: frozenset[str],
        asks_outcome: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if asks_outcome:
            self.fields["recovery_outcome"] = forms.ChoiceField(
                label=_("How did it end with the customer?"),
                choices=[("", _("Choose")), *RecoveryOutcome.choices],
                help_text=_("This customer had been forgotten and is being won back."),
            )
        self.fields["end_kind"].choices = list(ends)  # type: ignore[attr-defined]
        for name in ("root_cause", "remedy", "reference"):
            if name in asked:
                self.fields[name].is_asked = True  # type: ignore[attr-defined]  # not always: a cancelled case needs none
            else:
                del self.fields[name]


class EntryForm(forms.Form):
    """What a customer said at the counter or on the phone."""

    channel = forms.ChoiceField(
        label=_("How it came in"),
        choices=[(one, one.label) for one in (Channel.PHONE, Channel.COUNTER, Channel.SOCIAL)],
        widget=forms.RadioSelect,
        initial=Channel.PHONE,
    )
    unit = forms.ChoiceField(label=_("Unit"))
    process = forms.SlugField(label=_("What it is about"))
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    link = forms.URLField(
        label=_("Link to the post"),
        max_length=300,
        required=False,
        assume_scheme="https",
        help_text=_("For what was written on a social network."),
    )
    text = forms.CharField(
        label=_("What the customer said"), max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 5})
    )
    customer = forms.IntegerField(required=False, widget=forms.HiddenInput)
    vehicle = forms.IntegerField(required=False, widget=forms.HiddenInput)
    first_name = forms.CharField(label=_("First name"), max_length=80, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=80, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    takes_it = forms.BooleanField(label=_("I take care of it myself"), required=False, initial=True)

    def __init__(self, *args: Any, units: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = list(units)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("customer") and not (given.get("first_name") or given.get("last_name")):
            self.add_error("last_name", _("Choose a customer from the search, or enter the name of a new one."))
        return given


class MacroForm(forms.Form):
    """A macro."""

    unit = forms.ChoiceField(label=_("Unit"), help_text=_("It is offered here and in everything below."))
    name_it = forms.CharField(label=_("Name in Italian"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80, required=False)
    template_key = forms.ChoiceField(label=_("Text for the answer"), required=False)
    phase_key = forms.ChoiceField(
        label=_("Phase"),
        required=False,
        help_text=_(
            "Moves the case there. Where the process of a case has no such phase, the rest is done all the same."
        ),
    )
    tag = forms.CharField(label=_("Tag"), max_length=40, required=False)
    assigns_to_me = forms.BooleanField(label=_("Assign the case to whoever uses it"), required=False)

    def __init__(
        self,
        *args: Any,
        units: Sequence[tuple[int, str]],
        texts: Sequence[tuple[str, str]],
        phases: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phase_key"].choices = [("", _("stays where it is")), *phases]  # type: ignore[attr-defined]
        self.fields["unit"].choices = list(units)  # type: ignore[attr-defined]
        self.fields["template_key"].choices = [("", pgettext_lazy("text", "None")), *texts]  # type: ignore[attr-defined]


def moment(day: date | None, at: time | None, zone: ZoneInfo) -> datetime | None:
    """Return a local day and time as an instant, None without a day; without a time, 8:30."""
    return datetime.combine(day, at or time(8, 30), tzinfo=zone) if day else None


def presets(now: datetime, zone: ZoneInfo) -> list[tuple[datetime, Any]]:
    """Return the moments people snooze to most often, each still to come."""
    local = now.astimezone(zone)
    tomorrow = local.date() + timedelta(days=1)
    soon = local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0) + timedelta(hours=2, minutes=15)
    monday = local.date() + timedelta(days=7 - local.weekday())
    offered = [
        (soon, _("In two hours")),
        (datetime.combine(local.date(), time(17, 0), tzinfo=zone), _("This afternoon")),
        (datetime.combine(tomorrow, time(8, 30), tzinfo=zone), _("Tomorrow morning")),
        (datetime.combine(monday, time(8, 30), tzinfo=zone), _("Next Monday")),
    ]
    return [(at, label) for at, label in offered if at > local + timedelta(minutes=30)]
