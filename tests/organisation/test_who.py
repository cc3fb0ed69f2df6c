"""Who has which role where, who is above, who is away."""

from datetime import date, datetime, timedelta

import pytest

from corsia.organisation import queries
from corsia.organisation.models import Absence, Membership, Person
from corsia.organisation.vocabulary import AbsenceKind, Role
from corsia.organisation.working_time import between
from tests.conftest import NOON
from tests.factories.organisation import TODAY, person_in


def test_people_with_a_role_are_those_here_and_below_by_name_each_once(group) -> None:
    rossi = person_in(group.brescia_care, last_name="Rossi")
    bassi = person_in(group.brescia, last_name="Bassi")
    Membership.objects.create(person=bassi, unit=group.brescia_care, role=Role.AGENT, since=date(2024, 1, 1))
    person_in(group.verona_care, last_name="Altrove")
    person_in(group.brescia_care, Role.MECHANIC, last_name="Meccanico")

    assert queries.people_with_roles(group.brescia.pk, [Role.AGENT], today=TODAY) == [bassi, rossi]


def test_roles_hold_from_their_first_day_until_the_day_they_end(group) -> None:
    person = person_in(group.brescia)
    Membership.objects.filter(person=person).update(since=TODAY, until=TODAY + timedelta(days=2))

    def holds(day: date) -> bool:
        return queries.people_with_roles(group.brescia.pk, [Role.AGENT], today=day) == [person]

    assert [holds(TODAY + timedelta(days=offset)) for offset in (-1, 0, 1, 2)] == [False, True, True, False]


def test_people_who_may_not_sign_in_are_left_out(group) -> None:
    Person.objects.filter(pk=person_in(group.brescia).pk).update(is_active=False)

    assert queries.people_with_roles(group.brescia.pk, [Role.AGENT], today=TODAY) == []


def test_escalation_climbs_one_level_of_managers_at_a_time(group) -> None:
    branch = person_in(group.brescia, Role.BRANCH_MANAGER)
    top = person_in(group.root, Role.CARE_MANAGER, last_name="Alta")
    person_in(group.verona, Role.BRANCH_MANAGER)
    person_in(group.brescia_care, Role.AGENT)

    def above(level: int) -> list[Person]:
        return queries.managers_above(group.brescia_care.pk, level=level, today=TODAY)

    assert [above(level) for level in (1, 2, 3, 0)] == [[branch], [top], [], []]


@pytest.mark.parametrize(("hours", "away"), [(-1, False), (0, True), (3, True), (4, False)])
def test_somebody_is_away_from_the_first_instant_until_the_last(group, hours: int, away: bool) -> None:
    person = person_in(group.brescia)
    Absence.objects.create(person=person, kind=AbsenceKind.SICKNESS, starts_at=NOON, ends_at=NOON + timedelta(hours=4))

    assert queries.is_absent(person.pk, NOON + timedelta(hours=hours)) is away


def test_a_persons_hours_are_those_of_the_unit_without_the_absences(group) -> None:
    person = person_in(group.brescia)
    morning = datetime.fromisoformat("2026-03-10T08:00+01:00")
    Absence.objects.create(
        person=person, kind=AbsenceKind.HOLIDAY, starts_at=morning, ends_at=morning + timedelta(hours=4, minutes=30)
    )

    hours = queries.working_hours_of_person(person.pk, group.brescia.pk)

    assert between(hours, morning, morning + timedelta(days=1)) == timedelta(hours=4, minutes=30)
