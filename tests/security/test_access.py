"""Who gets in: every address times everybody who may not, with a canary in every row they must not see."""

import pytest
from django.test import Client

from corsia.conversations.models import Mention
from corsia.organisation.models import Notification, Person
from corsia.organisation.vocabulary import Role
from tests.factories.organisation import person_in
from tests.security.doors import SHARED, Door, Kind, body_of
from tests.security.walking import Seen, ask, known, parameters, query, url
from tests.security.world import Place, World, browser_of, strangers

pytestmark = pytest.mark.django_db


def leaks(seen: Seen, forbidden: list[str], door: Door | None = None) -> list[str]:
    named = {"CANARY-BS", "CANARY-VR"} if door is not None and door.names_units else set()  # branches of one group
    return [canary for canary in forbidden if canary in seen.text and canary not in named]


def staff_doors() -> list[tuple[str, Door]]:
    return [(path, door) for path, door, declared in known() if declared.signed_in]


def knocks(client: Client, path: str, door: Door, place: Place) -> list[tuple[str, Seen]]:
    """Ask for an address as a page, as a fragment, and with the body with which its owner succeeds."""
    address = url(path, door, place)
    asked = f"{address}?{query(door, place)}"
    seen = [("GET", ask(client, "get", asked)), ("GET htmx", ask(client, "get", asked, headers={"HX-Request": "true"}))]
    if door.post is not None:
        seen.append(("POST", ask(client, "post", address, body_of(door, place))))
    return seen


def test_nobody_gets_in_without_signing_in(world: World) -> None:
    stranger, found = Client(raise_request_exception=False), []
    for path, door in staff_doors():
        for method, seen in knocks(stranger, path, door, world.brescia):
            if not is_sent_away(seen):
                found.append(f"{method} {path}: {seen.status} {seen.written}")

    assert not found, "\n".join(found)


def is_sent_away(seen: Seen) -> bool:
    """Tell whether the answer is the way to the sign-in page, and nothing else."""
    to_sign_in = seen.asks_to_sign_in or (
        seen.status == 401 and seen.response.headers.get("HX-Redirect", "").startswith("/account/login/")
    )
    return (to_sign_in or seen.status == 405) and not seen.written and not seen.response.content


def test_somebody_let_go_is_out_at_once(world: World) -> None:
    browser = browser_of(world.brescia.boss)
    Person.objects.filter(pk=world.brescia.boss.pk).update(is_active=False)
    found = []
    for path, door in staff_doors():
        for method, seen in knocks(browser, path, door, world.brescia):
            if not is_sent_away(seen):
                found.append(f"{method} {path}: {seen.status} {seen.written}")

    assert not found, "\n".join(found)


def test_a_role_without_the_right_is_refused(world: World) -> None:
    """One person for each role; at each door knocks one whose role does not hold its right, in turn."""
    found, tried = [], set()
    browsers = {role: browser_of(person_in(world.brescia.desk, role)) for role in Role}
    for number, (path, door, declared) in enumerate(known()):
        without = sorted(set(Role) - declared.right.roles) if declared.right else []
        if declared.right is None or not without:
            continue
        tried.add(declared.right.name)
        role = without[number % len(without)]
        for method, seen in knocks(browsers[role], path, door, world.brescia):
            if seen.status not in (403, 405) or seen.written or "CANARY-" in seen.text:
                found.append(f"{role} {method} {path}: {seen.status} {seen.written}")

    assert not found, "\n".join(found)
    assert "organisation.run_system" in tried
    assert "cases.manage_processes" in tried


@pytest.mark.parametrize("whose", ["verona", "rivali"])
def test_rows_of_others_are_not_there(world: World, whose: str) -> None:
    """An administrator of another branch, or of another dealer group, knocks at every row of Brescia."""
    asker: Place = getattr(world, whose)
    browser, found = browser_of(asker.boss), []
    forbidden = strangers(world, asker)
    for path, door, _declared in known():
        if door.kind in (Kind.PUBLIC, Kind.LIBRARY, Kind.PAGE):
            continue
        if door.kind is Kind.GROUP and whose == "verona":
            found += shared_row_leaks(browser, path, door, world, forbidden)
            continue
        for method, seen in knocks(browser, path, door, world.brescia):
            is_shut = (
                seen.refused or seen.status == 405 or (method != "POST" and seen.text == nothing(browser, path, door))
            )
            if not is_shut or seen.written or leaks(seen, forbidden):
                found.append(f"{method} {path}: {seen.status} wrote {seen.written}, shows {leaks(seen, forbidden)}")

    assert not found, "\n".join(found)


def nothing(browser: Client, path: str, door: Door) -> str:
    """Return what the address says of rows that do not exist: an answer equal to it tells nothing."""
    address = url(path, door, None, **dict.fromkeys(parameters(path), 999_999_999))
    return ask(browser, "get", address).text


def shared_row_leaks(browser: Client, path: str, door: Door, world: World, forbidden: list[str]) -> list[str]:
    """Return what the page of a shared row shows of the branch that works with it."""
    address = f"{url(path, door, world.brescia)}?{query(door, world.brescia)}"
    shown = {canary for seen in (ask(browser, "get", address),) for canary in leaks(seen, forbidden, door)}
    return [f"GET {path} shows {sorted(shown)}"] if shown else []


def test_every_page_shows_only_the_own_part(world: World) -> None:
    """Lists, searches, counts, panels, the palette: searching for everything, and filtered by the ids of others."""
    found = []
    for place in world.places:
        browser, forbidden = browser_of(place.boss), strangers(world, place)
        other = world.rivali if place is world.brescia else world.brescia
        for path, door, declared in known():
            if door.kind is not Kind.PAGE or not declared.signed_in or door.get == 405:
                continue
            address = url(path, door, place)
            asked = [f"{query(door, place)}&find=CANARY&who=CANARY&all=1", foreign_filter(other)]
            for variant in asked:
                seen = ask(browser, "get", f"{address}?{variant}")
                if leaks(seen, forbidden, door):
                    found.append(f"{place.canary} GET {path}?{variant[:60]}: {leaks(seen, forbidden)}")
            if door.post is not None:
                seen = ask(browser, "post", address, body_of(door, place))
                if leaks(seen, forbidden, door):
                    found.append(f"{place.canary} POST {path}: {leaks(seen, forbidden)}")

    assert not found, "\n".join(found)


def foreign_filter(place: Place) -> str:
    """Return a query string that names every row of a place, by the names that pages filter by."""
    names = {name.removesuffix("_id"): row for name, row in place.rows.items()}
    names |= {"unit": place.desk.pk, "branch": place.branch.pk, "assignee": place.agent.pk, "parent": place.branch.pk}
    names |= {"customer_id": place.rows["customer_id"], "vehicle_id": place.rows["vehicle_id"]}
    return "&".join(f"{name}={value}" for name, value in names.items())


@pytest.mark.parametrize("whose", ["verona", "rivali"])
def test_own_rows_show_nothing_of_others(world: World, whose: str) -> None:
    """Pages of the own rows, filtered by others' ids: choices in forms, panels, dialogs."""
    asker: Place = getattr(world, whose)
    browser, forbidden, found = browser_of(asker.boss), strangers(world, asker), []
    for path, door, _declared in known():
        if door.kind not in (Kind.GROUP, Kind.BRANCH) or door.get == 405:
            continue
        address = url(path, door, asker)
        for variant in (query(door, asker), foreign_filter(world.brescia)):
            seen = ask(browser, "get", f"{address}?{variant}")
            if leaks(seen, forbidden, door):
                found.append(f"{path}?{variant[:40]}: {leaks(seen, forbidden)}")

    assert not found, "\n".join(found)


@pytest.mark.parametrize("whose", ["verona", "rivali"])
def test_ids_of_others_in_a_body_are_refused(world: World, whose: str) -> None:
    """Each id in each form, one at a time, replaced by the same row of somebody else."""
    place, foreign = world.brescia, getattr(world, whose)
    browser, found, tried = browser_of(place.boss), [], 0
    for path, door, declared in known():
        if door.post is None or not declared.signed_in:
            continue
        for key, value in door.post.items():
            name = value[1:] if isinstance(value, str) and value.startswith("@") else ""
            if (
                name not in foreign.rows
                or name == "skill"
                or ((name in SHARED or (door.names_units and name == "branch_id")) and whose == "verona")
            ):
                continue
            tried += 1
            body = body_of(door, place, foreign={key: foreign.rows[name]})
            seen = ask(browser, "post", url(path, door, place), body)
            if key in door.ignores:
                if seen.status >= 500 or foreign.canary in seen.text:
                    found.append(f"{path} {key}: {seen.status}")
                continue
            shown = leaks(seen, strangers(world, place), door)
            if seen.status not in (400, 403, 404, 409, 422) or seen.written or shown:
                found.append(f"{path} {key}: {seen.status}, wrote {seen.written} {shown}")

    assert not found, "\n".join(found)
    assert tried > 15


def test_a_note_does_not_call_people_of_other_units(world: World) -> None:
    """The one place where a foreign id is passed over: nobody outside is told."""
    place, door = world.brescia, next(door for path, door, _ in known() if path.endswith("/write/"))
    address = url("conversations/<int:case_id>/write/", door, place)
    body = body_of(
        door, place, foreign={"mentions": f"{world.rivali.agent.pk} {world.verona.agent.pk} {place.agent.pk}"}
    )
    told_before = list(Notification.objects.values_list("pk", flat=True))

    assert browser_of(place.boss).post(address, body).status_code == 200

    told = Notification.objects.exclude(pk__in=told_before).values_list("person_id", flat=True)
    assert list(told) == [place.agent.pk]
    assert list(Mention.unscoped.filter(message__text="nota").values_list("person_id", flat=True)) == [place.agent.pk]


def test_what_is_ones_own_is_nobody_elses(world: World) -> None:
    """Notices, sessions, saved views of somebody in the very same unit."""
    colleague = browser_of(person_in(world.brescia.branch, Role.ADMINISTRATOR))
    for path, door in staff_doors():
        if door.kind is Kind.OWN:
            seen = ask(colleague, "post", url(path, door, world.brescia))
            assert (path, seen.status in (403, 404), seen.written) == (path, True, {})
