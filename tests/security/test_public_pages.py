"""What anybody may open shows nothing of anybody: only names that stand on the door of the house."""

import re

import pytest
from django.test import Client

from tests.security.doors import Kind
from tests.security.walking import ask, known, url
from tests.security.world import World

pytestmark = pytest.mark.django_db


def test_public_pages_show_no_rows(world: World) -> None:
    """The names of the unit and of its own form are all that a link gives away."""
    visitor, found = Client(raise_request_exception=False), []
    for place in world.places:
        for path, door, _declared in known():
            if door.kind is not Kind.PUBLIC:
                continue
            text = ask(visitor, "get", url(path, door, place)).text
            named = [canary for canary in ("CANARY-BS", "CANARY-VR", "CANARY-GB", "CANARY-RV") if canary in text]
            if set(named) - {place.canary, place.group_canary}:
                found.append(f"{path}: {named}")
            number = rf"#{place.rows['case_id']}(?![0-9a-f])"  # of the case, not the beginning of a colour
            for secret in ("i freni", "Giulia", "Laura", "Bruno", "giulia", number):
                if re.search(secret, text):
                    found.append(f"{path}: {secret}")

    assert not found, "\n".join(found)


def test_a_form_takes_no_ids(world: World) -> None:
    """What a stranger adds to a public form is not read: customer, case, unit, author, state."""
    place, foreign = world.brescia, world.rivali
    body = {
        "name": "A", "email": "a@example.it", "topic": "information", "text": "x", "unit": foreign.desk.pk,
        "unit_id": foreign.desk.pk, "customer_id": foreign.rows["customer_id"], "case_id": foreign.rows["case_id"],
        "is_active": "", "slug": foreign.words["slug"],
    }  # fmt: skip

    seen = ask(Client(raise_request_exception=False), "post", f"/portal/form/{place.words['slug']}/", body)

    assert seen.status in (200, 302, 422)
    assert "CANARY-RV" not in seen.text


def test_the_load_balancers_page_says_one_thing() -> None:
    response = Client().get("/system/alive/")

    assert response.json() == {"up": True}
