"""Who may be written to: the rule against a slow model written from the other side, as a table of what forbids."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from corsia.customers.vocabulary import ConsentChannel, ContactState, Flag, Purpose
from corsia.messaging.rules.gate import KnownContact, judge

# For each purpose and way: the flags that forbid it. Written down apart from the rule, line by line from T39.
FORBIDDING = {
    ("answer", Purpose.SERVICE): set(),
    ("automatic", Purpose.SERVICE): {Flag.DECEASED, Flag.DO_NOT_CONTACT},
    ("automatic", Purpose.SURVEY): {Flag.DECEASED, Flag.DO_NOT_CONTACT, Flag.IN_DISPUTE},
    ("automatic", Purpose.MARKETING): {Flag.DECEASED, Flag.DO_NOT_CONTACT, Flag.IN_DISPUTE},
}


def oracle(contact: KnownContact, *, purpose: Purpose, channel: ConsentChannel, is_answer: bool) -> bool:
    way = "answer" if is_answer and purpose == Purpose.SERVICE else "automatic"
    forbidding = set(FORBIDDING[(way, purpose)])
    if channel == ConsentChannel.PHONE and purpose != Purpose.SERVICE:
        forbidding.add(Flag.DO_NOT_CALL)
    works = {
        ContactState.UNKNOWN: True,
        ContactState.VERIFIED: True,
        ContactState.REFUSED: False,
        ContactState.BOUNCING: is_answer and contact.has_written_since,
    }[ContactState(contact.address_state)]
    agrees = {
        Purpose.SERVICE: way == "answer" or contact.consent is not False,
        Purpose.SURVEY: contact.consent is not False,
        Purpose.MARKETING: contact.consent is True,
    }[purpose]
    return works and agrees and not forbidding & set(contact.flags)


@given(
    flags=st.frozensets(st.sampled_from([*Flag])),
    state=st.sampled_from([*ContactState]),
    consent=st.sampled_from([True, False, None]),
    wrote=st.booleans(),
    purpose=st.sampled_from([Purpose.SERVICE, Purpose.SURVEY, Purpose.MARKETING]),
    channel=st.sampled_from([ConsentChannel.EMAIL, ConsentChannel.PHONE]),
    is_answer=st.booleans(),
)
def test_the_gate_agrees_with_the_table(flags, state, consent, wrote, purpose, channel, is_answer) -> None:
    contact = KnownContact(flags=flags, address_state=state, consent=consent, has_written_since=wrote)

    verdict = judge(contact, purpose=purpose, channel=channel, is_answer=is_answer)

    assert verdict.allowed == oracle(contact, purpose=purpose, channel=channel, is_answer=is_answer)
    assert bool(verdict.reason) != verdict.allowed


def test_no_flag_state_or_consent_lets_a_survey_reach_the_dead() -> None:
    for state, consent, is_answer in itertools.product(ContactState, [True, None], [True, False]):
        contact = KnownContact(flags=frozenset({Flag.DECEASED}), address_state=state, consent=consent)

        assert not judge(contact, purpose=Purpose.SURVEY, channel=ConsentChannel.EMAIL, is_answer=is_answer)
