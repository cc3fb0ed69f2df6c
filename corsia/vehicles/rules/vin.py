"""Vehicle identification numbers (ISO 3779): one spelling, what the signs say, and what looks wrong.

A VIN is never refused. The check digit is compulsory in North America and China only, and cars built before 1981 carry
shorter chassis numbers: every doubt is a warning for the person at the desk, who has the registration document at hand.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from corsia.vehicles.rules.wmi import brands_of, country_of

VIN_LENGTH: Final = 17


class VinWarning(StrEnum):
    """A doubt about a VIN as it was typed."""

    LENGTH = "length"  # not 17 signs
    FORBIDDEN_LETTER = "forbidden_letter"  # I, O or Q, which no VIN holds
    FOREIGN_SIGN = "foreign_sign"  # neither A-Z nor 0-9
    CHECK_DIGIT = "check_digit"  # wrong where the law asks for it


class VinRegion(StrEnum):
    """The part of the world that gave the maker its code, by the first sign (ISO 3780)."""

    AFRICA = "africa"
    ASIA = "asia"
    EUROPE = "europe"
    NORTH_AMERICA = "north_america"
    OCEANIA = "oceania"
    SOUTH_AMERICA = "south_america"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class VinReading:
    """What a VIN says about its car. Empty texts and tuples mean that it does not say."""

    vin: str
    warnings: tuple[VinWarning, ...]
    suggestion: str  # the VIN meant, when I, O, Q stand for 1, 0, 0; else ""
    region: VinRegion
    country: str  # ISO 3166 alpha-2 of the maker's seat, not of the plant; "" when the range is not assigned
    brands: tuple[str, ...]  # badges sold under this maker's code, the commonest first; () when unknown
    small_maker: bool  # fewer than 1,000 vehicles a year (500 before 2014): third sign is 9

    @property
    def is_complete(self) -> bool:
        """Whether nothing about the shape is in doubt."""
        return not self.warnings

    @property
    def wmi(self) -> str:
        """World manufacturer identifier: the first three signs."""
        return self.vin[:3]

    @property
    def vds(self) -> str:
        """Vehicle descriptor section: signs 4 to 9."""
        return self.vin[3:9]

    @property
    def vis(self) -> str:
        """Vehicle indicator section: signs 10 to 17."""
        return self.vin[9:]

    @property
    def serial(self) -> str:
        """The last six signs, by which workshops and spare-parts desks name a car."""
        return self.vin[-6:]


_VALUES: Final = {
    **{digit: int(digit) for digit in "0123456789"},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_YEAR_SIGNS: Final = "ABCDEFGHJKLMNPRSTVWXY123456789"  # 1980 to 2009, then again every 30 years
_CYCLE_YEARS: Final = len(_YEAR_SIGNS)
_FIRST_YEAR: Final = 1980
_CORRECTIONS: Final = str.maketrans("IOQ", "100")
_REGIONS: Final = (
    ("ABCDEFG", VinRegion.AFRICA),
    ("HJKLMNPR", VinRegion.ASIA),
    ("STUVWXYZ", VinRegion.EUROPE),
    ("12345", VinRegion.NORTH_AMERICA),
    ("67", VinRegion.OCEANIA),
    ("89", VinRegion.SOUTH_AMERICA),
)


def normalise_vin(text: str) -> str:
    """Return a VIN in its one stored spelling: capitals and digits, without blanks, dashes and the printed asterisks.

    Letters are never replaced here: a wrong I stays an I, and `read_vin` proposes the correction.
    """
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum())


def check_digit(vin: str) -> str:
    """Return the ninth sign that the other sixteen ask for, "0" to "9" or "X".

    Raises:
        ValueError: `vin` is not 17 signs out of A-Z without I, O, Q and 0-9.

    Source: 49 CFR 565.15(c).
    """
    if len(vin) != VIN_LENGTH or any(sign not in _VALUES for sign in vin):
        raise ValueError(f"{vin!r} is not a VIN of 17 signs without I, O and Q.")
    remainder = sum(_VALUES[sign] * weight for sign, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if remainder == 10 else str(remainder)


def read_vin(text: str) -> VinReading:
    """Read a VIN in any spelling. Nothing is refused; `warnings` holds the doubts, in the order of the signs."""
    vin = normalise_vin(text)
    region = next((region for signs, region in _REGIONS if vin[:1] and vin[0] in signs), VinRegion.UNKNOWN)
    country = country_of(vin)
    warnings: list[VinWarning] = []
    suggestion = ""
    if len(vin) != VIN_LENGTH:
        warnings.append(VinWarning.LENGTH)
    if any(sign in "IOQ" for sign in vin):
        warnings.append(VinWarning.FORBIDDEN_LETTER)
        suggestion = vin.translate(_CORRECTIONS)
    if any(sign not in _VALUES and sign not in "IOQ" for sign in vin):
        warnings.append(VinWarning.FOREIGN_SIGN)
    check_is_compulsory = region is VinRegion.NORTH_AMERICA or country == "CN"
    if not warnings and check_is_compulsory and vin[8] != check_digit(vin):
        warnings.append(VinWarning.CHECK_DIGIT)
    return VinReading(
        vin=vin,
        warnings=tuple(warnings),
        suggestion=suggestion,
        region=region,
        country=country,
        brands=brands_of(vin),
        small_maker=len(vin) == VIN_LENGTH and vin[2] == "9",
    )


def model_years(text: str, *, on: date) -> tuple[int, ...]:
    """Return the model years a VIN can mean, oldest first, none later than the year after `on`.

    The tenth sign repeats every 30 years. In North America the seventh sign of cars and light trucks tells the cycle
    (a digit until 2009, a letter since); elsewhere both stay possible, and European makers need not write the year at
    all, so a car's first registration always comes from its document and never from here.

    Args:
        on: the day of asking. Next year's models are on sale before the year begins.

    Source: 49 CFR 565.15(d).
    """
    vin = normalise_vin(text)
    if len(vin) != VIN_LENGTH or vin[9] not in _YEAR_SIGNS:
        return ()
    first = _FIRST_YEAR + _YEAR_SIGNS.index(vin[9])
    years = range(first, on.year + 2, _CYCLE_YEARS)
    if vin[0] in "12345":
        in_first_cycle = vin[6].isdigit()
        told = tuple(year for year in years if (year < _FIRST_YEAR + _CYCLE_YEARS) == in_first_cycle)
        if told:
            return told
    return tuple(years)
