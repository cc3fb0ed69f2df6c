"""What people may enter about units, people and calendars."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

import holidays
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template.loader import get_template
from django.utils.translation import gettext_lazy as _

from corsia.organisation.models import Person, Skill, Unit, WorkingCalendar
from corsia.organisation.services import PersonDetails, Profile, UnitDetails
from corsia.organisation.vocabulary import AbsenceKind, Language, Role, Theme, UnitKind
from corsia.ui.forms import DayInput
from corsia.ui.templatetags.ui import local_name

MONTHS = [
    ("", "–"),
    (1, _("January")),
    (2, _("February")),
    (3, _("March")),
    (4, _("April")),
    (5, _("May")),
    (6, _("June")),
    (7, _("July")),
    (8, _("August")),
    (9, _("September")),
    (10, _("October")),
    (11, _("November")),
    (12, _("December")),
]


class Renderer(DjangoTemplates):
    """Renders the form with our template and our tags, its widgets with Django's."""

    def get_template(self, template_name: str) -> Any:
        return (
            get_template(template_name)
            if template_name.startswith("organisation/")
            else super().get_template(template_name)
        )


class Styled(forms.Form):
    """A form in the look of the product; its template is organisation/_fields.html."""

    template_name = "organisation/_fields.html"
    default_renderer = Renderer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.CheckboxInput):
                widget.attrs["class"] = "org-check"
            elif isinstance(widget, forms.Select):
                widget.attrs["class"] = "sel"
            elif isinstance(widget, forms.Textarea):
                widget.attrs["class"] = "inp org-text"
            else:
                widget.attrs["class"] = "inp"


class _Instant(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class UnitForm(Styled):
    kind = forms.ChoiceField(label=_("Kind"), choices=UnitKind)
    name = forms.CharField(label=_("Name"), max_length=120)
    street = forms.CharField(label=_("Street and number"), max_length=160, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=10, required=False)
    city = forms.CharField(label=_("Town"), max_length=80, required=False)
    province = forms.CharField(label=_("Province"), max_length=4, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=Language)
    calendar = forms.ModelChoiceField(
        label=_("Working hours"),
        queryset=WorkingCalendar.objects.none(),
        required=False,
        empty_label=_("As the unit above"),
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=40,
        required=False,
        help_text=_("Empty: as the unit above."),
        widget=forms.TextInput(attrs={"list": "org-zones", "placeholder": "Europe/Rome"}),
    )
    country = forms.CharField(
        label=_("Country of the holidays"),
        max_length=2,
        required=False,
        help_text=_("Two letters. Empty: as the unit above."),
    )
    subdivision = forms.CharField(
        label=_("Province of the holidays"),
        max_length=8,
        required=False,
        help_text=_("Code, for example MI. Empty: as the unit above."),
        widget=forms.TextInput(attrs={"list": "org-provinces"}),
    )
    patron_day = forms.IntegerField(label=_("Patron saint: day"), min_value=1, max_value=31, required=False)
    patron_month = forms.TypedChoiceField(
        label=_("Patron saint: month"), choices=MONTHS, coerce=int, empty_value=None, required=False
    )

    def __init__(self, *args: Any, calendars: Iterable[WorkingCalendar], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = WorkingCalendar.objects.filter(pk__in=[calendar.pk for calendar in calendars]).order_by("name")
        field = self.fields["calendar"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
        field.queryset = rows
        if not is_new:
            del self.fields["kind"]

    def details(self) -> UnitDetails:
        """Return what was entered; call it on a valid form only."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in ("kind", "calendar")}
        values["country"], values["subdivision"] = values["country"].upper(), values["subdivision"].upper()
        chosen = self.cleaned_data["calendar"]
        return UnitDetails(calendar_id=chosen.pk if chosen else None, **values)

    @staticmethod
    def initial_of(unit: Unit) -> dict[str, Any]:
        """Return the present details of a unit as initial values."""
        names = [name for name in UnitForm.base_fields if name not in ("kind", "calendar")]
        return {name: getattr(unit, name) for name in names} | {"calendar": unit.calendar_id}


def time_zones() -> list[str]:
    """Return the names that can be entered as time zone."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/")))


def provinces() -> list[tuple[str, str]]:
    """Return code and name of the Italian provinces that have holidays of their own."""
    return sorted((code, name) for name, code in holidays.country_holidays("IT").subdivisions_aliases.items())


class PersonForm(Styled):
    first_name = forms.CharField(label=_("First name"), max_length=60)
    last_name = forms.CharField(label=_("Last name"), max_length=60)
    email = forms.EmailField(label=_("E-mail for signing in"))
    job_title = forms.CharField(label=_("Job title"), max_length=80, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=Language)
    capacity = forms.IntegerField(
        label=_("Open cases at most"),
        min_value=0,
        max_value=500,
        initial=25,
        help_text=_("Automatic assignment stops there."),
    )
    is_active = forms.BooleanField(label=_("May sign in"), required=False, initial=True)

    def details(self) -> PersonDetails:
        """Return what was entered; call it on a valid form only."""
        names = [name for name in PersonForm.base_fields if name != "is_active"]
        return PersonDetails(**{name: self.cleaned_data[name] for name in names})

    @staticmethod
    def initial_of(person: Person) -> dict[str, Any]:
        """Return the present details of a person as initial values."""
        return {name: getattr(person, name) for name in PersonForm.base_fields}


class RoleForm(Styled):
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    role = forms.ChoiceField(label=_("Role"), choices=Role)
    since = forms.DateField(label=_("From"), widget=DayInput())

    def __init__(self, *args: Any, units: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
        field.choices = list(units)


class MoveForm(Styled):
    """Where a unit or a person goes: the way that needs no dragging."""

    to = forms.TypedChoiceField(label=_("New place"), coerce=int)

    def __init__(self, *args: Any, units: Iterable[tuple[int, str]], label: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        field.label = label or field.label
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
        field.choices = list(units)


class SkillChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    """Names skills in the active language."""

    def label_from_instance(self, obj: Any) -> str:
        return local_name(obj)


LEVELS = [(1, _("learning")), (2, _("autonomous")), (3, _("teaches others")), (0, _("none: take it away"))]


class SkillForm(Styled):
    skill = SkillChoice(label=_("Skill"), queryset=Skill.objects.filter(is_active=True).order_by("key"))
    level = forms.TypedChoiceField(label=_("Level"), coerce=int, choices=LEVELS, initial=2)


class NewSkillForm(Styled):
    name_it = forms.CharField(label=_("Name in Italian"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    key = forms.SlugField(
        label=_("Key"),
        max_length=40,
        required=False,
        help_text=_(
            "For a language its two letters (en), for a make its name (jeep): queues then prefer who has it for such "
            "cases. Empty: from the Italian name. It does not change any more."
        ),
    )


class AgreementForm(Styled):
    """A signed agreement with the staff."""

    to = forms.TypedChoiceField(label=_("Holds for"), coerce=int)
    signed_on = forms.DateField(label=_("Signed on"), widget=DayInput())
    signed_with = forms.CharField(
        label=_("Signed with"),
        max_length=160,
        help_text=_("The works council, or the inspectorate that authorised it."),
    )
    starts_on = forms.DateField(label=_("First day"), widget=DayInput())
    last_on = forms.DateField(label=_("Last day"), widget=DayInput(), required=False)
    covers = forms.CharField(
        label=_("What it allows"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("In its own words: which figures, who may see them, for what."),
    )
    file = forms.FileField(label=_("Signed document (PDF)"))

    def __init__(self, *args: Any, units: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = self.fields["to"]
        assert isinstance(place, forms.TypedChoiceField)  # noqa: S101  (for the type checker)
        place.choices = list(units)
        self.fields["file"].widget.attrs["accept"] = "application/pdf"


class SkillNamesForm(Styled):
    name_it = forms.CharField(label=_("Name in Italian"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Off: it is retired. Whoever has it keeps it, and nobody new gets it."),
    )

    @staticmethod
    def initial_of(skill: Skill) -> dict[str, Any]:
        """Return the present values as initial values."""
        return {name: getattr(skill, name) for name in SkillNamesForm.base_fields}


class AbsenceForm(Styled):
    kind = forms.ChoiceField(label=_("Reason"), choices=AbsenceKind)
    starts_at = forms.DateTimeField(label=_("From"), widget=_Instant())
    ends_at = forms.DateTimeField(label=_("Until"), widget=_Instant())


class ClosureForm(Styled):
    first_on = forms.DateField(label=_("First day"), widget=DayInput())
    last_on = forms.DateField(label=_("Last day"), widget=DayInput())
    reason = forms.CharField(label=_("Reason"), max_length=120)


class ProfileForm(Styled):
    language = forms.ChoiceField(label=_("Language"), choices=Language)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme)
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False)
    signature = forms.CharField(
        label=_("Signature under answers"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    is_available = forms.BooleanField(
        label=_("I take new cases"), required=False, help_text=_("Off: automatic assignment passes you by.")
    )
    has_hotkeys = forms.BooleanField(
        label=_("Single-key shortcuts"),
        required=False,
        help_text=_("Turn them off if you use speech input or type them by accident."),
    )

    def profile(self) -> Profile:
        """Return what was entered; call it on a valid form only."""
        return Profile(**self.cleaned_data)

    @staticmethod
    def initial_of(person: Person) -> dict[str, Any]:
        """Return the present profile as initial values."""
        return {name: getattr(person, name) for name in ProfileForm.base_fields}
