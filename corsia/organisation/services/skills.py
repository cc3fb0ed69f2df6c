"""Skills: made, renamed, retired, and given to several people at once."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import may
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotAllowed, NotFound
from corsia.organisation.models import PersonSkill, Skill
from corsia.organisation.permissions import MANAGE_SKILLS
from corsia.organisation.services.people import managed_person

MAX_PEOPLE = 200


class SkillWithoutName(Invalid):
    code = "organisation.skill_without_name"
    message = _("A skill needs a name in Italian and in English. Write both and save again.")


class SkillThereAlready(Invalid):
    code = "organisation.skill_there_already"
    message = _("There is a skill with the key “%(key)s” already: “%(name)s”. Use that one, or choose another key.")


class NobodyChosen(Invalid):
    code = "organisation.nobody_chosen"
    message = _("Nobody is selected. Tick the people you mean and try again.")


class TooManyPeople(Invalid):
    code = "organisation.too_many_people"
    message = _("%(count)s people are too many for one go. Select at most %(most)s.")


@transaction.atomic
def add_skill(*, name_it: str, name_en: str, key: str = "", by: Actor, now: datetime) -> Skill:
    """Make a skill.

    Args:
        key: what queues compare with a case's language ("en") or make ("jeep"); empty: from the Italian name.

    Raises:
        SkillWithoutName: a name is missing.
        SkillThereAlready: another one has the key.
    """
    _may_manage(by)
    name_it, name_en = _names(name_it, name_en)
    key = slugify(key or name_it)[:40]
    if not key:
        raise SkillWithoutName
    skill, is_new = Skill.objects.get_or_create(key=key, defaults={"name_it": name_it, "name_en": name_en})
    if not is_new:
        raise SkillThereAlready(key=key, name=skill.name_it)
    audit(skill, "added", by=by, now=now, key=key, name=name_it)
    return skill


@transaction.atomic
def change_skill(*, skill_id: int, name_it: str, name_en: str, is_active: bool, by: Actor, now: datetime) -> Skill:
    """Rename a skill, or retire it: whoever has it keeps it, nobody new gets it, queues that ask for it go on.

    Raises:
        SkillWithoutName: a name is missing.
    """
    _may_manage(by)
    skill = Skill.objects.select_for_update().filter(pk=skill_id).first()
    if skill is None:
        raise NotFound(kind=Skill._meta.label)
    old = {"name_it": skill.name_it, "name_en": skill.name_en, "is_active": skill.is_active}
    skill.name_it, skill.name_en = _names(name_it, name_en)
    skill.is_active = is_active
    new = {"name_it": skill.name_it, "name_en": skill.name_en, "is_active": skill.is_active}
    if new != old:
        skill.save(update_fields=list(new))
        audit(skill, "changed", by=by, now=now, old=old, new=new)
    return skill


@transaction.atomic
def give_skill(*, skill_id: int, person_ids: Sequence[int], level: int, since: date, by: Actor, now: datetime) -> int:
    """Note one level of a skill for several people, all or none; return for how many it was another before.

    Args:
        level: 1 learning, 2 autonomous, 3 teaches others; 0 takes the skill away.

    Raises:
        NobodyChosen, TooManyPeople: none or more than 200 people.
        NotFound: no such skill or person, or a retired skill is to be given.
        NotAllowed: the actor does not manage one of them.
    """
    wanted = sorted(set(person_ids))
    if not wanted:
        raise NobodyChosen
    if len(wanted) > MAX_PEOPLE:
        raise TooManyPeople(count=len(wanted), most=MAX_PEOPLE)
    skill = Skill.objects.filter(pk=skill_id).first()
    if skill is None or not 0 <= level <= 3 or (level and not skill.is_active):
        raise NotFound(kind=Skill._meta.label)
    people = [managed_person(person_id, by=by, lock=True) for person_id in wanted]
    held = {row.person_id: row for row in PersonSkill.objects.filter(skill=skill, person__in=people)}
    changed = [person for person in people if (held[person.pk].level if person.pk in held else 0) != level]
    for person in changed:
        audit(person, "skill_set", by=by, now=now, skill=skill.key, level=level)
    if level == 0:
        PersonSkill.objects.filter(skill=skill, person__in=changed).delete()
    else:
        PersonSkill.objects.filter(skill=skill, person__in=changed).update(level=level)
        new = [person for person in changed if person.pk not in held]
        PersonSkill.objects.bulk_create(
            [PersonSkill(person=person, skill=skill, level=level, since=since) for person in new]
        )
    return len(changed)


def _may_manage(by: Actor) -> None:
    # Skills belong to no unit: whoever has the right anywhere manages them for everybody.
    if by.kind == ActorKind.PERSON and not may(by, MANAGE_SKILLS):
        raise NotAllowed(right=MANAGE_SKILLS.name)


def _names(name_it: str, name_en: str) -> tuple[str, str]:
    italian, english = " ".join(name_it.split())[:80], " ".join(name_en.split())[:80]
    if not italian or not english:
        raise SkillWithoutName
    return italian, english
