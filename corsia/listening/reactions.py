"""What listening does when something happens elsewhere, or an answer has come."""

from datetime import datetime

from corsia.cases.vocabulary import EndKind
from corsia.events import Fact
from corsia.events.cases import CaseClosed
from corsia.events.improvement import ActionDone
from corsia.events.listening import SurveyAnswered
from corsia.listening import services


def invite_after_closing(fact: CaseClosed, *, now: datetime) -> None:
    """Ask the customer of a solved case how it went, if the process wants it."""
    if fact.sends_survey and fact.end_kind == EndKind.SOLVED and fact.customer_id is not None:
        services.plan_invitation(
            case_id=fact.case_id,
            customer_id=fact.customer_id,
            unit_id=fact.unit_id,
            assignee_id=fact.assignee_id,
            language=fact.language,
            now=now,
        )


def invite_by_plans(fact: Fact, *, now: datetime) -> None:
    """Ask those whom a listening plan wants to ask after this."""
    services.invite_by_plans(fact, now=now)


def listen_again(fact: ActionDone, *, now: datetime) -> None:
    """Begin the next wave on the touchpoint that an action of improvement has changed."""
    services.begin_next_wave(touchpoint_key=fact.touchpoint, unit_id=fact.unit_id, action_id=fact.action_id, now=now)


def close_the_loop(fact: SurveyAnswered, *, now: datetime) -> None:
    """Have a customer called back who was disappointed, or wants to be called."""
    services.close_the_loop(fact, now=now)


def _is_content(fact: SurveyAnswered) -> bool:
    return not (fact.is_detractor or fact.low_items or fact.wants_callback)


close_the_loop.passes_over = _is_content  # type: ignore[attr-defined]


def tell_whose_work(fact: SurveyAnswered, *, now: datetime) -> None:
    """Let whoever had the case hear what its customer said."""
    services.tell_whose_work(fact, now=now)


def _is_of_no_case(fact: SurveyAnswered) -> bool:
    return fact.case_id is None or not fact.text.strip()


tell_whose_work.passes_over = _is_of_no_case  # type: ignore[attr-defined]


def read_answer(fact: SurveyAnswered, *, now: datetime) -> None:
    """Recognise what the words are about."""
    services.read_answer(response_id=fact.response_id, unit_id=fact.unit_id, now=now)


def _is_wordless(fact: SurveyAnswered) -> bool:
    return not fact.text


read_answer.passes_over = _is_wordless  # type: ignore[attr-defined]
