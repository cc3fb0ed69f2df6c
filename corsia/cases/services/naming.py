"""Bilingual names in the language of whoever is reading."""

from typing import Protocol

from django.utils.translation import get_language


class Named(Protocol):
    """Anything with a name in both languages."""

    @property
    def name_it(self) -> str: ...
    @property
    def name_en(self) -> str: ...


def local_name(row: Named) -> str:
    """Return the name in the active language."""
    return row.name_en if (get_language() or "it").startswith("en") else row.name_it
