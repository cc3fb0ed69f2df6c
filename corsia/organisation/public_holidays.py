"""Public holidays by place: national, of the province or canton, and the town's patron saint."""

import calendar
from collections.abc import Iterable
from datetime import date

import holidays
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid


class UnknownHolidays(Invalid):
    code = "organisation.unknown_holidays"
    message = _("No public holidays are known for “%(place)s”. Choose a country and a province from the list.")


class NoSuchDay(Invalid):
    code = "organisation.no_such_day"
    message = _("The patron saint's day %(day)s/%(month)s is not in the calendar of %(year)s. Choose another day.")


def italian_holidays(
    years: Iterable[int],
    *,
    country: str = "IT",
    subdivision: str | None = None,
    patron_day: tuple[int, int] | None = None,
    language: str = "it",
) -> dict[date, str]:
    """Return the public holidays of these years with their names: national, of the province, of the patron saint.

    4 October, Saint Francis, is among them again from 2026 (Law 151 of 8 October 2025, Gazzetta Ufficiale 236 of
    10 October 2025). The `holidays` package that is locked knows it; a test notices one that does not.

    Args:
        country: ISO 3166 code of two letters; groups with a branch abroad (Lugano is CH, TI) use the same function.
        subdivision: code of the province or canton, MI for Milan: adds its own days, the capital's patron saint too.
        patron_day: (month, day) of the town's own saint, where it is not the one of the capital of the province.
        language: of the names, where the package has it, else the country's own.

    Raises:
        UnknownHolidays: the country or the subdivision is not one the `holidays` package knows.
        NoSuchDay: `patron_day` is no day of the calendar.
    """
    wanted = sorted(set(years))
    try:
        known = holidays.country_holidays(country, subdiv=subdivision, years=wanted)
        spoken = next((name for name in known.supported_languages if name.startswith(language)), known.default_language)
        named = holidays.country_holidays(country, subdiv=subdivision, years=wanted, language=spoken)
    except NotImplementedError as unknown:
        raise UnknownHolidays(place=f"{country} {subdivision or ''}".strip()) from unknown
    days = dict(named)
    if patron_day is not None:
        month, day = patron_day
        for year in wanted:
            if (month, day) == (2, 29) and not calendar.isleap(year):
                continue
            try:
                on = date(year, month, day)
            except ValueError as impossible:
                raise NoSuchDay(day=day, month=month, year=year) from impossible
            days.setdefault(on, "Santo patrono" if language == "it" else "Patron saint's day")
    return dict(sorted(days.items()))
