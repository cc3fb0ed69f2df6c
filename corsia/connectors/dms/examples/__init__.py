"""Mappings to begin with: two imagined systems, and what `corsia dms-export` writes."""

from pathlib import Path
from typing import Final

EXAMPLES: Final = ("officina", "gestionale", "corsia")


def example(name: str) -> str:
    """Return the text of an example; the first one for a name that is none."""
    known = name if name in EXAMPLES else EXAMPLES[0]
    return (Path(__file__).parent / f"{known}.toml").read_text(encoding="utf-8")
