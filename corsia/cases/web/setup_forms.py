"""Forms of what managers set up: processes, kinds of cause and queues."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.cases.models import Cause, Queue
from corsia.cases.rules.process_spec import ProcessSpec
from corsia.cases.services import QueueDetails
from corsia.cases.services.causes import CauseDetails
from corsia.cases.services.naming import local_name
from corsia.cases.services.processes import ProcessDetails
from corsia.cases.web.forms import PlainForm
from corsia.organisation.models import Skill
from corsia.organisation.vocabulary import Language

ICONS = (
    ("help-circle", _("Question mark")),
    ("alert-triangle", _("Warning sign")),
    ("clipboard-x", _("Clipboard with a cross")),
    ("package", _("Parcel")),
    ("shield-check", _("Shield")),
    ("package-import", _("Parcel coming back")),
    ("file-invoice", _("Invoice")),
    ("tool", _("Spanner")),
    ("settings-search", _("Gear under a lens")),
    ("ticket", _("Ticket")),
    ("car", _("Car")),
    ("phone", pgettext_lazy("icon", "Telephone")),
    ("star", _("Star")),
)


class ProcessForm(PlainForm):
    """Names and switches of a process."""

    name_it = forms.CharField(label=_("Name in Italian"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    icon = forms.ChoiceField(label=_("Icon"), choices=ICONS)
    is_complaint = forms.BooleanField(label=_("Counts as a complaint"), required=False)
    is_internal = forms.BooleanField(label=_("Internal: needs no customer"), required=False)
    sends_survey = forms.BooleanField(label=_("Sends the survey when a case closes"), required=False)
    is_active = forms.BooleanField(label=_("New cases may be opened"), required=False)

    def details(self) -> ProcessDetails:
        return ProcessDetails(**self.cleaned_data)


class NewProcessForm(PlainForm):
    """A process of one's own, started from one that exists."""

    name_it = forms.CharField(label=_("Name in Italian"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    key = forms.SlugField(
        label=_("Key"), max_length=40, help_text=_("Short and lower case, for example “test-drive”. It never changes.")
    )
    like = forms.ChoiceField(label=_("Start from"))
    unit = forms.TypedChoiceField(label=_("For the unit and everything below it"), coerce=int)

    def __init__(
        self, *args: Any, specs: Iterable[ProcessSpec], units: Iterable[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["like"].choices = [(spec.key, local_name(spec)) for spec in specs]  # type: ignore[attr-defined]
        self.fields["unit"].choices = list(units)  # type: ignore[attr-defined]


class CauseForm(PlainForm):
    """A kind of root cause."""

    name_it = forms.CharField(label=_("Name in Italian"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    process_key = forms.ChoiceField(label=_("Process"), required=False)
    unit = forms.TypedChoiceField(label=_("For the unit and everything below it"), coerce=int)
    is_active = forms.BooleanField(label=_("Offered for new cases"), required=False, initial=True)

    def __init__(self, *args: Any, units: Iterable[tuple[int, str]], processes: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = list(units)  # type: ignore[attr-defined]
        self.fields["process_key"].choices = [  # type: ignore[attr-defined]
            ("", _("Any")),
            *((one.key, local_name(one)) for one in processes),
        ]

    @staticmethod
    def initial_of(cause: Cause) -> dict[str, Any]:
        return {
            "name_it": cause.name_it,
            "name_en": cause.name_en,
            "process_key": cause.process_key,
            "unit": cause.unit_id,
            "is_active": cause.is_active,
        }

    def details(self) -> CauseDetails:
        given = self.cleaned_data
        return CauseDetails(
            unit_id=given["unit"],
            name_it=given["name_it"].strip(),
            name_en=given["name_en"].strip(),
            process_key=given["process_key"],
            is_active=given["is_active"],
        )


class QueueForm(PlainForm):
    """Where cases wait, and how they are given away."""

    name = forms.CharField(label=_("Name"), max_length=80)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int, help_text=_("Its people and those below get the cases."))
    process_key = forms.ChoiceField(label=_("Process"), required=False)
    language = forms.ChoiceField(
        label=_("Language of the customer"), choices=[("", _("Any")), *Language.choices], required=False
    )
    make = forms.CharField(label=_("Make of the vehicle"), max_length=40, required=False, help_text=_("Empty: any."))
    skill = forms.ModelChoiceField(
        label=_("Needed skill"), queryset=Skill.objects.none(), required=False, empty_label=_("None")
    )
    assigns_itself = forms.BooleanField(label=_("Gives cases to people by itself"), required=False)
    prefers_owner_advisor = forms.BooleanField(
        label=_("The customer's own advisor comes first"), required=False, initial=True
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, units: Iterable[tuple[int, str]], processes: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = list(units)  # type: ignore[attr-defined]
        self.fields["process_key"].choices = [  # type: ignore[attr-defined]
            ("", _("Any")),
            *((one.key, local_name(one)) for one in processes),
        ]
        needed = (kwargs.get("initial") or {}).get("skill")  # a retired one stays with the queue that asks for it
        offered = Skill.objects.filter(Q(is_active=True) | Q(pk=needed or 0)).order_by("key")
        self.fields["skill"].queryset = offered  # type: ignore[attr-defined]
        self.fields["skill"].label_from_instance = local_name  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(queue: Queue) -> dict[str, Any]:
        return {
            "name": queue.name,
            "unit": queue.unit_id,
            "process_key": queue.process_key,
            "language": queue.language,
            "make": queue.make,
            "skill": queue.skill_id,
            "assigns_itself": queue.assigns_itself,
            "prefers_owner_advisor": queue.prefers_owner_advisor,
            "is_active": queue.is_active,
        }

    def details(self) -> QueueDetails:
        given = self.cleaned_data
        return QueueDetails(
            name=given["name"],
            skill_id=given["skill"].pk if given["skill"] else None,
            language=given["language"],
            make=given["make"].strip(),
            process_key=given["process_key"],
            assigns_itself=given["assigns_itself"],
            prefers_owner_advisor=given["prefers_owner_advisor"],
            is_active=given["is_active"],
        )
