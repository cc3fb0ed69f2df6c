"""Who is to be won back is seen by whoever calls them, of their unit alone; the sums by whoever reads results."""

from datetime import date

import pytest
from django.utils import timezone

from corsia.cases.models import Case, Task
from corsia.kernel import scope
from corsia.listening.models import Loop
from corsia.organisation.models import Membership
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.organisation import person_in, signed_in
from tests.factories.surveys import answered, reachable, surveyed_group

PAGE = "/listening/loops/"


@pytest.fixture
def there(group):
    """Two unhappy customers in Brescia, the first the case of one agent and the call of another; one in Verona."""
    with scope.system("test"):
        surveyed_group(group, now=NOON)
        agents = [person_in(group.brescia_care, first_name=name) for name in ("Laura", "Davide")]
        places = ((group.brescia_care, "Anna Uno"), (group.brescia_care, "Bice Due"), (group.verona_care, "Carla Tre"))
        for unit, name in places:
            customer = reachable(group, now=NOON, email=f"{name[:4]}@example.it", name=name)
            response = answered(unit, customer, 2, at=NOON)
            Loop.objects.create(
                response=response, unit=unit, case_id=response.case_id, opened_at=NOON, due_at=NOON
            )  # fmt: skip
        first = Case.objects.get(customer__display_name="Anna Uno")
        Case.objects.filter(pk=first.pk).update(assignee=agents[0])
        second = Case.objects.get(customer__display_name="Bice Due")
        for case, agent in ((first, agents[1]), (second, agents[0])):
            Task.objects.create(
                case=case, title="Richiamare", assignee=agent, due_at=NOON, is_callback=True, created_at=NOON
            )  # fmt: skip
        Task.objects.filter(case=second).update(done_at=NOON)
    return agents


def names(html: str) -> set[str]:
    return {name for name in ("Anna Uno", "Bice Due", "Carla Tre") if name in html}


def test_an_agent_sees_those_of_their_unit_and_their_own_without_sums(group, there) -> None:
    laura, davide = map(signed_in, there)

    every = laura.get(PAGE).content.decode()
    assert names(every) == {"Anna Uno", "Bice Due"}
    assert "Chiusi entro 48 ore" not in every
    assert "/listening/signals/" not in every
    assert names(laura.get(f"{PAGE}?whose=mine").content.decode()) == {"Anna Uno"}
    assert names(davide.get(f"{PAGE}?whose=mine").content.decode()) == {"Anna Uno"}
    assert laura.get("/listening/").status_code == 403
    assert f'href="{PAGE}"' in laura.get("/cases/").content.decode()


def test_a_manager_reads_the_sums_of_their_branch_and_comes_there_by_quality(group, there) -> None:
    boss = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER))

    page = boss.get(f"{PAGE}?days=365").content.decode()

    assert names(page) == {"Anna Uno", "Bice Due"}
    assert "/listening/plans/" in page  # the other groups of pages
    assert "kpi-v" in page


def test_sums_are_of_the_places_whose_results_somebody_reads(group, there) -> None:
    both = person_in(group.brescia_care)
    Membership.objects.create(person=both, unit=group.verona, role=Role.BRANCH_MANAGER, since=date(2020, 1, 1))

    Loop.unscoped.update(opened_at=timezone.now())
    response = signed_in(both).get(f"{PAGE}?days=365")

    assert names(response.content.decode()) == {"Anna Uno", "Bice Due", "Carla Tre"}
    assert response.context["sums"].opened == 1
