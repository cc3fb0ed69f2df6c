"""What cases do when something becomes true elsewhere."""

from datetime import datetime

from corsia.cases.services import ask_for_callback
from corsia.cases.services.moving import move_story
from corsia.events.cases import CaseMoved
from corsia.events.listening import SurveyAnswered
from corsia.kernel.actors import system


def reopen_for_detractor(fact: SurveyAnswered, *, now: datetime) -> None:
    """Have a customer called back who was disappointed, or wants to be called; a closed case is reopened for it."""
    if fact.is_detractor or fact.wants_callback:
        ask_for_callback(
            case_id=fact.case_id, score=fact.score, is_detractor=fact.is_detractor, by=system("survey"), now=now
        )


def take_the_story_along(fact: CaseMoved, *, now: datetime) -> None:
    """Show what the customer's story tells of the case where the case is now, and no longer where it was."""
    move_story(fact.case_id)
