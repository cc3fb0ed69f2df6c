"""Links and addresses that stand for a customer: forged, borrowed, expired or used ones open nothing."""

from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsia.connectors.email.parsing import parse_mail
from corsia.customers.models import Consent
from corsia.kernel.tokens import is_signed, sign
from corsia.listening.links import ANSWER, STOP, invitation_id_of, token_of
from corsia.listening.models import Invitation, Response
from corsia.messaging.models import Message
from corsia.messaging.rules.incoming import IncomingMessage
from corsia.messaging.rules.reply_marks import reply_address, subject_mark
from corsia.messaging.services import file_message
from corsia.messaging.vocabulary import Channel, Direction
from corsia.portal.stamps import inbound_id_of, is_stamp, new_stamp, thanks_token
from tests.factories.surveys import answer_all, nps_page
from tests.security.world import Place, World

pytestmark = pytest.mark.django_db


def test_a_survey_link_of_another_purpose_or_invitation_opens_nothing(world: World) -> None:
    asked, other = world.brescia.rows["asked_id"], world.rivali.rows["asked_id"]
    genuine = token_of(asked, ANSWER)
    forged = [
        token_of(asked, STOP),
        f"{other}-{genuine.partition('-')[2]}",
        genuine[:-1] + ("0" if genuine[-1] != "0" else "1"),
        f"{asked}-",
        f"{asked}-{'0' * 32}",
        f"{asked}-{genuine.partition('-')[2]}x",
        f"0{genuine}",
        f"+{genuine}",
        genuine.replace("-", "–"),
        f"{asked}-{'à' * 32}",
        "-",
        "None-None",
    ]
    for token in forged:
        response = Client(raise_request_exception=False).post(f"/portal/survey/{token}/", nps_page(0))
        assert (token, response.status_code) == (token, 404)
    assert not Response.unscoped.filter(invitation_id__in=[asked, other]).exists()


def test_a_survey_link_works_once_and_not_after_its_time(world: World) -> None:
    asked = world.brescia.rows["asked_id"]
    address = f"/portal/survey/{token_of(asked, ANSWER)}/"
    assert answer_all(Client(), address, 9) == 302
    assert Client().post(address, nps_page(0)).status_code == 409
    assert list(Response.unscoped.filter(invitation_id=asked).values_list("score", flat=True)) == [9]

    late = world.rivali.rows["asked_id"]
    Invitation.unscoped.filter(pk=late).update(expires_at=world.now - timedelta(days=1))
    assert Client().post(f"/portal/survey/{token_of(late, ANSWER)}/", nps_page(9)).status_code in (409, 410)
    assert not Response.unscoped.filter(invitation_id=late).exists()


def test_opening_a_link_never_uses_it(world: World) -> None:
    asked = world.brescia.rows["asked_id"]
    before = Consent.unscoped.count()
    for purpose, door in ((ANSWER, "survey"), (STOP, "unsubscribe")):
        for method in ("get", "head", "get"):
            address = f"/portal/{door}/{token_of(asked, purpose)}/?score=0"
            assert getattr(Client(), method)(address).status_code == 200

    assert not Response.unscoped.filter(invitation_id=asked).exists()
    assert Consent.unscoped.count() == before


def test_an_unsubscribe_link_ends_surveys_of_its_customer_only(world: World) -> None:
    asked = world.brescia.rows["asked_id"]
    before = set(Consent.unscoped.values_list("pk", flat=True))

    forged = Client().post(f"/portal/unsubscribe/{token_of(asked, ANSWER)}/")
    genuine = Client().post(f"/portal/unsubscribe/{token_of(asked, STOP)}/", {"List-Unsubscribe": "One-Click"})

    new = Consent.unscoped.exclude(pk__in=before)
    assert (forged.status_code, genuine.status_code) == (404, 200)
    assert {row.customer_id for row in new} == {world.brescia.rows["customer_id"]}
    assert {(row.purpose, row.is_given) for row in new} == {("survey", False)}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(max_size=60) | st.from_regex(r"[0-9]{1,25}-[0-9a-f]{0,40}", fullmatch=True))
def test_no_guessed_token_means_anything(token: str) -> None:
    assert invitation_id_of(token, ANSWER) is None
    assert invitation_id_of(token, STOP) is None
    assert inbound_id_of(token) is None
    assert not is_stamp(token, "form")
    assert not is_signed("any", "value", token)


def test_a_signature_is_of_one_purpose_and_one_value() -> None:
    signature = sign("a", "1")

    assert is_signed("a", "1", signature)
    assert not is_signed("b", "1", signature)
    assert not is_signed("a", "2", signature)
    assert not is_signed("a", "1", "")


def test_a_stamp_is_of_one_form(world: World) -> None:
    stamp = new_stamp("form-a", now=world.now)

    assert is_stamp(stamp, "form-a")
    assert not is_stamp(stamp, "form-b")


def test_a_thank_you_page_of_a_guessed_submission_names_no_case(world: World) -> None:
    slug, inbound = world.brescia.words["slug"], world.brescia.rows["inbound_id"]
    genuine = thanks_token(inbound)
    for token in (f"{inbound}-0000000000000000", f"{inbound + 1}-{genuine.partition('-')[2]}", f"{inbound}-", "1-à"):
        assert Client().get(f"/portal/form/{slug}/thanks/{token}/").status_code == 404


def mail_to(place: Place, world: World, **fields) -> Message:
    """File a mail to the desk of a place and return its message."""
    values = {
        "channel": Channel.EMAIL,
        "at": world.now + timedelta(hours=1),
        "unit_id": place.desk.pk,
        "mailbox_id": place.rows["mailbox_id"],
        "from_address": "evil@example.net",
        "from_name": "Evil",
        "to_addresses": (f"assistenza{place.branch.pk}@bellandi.example",),
        "subject": "Ciao",
        "text": "Mandatemi tutto",
        "header_id": "<evil@example.net>",
        **fields,
    }
    return Message.unscoped.get(pk=file_message(IncomingMessage(**values)).message_id)


def test_a_forged_reply_mark_joins_no_case(world: World) -> None:
    place = world.brescia
    case, mailbox = place.rows["conversation_id"], f"assistenza{place.branch.pk}@bellandi.example"
    genuine = reply_address(mailbox, case)
    forged = [
        genuine.replace(f"+c{case}-", f"+c{place.rows['other_id']}-"),
        genuine.replace(genuine.partition("-")[2][:16], "0" * 16),
        mailbox.replace("@", f"+c{case}@"),
    ]
    for number, address in enumerate(forged):
        message = mail_to(place, world, to_addresses=(address,), header_id=f"<evil{number}@example.net>")
        assert message.case_id not in (case, place.rows["other_id"])
    subject = f"Re: {subject_mark(case)}".replace(f"#{case}", f"#{place.rows['other_id']}")
    assert mail_to(place, world, subject=subject, header_id="<s@example.net>").case_id != place.rows["other_id"]


def test_a_genuine_mark_of_another_group_joins_nothing_here(world: World) -> None:
    foreign = world.rivali.rows["conversation_id"]
    address = reply_address(f"assistenza{world.brescia.branch.pk}@bellandi.example", foreign)

    message = mail_to(world.brescia, world, to_addresses=(address,))

    assert message.case_id != foreign
    assert message.unit_id == world.brescia.desk.pk


def test_a_colleagues_address_as_sender_gives_no_rights(world: World) -> None:
    """Whoever forges an employee's From is a customer like any other: incoming, without author, no note."""
    place = world.brescia
    case = place.rows["conversation_id"]
    mailbox = f"assistenza{place.branch.pk}@bellandi.example"

    message = mail_to(
        place,
        world,
        from_address=place.boss.email,
        to_addresses=(reply_address(mailbox, case),),
        text="Rimborsate subito.",
    )

    assert (message.direction, message.author_id) == (Direction.IN, None)
    assert message.is_sender_unproven
    assert message.case_id == case


def test_our_internal_headers_from_outside_are_dropped() -> None:
    """Nothing of them is read: neither do they grant anything, nor can they hide a customer's mail from us."""
    raw = (
        b"From: evil@example.net\r\nTo: a@bellandi.example\r\nSubject: x\r\nX-Corsia-Reason: reply\r\n"
        b"X-Corsia-Case: 1\r\nX-Corsia-Author: 1\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    )
    parsed = parse_mail(raw)

    assert not parsed.is_automatic
    assert not parsed.own_mark
    assert "1" not in {str(value) for value in (parsed.subject, *parsed.references, *parsed.in_reply_to)}
