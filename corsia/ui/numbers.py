"""Numbers as people read them, in one place."""

from decimal import Decimal

from django.utils import formats


def number(value: float | int | Decimal, places: int = 0, *, force_grouping: bool = False) -> str:
    """Return a number with so many decimals, rounded, in the writing of the active language.

    Django's own `number_format` cuts decimals off: 172.87 would read 172.8.
    """
    return str(
        formats.number_format(Decimal(str(round(value, places))), places, use_l10n=True, force_grouping=force_grouping)
    )
