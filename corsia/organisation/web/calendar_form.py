"""The week of a working calendar as people type it."""

from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from corsia.organisation.models import WorkingCalendar
from corsia.organisation.web.forms import Styled

WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
SHIFTS_A_DAY = 3


class WallTime(forms.TimeField):
    """A time on a 24-hour clock, typed as 8:30, 8.30 or 8; as an end, 24:00 is midnight."""

    def __init__(self, *, is_end: bool, **kwargs: Any) -> None:
        self.is_end = is_end
        attrs = {"class": "inp org-time", "inputmode": "numeric", "placeholder": "--:--", "maxlength": 5}
        widget = forms.TimeInput(format="%H:%M", attrs=attrs | {"autocomplete": "off"})
        super().__init__(required=False, input_formats=["%H:%M", "%H.%M", "%H"], widget=widget, **kwargs)

    def to_python(self, value: Any) -> time | None:
        if self.is_end and isinstance(value, str) and value.strip() in ("24:00", "24.00", "24"):
            return time(0)
        return super().to_python(value)


def end_text(closes: time) -> str:
    """Return the end of a shift as people say it: midnight is 24:00."""
    return "24:00" if closes == time(0) else f"{closes:%H:%M}"


class CalendarForm(Styled):
    """A week with some shifts a day: fields `opens_0_0`, `closes_0_0` (weekday, shift) and so on."""

    name = forms.CharField(label=_("Name"), max_length=80)
    is_always_open = forms.BooleanField(label=_("Always open, day and night"), required=False)

    def __init__(self, *args: Any, calendar: WorkingCalendar | None = None, **kwargs: Any) -> None:
        if calendar is not None:
            kwargs["initial"] = self._initial_of(calendar)
        super().__init__(*args, **kwargs)
        numbers = [int(name.rpartition("_")[2]) for name in self.initial if name.startswith("opens_")]
        self.shifts = max([SHIFTS_A_DAY, *(number + 1 for number in numbers)])
        for weekday in range(7):
            for shift in range(self.shifts):
                for edge in ("opens", "closes"):
                    label = _("%(weekday)s, shift %(shift)s, %(edge)s") % {
                        "weekday": WEEKDAYS[weekday],
                        "shift": shift + 1,
                        "edge": _("from") if edge == "opens" else _("until"),
                    }
                    self.fields[f"{edge}_{weekday}_{shift}"] = WallTime(label=label, is_end=edge == "closes")

    def week(self) -> list[dict[str, Any]]:
        """Return the days with their bound shift fields, for the template."""
        return [
            {
                "name": WEEKDAYS[weekday],
                "shifts": [
                    (self[f"opens_{weekday}_{shift}"], self[f"closes_{weekday}_{shift}"])
                    for shift in range(self.shifts)
                ],
            }
            for weekday in range(7)
        ]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for weekday in range(7):
            for shift in range(self.shifts):
                names = f"opens_{weekday}_{shift}", f"closes_{weekday}_{shift}"
                if self.errors.keys() & set(names):
                    continue
                opens, closes = (values.get(name) for name in names)
                if (opens is None) != (closes is None):
                    missing = names[0] if opens is None else names[1]
                    self.add_error(missing, ValidationError(_("Enter both times of a shift, or none.")))
        return values

    def openings(self) -> list[tuple[int, time, time]]:
        """Return (weekday, opens, closes) of the shifts entered; call it on a valid form only."""
        found = []
        for weekday in range(7):
            for shift in range(self.shifts):
                opens = self.cleaned_data[f"opens_{weekday}_{shift}"]
                closes = self.cleaned_data[f"closes_{weekday}_{shift}"]
                if opens is not None and closes is not None:
                    found.append((weekday, opens, closes))
        return found

    @staticmethod
    def _initial_of(calendar: WorkingCalendar) -> dict[str, Any]:
        initial: dict[str, Any] = {"name": calendar.name, "is_always_open": calendar.is_always_open}
        shift_of: dict[int, int] = {}
        for row in calendar.hours.order_by("weekday", "opens_at"):
            shift = shift_of.get(row.weekday, 0)
            shift_of[row.weekday] = shift + 1
            initial[f"opens_{row.weekday}_{shift}"] = row.opens_at
            initial[f"closes_{row.weekday}_{shift}"] = end_text(row.closes_at)
        return initial
