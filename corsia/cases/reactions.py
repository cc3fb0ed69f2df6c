"""What cases do when something becomes true elsewhere."""

from datetime import datetime

from corsia.cases.services.moving import move_story
from corsia.events.cases import CaseMoved


def take_the_story_along(fact: CaseMoved, *, now: datetime) -> None:
    """Show what the customer's story tells of the case where the case is now, and no longer where it was."""
    move_story(fact.case_id)
