"""Take people on, give and end roles, move them, note skills and absences, tell them things."""

from datetime import date, timedelta

import pytest
from django.utils.translation import gettext_lazy

from corsia.events.organisation import PersonMoved
from corsia.kernel.actors import Actor
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation import services
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Absence, Membership, Notification, Person, PersonSkill, Skill
from corsia.organisation.queries.notices import unread_notices
from corsia.organisation.services import PersonDetails, Profile
from corsia.organisation.services.people import (
    AlreadyHasRole,
    EmailTaken,
    LastAdministrator,
    NothingToMove,
    PersonTooHigh,
    RoleTooHigh,
)
from corsia.organisation.services.skills_and_absences import WrongDays
from corsia.organisation.vocabulary import AbsenceKind, Role
from tests.conftest import NOON
from tests.factories.organisation import TODAY, actor_in, person_in
from tests.facts import stated_facts

GIULIA = PersonDetails(email="Giulia.Ferri@Example.it ", first_name="Giulia", last_name="Ferri")


@pytest.fixture
def manager(group) -> Actor:
    return actor_in(group.brescia, Role.BRANCH_MANAGER, last_name="Manager")


def test_a_new_person_has_a_role_and_no_password(group, manager) -> None:
    person = services.add_person(
        details=GIULIA, unit_id=group.brescia_care.pk, role=Role.AGENT, since=TODAY, by=manager, now=NOON
    )

    assert person.email == "giulia.ferri@example.it"
    assert not person.has_usable_password()
    assert actor_of(person, today=TODAY).roles == {Role.AGENT: frozenset({group.brescia_care.pk})}
    assert stated_facts(PersonMoved) == [
        PersonMoved(
            unit_id=group.brescia_care.pk, person_id=person.pk, old_unit_id=None, role=Role.AGENT, occurred_at=NOON
        )
    ]


def test_an_address_belongs_to_one_person_whatever_its_capitals(group, manager) -> None:
    person_in(group.verona, email="giulia.ferri@example.it")

    with pytest.raises(EmailTaken):
        services.add_person(
            details=GIULIA, unit_id=group.brescia.pk, role=Role.AGENT, since=TODAY, by=manager, now=NOON
        )
    assert Person.objects.filter(last_name="Ferri").count() == 0


def test_a_branch_manager_gives_desk_roles_in_the_own_branch_only(group, manager) -> None:
    person = person_in(group.brescia_care)

    def give(unit, role) -> None:
        services.give_role(person_id=person.pk, unit_id=unit.pk, role=role, since=TODAY, by=manager, now=NOON)

    give(group.brescia, Role.RECEPTIONIST)
    with pytest.raises(AlreadyHasRole):
        give(group.brescia, Role.RECEPTIONIST)
    for unit, role, refusal in (
        (group.brescia, Role.BRANCH_MANAGER, RoleTooHigh),
        (group.brescia, Role.ADMINISTRATOR, RoleTooHigh),
        (group.verona, Role.AGENT, NotAllowed),
    ):
        with pytest.raises(refusal):
            give(unit, role)
    assert Membership.objects.filter(person=person).count() == 2


def test_a_manager_cannot_raise_themselves(group, manager) -> None:
    with pytest.raises(RoleTooHigh):
        services.give_role(
            person_id=manager.id, unit_id=group.brescia.pk, role=Role.ADMINISTRATOR, since=TODAY, by=manager, now=NOON
        )


def test_an_ended_role_stays_in_the_history_and_works_no_more(group, manager) -> None:
    person = person_in(group.brescia_care)
    held = Membership.objects.get(person=person)

    services.end_role(membership_id=held.pk, on=TODAY, by=manager, now=NOON)

    assert Membership.objects.get(pk=held.pk).until == TODAY
    assert actor_of(person, today=TODAY).roles == {}
    assert actor_of(person, today=TODAY - timedelta(days=1)).roles != {}


def test_a_role_that_had_not_begun_is_taken_back(group, manager) -> None:
    person = person_in(group.brescia_care)
    coming = services.give_role(
        person_id=person.pk,
        unit_id=group.brescia.pk,
        role=Role.AGENT,
        since=TODAY + timedelta(days=9),
        by=manager,
        now=NOON,
    )

    assert services.end_role(membership_id=coming.pk, on=TODAY, by=manager, now=NOON) is None
    assert Membership.objects.filter(person=person).count() == 1


def test_the_last_administrator_stays(group) -> None:
    boss = actor_in(group.root, Role.ADMINISTRATOR)
    held = Membership.objects.get(person_id=boss.id)
    details = PersonDetails(email="boss@example.it", first_name="B", last_name="Oss")

    with pytest.raises(LastAdministrator):
        services.end_role(membership_id=held.pk, on=TODAY, by=boss, now=NOON)
    with pytest.raises(LastAdministrator):
        services.change_person(person_id=boss.id, details=details, is_active=False, by=boss, now=NOON)
    person_in(group.root, Role.ADMINISTRATOR)
    services.end_role(membership_id=held.pk, on=TODAY, by=boss, now=NOON)

    assert Membership.objects.get(pk=held.pk).until == TODAY


def test_moving_a_person_ends_the_old_roles_today_and_begins_the_same_in_the_new_unit(group) -> None:
    boss = actor_in(group.root, Role.CARE_MANAGER)
    person = person_in(group.brescia_care)
    Membership.objects.create(person=person, unit=group.brescia_care, role=Role.RECEPTIONIST, since=date(2025, 1, 1))

    services.move_person(
        person_id=person.pk,
        from_unit_id=group.brescia_care.pk,
        to_unit_id=group.verona_care.pk,
        today=TODAY,
        by=boss,
        now=NOON,
    )

    rows = Membership.objects.filter(person=person).values_list("unit_id", "role", "since", "until")
    assert set(rows) == {
        (group.brescia_care.pk, Role.AGENT, date(2020, 1, 1), TODAY),
        (group.brescia_care.pk, Role.RECEPTIONIST, date(2025, 1, 1), TODAY),
        (group.verona_care.pk, Role.AGENT, TODAY, None),
        (group.verona_care.pk, Role.RECEPTIONIST, TODAY, None),
    }
    assert {fact.role for fact in stated_facts(PersonMoved)} == {Role.AGENT, Role.RECEPTIONIST}
    with pytest.raises(NothingToMove):
        services.move_person(
            person_id=person.pk,
            from_unit_id=group.brescia_care.pk,
            to_unit_id=group.root.pk,
            today=TODAY,
            by=boss,
            now=NOON,
        )


def test_moving_back_on_the_same_day_leaves_one_open_role(group) -> None:
    boss = actor_in(group.root, Role.CARE_MANAGER)
    person = person_in(group.brescia_care)
    for source, target in ((group.brescia_care, group.verona_care), (group.verona_care, group.brescia_care)):
        services.move_person(
            person_id=person.pk, from_unit_id=source.pk, to_unit_id=target.pk, today=TODAY, by=boss, now=NOON
        )

    current = Membership.objects.filter(person=person, until=None)
    assert [row.unit_id for row in current] == [group.brescia_care.pk]


def test_a_manager_of_another_branch_cannot_fetch_or_change_people(group) -> None:
    verona = actor_in(group.verona, Role.BRANCH_MANAGER)
    person = person_in(group.brescia_care)

    with pytest.raises(NotAllowed):
        services.move_person(
            person_id=person.pk,
            from_unit_id=group.brescia_care.pk,
            to_unit_id=group.verona_care.pk,
            today=TODAY,
            by=verona,
            now=NOON,
        )
    with pytest.raises(NotAllowed):
        services.change_person(person_id=person.pk, details=GIULIA, is_active=True, by=verona, now=NOON)
    assert Person.objects.get(pk=person.pk).email != "giulia.ferri@example.it"


def test_nobody_changes_how_somebody_with_more_rights_signs_in(group, manager) -> None:
    boss = person_in(group.root, Role.ADMINISTRATOR)
    Membership.objects.create(person=boss, unit=group.brescia_care, role=Role.AGENT, since=TODAY)
    colleague = person_in(group.brescia, Role.BRANCH_MANAGER)

    for person in (boss, colleague):
        with pytest.raises(PersonTooHigh):
            services.change_person(person_id=person.pk, details=GIULIA, is_active=True, by=manager, now=NOON)
    agent = person_in(group.brescia_care)
    services.change_person(person_id=agent.pk, details=GIULIA, is_active=True, by=manager, now=NOON)

    assert Person.objects.get(email="giulia.ferri@example.it") == agent


def test_a_skill_is_noted_changed_and_taken_away(group, manager) -> None:
    person, skill = person_in(group.brescia_care), Skill.objects.create(key="en", name_it="Inglese", name_en="English")

    def note(level: int, since: date = TODAY) -> None:
        services.set_skill(person_id=person.pk, skill_id=skill.pk, level=level, since=since, by=manager, now=NOON)

    note(1)
    note(3, since=TODAY + timedelta(days=40))
    assert PersonSkill.objects.values_list("level", "since").get() == (3, TODAY)
    note(0)
    assert not PersonSkill.objects.exists()
    with pytest.raises(NotFound):
        note(4)


def test_people_note_their_own_absences_and_managers_those_of_their_people(group, manager) -> None:
    person = person_in(group.brescia_care)
    own, stranger = actor_of(person, today=TODAY), actor_in(group.brescia_care)

    def away(by: Actor, hours: int = 8) -> Absence:
        return services.add_absence(
            person_id=person.pk,
            kind=AbsenceKind.SICKNESS,
            starts_at=NOON,
            ends_at=NOON + timedelta(hours=hours),
            by=by,
            now=NOON,
        )

    away(own)
    noted = away(manager)
    with pytest.raises(NotAllowed):
        away(stranger)
    with pytest.raises(WrongDays):
        away(own, hours=0)
    with pytest.raises(NotAllowed):
        services.remove_absence(absence_id=noted.pk, by=stranger, now=NOON)
    services.remove_absence(absence_id=noted.pk, by=own, now=NOON)

    assert Absence.objects.count() == 1
    assert "sickness" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


def test_the_profile_is_changed_by_its_owner_and_audited_without_its_texts(group) -> None:
    person = person_in(group.brescia_care)
    profile = Profile(
        language="en", theme="dark", has_hotkeys=False, is_available=False, phone="+39 030 1", signature="Ciao, Giulia"
    )

    services.change_profile(profile=profile, by=actor_of(person, today=TODAY), now=NOON)

    person.refresh_from_db()
    assert (person.language, person.theme, person.has_hotkeys, person.signature) == (
        "en",
        "dark",
        False,
        "Ciao, Giulia",
    )
    assert "Ciao" not in str(AuditEntry.objects.get(verb="profile_changed").data)


def test_a_notice_is_told_once_in_the_language_of_each(group) -> None:
    italian, english = person_in(group.brescia), person_in(group.brescia, language="en")
    gone = person_in(group.brescia)
    Person.objects.filter(pk=gone.pk).update(is_active=False)

    def tell() -> int:
        return services.notify(
            [italian.pk, english.pk, gone.pk, italian.pk],
            kind="cases.overdue",
            title=gettext_lazy("Yes"),
            url="/cases/1/",
            dedupe_key="cases.overdue:1",
            now=NOON,
        )

    assert (tell(), tell()) == (2, 0)
    assert Notification.objects.get(person=italian).title == "Sì"
    assert Notification.objects.get(person=english).title == "Yes"


def test_reading_a_notice_is_for_its_owner_only(group) -> None:
    owner, other = actor_in(group.brescia), actor_in(group.brescia)
    for key in ("a", "b", "c"):
        services.notify([owner.id], kind="x", title=key, url=f"/{key}/", dedupe_key=key, now=NOON)
    first = Notification.objects.order_by("pk").first()

    assert services.read_notice(notice_id=first.pk, by=other, now=NOON) is None
    assert services.read_notice(notice_id=first.pk, by=owner, now=NOON) == "/a/"
    assert unread_notices(owner.id) == 2
    assert services.read_all_notices(by=owner, now=NOON) == 2
    assert unread_notices(owner.id) == 0
