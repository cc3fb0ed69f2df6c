"""Skills are made, renamed and retired by those who run the group, and given to many people at once by managers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation import services
from corsia.organisation.models import PersonSkill, Skill
from corsia.organisation.services.skills import NobodyChosen, SkillThereAlready, SkillWithoutName, TooManyPeople
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.organisation import TODAY, actor_in, person_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(group):
    return actor_in(group.root, Role.CARE_MANAGER)


@pytest.fixture
def english(boss):
    return services.add_skill(name_it="Inglese", name_en="English", key="en", by=boss, now=NOON)


def give(skill, people, level, by):
    ids = [person.pk for person in people]
    return services.give_skill(skill_id=skill.pk, person_ids=ids, level=level, since=TODAY, by=by, now=NOON)


def levels(skill):
    return dict(PersonSkill.objects.filter(skill=skill).values_list("person_id", "level"))


def test_a_skill_gets_a_key_of_its_own_from_its_name(boss) -> None:
    skill = services.add_skill(name_it="  Diritto  di garanzia ", name_en="Warranty law", by=boss, now=NOON)

    assert (skill.key, skill.name_it, skill.is_active) == ("diritto-di-garanzia", "Diritto di garanzia", True)
    with pytest.raises(SkillThereAlready):
        services.add_skill(name_it="Diritto di garanzia", name_en="Law", by=boss, now=NOON)
    with pytest.raises(SkillWithoutName):
        services.add_skill(name_it="Jeep", name_en=" ", by=boss, now=NOON)
    assert Skill.objects.count() == 1


def test_a_renamed_skill_keeps_its_key_and_the_trail_keeps_the_old_name(boss, english) -> None:
    services.change_skill(
        skill_id=english.pk, name_it="Lingua inglese", name_en="English", is_active=True, by=boss, now=NOON
    )

    english.refresh_from_db()
    assert (english.key, english.name_it) == ("en", "Lingua inglese")
    assert AuditEntry.objects.get(object_kind="organisation.skill", verb="changed").data["old"]["name_it"] == "Inglese"


def test_a_retired_skill_stays_with_those_who_have_it_and_goes_to_nobody_new(group, boss, english) -> None:
    one, other = person_in(group.brescia_care), person_in(group.brescia_care)
    give(english, [one], 3, boss)

    services.change_skill(skill_id=english.pk, name_it="Inglese", name_en="English", is_active=False, by=boss, now=NOON)

    with pytest.raises(NotFound):
        give(english, [other], 2, boss)
    with pytest.raises(NotFound):
        services.set_skill(person_id=other.pk, skill_id=english.pk, level=2, since=TODAY, by=boss, now=NOON)
    assert levels(english) == {one.pk: 3}
    give(english, [one], 0, boss)
    assert levels(english) == {}


def test_a_level_is_given_to_many_at_once_and_only_changes_are_told(group, boss, english) -> None:
    people = [person_in(group.brescia_care) for _ in range(3)]
    give(english, people[:1], 2, boss)

    assert give(english, people, 2, boss) == 2
    assert levels(english) == {person.pk: 2 for person in people}
    assert AuditEntry.objects.filter(verb="skill_set").count() == 3
    assert give(english, people[1:], 0, boss) == 2
    assert levels(english) == {people[0].pk: 2}


def test_all_or_nobody_and_only_ones_own_people(group, english) -> None:
    manager = actor_in(group.brescia, Role.BRANCH_MANAGER)
    mine, other = person_in(group.brescia_care), person_in(group.verona_care)

    with pytest.raises(NotAllowed):
        give(english, [mine, other], 2, manager)
    with pytest.raises(NobodyChosen):
        give(english, [], 2, manager)
    with pytest.raises(TooManyPeople):
        services.give_skill(skill_id=english.pk, person_ids=range(1, 202), level=1, since=TODAY, by=manager, now=NOON)
    assert levels(english) == {}
    with pytest.raises(NotAllowed):
        services.add_skill(name_it="Jeep", name_en="Jeep", by=manager, now=NOON)


def test_the_pages_make_rename_retire_and_give(group) -> None:
    browser = signed_in(person_in(group.root, Role.CARE_MANAGER, language="en"))
    people = [person_in(group.brescia_care, last_name=name) for name in ("Abate", "Bruni")]

    made = browser.post(reverse("organisation:add_skill"), {"name_it": "Ibrido", "name_en": "Hybrid", "key": ""})
    skill = Skill.objects.get(key="ibrido")
    page = reverse("organisation:skill", args=[skill.pk])
    given = browser.post(
        reverse("organisation:give_skill", args=[skill.pk]) + "?having=without",
        {"people": [person.pk for person in people], "level": "3"},
    )
    changed = browser.post(
        reverse("organisation:change_skill", args=[skill.pk]), {"name_it": "Ibride", "name_en": "Hybrids"}
    )

    assert (made.url, given.url, changed.url) == (page, f"{page}?having=without", page)
    assert levels(skill) == {person.pk: 3 for person in people}
    having = browser.get(page, {"having": "with"}).content.decode()
    assert "Abate" in having
    assert "teaches others" in having
    assert "Abate" not in browser.get(page, {"having": "without"}).content.decode()
    skill.refresh_from_db()
    assert (skill.name_en, skill.is_active) == ("Hybrids", False)
    listed = browser.get(reverse("organisation:skills")).content.decode()
    assert "Hybrids" in listed
    assert "retired" in listed


def test_nobody_ticked_is_said_and_nothing_changes(group, english) -> None:
    browser = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER))

    answer = browser.post(reverse("organisation:give_skill", args=[english.pk]), {"level": "2"})

    assert answer.status_code == 422
    assert levels(english) == {}


def test_an_agent_does_not_get_to_the_skills(group, english) -> None:
    browser = signed_in(person_in(group.brescia_care))

    assert browser.get(reverse("organisation:skills")).status_code == 403
    assert "organisation/skills/" not in browser.get(reverse("organisation:people")).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_of_people_asks_as_much_for_one_as_for_three(group, english, count) -> None:
    browser = signed_in(person_in(group.root, Role.CARE_MANAGER))
    for _ in range(count):
        person_in(group.brescia_care)
    url = reverse("organisation:skill", args=[english.pk])
    browser.get(url)

    with CaptureQueriesContext(connection) as asked:
        assert browser.get(url).status_code == 200

    assert len(asked) == 13
