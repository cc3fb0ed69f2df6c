"""The same doors as a web process opens them: connected as the role that row security holds back."""

import pytest
from django.db import connection
from django.test import Client

from corsia.kernel.row_security import APP_ROLE
from tests.security.doors import Kind, body_of
from tests.security.test_access import leaks
from tests.security.walking import ask, known, query, url
from tests.security.world import World, browser_of, strangers

pytestmark = pytest.mark.django_db


@pytest.fixture
def wall(world: World, settings) -> World:
    """From here on the session is a web process's."""
    settings.CORSIA_APP_ROLE = APP_ROLE
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
    yield world
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def test_the_right_holder_gets_in_everywhere_behind_the_wall(wall: World) -> None:
    """Nothing that the product does needs more than its role has."""
    place = wall.brescia
    browser, found = browser_of(place.boss), []
    forbidden = strangers(wall, place)
    for path, door, declared in known():
        if door.kind is Kind.LIBRARY:
            continue
        client = browser if declared.signed_in else Client(raise_request_exception=False)
        address = url(path, door, place)
        seen = ask(client, "get", f"{address}?{query(door, place)}")
        if seen.status != door.get or leaks(seen, forbidden, door):
            found.append(f"GET {path}: {seen.status} {leaks(seen, forbidden)}")
        if door.post is not None and declared.signed_in:
            seen = ask(client, "post", address, body_of(door, place))
            is_refused = seen.status >= (400 if door.changes else 500)  # an empty form is answered with a form again
            if is_refused or bool(seen.written) is not door.changes:
                found.append(f"POST {path}: {seen.status} {seen.written}")

    assert not found, "\n".join(found)
