"""The inbox as people use it: keys, live messages, notes, phone, both themes and languages, without one violation."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.conversations import services
from corsia.conversations.permissions import USE_INBOX
from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.messaging.models import Message, Outgoing
from corsia.messaging.vocabulary import Direction, OutboxState
from corsia.organisation.actors import actor_of
from corsia.organisation.vocabulary import Role
from tests.browser import PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.conversations.cases import a_mail, an_answer_of_the_customer
from tests.factories.messaging import a_desk
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db) -> dict:
    """Three conversations at the desk of Brescia, the first with a note, an answer and a doubtful sender."""
    now = timezone.now() - timedelta(hours=1)
    group = small_group()
    desk = a_desk(group, now=now, acknowledges=False)
    laura = person_in(group.brescia_care, Role.AGENT, first_name="Laura", last_name="Pedretti", language="it")
    cases = [a_mail(desk, name=name, at=now) for name in ("Giulia Ferri", "Marco Bassi", "Elena Conti")]
    agent = actor_of(laura, today=now.date())
    with scope.entered(scope_of(agent, USE_INBOX)):
        services.add_note(case_id=cases[0].pk, text="Garanzia fino a marzo.", mentioned_ids=[], by=agent, now=now)
        services.send_reply(case_id=cases[0].pk, text="La aspettiamo domani.", by=agent, now=now)
    an_answer_of_the_customer(desk, cases[0], at=now, text="Ecco.", from_address="altro@example.org")
    return {"desk": desk, "laura": laura, "cases": cases}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["it", "en"])
def test_desktop_has_no_violation_of_any_kind(real_browser: Browser, scene, theme, language) -> None:  # noqa: F811
    scene["laura"].language = language
    scene["laura"].save()
    with real_browser.window(scene["laura"], theme=theme) as window:
        window.go(f"/conversations/{scene['cases'][0].pk}/")
        window.page.wait_for_selector("#ctx .kv")
        window.page.wait_for_selector(".live:not(.off)")

        assert window.axe() == []
        assert window.blocked() == []
        assert window.errors == []
        assert window.page.inner_text(".th-act .b-ok").startswith("Chiudi" if language == "it" else "Close")


def test_phone_shows_one_pane_at_a_time_without_violation(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"], size=PHONE) as window:
        window.go("/conversations/")
        expect(window.page.locator("#work")).not_to_be_visible()
        assert window.axe() == []

        window.page.click(f"#conv-{scene['cases'][0].pk} a")
        window.page.wait_for_selector("#composer")
        expect(window.page.locator("#rows")).not_to_be_visible()
        expect(window.page.locator(".rail")).not_to_be_visible()
        assert window.axe() == []
        width = window.page.evaluate("document.documentElement.scrollWidth")

        window.page.click("[data-back]")
        expect(window.page.locator("#rows")).to_be_visible()
        assert width == PHONE["width"]
        assert (window.blocked(), window.errors) == ([], [])


def test_j_and_k_walk_the_list(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"]) as window:
        window.go("/conversations/")
        rows = window.page.eval_on_selector_all(".cv", "all => all.map(row => row.id)")
        window.page.keyboard.press("j")
        window.page.wait_for_selector(f"#{rows[0]}.on")
        window.page.wait_for_selector("#composer")
        window.page.keyboard.press("j")
        window.page.wait_for_selector(f"#{rows[1]}.on")
        window.page.keyboard.press("k")
        window.page.wait_for_selector(f"#{rows[0]}.on")

        assert window.page.url.endswith(f"/conversations/{rows[0].removeprefix('conv-')}/")


def test_keys_are_silent_for_those_who_switched_them_off(real_browser: Browser, scene) -> None:  # noqa: F811
    scene["laura"].has_hotkeys = False
    scene["laura"].save()
    with real_browser.window(scene["laura"]) as window:
        window.go("/conversations/")
        window.page.keyboard.press("j")
        window.page.wait_for_timeout(400)

        assert window.page.query_selector("#composer") is None


def test_an_answer_appears_at_once_and_can_be_taken_back(real_browser: Browser, scene) -> None:  # noqa: F811
    case = scene["cases"][1]
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/conversations/{case.pk}/")
        window.page.keyboard.press("r")
        window.page.keyboard.type("Buongiorno <b>Marco</b>")
        window.page.keyboard.press("Control+Enter")
        window.page.wait_for_selector(".m-out .m-t >> text=Buongiorno <b>Marco</b>")
        expect(window.page.locator("#reply-t")).to_have_value("")
        expect(window.page.locator(".m-out .m-cd")).to_have_text(re.compile("^Parte tra"))

        window.page.click(".m-out .m-undo")
        window.page.wait_for_selector(".m-off")
        expect(window.page.locator("#reply-t")).to_have_value("Buongiorno <b>Marco</b>")
        assert Outgoing.unscoped.get(message__case_id=case.pk).state == OutboxState.CANCELLED
        assert (window.blocked(), window.errors) == ([], [])


def test_what_was_taken_back_comes_back_also_when_the_live_stream_was_faster(real_browser: Browser, scene) -> None:  # noqa: F811
    case, held = scene["cases"][1], []
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/conversations/{case.pk}/")
        window.page.keyboard.press("r")
        window.page.keyboard.type("Buongiorno Marco")
        window.page.keyboard.press("Control+Enter")
        window.page.wait_for_selector(".m-out .m-t >> text=Buongiorno Marco")
        window.page.context.route("**/undo/", lambda route: held.append(route))
        with window.page.expect_request("**/undo/"):
            window.page.click(".m-out .m-undo")
        while not held:  # the live stream may have redrawn the button by itself already
            window.page.wait_for_timeout(20)
        window.page.evaluate(
            "document.querySelector('.m-out').replaceWith(document.querySelector('.m-out').cloneNode(true))"
        )

        held[0].continue_()

        expect(window.page.locator("#reply-t")).to_have_value("Buongiorno Marco")
        assert Outgoing.unscoped.get(message__case_id=case.pk).state == OutboxState.CANCELLED


def test_a_note_is_kept_and_nothing_leaves(real_browser: Browser, scene) -> None:  # noqa: F811
    case = scene["cases"][1]
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/conversations/{case.pk}/")
        window.page.keyboard.press("n")
        window.page.keyboard.type("Solo per noi")
        window.page.keyboard.press("Control+Enter")
        window.page.wait_for_selector(".m-note >> text=Solo per noi")

        assert Message.unscoped.get(case_id=case.pk, direction=Direction.NOTE).text == "Solo per noi"
        assert not Outgoing.unscoped.filter(message__case_id=case.pk).exists()


def test_a_message_of_the_customer_appears_without_reload(real_browser: Browser, scene) -> None:  # noqa: F811
    case, desk = scene["cases"][1], scene["desk"]
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/conversations/{case.pk}/")
        window.page.wait_for_selector(".live:not(.off)")
        window.page.evaluate("window.stays = true")
        an_answer_of_the_customer(desk, case, at=timezone.now(), text="Ci siete ancora?")
        window.page.wait_for_selector(".m-in >> text=Ci siete ancora?")
        fresh = a_mail(desk, name="Nuova Cliente", at=timezone.now())
        window.page.wait_for_selector(f"#conv-{fresh.pk}")

        assert window.page.evaluate("window.stays")
        expect(window.page.locator(".m-in >> text=Ci siete ancora?")).to_have_count(1)
        assert window.errors == []


def test_nothing_is_lost_while_the_stream_was_away(real_browser: Browser, scene) -> None:  # noqa: F811
    case, desk = scene["cases"][1], scene["desk"]
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/conversations/{case.pk}/")
        window.page.wait_for_selector(".live:not(.off)")
        window.page.context.set_offline(True)
        window.page.evaluate("document.querySelector('#inbox').dispatchEvent(new Event('x'))")
        from django.db import connection

        with connection.cursor() as cursor:  # the server's ear is cut off as well
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query = 'LISTEN corsia_live'"
            )
        an_answer_of_the_customer(desk, case, at=timezone.now(), text="Scritto nel frattempo")
        fresh = a_mail(desk, name="Nuova Cliente", at=timezone.now())
        window.page.context.set_offline(False)

        window.page.wait_for_selector(".m-in >> text=Scritto nel frattempo")
        window.page.wait_for_selector(f"#conv-{fresh.pk}")
        expect(window.page.locator(".m-in >> text=Scritto nel frattempo")).to_have_count(1)


def test_what_was_heard_but_could_not_be_had_is_asked_for_again(real_browser: Browser, scene) -> None:  # noqa: F811
    case, desk = scene["cases"][1], scene["desk"]
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/conversations/{case.pk}/")
        window.page.wait_for_selector(".live:not(.off)")
        window.page.context.route("**/after/**", lambda route: route.abort("internetdisconnected"))
        with window.page.expect_event("requestfailed"):
            an_answer_of_the_customer(desk, case, at=timezone.now(), text="Nella galleria")
        expect(window.page.locator(".m-in >> text=Nella galleria")).not_to_be_visible()

        window.page.context.unroute("**/after/**")
        window.page.wait_for_selector(".m-in >> text=Nella galleria")
        expect(window.page.locator(".m-in >> text=Nella galleria")).to_have_count(1)


def test_a_draft_is_kept_and_comes_back(real_browser: Browser, scene) -> None:  # noqa: F811
    first, second = scene["cases"][1], scene["cases"][2]
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/conversations/{first.pk}/")
        window.page.fill("#reply-t", "A metà di una fra")
        window.page.wait_for_selector("#kept >> text=Bozza salvata")
        window.page.click(f"#conv-{second.pk} a")
        window.page.wait_for_selector(f"[data-conversation='{second.pk}']")
        expect(window.page.locator("#reply-t")).to_have_value("")
        window.page.click(f"#conv-{first.pk} a")
        window.page.wait_for_selector(f"[data-conversation='{first.pk}']")

        expect(window.page.locator("#reply-t")).to_have_value("A metà di una fra")


def test_a_refused_answer_keeps_what_was_typed_and_says_why(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/conversations/{scene['cases'][1].pk}/")
        window.page.fill("#reply-t", "Ciao")
        window.page.click("[data-show='#cp-cc']")
        window.page.fill("#cp-cc-i", "non è un indirizzo")
        window.page.click("#composer [type=submit]")
        window.page.wait_for_selector(".tst.bad")

        expect(window.page.locator(".tst.bad")).to_contain_text("non è un indirizzo e-mail completo")
        expect(window.page.locator("#reply-t")).to_have_value("Ciao")
        expect(window.page.locator("#composer [type=submit]")).to_be_enabled()


def test_slash_offers_ready_texts_and_the_palette_opens(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/conversations/{scene['cases'][0].pk}/")
        window.page.focus("#reply-t")
        window.page.keyboard.type("/")
        window.page.wait_for_selector("#picker [role=option]")
        assert window.axe() == []
        window.page.keyboard.press("Enter")
        expect(window.page.locator("#reply-t")).to_have_value(re.compile("Giulia"))

        window.page.keyboard.press("Control+k")
        expect(window.page.locator("#palette")).to_be_visible()
        assert window.axe() == []
        assert (window.blocked(), window.errors) == ([], [])


def test_closing_asks_in_a_dialog_and_goes_to_the_next(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"]) as window:
        window.go("/conversations/")
        window.page.keyboard.press("j")
        window.page.wait_for_selector("#composer")
        first = window.page.get_attribute("[data-conversation]", "data-conversation")
        window.page.wait_for_timeout(400)
        window.page.keyboard.press("e")
        window.page.wait_for_selector("#dialog[open]")
        assert window.axe() == []
        window.page.select_option("#id_end_kind", "cancelled")
        window.page.click("#dialog [type=submit]")
        window.page.wait_for_selector(f"[data-conversation]:not([data-conversation='{first}'])")

        expect(window.page.locator("#dialog")).not_to_be_visible()
        assert window.errors == []
