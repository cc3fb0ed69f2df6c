"""QR codes as paths of an SVG: one square for each dark module, so that they print sharp at any size. Pure."""

from dataclasses import dataclass

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4  # modules of white around it that scanners need (ISO/IEC 18004)


@dataclass(frozen=True, kw_only=True)
class Code:
    """A code: the path of its dark modules within a square of `size` modules."""

    path: str
    size: int


def code_of(text: str) -> Code:
    """Return the code of a text, such as an address, readable with up to 15 % of it damaged."""
    made = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    made.add_data(text)
    made.make(fit=True)
    rows = made.get_matrix()
    path = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            width = 0
            while x + width < len(row) and row[x + width]:
                width += 1
            if width:
                path.append(f"M{x} {y}h{width}v1h-{width}z")
            x += max(width, 1)
    return Code(path="".join(path), size=len(rows))
