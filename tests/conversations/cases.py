"""Conversations for these tests: mails of customers, filed by the product's own services."""

from datetime import datetime

from corsia.cases.models import Case
from corsia.kernel import scope
from tests.conftest import NOON
from tests.factories.messaging import Desk, filed


def a_mail(desk: Desk, *, name: str = "Giulia Ferri", at: datetime = NOON, **fields) -> Case:
    """File a first mail of somebody and return its case."""
    address = f"{name.lower().replace(' ', '.')}@example.com"
    values = {"from_address": address, "from_name": name, "header_id": f"<{address}-{at:%H%M%S}>", **fields}
    with scope.system("test"):
        outcome = filed(desk, at=at, **values)
        return Case.objects.get(pk=outcome.case_id)


def an_answer_of_the_customer(desk: Desk, case: Case, *, at: datetime, text: str, **fields) -> int:
    """File a mail that joins a case's conversation and return its message."""
    with scope.system("test"):
        first = case.messages.order_by("pk").first()
        values = {"from_address": first.from_address, "in_reply_to": (first.header_id,), **fields}
        outcome = filed(desk, at=at, text=text, header_id=f"<again-{at:%H%M%S}@example.com>", **values)
    assert outcome.case_id == case.pk
    return int(outcome.message_id or 0)
