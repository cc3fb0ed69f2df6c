"""Skills and who has them, among the people of the visible units."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q

from corsia.organisation.models import Membership, PersonSkill, Skill


@dataclass(frozen=True)
class SkillRow:
    """One line of the list: a skill and how many of the visible, active people have it."""

    skill: Skill
    people: int
    teachers: int  # those who teach others


def skills_with_numbers(*, visible: Collection[int]) -> list[SkillRow]:
    """Return every skill, those in use first, by key."""
    members = Membership.objects.filter(unit_id__in=visible, until=None).values("person_id")
    held = PersonSkill.objects.filter(person__is_active=True, person_id__in=members)
    numbers = {
        skill_id: (people, teachers)
        for skill_id, people, teachers in held.values_list("skill_id").annotate(
            people=Count("pk"), teachers=Count("pk", filter=Q(level=3))
        )
    }
    return [SkillRow(skill, *numbers.get(skill.pk, (0, 0))) for skill in Skill.objects.order_by("-is_active", "key")]


def levels_of(skill_id: int, *, person_ids: Collection[int]) -> dict[int, int]:
    """Return the level of a skill for those of the people who have it."""
    return dict(
        PersonSkill.objects.filter(skill_id=skill_id, person_id__in=person_ids).values_list("person_id", "level")
    )
