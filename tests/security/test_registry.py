"""The registry of the sweeps is complete, and its world is what it says."""

import pytest

from corsia.kernel.access import RIGHTS
from corsia.organisation.vocabulary import Role
from tests.security.doors import DOORS, Kind, body_of
from tests.security.walking import addresses, ask, known, query, url
from tests.security.world import World, browser_of

# Dialogs that ask something and show nothing of the row.
SILENT = {
    "conversations/<int:case_id>/viewers/",
    "conversations/<int:case_id>/snooze/",
    "conversations/<int:case_id>/close/",
    "conversations/dossiers/<int:dossier_id>/check/",  # whether it still tells the same
    "cases/<int:case_id>/talk/beside/",  # an empty frame that asks for the talk
    "cases/<int:case_id>/talk/badge/",  # a count
    "improvement/groups/<int:group_id>/meetings/<int:number>/minutes.pdf",  # its text is packed
    "workshop/orders/<int:order_id>/paper.pdf",  # its text is packed
    "workshop/estimates/<int:estimate_id>/paper.pdf",  # so is its
}

pytestmark = pytest.mark.django_db


def test_every_address_has_a_row() -> None:
    untested = sorted(set(addresses()) - set(DOORS))

    assert untested == [], "Some URLs are untested! Give each a row in tests/security/doors.py."


def test_every_row_has_an_address() -> None:
    assert sorted(set(DOORS) - set(addresses())) == []


def test_public_rows_are_the_public_views() -> None:
    open_to_all = {path for path, declared in addresses().items() if not declared.signed_in}

    assert {path for path, door in DOORS.items() if door.kind in (Kind.PUBLIC, Kind.LIBRARY)} == open_to_all


def test_an_administrator_holds_every_right() -> None:
    assert [name for name, right in RIGHTS.items() if Role.ADMINISTRATOR not in right.roles] == []


def test_the_right_holder_gets_in_everywhere(world: World) -> None:
    """Without this, a refusal to others would prove nothing."""
    place = world.brescia
    browser, found = browser_of(place.boss), []
    for path, door, _declared in known():
        if door.kind is Kind.LIBRARY:
            continue
        address = url(path, door, place)
        seen = ask(browser, "get", f"{address}?{query(door, place)}")
        if seen.status != door.get:
            found.append(f"GET {path}: {seen.status}")
        if door.post is not None:
            seen = ask(browser, "post", address, body_of(door, place))
            if seen.status not in (200, 204, 302) and door.changes:
                found.append(f"POST {path}: {seen.status}")
            elif bool(seen.written) is not door.changes:
                found.append(f"POST {path} wrote {seen.written}")

    assert not found, "\n".join(found)


def test_the_right_holder_sees_own_canaries(world: World) -> None:
    """The canaries are where a leak would show them."""
    place = world.brescia
    browser = browser_of(place.boss)
    silent = [
        path
        for path, door, _declared in known()
        if door.kind in (Kind.BRANCH, Kind.GROUP)
        and door.get == 200
        and path not in SILENT
        and not any(
            canary in ask(browser, "get", f"{url(path, door, place)}?{query(door, place)}").text
            for canary in (place.canary, place.group_canary)
        )
    ]

    assert not silent, "\n".join(silent)
