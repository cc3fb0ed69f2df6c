"""The visitors' side of the web chat: kept before the answer, one conversation, nothing for anybody else's eyes."""

import base64
import json
from datetime import time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from corsia.cases.models import Case
from corsia.cases.services import close_case
from corsia.customers.models import ContactPoint, Customer
from corsia.events.cases import CaseClosed
from corsia.kernel import scope
from corsia.kernel.actors import Actor
from corsia.listening.models import Invitation
from corsia.listening.reactions import invite_after_closing
from corsia.messaging.models import Attachment, Correspondent, Inbound, Message, Outgoing, Thread
from corsia.messaging.services import read_by_us, send_due, write_note, write_reply
from corsia.organisation.models import OpenHours, WorkingCalendar
from corsia.portal.chat.rules import mark, visitor_name
from tests.conftest import NOON
from tests.factories.messaging import Desk, a_desk
from tests.facts import stated_facts
from tests.portal.chats import HOST, Visitor, a_chat

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def desk(group) -> Desk:
    return a_desk(group, now=NOON)


@pytest.fixture
def visitor(desk) -> Visitor:
    return Visitor(a_chat(desk.unit, now=NOON))


def answered(case_id: int, text: str, by: Actor, **more) -> None:
    now = timezone.now()
    with scope.system("test"):
        write_reply(case_id=case_id, text=text, by=by, now=now, **more)
        send_due(now=now + timedelta(seconds=1))


def test_what_a_visitor_writes_is_on_disk_and_on_a_case_before_the_answer(visitor) -> None:
    answer = visitor.writes("È arrivato il mio ricambio?")

    assert answer.status_code == 200
    assert [(one["mine"], one["text"]) for one in answer.json()["messages"]] == [(True, "È arrivato il mio ricambio?")]
    kept = Inbound.objects.get()
    assert (kept.source, kept.state, kept.outcome) == ("chat", "parsed", "new_case")
    case = Case.unscoped.get()
    assert (case.origin, case.unit_id, case.customer_id) == ("chat", visitor.site.unit_id, None)
    assert Thread.unscoped.get().channel == "chat"


def test_a_visitor_is_known_by_the_hash_of_a_key_that_is_kept_nowhere(visitor) -> None:
    visitor.writes("Ciao")

    row = Correspondent.unscoped.get()
    assert row.external_id == visitor_name(visitor.key)
    assert visitor.key not in row.external_id
    assert visitor.key.encode() not in bytes(Inbound.objects.get().raw)


@pytest.mark.parametrize("key", ["", "abc", "Z" * 64, "a" * 63])
def test_without_a_key_nothing_is_said_and_nothing_kept(visitor, key) -> None:
    visitor.key = key

    assert visitor.writes("Ciao").status_code == 403
    assert visitor.ask("hello").status_code == 403
    assert Inbound.objects.count() == 0


def test_the_same_message_sent_twice_is_one(visitor) -> None:
    visitor.writes("Ciao")
    visitor.sent = 0
    again = visitor.writes("Ciao")

    assert again.status_code == 200
    assert len(again.json()["messages"]) == 1
    assert Message.unscoped.count() == 1


def test_both_sides_see_what_the_other_says_and_no_note_of_ours(visitor, robot) -> None:
    visitor.writes("È arrivato il mio ricambio?")
    case = Case.unscoped.get()
    answered(case.pk, "Sì, da ieri.", robot)
    with scope.system("test"):
        write_note(case_id=case.pk, text="Cliente difficile", by=robot, now=timezone.now())
    visitor.writes("Grazie")

    assert [(one["mine"], one["text"]) for one in visitor.sees()] == [
        (True, "È arrivato il mio ricambio?"),
        (False, "Sì, da ieri."),
        (True, "Grazie"),
    ]
    assert Case.unscoped.count() == 1


def test_a_visitor_sees_nothing_of_another_one(visitor, robot) -> None:
    visitor.writes("Il mio segreto")
    answered(Case.unscoped.get().pk, "Lo tengo per me", robot)
    other = Visitor(visitor.site)

    assert other.sees() == []
    other.writes("Ciao")
    assert [one["text"] for one in other.sees()] == ["Ciao"]
    assert Case.unscoped.count() == 2


def test_an_answer_by_mail_is_not_shown_in_the_chat(visitor, robot) -> None:
    visitor.writes("Ciao", name="Giulia Ferri", email="giulia.ferri@example.com")
    answered(Case.unscoped.get().pk, "Le scrivo per posta.", robot, way="email:giulia.ferri@example.com")

    assert [one["text"] for one in visitor.sees()] == ["Ciao"]


def test_who_says_their_address_is_the_customer_who_has_it_but_unproven(visitor) -> None:
    visitor.writes("Ciao")
    assert Case.unscoped.get().customer_id is None

    visitor.writes("Sono Giulia", name="Giulia Ferri", email="Giulia.Ferri@example.com")

    giulia = Customer.unscoped.get()
    assert (giulia.first_name, giulia.last_name, giulia.source) == ("Giulia", "Ferri", "chat")
    assert ContactPoint.unscoped.get().value == "giulia.ferri@example.com"
    assert Case.unscoped.get().customer_id == giulia.pk
    assert Correspondent.unscoped.get().is_proven is False


def named_giulia(unit) -> Customer:
    return Customer.unscoped.create(unit=unit, first_name="Giulia", display_name="Giulia Ferri", created_at=NOON)


def test_who_is_signed_in_on_the_site_is_that_customer_and_proven(visitor, group) -> None:
    giulia = Customer.unscoped.create(
        unit=group.root, first_name="Giulia", display_name="Giulia Ferri", created_at=NOON
    )
    expires = int(timezone.now().timestamp()) + 600
    visitor.identity = mark(reference=str(giulia.pk), secret=visitor.site.identity_secret, expires=expires)

    visitor.writes("A che punto siamo?")

    assert Case.unscoped.get().customer_id == giulia.pk
    assert Correspondent.unscoped.get().is_proven is True
    assert visitor.ask("hello").json()["isVouched"] is True


@pytest.mark.parametrize("wrong", ["secret", "over", "other group", "torn"])
def test_a_mark_of_nobody_vouches_for_nobody(visitor, group, wrong) -> None:
    from tests.factories.organisation import small_group

    owner = small_group(code="rivali").root if wrong == "other group" else group.root
    giulia = named_giulia(owner)
    at = int(timezone.now().timestamp())
    visitor.identity = mark(
        reference=str(giulia.pk),
        secret="other" if wrong == "secret" else visitor.site.identity_secret,
        expires=at - 1 if wrong == "over" else at + 600,
    )[: 30 if wrong == "torn" else None]

    visitor.writes("A che punto siamo?")

    assert Case.unscoped.get().customer_id is None
    assert not Correspondent.unscoped.filter(is_proven=True).exists()


def test_files_go_both_ways_and_open_by_a_signed_link_only(visitor, robot) -> None:
    from corsia.messaging.rules.incoming import NewFile

    visitor.writes("Ecco la foto", files=SimpleUploadedFile("graffio.png", PNG, content_type="image/png"))
    case = Case.unscoped.get()
    answered(case.pk, "Ecco il preventivo", robot, attachments=[NewFile(name="preventivo.pdf", content=b"%PDF-1.7\n")])

    assert [file.name for file in Attachment.unscoped.order_by("pk")] == ["graffio.png", "preventivo.pdf"]
    [theirs, ours] = [one["files"][0] for one in visitor.sees()]
    assert (theirs["name"], theirs["picture"], ours["name"], ours["picture"]) == (
        "graffio.png",
        True,
        "preventivo.pdf",
        False,
    )
    assert Client().get(theirs["url"]).content == PNG
    assert Client().get(theirs["url"][:-3] + "x/").status_code == 404


def test_a_program_as_a_file_is_refused_and_nothing_is_kept(visitor) -> None:
    answer = visitor.writes("Guardi", files=SimpleUploadedFile("foto.png", b"MZ\x90\0" + b"\0" * 90))

    assert answer.status_code == 422
    assert "foto.png" in answer.json()["error"]
    assert Inbound.objects.count() == 0


def test_each_side_learns_that_the_other_has_read(visitor, robot) -> None:
    visitor.writes("Ciao")
    case = Case.unscoped.get()
    assert visitor.sees()[0]["read"] is False
    with scope.system("test"):
        read_by_us(case_id=case.pk)
    assert visitor.sees()[0]["read"] is True

    answered(case.pk, "Buongiorno", robot)
    row = Outgoing.unscoped.get()
    assert row.read_at is None
    visitor.ask("read", {"up_to": str(visitor.sees()[-1]["id"])})
    row.refresh_from_db()
    assert row.read_at is not None


def test_the_seventh_chat_of_an_address_within_an_hour_must_wait(visitor) -> None:
    answers = [Visitor(visitor.site).writes("Ciao") for _turn in range(7)]

    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 60
    assert Message.unscoped.count() == 6


def test_a_visitor_who_writes_too_fast_must_wait(visitor) -> None:
    from corsia.kernel.limits import spend
    from corsia.portal.web.chat import MESSAGES

    for _turn in range(MESSAGES.times):
        spend(MESSAGES, key=visitor_name(visitor.key), now=timezone.now())

    assert visitor.writes("Ciao").status_code == 429
    assert Inbound.objects.count() == 0


def closed(unit) -> None:
    """Open the unit on one day of the week, which is not this one."""
    calendar = WorkingCalendar.objects.create(owner=unit, name="Un giorno")
    day = (timezone.localtime().weekday() + 3) % 7
    OpenHours.objects.create(calendar=calendar, weekday=day, opens_at=time(9), closes_at=time(12))
    unit.calendar = calendar
    unit.save(update_fields=["calendar"])


def test_what_is_left_while_nobody_is_there_becomes_a_case_like_the_web_form(visitor, desk) -> None:
    with scope.system("test"):
        closed(desk.unit)
    state = visitor.ask("hello").json()
    assert (state["isStaffed"], state["hasBot"]) == (False, False)

    refused = visitor.writes("Mi richiamate?", left="1", name="Giulia Ferri", email="")
    assert refused.status_code == 422
    answer = visitor.writes("Mi richiamate?", left="1", name="Giulia Ferri", email="giulia.ferri@example.com")

    case = Case.unscoped.get()
    assert answer.json()["left"] == case.pk
    assert (case.origin, Thread.unscoped.get().reply_address) == ("web_form", "giulia.ferri@example.com")
    assert Correspondent.unscoped.count() == 0


def test_the_transcript_goes_by_the_outbox_once_a_day_to_an_address(visitor, robot) -> None:
    visitor.writes("È arrivato il ricambio?")
    answered(Case.unscoped.get().pk, "Sì, da ieri.", robot)

    assert visitor.ask("transcript", {"email": "nobody"}).status_code == 422
    answer = visitor.ask("transcript", {"email": "giulia.ferri@example.com"})
    again = visitor.ask("transcript", {"email": "giulia.ferri@example.com"})

    assert (answer.status_code, again.status_code) == (200, 409)
    mail = Outgoing.unscoped.get(channel="email")
    assert (mail.to_address, mail.state) == ("giulia.ferri@example.com", "waiting")
    assert "È arrivato il ricambio?" in mail.body
    assert "Sì, da ieri." in mail.body


def test_ending_is_a_line_on_the_case_which_goes_on(visitor) -> None:
    visitor.writes("Ciao")
    answer = visitor.ask("end")

    assert answer.status_code == 200
    note = Message.unscoped.get(direction="note")
    assert note.text == "Il visitatore ha terminato la chat."
    assert Case.unscoped.get().closed_at is None


def test_a_closed_case_offers_its_survey_in_place_of_a_mail(visitor, robot) -> None:
    visitor.writes("Ciao", name="Giulia Ferri", email="giulia.ferri@example.com")
    case = Case.unscoped.get()
    answered(case.pk, "Fatto.", robot)
    with scope.system("test"):
        close_case(case_id=case.pk, by=robot, now=timezone.now())
        [fact] = stated_facts(CaseClosed)
        invite_after_closing(fact, now=timezone.now())
    state = visitor.ask("hello").json()

    invitation = Invitation.unscoped.get()
    assert state["isClosed"] is True
    assert state["survey"].startswith("http")
    assert invitation.sent_at is not None
    assert Client().get("/" + state["survey"].split("/", 3)[3]).status_code == 200


def test_the_frame_may_be_held_by_the_sites_of_the_list_alone(visitor) -> None:
    answer = Client().get(f"/portal/chat/{visitor.site.key}/")

    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors 'self' https://{HOST}" in policy
    assert "unsafe" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_the_script_is_empty_where_the_chat_is_off(visitor) -> None:
    script = Client().get(f"/portal/chat/{visitor.site.key}.js").content.decode()
    assert json.dumps(visitor.site.key) in script
    assert "__SITE__" not in script

    visitor.site.account.__class__.unscoped.update(is_active=False)

    assert Client().get(f"/portal/chat/{visitor.site.key}.js").content.decode().startswith("/*")
    assert visitor.ask("hello").status_code == 404
