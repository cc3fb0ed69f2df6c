"""What a request may do by its method: nothing changes without a token, nothing changes by looking."""

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client

from corsia.kernel.checks import declared_views
from corsia.listening.models import Invitation
from tests.security.doors import DOORS, Kind, body_of
from tests.security.walking import TRACES, addresses, ask, contents, known, query, url
from tests.security.world import World, browser_of

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
# Routes that take an unsafe request without a token, each with what stands in its place.
WITHOUT_TOKEN = {
    "portal/survey/<str:token>/": "no session takes part; the signed address, which only the customer has, is all",
    "portal/s/<str:token>/": "the same page by a short address, for SMS",
    "portal/unsubscribe/<str:token>/": "RFC 8058: mail programs send it without a page; the signed address is all",
}
# Routes that look at no session at all and refuse whoever does not bring a key of another kind. That they take what
# comes with it is proved where they stand: tests/portal, tests/messaging.
_VISITOR = "the visitor's key comes in a header, which no form of another site can send; cookies are not looked at"
BY_ANOTHER_KEY = dict.fromkeys(
    (f"portal/chat/<slug:key>/{what}/" for what in ("hello", "write", "typing", "read", "end", "transcript")), _VISITOR
) | {"messaging/hooks/<slug:channel>/<slug:hook_key>/": "the provider signs its call, over the bytes of the body"}


def test_unsafe_requests_need_a_token(world: World) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.force_login(world.brescia.boss, backend="django.contrib.auth.backends.ModelBackend")
    found = []
    for path, door, _declared in known():
        address = url(path, door, world.brescia)
        methods = ("post", "put", "patch", "delete") if door.post is not None else ("post", "delete")
        for method in methods:
            seen = ask(strict, method, address, body_of(door, world.brescia) if method == "post" else None)
            if path in WITHOUT_TOKEN:
                continue
            refusals = (401, 403, 404, 405) if path in BY_ANOTHER_KEY else (403,)
            if seen.status not in refusals or seen.written:
                found.append(f"{method} {path}: {seen.status} {seen.written}")

    assert not found, "\n".join(found)
    for path in WITHOUT_TOKEN:
        seen = ask(strict, "post", url(path, DOORS[path], world.brescia), body_of(DOORS[path], world.brescia))
        assert seen.status in (200, 302), "it says an exception it is not"


def test_fragments_need_a_token_too(world: World) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"HX-Request": "true"})
    strict.force_login(world.brescia.boss, backend="django.contrib.auth.backends.ModelBackend")
    found = []
    for path, door, _declared in known():
        if door.post is not None and path not in WITHOUT_TOKEN | BY_ANOTHER_KEY:
            seen = ask(strict, "post", url(path, door, world.brescia), body_of(door, world.brescia))
            if seen.status != 403 or seen.written:
                found.append(f"{path}: {seen.status} {seen.written}")

    assert not found, "\n".join(found)


def test_only_the_listed_views_are_exempt() -> None:
    exempt = {path for path, view, _declared in declared_views() if getattr(view, "csrf_exempt", False)}

    assert exempt == set(WITHOUT_TOKEN | BY_ANOTHER_KEY)


def test_a_token_of_another_site_is_no_token(world: World) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.force_login(world.brescia.boss, backend="django.contrib.auth.backends.ModelBackend")
    token = strict.get("/organisation/me/").cookies["csrftoken"].value
    body = {"language": "it", "theme": "dark", "csrfmiddlewaretoken": token}

    assert strict.post("/organisation/me/", body | {"csrfmiddlewaretoken": token[::-1]}).status_code == 403
    assert strict.post("/organisation/me/", body, headers={"Origin": "https://evil.example"}).status_code == 403
    assert strict.post("/organisation/me/", body).status_code == 302


def test_looking_changes_nothing(world: World) -> None:
    """Every address as its right holder, as a page (HEAD asks the view as GET does) and as a fragment."""
    browser, found = browser_of(world.brescia.boss), []
    for path, door, _declared in known():
        address = f"{url(path, door, world.brescia)}?{query(door, world.brescia)}"
        for method, headers in (("head", {}), ("get", {"HX-Request": "true"})):
            seen = ask(browser, method, address, headers=headers)
            if seen.written:
                found.append(f"{method} {path}: {seen.written}")

    assert not found, "\n".join(found)


@pytest.mark.parametrize("method", ["get", "options", "trace"])
def test_what_a_form_says_does_nothing_without_posting_it(world: World, method: str) -> None:
    """Methods for which no token is asked: the whole body of a form, as a query string or sent along."""
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.force_login(world.brescia.boss, backend="django.contrib.auth.backends.ModelBackend")
    found = []
    for path, door, _declared in known():
        address, body = url(path, door, world.brescia), body_of(door, world.brescia) | {"_method": "post"}
        headers = {"X-HTTP-Method-Override": "POST"}
        if method == "trace":
            seen = ask(strict, "trace", f"{address}?{urlencode(body)}", headers=headers)
        elif method == "options":
            seen = ask(strict, "options", address, urlencode(body), content_type=FORM, headers=headers)
        else:
            seen = ask(strict, "get", address, body, headers=headers)
        if seen.written or seen.status >= 500:
            found.append(f"{method} {path}: {seen.status} {seen.written}")

    assert not found, "\n".join(found)


def test_every_table_is_the_same_after_looking_at_everything(world: World) -> None:
    """The counts above leave out what was taken back; here nothing is taken back, and every table is hashed."""
    browser, tables = browser_of(world.brescia.boss), sorted(set(connection.introspection.table_names()) - set(TRACES))
    assert {"cases_case", "messaging_message", "procrastinate_jobs", "kernel_factrecord"} <= set(tables)
    before = contents(tables)
    for path, door, _declared in known():
        if path != "conversations/stream/":  # a stream that is not read to its end keeps its own connection
            browser.get(f"{url(path, door, world.brescia)}?{query(door, world.brescia)}")
            browser.head(url(path, door, world.brescia))
    after = contents(tables)

    assert [table for table in tables if before[table] != after[table]] == []
    assert len(addresses()) > 100


def test_a_stranger_looking_changes_nothing(world: World) -> None:
    """Link scanners open what they find in mails."""
    found = []
    for path, door, _declared in known():
        if door.kind in (Kind.PUBLIC, Kind.LIBRARY):
            for method in ("get", "head"):
                seen = ask(Client(raise_request_exception=False), method, url(path, door, world.brescia))
                if seen.written or seen.status >= 500:
                    found.append(f"{method} {path}: {seen.status} {seen.written}")

    assert not found, "\n".join(found)
    assert not Invitation.unscoped.filter(pk=world.brescia.rows["asked_id"], response__isnull=False).exists()
