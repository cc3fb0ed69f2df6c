"""Reactions for test_worker.py, found by name like those of the product."""

from datetime import datetime

from corsia.events import Fact
from corsia.events.customers import ConsentStated
from corsia.kernel.facts import publish


def tell_then_fall(fact: Fact, *, now: datetime) -> None:
    """Tell another fact, then fail: the second fact and its jobs must not be there afterwards."""
    publish(ConsentStated(unit_id=1, occurred_at=now, customer_id=1, purpose="survey", channel="any", is_given=True))
    raise ZeroDivisionError("after telling")


def stay_quiet(fact: Fact, *, now: datetime) -> None:
    """Do nothing."""
