"""What was said on a case follows it to another unit, and what is said next lands there."""

from datetime import timedelta

import pytest

from corsia.cases.models import Case
from corsia.cases.queries.moving import targets_of
from corsia.cases.services import merge_cases, move_back, move_case, open_case
from corsia.conversations.permissions import USE_INBOX
from corsia.events.cases import CaseMoved
from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.kernel.errors import NotFound
from corsia.messaging.models import Attachment, Message, Outgoing, Thread
from corsia.messaging.reactions import move_along
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.services import file_message, threads, write_reply
from corsia.messaging.vocabulary import Outcome
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role, UnitKind
from tests.conftest import NOON
from tests.factories.messaging import CUSTOMER, ROBOT, Desk, a_desk, a_mailbox, filed, mail_for
from tests.factories.organisation import UnitFactory, actor_in, small_group
from tests.facts import stated_facts

pytestmark = pytest.mark.usefixtures("everything")
HOUR = timedelta(hours=1)
PHOTO = NewFile(name="spia.txt", content=b"codice P0420", media_type="text/plain")


@pytest.fixture
def care(desk: Desk):
    """The back office, in Verona: what is at the desk in Brescia is not its business until it is moved there."""
    return desk.group.verona_care


@pytest.fixture
def front(desk: Desk):
    return actor_in(desk.unit, Role.AGENCY_AGENT)


@pytest.fixture
def back(care):
    return actor_in(care)


def follow() -> None:
    for fact in stated_facts(CaseMoved):
        move_along(fact, now=NOON)


def moved(case_id: int, unit, *, now=NOON + HOUR) -> None:
    move_case(case_id=case_id, unit_id=unit.pk, reason="È del magazzino", by=ROBOT, now=now)


def seen_by(actor, model) -> int:
    with scope.entered(scope_of(actor, USE_INBOX)):
        return model.objects.count()


@pytest.fixture
def case_id(desk: Desk) -> int:
    case_id = filed(desk, at=NOON, attachments=(PHOTO,)).case_id
    write_reply(case_id=case_id, text="Un attimo, sento il magazzino.", by=ROBOT, now=NOON)
    return case_id


def test_messages_files_and_the_outbox_change_sides(case_id, care, front, back) -> None:
    before = {model: seen_by(front, model) for model in (Message, Attachment, Outgoing)}
    assert before == {Message: 3, Attachment: 1, Outgoing: 2}

    moved(case_id, care)
    follow()
    follow()

    assert {model: seen_by(front, model) for model in before} == dict.fromkeys(before, 0)
    assert {model: seen_by(back, model) for model in before} == before


def test_after_two_moves_everything_is_where_the_case_is_in_whatever_order_the_news_comes(case_id, desk, care) -> None:
    moved(case_id, care)
    moved(case_id, desk.group.brescia, now=NOON + 2 * HOUR)

    for fact in reversed(stated_facts(CaseMoved)):
        move_along(fact, now=NOON)

    assert set(Message.objects.values_list("unit_id", flat=True)) == {desk.group.brescia.pk}


def test_merged_conversations_go_along(case_id, desk, care) -> None:
    other = filed(desk, at=NOON, header_id="<other@example.com>").case_id
    merge_cases(survivor_id=case_id, absorbed_id=other, by=ROBOT, now=NOON)

    moved(case_id, care)
    follow()

    assert set(Message.objects.filter(case_id__in=[case_id, other]).values_list("unit_id", flat=True)) == {care.pk}


def test_a_reply_to_the_old_mailbox_lands_in_the_moved_case(case_id, desk, care) -> None:
    moved(case_id, care)
    follow()
    ours = Message.objects.filter(case_id=case_id, direction="out").latest("pk")

    result = filed(desk, at=NOON + 2 * HOUR, header_id="<re@example.com>", in_reply_to=(ours.header_id,), text="Ecco")

    assert (result.outcome, result.case_id) == (Outcome.THREADED, case_id)
    message = Message.objects.get(pk=result.message_id)
    assert (message.unit_id, message.text) == (care.pk, "Ecco")
    assert Case.objects.count() == 1


def test_answers_leave_from_the_new_units_own_mailbox(case_id, desk, care) -> None:
    a_mailbox(care, "verona@bellandi.example")
    moved(case_id, care)
    follow()

    answer = write_reply(case_id=case_id, text="Il pezzo è qui.", by=ROBOT, now=NOON + 2 * HOUR)

    assert (answer.from_address, answer.unit_id, answer.to_addresses) == ("verona@bellandi.example", care.pk, CUSTOMER)
    move_back(case_id=case_id, by=ROBOT, now=NOON + 3 * HOUR)
    follow()
    assert write_reply(case_id=case_id, text="Torno io.", by=ROBOT, now=NOON + 4 * HOUR).from_address == (
        desk.mailbox.address
    )


def test_without_one_from_the_one_above_and_else_from_the_one_the_customer_wrote_to(case_id, desk, care) -> None:
    moved(case_id, care)
    follow()
    assert write_reply(case_id=case_id, text="Uno", by=ROBOT, now=NOON + HOUR).from_address == desk.mailbox.address

    a_mailbox(desk.group.verona, "sede.verona@bellandi.example")
    follow()

    assert write_reply(case_id=case_id, text="Due", by=ROBOT, now=NOON + HOUR).from_address == (
        "sede.verona@bellandi.example"
    )


def test_a_mail_that_was_being_filed_while_the_case_moved_ends_up_with_it(case_id, desk, care, monkeypatch) -> None:
    """The case is read, then it moves, then the message is written: as two transactions may do it."""
    joined = threads.preview
    done = []

    def move_in_between(text: str, *args) -> str:
        if not done:
            done.append(True)
            moved(case_id, care, now=NOON + HOUR)
            follow()
        return joined(text, *args)

    monkeypatch.setattr(threads, "preview", move_in_between)
    ours = Message.objects.filter(case_id=case_id, direction="out").latest("pk")
    mail = mail_for(desk, at=NOON + HOUR, header_id="<late@example.com>", in_reply_to=(ours.header_id,), text="Allora?")

    result = file_message(mail)

    assert done
    assert Message.objects.get(pk=result.message_id).unit_id == care.pk


def test_an_answer_whose_case_was_moved_out_of_the_writers_sight_meanwhile_is_not_kept(case_id, front) -> None:
    """Behind the second wall the writer's own statement finds no case any more."""
    with scope.entered(scope_of(front, USE_INBOX)), pytest.raises(NotFound):
        threads.catch_up(Message.objects.latest("pk"), None)


def test_no_unit_of_another_group_is_ever_named(desk) -> None:
    rivals = a_desk(small_group("rivali"), now=NOON, address="altri@rivali.example").group
    shown = {unit.pk for unit in targets_of(desk.unit.pk, organisation=tree())}

    assert shown.isdisjoint({rivals.root.pk, rivals.brescia.pk, rivals.brescia_care.pk, rivals.verona.pk})
    assert shown == {desk.group.brescia.pk, desk.group.verona.pk, desk.group.verona_care.pk}


def test_a_case_nobody_wrote_on_moves_too(desk, care) -> None:
    agency = UnitFactory(parent=desk.group.root, kind=UnitKind.AGENCY, name="Pronto Auto", code="pronto")
    case = open_case(
        unit_id=agency.pk, process_key="information", subject="x", origin="phone", customer_id=None, by=ROBOT, now=NOON
    )

    moved(case.pk, care)
    follow()

    assert not Thread.objects.filter(pk=case.pk).exists()
