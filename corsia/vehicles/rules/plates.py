"""Number plates: one spelling for searching and matching, and the kind of plate.

Italy has more than thirty shapes of plate. Telling the kind helps the desk (a moped is not a truck) and never decides
anything: what fits no shape is `PlateKind.OTHER`, a foreign plate as a rule, and is accepted like any other.
"""

import re
import unicodedata
from typing import Final

from corsia.vehicles.vocabulary import PlateKind

# fmt: off
PROVINCES_UNTIL_1994: Final = frozenset((
    "AG", "AL", "AN", "AO", "AP", "AR", "AT", "AV", "BA", "BG", "BI", "BL", "BN", "BO", "BR", "BS", "BZ", "CA", "CB",
    "CE", "CH", "CL", "CN", "CO", "CR", "CS", "CT", "CZ", "EN", "FE", "FG", "FI", "FO", "FR", "GE", "GO", "GR", "IM",
    "IS", "KR", "LC", "LE", "LI", "LO", "LT", "LU", "MC", "ME", "MI", "MN", "MO", "MS", "MT", "NA", "NO", "NU", "OR",
    "PA", "PC", "PD", "PE", "PG", "PI", "PN", "PO", "PR", "PS", "PT", "PV", "PZ", "RA", "RC", "RE", "RG", "RI", "RN",
    "RM", "RO", "SA", "SI", "SO", "SP", "SR", "SS", "SV", "TA", "TE", "TN", "TO", "TP", "TR", "TS", "TV", "UD", "VA",
    "VB", "VC", "VE", "VI", "VR", "VT", "VV",
))
# fmt: on

_L = "[A-HJ-NPR-TV-Z]"  # plates since 1994 leave out I, O, Q and U: they read as 1, 0 and V
_A = "[A-HJ-NPR-TV-Z0-9]"

# First fit wins: the reserved initials come before the shapes they share with ordinary cars.
_SHAPES: Final[tuple[tuple[PlateKind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(shape))
    for kind, shape in (
        (PlateKind.OFFICIAL, r"POLIZIA[A-Z]?\d{4,5}"),
        (PlateKind.OFFICIAL, rf"Y{_L}\d{{3}}[A-Z]{{2}}"),
        (PlateKind.OFFICIAL, r"Y\d{3,5}[A-Z]{2}"),  # local police motorcycles
        (PlateKind.OFFICIAL, r"(CD|CC)\d{3}[A-Z]{2}"),  # neither initial was ever given to a private car
        (PlateKind.OFFICIAL, r"SMOM[A-Z]?\d{1,3}"),
        (PlateKind.OFFICIAL, r"EI(\d{6}|[A-Z]{2}\d{3}|[A-Z]\d{4,5})"),
        (PlateKind.OFFICIAL, r"(CC|MM|AM)([A-Z]{2}\d{3}|[A-Z]\d{4,5})"),
        (PlateKind.OFFICIAL, r"GDIF(\d{3}[A-Z]{2}|\d{4,5}[A-Z]?)"),
        (PlateKind.OFFICIAL, r"CP[A-Z]?\d{3,5}"),  # Capitaneria di Porto, the coast guard
        (PlateKind.OFFICIAL, r"VF(\d{4,5}|R\d{4}|[A-Z0-9]{3}TN|FW[A-Z0-9]{3})"),
        (PlateKind.OFFICIAL, r"CRI(\d{3,5}[A-Z]{0,2}|[A-Z]\d{3}[A-Z]|[A-Z]\d{3,4})"),
        (PlateKind.OFFICIAL, r"PC(ZS[A-Z0-9]{3}|[A-Z]\d{2}[A-Z0-9]{3})"),  # protezione civile
        (PlateKind.OFFICIAL, r"CFS\d{3}[A-Z]{2}"),
        (PlateKind.OFFICIAL, r"CFVA[A-Z0-9]{3,4}[A-Z]{2}"),
        (PlateKind.TEMPORARY, r"EE(\d{3}[A-Z]{2}|\d{5})"),  # "escursionisti esteri", registered for a limited time
        (PlateKind.TRAILER, rf"X{_L}\d{{3}}{_L}{{2}}"),  # since 2013
        (PlateKind.CAR, rf"{_L}{{2}}\d{{3}}{_L}{{2}}"),
        (PlateKind.OFFICIAL, r"CF[A-Z0-9]{3}(AG|AO|BZ|CL|EN|ME|TN)"),  # after CAR: CF123AG is a car of 2003
        (PlateKind.MOTORCYCLE, rf"{_L}{{2}}\d{{5}}"),  # before OLD: BG12345 is a motorcycle today
        (PlateKind.TEMPORARY, r"[A-Z][A-Z0-9]P[A-Z0-9]{5}"),  # "targa prova", put on any unregistered car by a dealer
        (PlateKind.OTHER, rf"{_L}{{3}}\d{{3}}"),  # excavators, loaders, fork lifts: a moped's length, but no moped
    )
)
_OLD_PROVINCIAL: Final = re.compile(
    r"(?P<province>ROMA|[A-Z]{2})(\d{1,6}|[A-Z]\d{5}|\d[A-Z]\d{4}|\d{5}[A-Z])",
)
# Six signs since 2006, five before; farm machines (AB123C) share the shape.
_MOPED: Final = re.compile(rf"{_L}{_A}{{5}}")
_OLD_MOPED: Final = re.compile(rf"\d{_A}{{4}}")
_LOCAL_POLICE_LEGEND: Final = "POLIZIALOCALE"  # written above the plate, not part of its number

_DISPLAY_GROUPS: Final[dict[PlateKind, tuple[int, ...]]] = {
    PlateKind.CAR: (2, 3, 2),
    PlateKind.TRAILER: (2, 3, 2),
    PlateKind.TEMPORARY: (2, 3, 2),
    PlateKind.MOTORCYCLE: (2, 5),
}


def normalise_plate(text: str) -> str:
    """Return a plate in its one stored spelling: capitals and digits only, "" when nothing is left.

    Letters of other alphabets and umlauts stay (`MÜ-A 1` is not `MU-A 1` in Germany); the legend "Polizia locale" goes.
    """
    letters = "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum())
    if letters.startswith(_LOCAL_POLICE_LEGEND) and len(letters) > len(_LOCAL_POLICE_LEGEND):
        return letters.removeprefix(_LOCAL_POLICE_LEGEND)
    return letters


def plate_kind(text: str) -> PlateKind:
    """Tell the kind of a plate from its shape alone; any spelling is accepted."""
    plate = normalise_plate(text)
    for kind, shape in _SHAPES:
        if shape.fullmatch(plate):
            return kind
    old = _OLD_PROVINCIAL.fullmatch(plate)
    if old and (old["province"] == "ROMA" or old["province"] in PROVINCES_UNTIL_1994):
        return PlateKind.OLD
    has_digit = any(sign.isdigit() for sign in plate)
    has_letter = any(sign.isalpha() for sign in plate)
    if has_digit and has_letter and (_MOPED.fullmatch(plate) or _OLD_MOPED.fullmatch(plate)):
        return PlateKind.MOPED
    return PlateKind.OTHER


def display_plate(text: str) -> str:
    """Return a plate as people read it aloud: `AB 123 CD`. Kinds without a known grouping stay in one piece."""
    plate = normalise_plate(text)
    kind = plate_kind(plate)
    if kind is PlateKind.OLD:
        province = 4 if plate.startswith("ROMA") else 2
        return f"{plate[:province]} {plate[province:]}"
    groups = _DISPLAY_GROUPS.get(kind)
    if groups is None or sum(groups) != len(plate):
        return plate
    parts, start = [], 0
    for length in groups:
        parts.append(plate[start : start + length])
        start += length
    return " ".join(parts)
