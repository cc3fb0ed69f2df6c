"""Who looked at whose data is known afterwards, by ids only."""

import pytest
from django.db import DatabaseError, connection, transaction

from corsia.kernel.models import Reading
from corsia.organisation.vocabulary import Role
from tests.factories.customers import person
from tests.factories.organisation import Group, person_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logged(settings) -> None:
    settings.CORSIA_LOG_READINGS = True


def seen() -> list[tuple[int, str, str, int | None]]:
    return list(Reading.objects.order_by("pk").values_list("actor_id", "door", "row_kind", "row_id"))


def test_an_opened_page_is_written_down_once_a_minute(group: Group) -> None:
    one = person(group.root, "Giulia Ferri")
    agent = person_in(group.brescia_care, Role.AGENT)
    browser = signed_in(agent)

    assert browser.get(f"/customers/{one.pk}/").status_code == 200
    first = seen()
    assert first == [(agent.pk, "customers:customer", "customer", one.pk)]
    browser.get(f"/customers/{one.pk}/")
    assert len(seen()) in (1, 2)  # two where the minute turned in between


def test_what_was_searched_for_is_not_kept(group: Group) -> None:
    browser = signed_in(person_in(group.brescia_care, Role.AGENT))

    browser.get("/customers/?q=ZORBAX")

    assert seen()
    assert "ZORBAX" not in str(list(Reading.objects.values_list()))


def test_a_refusal_showed_nothing_and_leaves_no_row(group: Group) -> None:
    one = person(group.root, "Giulia Ferri")
    browser = signed_in(person_in(group.brescia_care, Role.AGENT))

    assert browser.get("/customers/999999/").status_code == 404
    assert browser.get(f"/privacy/customers/{one.pk}/erase/").status_code == 403
    assert seen() == []


def test_a_manager_sees_who_looked(group: Group) -> None:
    one = person(group.root, "Giulia Ferri")
    agent = person_in(group.brescia_care, Role.AGENT, first_name="Nino", last_name="Curioso")
    signed_in(agent).get(f"/customers/{one.pk}/")
    manager = signed_in(person_in(group.root, Role.CARE_MANAGER))

    assert "Nino Curioso" in manager.get(f"/privacy/customers/{one.pk}/readings/").content.decode()
    assert signed_in(agent).get(f"/privacy/customers/{one.pk}/readings/").status_code == 403


def as_web_process(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE corsia_app")
        cursor.execute(statement)
        cursor.execute("RESET ROLE")


def test_web_processes_may_add_rows_and_nothing_else(db) -> None:
    as_web_process(
        "INSERT INTO kernel_reading (at, minute, actor_id, actor_name, door, row_kind)"
        " VALUES (now(), 1, 1, 'Nino', 'customers:index', '') ON CONFLICT DO NOTHING"
    )

    for change in ("UPDATE kernel_reading SET actor_id = 2", "DELETE FROM kernel_reading", "TRUNCATE kernel_reading"):
        with pytest.raises(DatabaseError, match="permission denied"):
            as_web_process(change)
    assert seen() == [(1, "customers:index", "", None)]
