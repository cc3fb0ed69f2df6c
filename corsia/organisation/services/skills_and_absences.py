"""Note what people are good at and when they are away."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound
from corsia.organisation.models import Absence, Person, PersonSkill, Skill
from corsia.organisation.services.people import managed_person, person_of


class WrongDays(Invalid):
    code = "organisation.wrong_days"
    message = _("The end must come after the start. Correct one of the two.")


@transaction.atomic
def set_skill(
    *, person_id: int, skill_id: int, level: int, since: date, by: Actor, now: datetime
) -> PersonSkill | None:
    """Note how well a person has a skill.

    Args:
        level: 1 learning, 2 autonomous, 3 teaches others; 0 takes the skill away.
    """
    person = managed_person(person_id, by=by)
    skill = Skill.objects.filter(pk=skill_id).first()
    if skill is None or not 0 <= level <= 3 or (level and not skill.is_active):
        raise NotFound(kind=Skill._meta.label)
    audit(person, "skill_set", by=by, now=now, skill=skill.key, level=level)
    if level == 0:
        PersonSkill.objects.filter(person=person, skill=skill).delete()
        return None
    row, _is_new = PersonSkill.objects.update_or_create(
        person=person, skill=skill, defaults={"level": level}, create_defaults={"level": level, "since": since}
    )
    return row


@transaction.atomic
def add_absence(
    *, person_id: int, kind: str, starts_at: datetime, ends_at: datetime, by: Actor, now: datetime
) -> Absence:
    """Note that a person is away; people do it for themselves, managers for theirs.

    Raises:
        WrongDays: it ends before it starts.
    """
    person = _own_or_managed(person_id, by)
    if ends_at <= starts_at:
        raise WrongDays
    absence = Absence.objects.create(person=person, kind=kind, starts_at=starts_at, ends_at=ends_at)
    # The kind is health data at times: it is not repeated in the trail.
    audit(absence, "added", by=by, now=now, person=person.pk)
    return absence


@transaction.atomic
def remove_absence(*, absence_id: int, by: Actor, now: datetime) -> int:
    """Take an absence back; return whose it was."""
    absence = Absence.objects.filter(pk=absence_id).first()
    if absence is None:
        raise NotFound(kind=Absence._meta.label)
    person = _own_or_managed(absence.person_id, by)
    audit(absence, "removed", by=by, now=now, person=person.pk)
    absence.delete()
    return person.pk


def _own_or_managed(person_id: int, by: Actor) -> Person:
    return person_of(person_id) if by.id == person_id else managed_person(person_id, by=by)
