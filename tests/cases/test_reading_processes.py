"""Consultants read how work is done, and change nothing of it."""

from corsia.cases.models import Process
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import a_desk
from tests.factories.organisation import person_in, signed_in


def test_a_consultant_reads_processes_by_an_entry_of_their_own_and_cannot_touch_them(group) -> None:
    a_desk(group, now=NOON)
    consultant = signed_in(person_in(group.root, Role.CONSULTANT, language="en"))
    process = Process.unscoped.get(key="complaint")

    listed = consultant.get("/cases/processes/").content.decode()
    shown = consultant.get(f"/cases/processes/{process.pk}/").content.decode()

    assert 'href="/cases/processes/"' in listed  # the rail
    assert "New process" not in listed
    assert "Edit as a draft" not in shown
    for verb, url in (
        ("post", f"/cases/processes/{process.pk}/draft/"),
        ("post", f"/cases/processes/{process.pk}/change/"),
        ("get", "/cases/processes/new/"),
        ("get", "/cases/"),
    ):
        assert getattr(consultant, verb)(url).status_code in (403, 404)
    assert signed_in(person_in(group.brescia, Role.AGENT)).get("/cases/processes/").status_code == 403


def test_whoever_works_cases_has_no_second_entry(group) -> None:
    manager = signed_in(person_in(group.root, Role.CARE_MANAGER))

    assert 'class="rail-i" href="/cases/processes/"' not in manager.get("/cases/").content.decode()
