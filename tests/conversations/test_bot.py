"""The assistant: answers from articles with their address, says when it does not know, and always offers a person."""

from datetime import timedelta

import pytest

from corsia.cases.models import Case, Deadline, Task
from corsia.cases.services import open_case
from corsia.conversations.bot.editing import ItemDetails, MenuTooDeep, TooManyLines, save_item, start_menu
from corsia.conversations.bot.models import BotItem, BotMenu, BotTalk
from corsia.conversations.bot.queries import PERSON, first_choices
from corsia.conversations.bot.services import answer
from corsia.customers.models import Customer, Holding
from corsia.knowledge.models import HelpSite, MissedSearch
from corsia.messaging.models import ChannelAccount, Correspondent, Message, Outgoing
from corsia.messaging.rules.visits import Visit
from corsia.messaging.services import send_due, write_note, write_reply
from corsia.messaging.services.visits import take_visit
from corsia.organisation.models import OpenHours, WorkingCalendar
from corsia.vehicles.models import Vehicle
from tests.conftest import NOON
from tests.factories.knowledge import published
from tests.factories.messaging import Desk, a_desk
from tests.factories.organisation import actor_in
from tests.portal.chats import a_chat

pytestmark = pytest.mark.usefixtures("everything")
MINUTE = timedelta(minutes=1)
VISITOR = "a" * 64


@pytest.fixture
def desk(group) -> Desk:
    return a_desk(group, now=NOON)


@pytest.fixture
def account(desk, robot) -> ChannelAccount:
    start_menu(unit_id=desk.group.root.pk, by=robot, now=NOON)
    return a_chat(desk.unit, now=NOON, has_bot=True, first_answer_minutes=60).account


class Talk:
    """A visitor who writes, and what the assistant says to it."""

    def __init__(self, account: ChannelAccount) -> None:
        self.account, self.sent, self.at = account, 0, NOON

    def says(self, text: str, **fields) -> Outgoing | None:
        self.sent += 1
        self.at += MINUTE
        visit = Visit(visitor=VISITOR, key=f"k{self.sent}", text=text, language=fields.pop("language", "it"), **fields)
        take_visit(self.account, visit, now=self.at)
        before = Outgoing.objects.count()
        answer(message_id=Message.objects.filter(direction="in").latest("pk").pk, now=self.at)
        return Outgoing.objects.latest("pk") if Outgoing.objects.count() > before else None


@pytest.fixture
def talk(account) -> Talk:
    return Talk(account)


def opens(desk: Desk, *, weekday: int) -> None:
    calendar = WorkingCalendar.objects.create(owner=desk.unit, name="Un giorno")
    OpenHours.objects.create(calendar=calendar, weekday=weekday, opens_at="09:00", closes_at="18:00")
    desk.unit.calendar = calendar
    desk.unit.save(update_fields=["calendar"])


def test_a_greeting_is_answered_with_the_menu_and_the_way_to_a_person(talk) -> None:
    said = talk.says("Buongiorno")

    assert said.body == "Buongiorno, sono l'assistente automatico. Scelga una voce o scriva la Sua domanda."
    assert said.content["choices"] == [
        "Orari di apertura",
        "Prenotare un tagliando",
        "Dov'è la mia auto?",
        "Parla con una persona",
    ]


def test_a_question_is_answered_from_a_public_article_with_its_address(talk, desk) -> None:
    HelpSite.objects.create(unit=desk.group.root, slug="aiuto", title_it="Aiuto", title_en="Help", is_on=True)
    published(desk.group.root, now=NOON, it=("Garanzia sui ricambi", "I ricambi hanno due anni di garanzia."))

    said = talk.says("Quanto dura la garanzia dei ricambi?")

    assert "due anni di garanzia" in said.body
    [source] = said.content["sources"]
    assert source["title"] == "Garanzia sui ricambi"
    assert "/portal/help/aiuto/" in source["url"]
    assert said.content["choices"] == ["Parla con una persona"]


def test_what_only_colleagues_may_read_is_never_said(talk, desk) -> None:
    published(desk.group.root, now=NOON, it=("Sconti sui ricambi", "Sconto massimo 30 %."), audience="internal")

    said = talk.says("Che sconti fate sui ricambi?")

    assert "30" not in said.body
    assert MissedSearch.objects.count() == 1


def test_it_says_when_it_does_not_know_and_offers_a_person_after_the_second_miss(talk) -> None:
    first = talk.says("Fate il soccorso in elicottero?")
    second = talk.says("E con la mongolfiera?")
    third = talk.says("Sì")

    assert first.body.startswith("Questo non lo so.")
    assert second.body.startswith("Non so neanche questo.")
    assert all(said.content["choices"][-1] == "Parla con una persona" for said in (first, second))
    assert "collega" in third.body
    assert MissedSearch.objects.count() == 2
    assert BotTalk.objects.get().handed_over_at is not None


def test_the_handover_carries_a_summary_made_of_what_happened(talk) -> None:
    talk.says("Orari di apertura")
    talk.says("Fate il soccorso in elicottero?")
    talk.says("operatore")

    note = Message.objects.get(direction="note")
    assert "scelto “Orari di apertura”" in note.text
    assert "Fate il soccorso in elicottero?" in note.text
    assert "ha chiesto una persona" in note.text
    assert "Messaggi scritti all'assistente: 3." in note.text
    assert talk.says("C'è qualcuno?") is None  # from now on people answer
    assert Outgoing.objects.count() == 3


def test_out_of_hours_it_says_when_somebody_answers(talk, desk) -> None:
    opens(desk, weekday=4)  # the talk is on a Tuesday

    said = talk.says("operatore")

    assert "venerdì 13 marzo alle 09:00" in said.body
    assert "e-mail" in said.body


def test_opening_hours_are_those_of_the_calendar(talk, desk) -> None:
    opens(desk, weekday=4)

    said = talk.says("1")

    assert "venerdì: 09:00–18:00" in said.body.lower()
    assert "chiuso" in said.body


def test_booking_without_a_link_leaves_a_task_to_call_back(talk) -> None:
    said = talk.says("Prenotare un tagliando")

    task = Task.objects.get()
    assert task.is_callback is True
    assert "richiama" in said.body
    assert said.content["choices"][-1] == PERSON["it"]


def car(desk: Desk, customer: Customer) -> Vehicle:
    vehicle = Vehicle.objects.create(unit=desk.group.root, make="Fiat", model="Panda", plate="GA123BC")
    Holding.objects.create(customer=customer, vehicle=vehicle, since=NOON.date(), role="owner")
    return vehicle


def test_a_car_is_spoken_of_to_its_proven_holder_alone(talk, desk, robot) -> None:
    giulia = Customer.objects.create(unit=desk.group.root, display_name="Giulia Ferri", created_at=NOON)
    vehicle = car(desk, giulia)
    open_case(
        unit_id=desk.unit.pk,
        process_key="complaint",
        subject="Rumore al motore",
        origin="phone",
        customer_id=giulia.pk,
        vehicle_id=vehicle.pk,
        by=robot,
        now=NOON,
    )

    talk.says("Dov'è la mia auto?")
    refused = talk.says("GA123BC")
    assert "Rumore" not in refused.body
    assert Task.objects.filter(title__contains="GA123BC").count() == 1

    talk.says("Dov'è la mia auto?", customer=str(giulia.pk))
    told = talk.says("ga 123 bc", customer=str(giulia.pk))
    assert "Rumore al motore" in told.body
    assert Correspondent.objects.get().is_proven is True


def test_somebody_who_only_types_a_customers_address_learns_nothing(talk, desk) -> None:
    giulia = Customer.objects.create(unit=desk.group.root, display_name="Giulia Ferri", created_at=NOON)
    car(desk, giulia)
    giulia.contact_points.create(kind="email", value="giulia@example.com", created_at=NOON)

    talk.says("Dov'è la mia auto?", email="giulia@example.com", name="Giulia")
    said = talk.says("GA123BC", email="giulia@example.com", name="Giulia")

    assert Case.objects.get().customer_id == giulia.pk
    assert "Panda" not in said.body


def test_it_is_silent_as_soon_as_a_person_of_ours_writes(talk, desk) -> None:
    laura = actor_in(desk.unit)
    talk.says("Buongiorno")
    write_reply(case_id=Case.objects.get().pk, text="Buongiorno, sono Laura.", by=laura, now=talk.at)

    assert talk.says("Orari di apertura") is None
    assert BotTalk.objects.get().silenced_at is not None


def test_a_note_of_a_person_silences_it_too(talk, desk) -> None:
    talk.says("Buongiorno")
    write_note(case_id=Case.objects.get().pk, text="Ci penso io", by=actor_in(desk.unit), now=talk.at)

    assert talk.says("Orari di apertura") is None


def test_it_never_counts_as_our_first_answer(talk) -> None:
    said = talk.says("Buongiorno")
    send_due(now=talk.at + MINUTE)

    said.refresh_from_db()
    assert said.state == "sent"
    assert Deadline.objects.get(clock="first_answer").met_at is None
    message = Message.objects.get(direction="out")
    assert (message.is_automatic, message.author_id, message.author_name) == (True, None, "Assistente")


def test_the_same_message_is_answered_once(talk) -> None:
    talk.says("Buongiorno")
    message = Message.objects.get(direction="in")

    answer(message_id=message.pk, now=talk.at)

    assert Outgoing.objects.count() == 1


def test_without_the_switch_it_says_nothing(talk, account) -> None:
    ChannelAccount.objects.filter(pk=account.pk).update(has_bot=False)

    assert talk.says("Buongiorno") is None


def test_it_speaks_english_to_who_does(talk) -> None:
    said = talk.says("Hello", language="en")

    assert said.body.startswith("Hello, I am the automatic assistant.")
    assert said.content["choices"][-1] == "Talk to a person"


def test_the_menu_of_the_nearest_unit_counts_and_the_way_to_a_person_is_no_line_of_it(account, desk, robot) -> None:
    assert first_choices(account, language="it")[-1] == PERSON["it"]
    near = start_menu(unit_id=desk.unit.pk, by=robot, now=NOON)
    BotItem.objects.filter(menu=near).delete()

    assert first_choices(account, language="it") == [PERSON["it"]]


def test_a_menu_holds_eight_lines_and_opens_one_floor(desk, robot) -> None:
    menu = start_menu(unit_id=desk.unit.pk, by=robot, now=NOON)

    def line(label: str, *, parent: int | None = None, action: str = "text") -> BotItem:
        details = ItemDetails(label_it=label, label_en=label, action=action, text_it="x")
        return save_item(menu_id=menu.pk, item_id=None, parent_id=parent, details=details, by=robot, now=NOON)

    below = line("Altro", action="menu")
    with pytest.raises(MenuTooDeep):
        line("Ancora", parent=below.pk, action="menu")
    for number in range(4):
        line(f"Riga {number}")
    with pytest.raises(TooManyLines):
        line("Una di troppo")


def test_a_manager_sees_the_page_and_moves_lines(desk) -> None:
    from corsia.organisation.vocabulary import Role
    from tests.factories.organisation import person_in, signed_in

    manager = signed_in(person_in(desk.group.root, Role.BRANCH_MANAGER))
    unit = desk.group.root.pk
    assert manager.get(f"/conversations/bot/?unit={unit}").status_code == 200
    manager.post(f"/conversations/bot/start/{unit}/")
    first, second, *_rest = BotItem.objects.order_by("position")

    manager.post(f"/conversations/bot/lines/{second.pk}/move/", {"up": "1"})

    assert list(BotItem.objects.order_by("position").values_list("pk", flat=True))[:2] == [second.pk, first.pk]
    page = manager.get(f"/conversations/bot/?unit={unit}").content.decode()
    assert "Parla con una persona" in page
    assert signed_in(person_in(desk.unit)).get("/conversations/bot/").status_code == 403
    assert BotMenu.objects.count() == 1
