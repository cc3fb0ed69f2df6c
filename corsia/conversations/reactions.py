"""What the inbox does when something happens elsewhere: the assistant answers what comes in by chat."""

from datetime import datetime

from corsia.conversations.bot import services as bot
from corsia.events.cases import CaseClosed
from corsia.events.messaging import MessageReceived
from corsia.messaging.ports import adapter_of


def let_the_assistant_answer(fact: MessageReceived, *, now: datetime) -> None:
    """Answer a chat message where its account has an assistant."""
    bot.answer(message_id=fact.message_id, now=now)


def _is_no_chat(fact: MessageReceived) -> bool:
    return adapter_of(fact.channel) is None  # mail, forms, the counter: the most frequent facts of all


let_the_assistant_answer.passes_over = _is_no_chat  # type: ignore[attr-defined]


def forget_the_assistant(fact: CaseClosed, *, now: datetime) -> None:
    """Let the assistant begin anew when the customer writes again."""
    bot.forget_talk(case_id=fact.case_id)
