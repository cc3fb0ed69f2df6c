"""The VINs in a pasted list or a file: one on each line or cell, whatever stands around them. Pure."""

import re
from dataclasses import dataclass

from corsia.vehicles.rules.vin import VIN_LENGTH, normalise_vin

_CELLS = re.compile(r"[\s,;|\"']+")
_LIKE_A_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_WRONG = 12  # signs: shorter cells are names of columns, days, numbers


@dataclass(frozen=True, kw_only=True)
class VinList:
    """What was read: VINs in order, each once, and cells that look like one and are none."""

    vins: tuple[str, ...]
    unreadable: tuple[str, ...]


def read_vins(text: str) -> VinList:
    """Return the VINs of a text. Only cells of 17 signs that a VIN may hold count."""
    vins: dict[str, None] = {}
    wrong: dict[str, None] = {}
    for cell in _CELLS.split(text.replace("\x00", "")):
        vin = normalise_vin(cell)
        if len(vin) == VIN_LENGTH and _LIKE_A_VIN.fullmatch(vin):
            vins[vin] = None
        elif len(vin) >= _WRONG and any(sign.isdigit() for sign in vin):
            wrong[cell[:40]] = None
    return VinList(vins=tuple(vins), unreadable=tuple(wrong))
