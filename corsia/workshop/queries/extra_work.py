"""What a customer is shown of proposed work, and whether a sealed decision still says what was said."""

from collections.abc import Sequence
from typing import Any

from corsia.kernel.blobs import content_of
from corsia.workshop.models import Approval, Order, OrderLine
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.rules.sealing import seal
from corsia.workshop.vocabulary import LineState

LINK, DESK = "link", "desk"  # how a decision came


def proposed_lines(order: Order) -> list[OrderLine]:
    """Return what waits for the customer's yes."""
    return list(order.lines.filter(state=LineState.PROPOSED).order_by("position"))


def offer_of(order: Order, lines: Sequence[OrderLine], *, language: str) -> dict[str, Any]:
    """Return what is shown of proposed lines: texts, quantities, prices, total and language."""
    return {
        "order": number_of(order),
        "language": language,
        "currency": "EUR",
        "lines": [
            {
                "id": line.pk,
                "text": line.text_in(language),
                "reason": line.reason,
                "quantity": f"{line.quantity:.2f}",
                "price_cents": line.price_cents,
            }
            for line in lines
        ],
        "total_cents": sum(line.price_cents for line in lines),
    }


def is_sealed(approval: Approval) -> bool:
    """Tell whether an approval is word for word what was sealed."""
    return bytes(approval.digest) == seal(
        shown=approval.shown,
        is_approved=approval.is_approved,
        name=approval.name,
        signature=content_of(approval.signature_id) if approval.signature_id else b"",
        decided_at=approval.decided_at,
        way=approval.way,
        taken_by=approval.taken_by_id,
    )
