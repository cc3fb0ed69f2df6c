"""What an open page does when its stream ends: reads again what its rights are now, or goes on where it stopped."""

from datetime import date, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from corsia.conversations.web import hub as hubs
from corsia.conversations.web import stream as streams
from corsia.organisation.models import Membership
from corsia.organisation.vocabulary import Role
from tests.browser import Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.conversations.cases import a_mail
from tests.factories.messaging import a_desk
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db) -> dict:
    """One conversation at the desk of Brescia; Laura works there and in Verona."""
    now = timezone.now() - timedelta(hours=1)
    group = small_group()
    laura = person_in(group.brescia_care, first_name="Laura", language="en")
    Membership.objects.create(person=laura, unit=group.verona_care, role=Role.AGENT, since=date(2020, 1, 1))
    desk = a_desk(group, now=now, acknowledges=False)
    return {"laura": laura, "group": group, "desk": desk, "case": a_mail(desk, at=now)}


def open_inbox(window) -> None:
    """Open the inbox and wait until its stream is open; the chip says "Live" from the first moment on."""
    with window.page.expect_response("**/conversations/stream/"):
        window.go("/conversations/")
    window.page.wait_for_timeout(500)  # the greeting follows the head


def lists_read(window) -> list[str]:
    """Note from now on which lists the page asks for."""
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url) if "/rows/?" in request.url else None)
    return asked


def test_the_cases_of_a_role_that_ended_leave_the_open_list(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"]) as window:
        open_inbox(window)
        window.page.wait_for_selector(f"#conv-{scene['case'].pk}")

        Membership.objects.filter(person=scene["laura"], unit=scene["group"].brescia_care).delete()

        window.page.wait_for_selector(".live.off")
        window.page.wait_for_selector(".live:not(.off)")
        window.page.wait_for_selector(f"#conv-{scene['case'].pk}", state="detached")
        assert window.errors == []


def test_a_browser_that_was_signed_out_elsewhere_goes_to_the_sign_in_page(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"]) as window:
        open_inbox(window)

        Session.objects.all().delete()

        window.page.wait_for_url("**/account/login/?next=/conversations/")


def test_who_lost_the_last_role_reads_no_further(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"]) as window:
        open_inbox(window)
        window.page.wait_for_selector(f"#conv-{scene['case'].pk}")

        Membership.objects.all().delete()

        window.page.wait_for_selector(f"#conv-{scene['case'].pk}", state="detached")
        window.page.wait_for_selector("#inbox", state="detached")


def test_a_stream_that_was_only_renewed_makes_the_page_read_nothing(
    real_browser: Browser,  # noqa: F811
    scene,
    monkeypatch,
) -> None:
    monkeypatch.setattr(hubs, "PING_SECONDS", 0.5)
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 2.0)
    with real_browser.window(scene["laura"]) as window:
        open_inbox(window)  # the process has just begun to listen: this page reads again once
        asked = lists_read(window)

        window.page.wait_for_selector(".live.off")
        window.page.wait_for_selector(".live:not(.off)")
        window.page.wait_for_timeout(500)
        assert asked == []

        a_mail(scene["desk"], name="Marco Bassi", at=timezone.now())
        window.page.wait_for_selector(".cv >> text=Marco Bassi")
        assert window.errors == []


def test_where_something_in_between_forbids_streams_the_page_stays_as_it_is(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"]) as window:
        window.page.route("**/conversations/stream/", lambda route: route.fulfill(status=403))
        window.go("/conversations/")
        window.page.evaluate("window.stays = true")
        window.page.wait_for_selector(".live.off")
        window.page.wait_for_timeout(3000)

        assert window.page.evaluate("window.stays")
        assert window.page.query_selector(f"#conv-{scene['case'].pk}") is not None
