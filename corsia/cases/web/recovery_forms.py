"""What people enter about recoveries."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from corsia.cases.queries import Startable
from corsia.cases.queries.recovery import Aged
from corsia.cases.rules.recovery_list import MAX_BYTES
from corsia.cases.rules.script import KEYS, MAX_SCRIPT, unknown_keys
from corsia.cases.services import RecoveryDetails
from corsia.cases.services.naming import local_name
from corsia.cases.vocabulary import AttemptResult, AttemptWay
from corsia.cases.web.forms import PlainForm
from corsia.ui.forms import DayInput

_KEYS = ", ".join(f"{{{{{key}}}}}" for key in KEYS)


class RecoveryForm(PlainForm):
    """What describes a recovery."""

    name = forms.CharField(label=_("Name"), max_length=120)
    unit = forms.TypedChoiceField(label=_("For the unit and everything below it"), coerce=int)
    process = forms.ChoiceField(
        label=_("Process of new cases"), help_text=_("For customers who have no open case to go on with.")
    )
    max_attempts = forms.IntegerField(
        label=_("Attempts before somebody is unreachable"), min_value=1, max_value=20, initial=3
    )
    retry_after_days = forms.IntegerField(label=_("Days between attempts"), min_value=1, max_value=60, initial=2)
    script_it = forms.CharField(
        label=_("What to say, in Italian"),
        required=False,
        max_length=MAX_SCRIPT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=format_lazy("{} {}", _("These are filled in:"), _KEYS),
    )
    script_en = forms.CharField(
        label=_("What to say, in English"),
        required=False,
        max_length=MAX_SCRIPT,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(
        self, *args: Any, units: Iterable[tuple[int, str]], processes: Iterable[Startable], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = list(units)  # type: ignore[attr-defined]
        self.fields["process"].choices = [(one.key, local_name(one)) for one in processes]  # type: ignore[attr-defined]

    def clean_script_it(self) -> str:
        return self._script("script_it")

    def clean_script_en(self) -> str:
        return self._script("script_en")

    def _script(self, name: str) -> str:
        script = str(self.cleaned_data[name])
        if unknown := unknown_keys(script):
            shown = ", ".join(f"{{{{{key}}}}}" for key in unknown)
            raise forms.ValidationError(_("%(keys)s does not exist. Use the ones listed."), params={"keys": shown})
        return script

    def details(self) -> RecoveryDetails:
        given = self.cleaned_data
        return RecoveryDetails(
            name=given["name"],
            process_key=given["process"],
            script_it=given["script_it"],
            script_en=given["script_en"],
            max_attempts=given["max_attempts"],
            retry_after_days=given["retry_after_days"],
        )


class ListForm(PlainForm):
    """A file of forgotten customers."""

    file = forms.FileField(
        label=_("List as CSV or XLSX"),
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,text/csv,text/plain"}),
        error_messages={"required": _("Choose the file."), "empty": _("The file is empty. Choose the list you meant.")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(mb)s MB. Split it and send the parts one after the other."),
                params={"mb": MAX_BYTES // 1024 // 1024},
            )
        return file


class AgedForm(PlainForm):
    """Which open cases are meant."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    process = forms.ChoiceField(label=_("Process"), required=False)
    opened_days = forms.IntegerField(label=_("Open for at least (days)"), min_value=0, max_value=3650, initial=30)
    quiet_days = forms.IntegerField(label=_("Untouched for at least (days)"), min_value=0, max_value=3650, initial=7)
    only_complaints = forms.BooleanField(label=_("Complaints only"), required=False)

    def __init__(self, *args: Any, units: Iterable[tuple[int, str]], processes: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = list(units)  # type: ignore[attr-defined]
        self.fields["process"].choices = [  # type: ignore[attr-defined]
            ("", _("Any")),
            *((one.key, local_name(one)) for one in processes),
        ]

    def aged(self) -> Aged:
        given = self.cleaned_data
        return Aged(
            unit_id=given["unit"],
            process=given["process"],
            opened_days=given["opened_days"],
            quiet_days=given["quiet_days"],
            only_complaints=given["only_complaints"],
        )


class AttemptForm(PlainForm):
    """An attempt to reach a customer."""

    way = forms.ChoiceField(label=_("How"), choices=AttemptWay)
    result = forms.ChoiceField(label=_("What came of it"), choices=AttemptResult)
    next_on = forms.DateField(
        label=_("Next attempt on"), required=False, widget=DayInput, help_text=_("Empty: as the recovery says.")
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "try_%s", **kwargs})

    def next_try_at(self, zone: ZoneInfo) -> datetime | None:
        day = self.cleaned_data["next_on"]
        return datetime.combine(day, time(9), tzinfo=zone) if day else None
