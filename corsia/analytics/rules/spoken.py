"""Numbers as people read them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from corsia.analytics.vocabulary import Measure
from corsia.ui.money import euros
from corsia.ui.numbers import number

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def spoken_value(value: float, measure: Measure) -> str:
    """Return an unrounded value in the words of its measure: "2 h 05 min", "12.4 %", "1,204"."""
    match measure:
        case Measure.SECONDS:
            return _span(value)
        case Measure.SHARE:
            return f"{number(value * 100, 1)} %"
        case Measure.DAYS:
            return ngettext("%(days)s day", "%(days)s days", round(value)) % {
                "days": number(value, 1 if value < 10 else 0)
            }
        case Measure.POINTS | Measure.TIMES:
            return number(value, 1)
        case Measure.PER_HUNDRED:
            return number(value * 100, 1)
        case Measure.WORK:
            hours = number(value / _HOUR, 0 if value >= 100 * _HOUR else 1, force_grouping=True)
            return _("%(hours)s h") % {"hours": hours}
        case Measure.CENTS:
            return euros(round(value))
        case _:
            return number(value, 0, force_grouping=True)


def _span(seconds: float) -> str:
    if seconds < _HOUR:
        return _("%(minutes)s min") % {"minutes": number(seconds / _MINUTE, 0 if seconds > 600 else 1)}
    if seconds < 2 * _DAY:
        return _("%(hours)s h %(minutes)02d min") % {
            "hours": int(seconds // _HOUR),
            "minutes": int(seconds % _HOUR // _MINUTE),
        }
    return _("%(days)s days") % {"days": number(seconds / _DAY, 1)}
