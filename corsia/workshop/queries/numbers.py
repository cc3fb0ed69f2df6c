"""How an order is called on paper."""

from corsia.workshop.models import Order


def number_of(order: Order) -> str:
    """Return the number as printed: "2026/17"."""
    return f"{order.year}/{order.number}"
