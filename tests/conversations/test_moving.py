"""An outsourced front end takes the call, the client's back office answers (205); "Move" on the pages (T11)."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from corsia.cases.models import Case
from corsia.events.cases import CaseMoved
from corsia.kernel import scope
from corsia.kernel.facts import name_of, run_reaction, subscriptions
from corsia.kernel.models import FactRecord
from corsia.messaging.models import Attachment, Message
from corsia.messaging.rules.incoming import NewFile
from corsia.organisation.vocabulary import Role, UnitKind
from tests.conftest import NOON
from tests.conversations.cases import a_mail
from tests.factories.messaging import a_mailbox, filed
from tests.factories.organisation import UnitFactory, person_in, signed_in, small_group

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def react() -> None:
    """Let the reactions to moves take effect, as the worker does; what took effect before does not do so again."""
    for record in FactRecord.objects.filter(kind="cases.CaseMoved").order_by("pk"):
        for reaction in subscriptions()[CaseMoved]:
            run_reaction(fact_id=record.pk, reaction=name_of(reaction), now=NOON)


@pytest.fixture
def agency(desk):
    return UnitFactory(parent=desk.group.root, kind=UnitKind.AGENCY, name="Pronto Auto", code="pronto")


@pytest.fixture
def front(agency):
    return signed_in(person_in(agency, Role.AGENCY_AGENT, first_name="Sara", last_name="Riva"))


@pytest.fixture
def warehouse(desk):
    return UnitFactory(parent=desk.group.brescia, kind=UnitKind.DEPARTMENT, name="Magazzino", code="bs-magazzino")


@pytest.fixture
def back(warehouse):
    return signed_in(person_in(warehouse, Role.WAREHOUSE, first_name="Elio", last_name="Prati"))


def test_an_agency_takes_a_call_moves_it_to_the_warehouse_and_the_warehouse_answers(
    desk, agency, front, warehouse, back
) -> None:
    a_mailbox(warehouse, "magazzino@bellandi.example")
    # The agent writes down a call.
    with time_machine.travel(NOON, tick=False):
        entry = {
            "channel": "phone", "unit": agency.pk, "process": "information", "subject": "Pastiglie ordinate",
            "text": "Chiede quando arrivano le pastiglie.", "first_name": "Giulia", "last_name": "Ferri",
            "email": "giulia.ferri@example.com",
        }  # fmt: skip
        answer = front.post(reverse("conversations:new"), entry)
        assert answer.status_code == 302
        case = Case.unscoped.get()
        page = reverse("conversations:conversation", args=[case.pk])
        assert "Chiede quando arrivano le pastiglie." in front.get(page).content.decode()
        assert back.get(page).status_code == 404

    # It is the warehouse's: the dialog names it by branch, and says what happens.
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        move = reverse("cases:move", args=[case.pk]) + "?from=inbox"
        dialog = front.get(move, headers=HTMX).content.decode()
        assert '<optgroup label="Brescia">' in dialog
        assert "Magazzino" in dialog
        assert "tu la rivedi solo se lavori anche lì" in dialog
        assert front.post(move, {"unit": warehouse.pk, "reason": ""}, headers=HTMX).status_code == 422
        answer = front.post(move, {"unit": warehouse.pk, "reason": "Ricambio da cercare"}, headers=HTMX)
        events = json.loads(answer.headers["HX-Trigger"])
        assert answer.status_code == 204
        assert events["conversationLeft"] == {"case": case.pk}
        assert events["toast"] == {"title": f"Ora #{case.pk} è in Magazzino, Brescia"}  # no way back for her
        react()

        # The agency sees nothing of it any more, wherever it looks.
        for url in (
            page,
            reverse("cases:case", args=[case.pk]),
            reverse("cases:move", args=[case.pk]),
            reverse("conversations:aside", args=[case.pk]),
        ):
            assert front.get(url).status_code == 404
        assert front.post(reverse("cases:move_back", args=[case.pk])).status_code == 404
        for url in (
            reverse("conversations:rows") + "?tab=all&q=pastiglie",
            reverse("conversations:inbox") + "?tab=all",
            reverse("cases:desk") + "?tab=unit&q=pastiglie",
            reverse("cases:palette") + "?q=pastiglie",
            reverse("customers:customer", args=[case.customer_id]),
        ):
            seen = front.get(url)
            assert seen.status_code == 200
            assert "Pastiglie ordinate" not in seen.content.decode()
            assert "quando arrivano" not in seen.content.decode()

        # The warehouse finds it with the reason, and answers from its own address.
        shown = back.get(page).content.decode()
        assert "Chiede quando arrivano le pastiglie." in shown
        assert "Sara Riva ha spostato la pratica in Magazzino, Brescia: Ricambio da cercare" in shown
        written = back.post(
            reverse("conversations:write", args=[case.pk]),
            {"kind": "out", "mode": "out", "text": "Arrivano giovedì."},
            headers=HTMX,
        )
        assert written.status_code == 200, written.content.decode()[:400]
    ours = Message.unscoped.get(direction="out")
    assert (ours.from_address, ours.unit_id) == ("magazzino@bellandi.example", warehouse.pk)

    # The customer's answer arrives there.
    with scope.system("test"), time_machine.travel(NOON + timedelta(hours=1), tick=False):
        result = filed(
            desk,
            at=NOON + timedelta(hours=1),
            header_id="<re@example.com>",
            in_reply_to=(ours.header_id,),
            text="Grazie",
        )
    assert result.case_id == case.pk
    assert Message.unscoped.get(pk=result.message_id).unit_id == warehouse.pk
    assert front.get(page).status_code == 404


def test_a_file_of_a_moved_case_is_out_of_reach_of_the_old_unit(desk, browser, laura, warehouse, back, noon) -> None:
    photo = NewFile(name="foto.txt", content=b"codice P0420", media_type="text/plain")
    case = a_mail(desk, attachments=(photo,))
    url = reverse("messaging:attachment", args=[Attachment.unscoped.get().pk])
    assert browser.get(url).status_code == 200
    assert back.get(url).status_code == 404

    browser.post(reverse("cases:move", args=[case.pk]), {"unit": warehouse.pk, "reason": "Ricambio"})
    react()

    assert browser.get(url).status_code == 404
    assert back.get(url).status_code == 200


def test_who_sees_both_may_take_it_back_from_the_toast_or_the_page(desk, warehouse, group, noon) -> None:
    boss = signed_in(person_in(group.brescia, Role.CARE_MANAGER))
    case = a_mail(desk)
    url = reverse("cases:move", args=[case.pk])

    answer = boss.post(f"{url}?from=inbox", {"unit": warehouse.pk, "reason": "Ricambio"}, headers=HTMX)
    undo = json.loads(answer.headers["HX-Trigger"])["toast"]["undo_url"]
    again = boss.post(undo, headers=HTMX)

    assert (again.status_code, json.loads(again.headers["HX-Trigger"])["casesChanged"]) == (204, {"case": case.pk})
    assert Case.unscoped.get(pk=case.pk).unit_id == desk.unit.pk
    assert boss.post(undo, headers=HTMX).status_code == 204  # once more: there and back are both moves


def test_on_the_cases_own_page_the_mover_goes_back_to_the_list(desk, browser, warehouse, noon) -> None:
    case = a_mail(desk)
    page = reverse("cases:case", args=[case.pk])
    assert "Sposta in un altro reparto" in browser.get(page).content.decode()

    answer = browser.post(
        reverse("cases:move", args=[case.pk]),
        {"unit": warehouse.pk, "reason": "Ricambio"},
        headers=HTMX | {"HX-Current-URL": f"http://testserver{page}"},
    )

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, reverse("cases:desk"))
    assert f"Ora #{case.pk} è in Magazzino, Brescia" in browser.get(reverse("cases:desk")).content.decode()


def test_a_partner_is_not_offered_to_move(desk, group, noon) -> None:
    partner = signed_in(person_in(desk.unit, Role.PARTNER))
    case = a_mail(desk)

    assert "Sposta in un altro reparto" not in partner.get(reverse("cases:case", args=[case.pk])).content.decode()
    assert partner.get(reverse("cases:move", args=[case.pk])).status_code == 403


def test_another_groups_units_are_neither_offered_nor_taken(desk, browser, noon) -> None:
    rivals = small_group("rivali")
    case = a_mail(desk)
    url = reverse("cases:move", args=[case.pk])

    assert str(rivals.brescia_care.pk) not in browser.get(url, headers=HTMX).content.decode().split("<select")[1]
    answer = browser.post(url, {"unit": rivals.brescia_care.pk, "reason": "x"}, headers=HTMX)

    assert answer.status_code == 422
    assert Case.unscoped.get(pk=case.pk).unit_id == desk.unit.pk


def test_where_there_are_many_a_name_is_enough(desk, browser, group, noon) -> None:
    teams = [
        UnitFactory(parent=group.verona_care, kind=UnitKind.TEAM, name=f"Squadra {n}", code=f"sq-{n}")
        for n in range(12)
    ]
    case = a_mail(desk)
    url = reverse("cases:move", args=[case.pk])

    assert '<datalist id="move-places">' in browser.get(url, headers=HTMX).content.decode()
    assert browser.post(url, {"unit": "Nessuna", "reason": "x"}, headers=HTMX).status_code == 422
    browser.post(url, {"unit": "squadra 7, verona", "reason": "x"}, headers=HTMX)

    assert Case.unscoped.get(pk=case.pk).unit_id == teams[7].pk
