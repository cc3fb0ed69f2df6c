"""Ten thousand texts that try to reach something (reliability F7), each within 50 ms."""

import pytest

from tests.messaging.template_fuzz import fuzz

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]


def test_ten_thousand_texts_reach_nothing() -> None:
    fuzz(examples=10_000)
