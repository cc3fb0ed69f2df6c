"""The pages of privacy, as a manager uses them."""

import json

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from corsia.kernel import scope
from corsia.organisation.vocabulary import Role
from corsia.privacy.models import Erasure, Export
from tests.factories.organisation import person_in, signed_in
from tests.privacy.world import Place, Somebody, a_place, somebody, traces

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(group, now) -> Place:
    return a_place(group, now=now)


@pytest.fixture
def zorbax(place, now) -> Somebody:
    return somebody(place, "ZORBAX", now=now)


def run_ours() -> None:
    """Run the waiting jobs of privacy; those of mail close the test's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs WHERE task_name LIKE 'privacy.%' ORDER BY id")
        for name, args in cursor.fetchall():
            app.tasks[name].func(**(json.loads(args) if isinstance(args, str) else args))


def test_a_manager_makes_a_copy_and_downloads_it_once(place: Place, zorbax: Somebody) -> None:
    browser = signed_in(place.manager)
    pk = zorbax.customer.pk

    assert browser.get(f"/privacy/customers/{pk}/panel/").status_code == 200
    assert browser.post(f"/privacy/customers/{pk}/copies/").status_code == 302
    assert "hx-trigger" in browser.get(f"/privacy/customers/{pk}/copies/").content.decode()
    run_ours()
    export = Export.unscoped.get()
    assert f"/privacy/copies/{export.pk}/download/" in browser.get(f"/privacy/customers/{pk}/copies/").content.decode()

    first = browser.post(f"/privacy/copies/{export.pk}/download/")
    assert first.content.startswith(b"PK")
    assert first.headers["Cache-Control"] == "no-store, private"
    assert browser.post(f"/privacy/copies/{export.pk}/download/").status_code == 409
    other = signed_in(person_in(place.group.root, Role.CARE_MANAGER))
    assert other.post(f"/privacy/copies/{export.pk}/download/").status_code == 404


def test_erasing_takes_the_right_number_and_happens(place: Place, zorbax: Somebody) -> None:
    browser = signed_in(place.manager)
    page = f"/privacy/customers/{zorbax.customer.pk}/erase/"

    shown = browser.get(page).content.decode()
    assert f"#{zorbax.case.pk}" in shown  # the open case warns
    assert "2018/858" in shown  # the VIN stays, with its reason

    for wrong in ("", "1234567", "ZORBAX"):
        refused = browser.post(page, {"reason": "request", "confirmation": wrong})
        assert (refused.status_code, Erasure.unscoped.count()) == (422, 0)
    assert browser.post(page, {"reason": "term", "confirmation": zorbax.customer.pk}).status_code == 422
    assert browser.post(page, {"reason": "request", "confirmation": f" #{zorbax.customer.pk}"}).status_code == 302
    assert browser.post(page, {"reason": "request", "confirmation": zorbax.customer.pk}).status_code == 409
    run_ours()

    assert traces("ZORBAX") == []
    assert browser.get(f"/customers/{zorbax.customer.pk}/").status_code == 200
    assert browser.get(f"/conversations/?case={zorbax.case.pk}").status_code in (200, 302)
    assert browser.get(f"/cases/{zorbax.case.pk}/").status_code == 200
    assert browser.get(f"/privacy/customers/{zorbax.customer.pk}/panel/").status_code == 200


def test_somebody_with_a_part_of_the_cases_gets_neither(place: Place, zorbax: Somebody) -> None:
    browser = signed_in(person_in(place.group.verona, Role.CARE_MANAGER))
    pk = zorbax.customer.pk

    assert browser.get(f"/privacy/customers/{pk}/erase/").status_code == 403
    assert browser.post(f"/privacy/customers/{pk}/erase/", {"reason": "request", "confirmation": pk}).status_code == 403
    assert browser.post(f"/privacy/customers/{pk}/copies/").status_code == 403
    panel = browser.get(f"/privacy/customers/{pk}/panel/").content.decode()
    assert "<form" not in panel
    assert not Erasure.unscoped.exists()
    assert not Export.unscoped.exists()


def test_an_agent_has_no_such_pages(place: Place, zorbax: Somebody) -> None:
    browser = signed_in(place.agent)

    for page in ("", "terms/", f"customers/{zorbax.customer.pk}/erase/", f"customers/{zorbax.customer.pk}/copies/"):
        assert browser.get(f"/privacy/{page}").status_code == 403


def test_the_register_names_every_purpose_and_the_terms_that_hold(place: Place) -> None:
    browser = signed_in(place.manager)
    unit = place.group.root.pk
    terms = browser.get(f"/privacy/terms/{unit}/")
    assert terms.status_code == 200
    body = {name: str(field.initial) for name, field in terms.context["form"].fields.items() if name != "is_on"}

    assert browser.post(f"/privacy/terms/{unit}/", {**body, "is_on": "on", "surveys": "123"}).status_code == 302
    assert browser.post(f"/privacy/terms/{unit}/", {**body, "surveys": "0"}).status_code == 422

    register = browser.get("/privacy/").content.decode()
    assert "123 giorni" in register
    for purpose in ("Assistenza ai clienti", "Chiedere ai clienti come è andata", "Organizzazione del lavoro"):
        assert purpose in register
    with scope.system("test"):
        assert "Attivo" in browser.get("/privacy/terms/").content.decode()
    assert browser.get(f"/privacy/terms/{unit}/due/").status_code == 200
