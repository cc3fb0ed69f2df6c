"""The signed mark of a case cannot be made by anybody else, and survives what mail programs do to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.messaging.rules import reply_marks as marks


@given(st.integers(1, 10**15))
def test_a_mark_is_found_in_an_address_whatever_its_case_and_in_a_long_subject(case_id: int) -> None:
    address = marks.reply_address("assistenza@bellandi.example", case_id)

    assert marks.marked_case(addresses=("x@y.it", address.upper()), subject="") == case_id
    assert marks.marked_case(addresses=(), subject=f"R: I: Tagliando {marks.subject_mark(case_id)} grazie") == case_id
    assert marks.mailbox_part(address) == "assistenza@bellandi.example"


@pytest.mark.parametrize(
    "address",
    [
        "assistenza+c1042@bellandi.example",
        "assistenza+c1042-@bellandi.example",
        "assistenza+c1042-0000000000000000@bellandi.example",
        "assistenza+c1042-000000000000000g@bellandi.example",
        "+c1042-0000000000000000@bellandi.example",
        "c1042",
        "",
    ],
)
def test_a_mark_that_nobody_signed_names_no_case(address: str) -> None:
    assert marks.marked_case(addresses=(address,), subject="[#1042-0000000000] [#1042]") is None


def test_the_mark_of_one_case_does_not_open_another() -> None:
    forged = marks.reply_address("a@b.it", 1042).replace("+c1042-", "+c1043-")

    assert marks.marked_case(addresses=(forged,), subject="") is None


def test_a_mark_in_an_address_with_a_tag_of_the_mailbox_is_found() -> None:
    address = marks.reply_address("assistenza+brescia@bellandi.example", 7)

    assert marks.marked_case(addresses=(address,), subject="") == 7


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("R: RE: Fwd: Tagliando", "Tagliando"),
        (f"Re: Tagliando {marks.subject_mark(7)}", "Tagliando"),
        ("Rif: consegna", "consegna"),
        ("Ricambi", "Ricambi"),
        ("  due \r\n righe ", "due righe"),
        ("", ""),
    ],
)
def test_the_title_of_a_case_is_the_subject_without_chain_and_mark(subject: str, title: str) -> None:
    assert marks.without_mark(subject) == title
