"""From the text of a cell to a value: the steps a mapping may ask for, and how days, numbers and words are read."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from corsia.connectors.dms.rules.mapping import Format

HIGHEST_WHOLE: Final = 2_147_483_647
_ISO_OFFSET: Final = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([+-]\d{2}:?\d{2}|Z)$")


def _words(text: str) -> list[str]:
    return text.split()


STEPS: Final[dict[str, Callable[[str], str]]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "digits": lambda text: "".join(sign for sign in text if sign.isascii() and sign.isdigit()),
    "letters_and_digits": lambda text: "".join(sign for sign in text if sign.isalnum()),
    "without_leading_zeros": lambda text: text.lstrip("0"),
    "first_word": lambda text: " ".join(_words(text)[:1]),
    "after_first_word": lambda text: " ".join(_words(text)[1:]),
    "last_word": lambda text: " ".join(_words(text)[-1:]),
    "before_last_word": lambda text: " ".join(_words(text)[:-1]),
    "before_comma": lambda text: text.partition(",")[0].strip(),
    "after_comma": lambda text: text.partition(",")[2].strip(),
    "hours": lambda text: text,  # of WHOLE: hours with decimals become minutes
    "minor": lambda text: text,  # of CENTS: the file counts cents
}


class Unreadable(ValueError):
    """A cell does not hold what its field needs."""


def whole(text: str, form: "Format") -> int:
    """Return a number without decimals; `12,0` is 12."""
    number = decimal(text, form)
    if number != number.to_integral_value() or not 0 <= number <= HIGHEST_WHOLE:
        raise Unreadable(text)
    return int(number)


def decimal(text: str, form: "Format") -> Decimal:
    """Return a number written with the decimal sign of the format; a sign of thousands is passed over."""
    plain = text.replace("\u00a0", "").replace(" ", "")
    if form.thousands:
        plain = plain.replace(form.thousands, "")
    plain = plain.replace(form.decimal, ".")
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,8})?", plain, re.ASCII):
        raise Unreadable(text)
    try:
        return Decimal(plain)
    except InvalidOperation:
        raise Unreadable(text) from None


def cents(text: str, form: "Format", *, is_minor: bool) -> int:
    """Return an amount in cents, half a cent upwards; a sign of the currency is passed over."""
    plain = text.replace("€", "").replace("EUR", "").strip()
    number = decimal(plain, form)
    found = int((number if is_minor else number * 100).quantize(Decimal(1), rounding="ROUND_HALF_UP"))
    if not 0 <= found <= HIGHEST_WHOLE:
        raise Unreadable(text)
    return found


def minutes(text: str, form: "Format", *, is_hours: bool) -> int:
    """Return minutes, of hours with decimals where the mapping says so."""
    if not is_hours:
        return whole(text, form)
    found = int((decimal(text, form) * 60).quantize(Decimal(1), rounding="ROUND_HALF_UP"))
    if found < 0:
        raise Unreadable(text)
    return found


@lru_cache(maxsize=65_536)
def day(text: str, shapes: tuple[str, ...]) -> date:
    """Return the day of a cell, by the first shape that fits; an hour behind it is passed over."""
    for shape in shapes:
        for tried in (text, text.partition(" ")[0], text.partition("T")[0]):
            try:
                found = datetime.strptime(tried, shape)  # noqa: DTZ007  (a day has no zone)
            except ValueError:
                continue
            if found.year >= 1850:
                return found.date()
    raise Unreadable(text)


def instant(text: str, form: "Format", zone: tzinfo) -> datetime:
    """Return the instant of a cell: with an offset its own, else in the zone; a day alone is its noon."""
    if _ISO_OFFSET.search(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            raise Unreadable(text) from None
    for shape in form.instants:
        try:
            found = datetime.strptime(text, shape)  # noqa: DTZ007  (the zone follows)
        except ValueError:
            continue
        if found.year >= 1850:
            return found.replace(tzinfo=zone)
    return datetime.combine(day(text, form.days), time(12), tzinfo=zone)


def flag(text: str, form: "Format") -> bool:
    """Return yes or no by the words of the format."""
    word = text.lower()
    if word in form.yes:
        return True
    if word in form.no:
        return False
    raise Unreadable(text)
