"""The texts that Meta approved: fetched page by page, chosen, filled in and sent."""

from datetime import timedelta

import pytest

from corsia.cases.models import Case
from corsia.connectors.whatsapp.models import ApprovedText, Business
from corsia.connectors.whatsapp.services.texts import BusinessUnknown, fetch_all_texts, fetch_texts, set_business
from corsia.messaging.models import Outgoing
from corsia.messaging.ports import adapter_of
from corsia.messaging.services import send_due, write_reply
from corsia.messaging.services.refusals import HolesLeft
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.connectors.whatsapp.speaker import WABA, error, message, told_of_account
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.usefixtures("everything")
LATE = NOON + timedelta(hours=30)


def template(name: str, body: str, *, language: str = "it", status: str = "APPROVED", **more: object) -> dict:
    parts = [{"type": "BODY", "text": body}, *more.pop("parts", [])]
    return {"id": f"9{len(name)}", "name": name, "language": language, "status": status, "components": parts, **more}


LISTED = [
    template("auto_pronta", "Buongiorno {{1}}, la sua {{2}} è pronta.", category="UTILITY"),
    template("come_va", "Buongiorno {{nome}}, {{nome}}, tutto bene con {{auto}}?", category="MARKETING"),
    template("listino", "Ecco il listino", parts=[{"type": "HEADER", "format": "DOCUMENT"}]),
    template("promo", "Sconto", status="REJECTED", rejected_reason="ABUSIVE_CONTENT"),
    template("saluto", "Hello", language="en_US", quality_score={"score": "YELLOW", "date": 1}),
]


@pytest.fixture
def business(account, robot) -> Business:
    return set_business(account_id=account.pk, waba_id=WABA, by=robot, now=NOON)


def test_all_pages_are_fetched_and_what_is_gone_is_marked(graph, account, business) -> None:
    graph.templates = LISTED
    assert fetch_texts(account_id=account.pk, now=NOON) == ""

    rows = {row.name: row for row in ApprovedText.objects.all()}
    assert {name: row.status for name, row in rows.items()} == {
        "auto_pronta": "APPROVED",
        "come_va": "APPROVED",
        "listino": "APPROVED",
        "promo": "REJECTED",
        "saluto": "APPROVED",
    }
    assert (rows["saluto"].quality, rows["promo"].reason, rows["listino"].needs_more) == (
        "YELLOW",
        "ABUSIVE_CONTENT",
        True,
    )
    ready = adapter_of("whatsapp").ready_made(account, language="it")
    assert [(one.key, one.holes) for one in ready] == [("auto_pronta:it", 2), ("come_va:it", 2), ("saluto:en_US", 0)]
    assert ready[1].body == "Buongiorno {{1}}, {{1}}, tutto bene con {{2}}?"

    graph.templates = LISTED[:1]
    assert fetch_all_texts(now=LATE) == 1
    assert set(ApprovedText.objects.filter(status="DELETED").values_list("name", flat=True)) == {
        "come_va",
        "listino",
        "promo",
        "saluto",
    }


def test_outside_the_window_an_approved_text_opens_the_conversation(arrives, graph, account, business, robot) -> None:
    graph.templates = LISTED
    fetch_texts(account_id=account.pk, now=NOON)
    arrives(message(1, "text", text={"body": "Buongiorno"}))
    case = Case.objects.get()
    with pytest.raises(HolesLeft):
        write_reply(case_id=case.pk, text="", ready_made="auto_pronta:it", values=["Giulia"], by=robot, now=LATE)

    said = write_reply(
        case_id=case.pk, text="", ready_made="auto_pronta:it", values=["Giulia", "Panda"], by=robot, now=LATE
    )
    write_reply(case_id=case.pk, text="", ready_made="come_va:it", values=["Giulia", "la Panda"], by=robot, now=LATE)
    send_due(now=LATE + timedelta(minutes=1))

    assert said.text == "Buongiorno Giulia, la sua Panda è pronta."
    first, second = graph.posted("/messages")
    assert first["template"] == {
        "name": "auto_pronta",
        "language": {"code": "it"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Giulia"}, {"type": "text", "text": "Panda"}]}
        ],
    }
    assert [one["parameter_name"] for one in second["template"]["components"][0]["parameters"]] == ["nome", "auto"]
    assert Outgoing.objects.filter(state="sent").count() == 2


@pytest.mark.parametrize("state", ["PAUSED", "DISABLED", "REJECTED", "PENDING"])
def test_a_text_that_a_webhook_takes_back_can_no_longer_be_chosen(arrives, graph, account, business, state) -> None:
    graph.templates = LISTED[:1]
    fetch_texts(account_id=account.pk, now=NOON)
    told = {
        "event": state,
        "message_template_id": 1,
        "message_template_name": "auto_pronta",
        "message_template_language": "it",
        "reason": "NONE",
    }
    arrives(told_of_account("message_template_status_update", **told))  # of 12:00, as NOON
    arrives(
        told_of_account(
            "message_template_quality_update", **told, previous_quality_score="GREEN", new_quality_score="RED"
        )
    )

    row = ApprovedText.objects.get()
    assert (row.status, row.quality) == (state, "RED")
    assert adapter_of("whatsapp").ready_made(account, language="it") == []


def test_why_meta_gave_nothing_is_said_and_what_was_known_stays(graph, account, business) -> None:
    graph.templates = LISTED
    fetch_texts(account_id=account.pk, now=NOON)
    graph.refusal = (400, error(100, "Unsupported get request"))

    assert "Unsupported get request" in fetch_texts(account_id=account.pk, now=LATE)
    business.refresh_from_db()
    assert "Unsupported get request" in business.problem
    assert ApprovedText.objects.filter(status="APPROVED").count() == 4


def test_only_an_id_of_metas_is_taken(account, robot) -> None:
    for wrong in ("", "12", "me/accounts", "1" * 41):
        with pytest.raises(BusinessUnknown):
            set_business(account_id=account.pk, waba_id=wrong, by=robot, now=NOON)


def test_the_panel_shows_the_texts_and_fetches_them_at_a_button(client, graph, account, desk) -> None:
    manager = person_in(desk.group.brescia, Role.BRANCH_MANAGER)
    browser = signed_in(manager)
    assert browser.get(f"/messaging/channels/{account.pk}/").status_code == 200
    graph.templates = LISTED

    page = browser.post(f"/whatsapp/channels/{account.pk}/business/", {"waba_id": WABA})
    assert "Ancora nessun testo approvato" in page.content.decode()
    page = browser.post(f"/whatsapp/channels/{account.pk}/fetch/").content.decode()

    assert "Rifiutato" in page
    assert "ABUSIVE_CONTENT" in page
    assert "Qualità: Media" in page
