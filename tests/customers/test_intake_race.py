"""Two first mails of one person arrive at the same instant, on two real connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from corsia.customers.models import ContactPoint, Customer
from corsia.customers.services import find_or_add_by_email
from tests.conftest import NOON
from tests.factories.organisation import small_group

SENDERS = 6


@pytest.mark.django_db(transaction=True)
def test_mails_arriving_together_make_one_customer() -> None:
    group_id = small_group().root.pk
    start = Barrier(SENDERS)

    def receive(_number: int) -> int:
        try:
            start.wait(timeout=10)
            with transaction.atomic():
                return find_or_add_by_email(
                    group_id=group_id, email="nuovo@example.it", name="Mario Rossi", source="email", now=NOON
                ).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(SENDERS) as senders:
        found = list(senders.map(receive, range(SENDERS)))

    assert len(set(found)) == 1
    assert (Customer.unscoped.count(), ContactPoint.unscoped.count()) == (1, 1)
