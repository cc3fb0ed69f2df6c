"""May we write to somebody? The one decision, from what is known about them (T39 flags, addresses, consents).

First whether at all (`judge`), then when (`timed`): quiet hours and the contact budget put a message off, and refuse it
only where it would have to wait longer than makes sense.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from corsia.customers.vocabulary import ConsentChannel, ContactState, Flag, Purpose
from corsia.messaging.rules.budget import Budget, Counted, first_place
from corsia.messaging.rules.quiet import QuietHours
from corsia.messaging.vocabulary import Objection

# Without a statement these go to nobody; surveys go to whoever did not refuse them.
_NEEDS_YES = frozenset({Purpose.MARKETING, Purpose.MANUFACTURER, Purpose.PROFILING, Purpose.THIRD_PARTIES})
_CONSENT_CHANNELS = {
    "email": ConsentChannel.EMAIL,
    "pec": ConsentChannel.EMAIL,
    "web_form": ConsentChannel.EMAIL,
    "phone": ConsentChannel.PHONE,
    "voice": ConsentChannel.PHONE,
    "sms": ConsentChannel.SMS,
    "whatsapp": ConsentChannel.WHATSAPP,
    "post": ConsentChannel.POST,
    "letter": ConsentChannel.POST,
}
_LONGEST_SEARCH = 64  # a place that opens at night moves to the morning, where another may be needed


@dataclass(frozen=True)
class Verdict:
    """Whether a message may leave.

    Attributes:
        allowed: now, or from `not_before` on.
        reason: an Objection, "" when it may leave at once.
        not_before: when it may leave at the earliest, as things stand; with `allowed` False, when it could have.
    """

    allowed: bool
    reason: str = ""
    not_before: datetime | None = None

    def __bool__(self) -> bool:
        return self.allowed

    @property
    def is_later(self) -> bool:
        """Whether it may leave, but not yet."""
        return self.allowed and self.not_before is not None


def consent_channel(channel: str) -> ConsentChannel:
    """Return what consents call a channel; every way of talking that they do not name is a chat."""
    return _CONSENT_CHANNELS.get(channel, ConsentChannel.CHAT)


ALLOWED = Verdict(allowed=True)


@dataclass(frozen=True, kw_only=True)
class KnownContact:
    """What decides: flags of the customer, the state of the address, the latest statement about purpose and channel.

    Attributes:
        consent: True given, False refused or withdrawn, None never stated.
        has_written_since: the customer wrote from the address after mail to it last came back.
    """

    flags: frozenset[str] = frozenset()
    address_state: str = ContactState.UNKNOWN
    consent: bool | None = None
    has_written_since: bool = False


def judge(contact: KnownContact, *, purpose: str, channel: str, is_answer: bool = False) -> Verdict:
    """Return whether somebody may be written to at all.

    Answers and news of the customer's own case are owed by contract and need no consent; news stop on a channel that
    the customer opted out of, answers do not. A survey goes to whoever did not refuse it (legitimate interest, each
    mail carries the way out); everything else needs a given consent.

    Args:
        is_answer: somebody of ours answers what this customer asked: objections to being contacted do not silence it.
    """
    if contact.address_state == ContactState.REFUSED:
        return Verdict(False, Objection.REFUSED_ADDRESS)
    if contact.address_state == ContactState.BOUNCING and not (is_answer and contact.has_written_since):
        return Verdict(False, Objection.BOUNCING)
    if is_answer and purpose == Purpose.SERVICE:
        return ALLOWED
    if Flag.DECEASED in contact.flags:
        return Verdict(False, Objection.DECEASED)
    if Flag.DO_NOT_CONTACT in contact.flags:
        return Verdict(False, Objection.DO_NOT_CONTACT)
    if purpose == Purpose.SERVICE:
        return Verdict(False, Objection.OPTED_OUT) if contact.consent is False else ALLOWED
    if Flag.IN_DISPUTE in contact.flags:
        return Verdict(False, Objection.IN_DISPUTE)
    if channel == ConsentChannel.PHONE and Flag.DO_NOT_CALL in contact.flags:
        return Verdict(False, Objection.DO_NOT_CALL)
    if contact.consent is False or (contact.consent is None and purpose in _NEEDS_YES):
        return Verdict(False, Objection.NO_CONSENT)
    return ALLOWED


def timed(
    *,
    purpose: str,
    now: datetime,
    quiet: QuietHours | None,
    wrote_at: datetime | None,
    is_answer: bool,
    budgets: Sequence[Budget],
    counted: Sequence[Counted],
) -> Verdict:
    """Return when somebody who may be written to may be: the first instant that is not quiet and has a place.

    Args:
        quiet: None where quiet hours do not hold.
        wrote_at: when the customer last wrote to us.
        budgets: empty where nothing is counted: answers.
    """
    if quiet is not None and is_answer and quiet.may_answer(wrote_at=wrote_at, at=now):
        quiet = None
    reason, moment = "", now
    for _turn in range(_LONGEST_SEARCH):
        placed = first_place(budgets, counted, purpose=purpose, at=moment) if budgets else moment
        if placed is None:
            return Verdict(False, Objection.BUDGET)
        if placed > moment:
            reason = Objection.BUDGET
        heard = quiet.first_hour(placed) if quiet is not None else placed
        if heard is None:
            return Verdict(False, Objection.QUIET_HOURS)
        if heard > placed:
            reason = reason or Objection.QUIET_HOURS
        if heard == moment:
            break
        moment = heard
    if moment == now:
        return ALLOWED
    patience = min((budget.patience for budget in budgets), default=timedelta.max)
    if reason == Objection.BUDGET and moment - now > patience:
        return Verdict(False, reason, moment)
    return Verdict(True, reason, moment)
