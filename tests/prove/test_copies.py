"""Fifty copies at once of each of a hundred mails are a hundred messages (reliability A8)."""

import pytest

from tests.connectors.email.copies import assert_each_once

pytestmark = [pytest.mark.prove, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def test_fifty_copies_of_a_hundred_mails_are_a_hundred_messages() -> None:
    assert_each_once(mails=100, copies=50)
