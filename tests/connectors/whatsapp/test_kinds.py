"""Every kind of call that was collected from Meta: one message at most, and nothing lost."""

import json

import pytest

from corsia.cases.models import Case
from corsia.connectors.whatsapp.models import ApprovedText, Business
from corsia.customers.models import Consent, Customer
from corsia.customers.services import find_or_add_by_phone
from corsia.messaging.models import Inbound, Message
from tests.conftest import NOON, fixtures_folder
from tests.connectors.hooks import arrive
from tests.connectors.whatsapp.speaker import GIULIA, as_documented, changed, message, raw

pytestmark = pytest.mark.usefixtures("everything")

# Of each kind: the words as they are filed (None: no message), and whether somebody has to answer.
QUIET, ASKS = False, True
WORDS: dict[tuple[str, str], tuple[str, bool]] = {
    ("callback_button", "button"): ("title", ASKS),
    ("callback_button", "quick_reply_without_context"): ("title", ASKS),
    ("callback_selection", "callback"): ("title", ASKS),
    ("call_permission_update", "accept"): ("Possiamo chiamarli.", QUIET),
    ("flow_completion", "completion"): (
        (
            "Risposte al nostro modulo:\ncomment text: Comment Text\ndelivery rating: 4\npurchase rating: 2\n"
            "recommend radio: 0\ncs rating: 0"
        ),
        ASKS,
    ),
    ("message", "animated_sticker"): ("", QUIET),
    ("message", "chosen_location"): (
        (
            "Luogo: 37.4611978, -122.2164385\nFacebook HQ\n1 Hacker Way, Menlo Park, CA 94025\n"
            "https://maps.google.com/?cid=2000000000000000000\n"
            "https://www.openstreetmap.org/?mlat=37.4611978&mlon=-122.2164385"
        ),
        ASKS,
    ),
    ("message", "current_location"): (
        "Luogo: 12.25089, 43.90539\nhttps://www.openstreetmap.org/?mlat=12.25089&mlon=43.90539",
        ASKS,
    ),
    ("message", "forwarded"): ("forwarded text", ASKS),
    ("message", "image"): ("", ASKS),
    ("message", "media_with_url"): ("", ASKS),
    ("message", "reaction"): ("Ha reagito: 😮", QUIET),
    ("message", "reply"): ("replied text", ASKS),
    ("message", "text"): ("Body Text", ASKS),
    ("message", "unreaction_no_emoji"): ("Ha tolto la reazione.", QUIET),
    ("message", "unsupported_with_type"): (
        (
            "Qualcosa di un tipo che qui non si può mostrare (unsupported / pool / Message type unknown)."
            " Chiedi di dirlo con altre parole."
        ),
        ASKS,
    ),
    ("message", "voice"): ("", ASKS),
    ("system", "identity_change"): (
        (
            "WhatsApp dice che usa un telefono nuovo o che l'ha reinstallato. Assicurati di chi è prima di dire cose"
            " riservate."
        ),
        QUIET,
    ),
}
# What is about us, ours, or about a message that is not here: no message.
NONE = {
    *(("account_update", name) for name in (
        "account_deleted", "account_offboarded", "account_restriction", "ad_account_linked",
        "mm_api_for_wa_terms_of_service", "partner_app_installed", "partner_led_business_verification_status",
        "partner_removed_wa_app_disconnection", "primary_business_location_set",
    )),
    ("call_connect", "business_initiated"), ("call_status", "call_status"), ("call_terminate", "call_terminate"),
    ("deleted_message", "revoke"), ("edited_message", "image"),
    ("message_status", "delivered"), ("message_status", "group"), ("message_status", "read"),
    ("message_status", "with_tracker"),
    ("outgoing_message", "delete"), ("outgoing_message", "text"),
    ("template_category_update", "marketing"), ("template_components_update", "element"),
    ("template_quality_update", "yellow"),
    ("template_status_update", "approved"), ("user_marketing_preferences", "resume"),
}  # fmt: skip


def collected() -> list[tuple[str, str]]:
    found = []
    for path in sorted(fixtures_folder("webhooks", "whatsapp_cloud").glob("*.json")):
        for name, told in json.loads(path.read_text()).items():
            if isinstance(told, dict):
                found.append((path.stem, name))
    return found


def test_every_collected_kind_is_in_this_file() -> None:
    assert set(collected()) == set(WORDS) | NONE


@pytest.mark.parametrize("kind", sorted(WORDS), ids=":".join)
def test_a_kind_becomes_one_message_in_its_conversation(arrives, graph, kind) -> None:
    graph.files = dict.fromkeys(("65463453", "1234567890987654321"), b"RIFF0000WEBPVP8 ")
    arrives(message("before", "text", text={"body": "Buongiorno"}))
    told = as_documented(*kind, **{"id": "wamid.this", "from": GIULIA})

    arrives(told, told)  # twice: it is one all the same

    words, asks = WORDS[kind]
    found = Message.objects.order_by("pk").last()
    assert Message.objects.count() == 2
    assert (found.text, found.is_automatic) == (words, not asks)
    assert (Case.objects.count(), Customer.objects.count()) == (1, 1)
    assert set(Inbound.objects.values_list("state", flat=True)) == {"parsed"}
    assert found.attachments.count() == (1 if words == "" else 0)


@pytest.mark.parametrize("kind", sorted(NONE), ids=":".join)
def test_a_notice_becomes_no_message_and_stays_in_the_journal(arrives, kind) -> None:
    told = as_documented(*kind)
    arrives(told, told)

    assert Message.objects.count() == 0
    assert Case.objects.count() == 0
    assert Inbound.objects.count() == (2 if kind[0] == "call_terminate" else 1)
    assert "quarantined" not in Inbound.objects.values_list("state", flat=True)


def test_what_nobody_has_seen_yet_is_filed_and_marked(client, account, meta) -> None:
    arrive(meta, client, account, meta.unknown(1))

    found = Message.objects.get()
    assert found.flags == "unknown"
    assert "hologram" in found.text
    assert json.loads(bytes(Inbound.objects.get().raw))["entry"][0]["changes"][0]["value"]["messages"][0]["hologram"]


def test_an_order_and_shared_contacts_are_written_out(arrives) -> None:
    items = [{"product_retailer_id": "CATENE-205", "quantity": "1", "item_price": "89.90", "currency": "EUR"}]
    order = {"catalog_id": "1", "text": "Anche il montaggio?", "product_items": items}
    contact = {"name": {"formatted_name": "Paolo Ferri"}, "phones": [{"phone": "+39 333 7654321"}]}
    arrives(message(1, "order", order=order), message(2, "contacts", contacts=[contact]))

    assert [one.text for one in Message.objects.order_by("pk")] == [
        "Ordine dal nostro catalogo:\n1 × CATENE-205 · 89.90 EUR\nAnche il montaggio?",
        "Contatto condiviso:\nPaolo Ferri\n+39 333 7654321",
    ]


def test_an_advert_is_told_below_the_words(arrives) -> None:
    advert = {"headline": "Promo tagliando", "source_url": "https://fb.me/x", "source_type": "ad"}
    arrives(message(1, "text", text={"body": "Mi interessa"}, referral=advert))

    found = Message.objects.get()
    assert found.text == "Mi interessa"
    assert found.full_text == "Mi interessa\n\nVengono da un annuncio: Promo tagliando · https://fb.me/x"


def test_a_call_by_whatsapp_asks_to_be_called_back(arrives) -> None:
    told = changed(as_documented("call_connect", "business_initiated"), direction="USER_INITIATED", **{"from": GIULIA})
    arrives(told)

    assert Case.objects.get().subject == "Chiamata via WhatsApp"
    assert Message.objects.get().text == "Ci ha chiamati via WhatsApp. Richiama, o scrivi quando le va bene."


def test_changed_and_deleted_words_keep_what_was_first_said(arrives) -> None:
    arrives(message(1, "text", text={"body": "Vengo alle 8"}))
    edited = {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "Vengo alle 9"}}}
    arrives(message(2, "edit", edit=edited))
    arrives(message(3, "revoke", revoke={"original_message_id": "wamid.1"}))

    found = Message.objects.get()
    assert (found.text, found.full_text, found.flags) == ("Vengo alle 9", "Vengo alle 8", "edited deleted")


def test_a_wish_about_marketing_is_kept_even_from_who_never_wrote(arrives, desk) -> None:
    customer = find_or_add_by_phone(
        group_id=desk.group.root.pk, phone=f"+{GIULIA}", name="Giulia Ferri", source="test", now=NOON
    )
    told = as_documented("user_marketing_preferences", "resume", wa_id=GIULIA, value="stop")
    arrives(told, told)

    [stated] = Consent.objects.all()
    assert (stated.customer_id, stated.purpose, stated.channel, stated.is_given) == (
        customer.pk,
        "marketing",
        "whatsapp",
        False,
    )


def test_news_of_the_account_is_shown_and_older_news_changes_nothing(arrives, account) -> None:
    arrives(as_documented("account_update", "account_deleted"))
    arrives(as_documented("account_update", "account_restriction"))  # two years older

    row = Business.objects.get(account=account)
    assert (row.news, row.waba_id) == ("ACCOUNT_DELETED", "102290129340398")


def test_webhooks_change_the_state_of_an_approved_text(arrives, account) -> None:
    arrives(as_documented("template_status_update", "approved"))

    row = ApprovedText.objects.get()
    assert (row.name, row.language, row.status, row.category) == (
        "order_confirmation",
        "en_US",
        "APPROVED",
        "UTILITY",
    )


def test_the_words_of_raw_calls_are_kept_byte_for_byte(client, account, meta) -> None:
    body = raw(message(1, "text", text={"body": "Perché?"})).replace(b'{"object"', b'{ "object"')
    assert meta.call(client, account, body).status_code == 200
    assert bytes(Inbound.objects.get().raw) == body
