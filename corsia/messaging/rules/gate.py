"""May we write to somebody? The one decision, from what is known about them (T39 flags, addresses, consents)."""

from dataclasses import dataclass

from corsia.customers.vocabulary import ConsentChannel, ContactState, Flag, Purpose
from corsia.messaging.vocabulary import Objection

# Where an objection to one purpose is enough, and nobody asked us anything: no surveys in a dispute.
_NEEDS_YES = frozenset({Purpose.MARKETING, Purpose.PROFILING, Purpose.THIRD_PARTIES})


@dataclass(frozen=True)
class Verdict:
    """Whether a message may leave; `reason` is an Objection, "" when it may."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


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
    """Return the verdict.

    Answers and news of the customer's own case are owed by contract and need no consent. A survey goes to whoever did
    not refuse it (legitimate interest, each mail carries the way out); everything else needs a given consent.

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
        return ALLOWED
    if Flag.IN_DISPUTE in contact.flags:
        return Verdict(False, Objection.IN_DISPUTE)
    if channel == ConsentChannel.PHONE and Flag.DO_NOT_CALL in contact.flags:
        return Verdict(False, Objection.DO_NOT_CALL)
    if contact.consent is False or (contact.consent is None and purpose in _NEEDS_YES):
        return Verdict(False, Objection.NO_CONSENT)
    return ALLOWED
