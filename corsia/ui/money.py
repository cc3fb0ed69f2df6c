"""Amounts of money: whole cents inside, written as the reader writes them outside."""

from decimal import Decimal

from babel.numbers import format_currency
from django.utils.translation import get_language


def euros(cents: int) -> str:
    """Return an amount in the active language: "1.250,00 €" or "€1,250.00"."""
    language = (get_language() or "it")[:2]
    return format_currency(Decimal(cents) / 100, "EUR", locale="it_IT" if language == "it" else "en_GB")
