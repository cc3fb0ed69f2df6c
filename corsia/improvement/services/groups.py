"""A group is begun, meets four times, rates and places its candidates, and says who does what."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.cases.services.telling import later
from corsia.improvement.models import (
    Attendance,
    Group,
    MacroAction,
    Meeting,
    Pain,
    Participant,
    Rating,
    Responsibility,
)
from corsia.improvement.permissions import LEAD_IMPROVEMENT
from corsia.improvement.ports import Criticality
from corsia.improvement.queries.authority import open_group
from corsia.improvement.queries.people import functions_in
from corsia.improvement.rules.priorities import HIGHEST, LOWEST
from corsia.improvement.vocabulary import AXIS, LEAST_PEOPLE, MEETINGS, MOST_PEOPLE, CustomerSegment, Letter, Sign
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.organisation.queries import day_in
from corsia.organisation.services import notify

WEEK = timedelta(days=7)
MOST_MINUTES = 600
_CALLED = _("You take part in the improvement group “%(name)s”")
_RATE = _("A quick survey of “%(name)s” waits for you")


class PeopleMissing(Invalid):
    code = "improvement.people"
    message = _("A group has from %(least)s to %(most)s people: choose so many.")


class OneFunctionOnly(Invalid):
    code = "improvement.one_function"
    message = _("All of them have the same function. Choose people of at least two, so that the group sees more.")


class NotFromHere(Invalid):
    code = "improvement.not_from_here"
    message = _("Somebody has no role in this unit, below it or above it. Choose others, or begin the group higher up.")


class GroupClosed(Refused):
    code = "improvement.group_closed"
    message = _("The group “%(name)s” is closed: its papers stay as they are.")


class NothingToRate(Refused):
    code = "improvement.nothing_to_rate"
    message = _("There is no candidate to rate yet. Write at least two macro-actions, then open the quick survey.")


class SurveyNotOpen(Refused):
    code = "improvement.survey_not_open"
    message = _("The quick survey is not open. Ask who leads the group to open it.")


class RatingsMissing(Invalid):
    code = "improvement.ratings_missing"
    message = _("Rate every candidate from 1 to 5.")


class NotAParticipant(Refused):
    code = "improvement.not_a_participant"
    message = _("Only the people of the group rate its candidates.")


class OffTheAxes(Invalid):
    code = "improvement.off_the_axes"
    message = _("Both values run from 0 to 10.")


class TwoAccountable(Invalid):
    code = "improvement.two_accountable"
    message = _("Two people would answer for “%(title)s”. Give the A to one of them.")


class NobodyAccountable(Invalid):
    code = "improvement.nobody_accountable"
    message = _("Nobody answers for “%(title)s”. Give one person the A.")


class StillUsed(Refused):
    code = "improvement.macro_used"
    message = _("“%(title)s” has action cards: drop those first.")


class PresenceImpossible(Invalid):
    code = "improvement.presence"
    message = _("Minutes of presence run from 0 to 600.")


@transaction.atomic
def begin_group(
    *,
    unit_id: int,
    name: str,
    goal: str,
    person_ids: Collection[int],
    first_meeting_at: datetime,
    heard: Sequence[Criticality],
    process_key: str = "",
    by: Actor,
    now: datetime,
) -> Group:
    """Begin a group with its four meetings a week apart, on criticalities as they are counted today.

    Raises:
        PeopleMissing, OneFunctionOnly, NotFromHere: these people do not make a group.
    """
    demand(by, LEAD_IMPROVEMENT, unit_id)
    people = list(dict.fromkeys(person_ids))
    if not LEAST_PEOPLE <= len(people) <= MOST_PEOPLE:
        raise PeopleMissing(least=LEAST_PEOPLE, most=MOST_PEOPLE)
    functions = functions_in(unit_id, people, today=day_in(unit_id, now))
    if set(functions) != set(people):
        raise NotFromHere
    if len(set(functions.values())) < 2:
        raise OneFunctionOnly
    group: Group = Group.objects.create(
        unit_id=unit_id, name=name, goal=goal, process_key=process_key, begun_by_id=by.id, begun_at=now
    )
    Participant.objects.bulk_create(
        Participant(group=group, person_id=person, function=functions[person]) for person in people
    )
    Meeting.objects.bulk_create(
        Meeting(group=group, number=number, planned_at=first_meeting_at + WEEK * (number - 1)) for number in MEETINGS
    )
    Pain.objects.bulk_create(
        Pain(
            group=group,
            key=one.key,
            label=one.label[:200],
            sign=one.plus_minus,
            volume=one.volume,
            severity=one.severity,
            source=str(one.source)[:200],
        )
        for one in heard
    )
    audit(group, "group_begun", by=by, now=now, people=people, criticalities=[one.key for one in heard])
    _tell(group, _CALLED, kind="improvement.group", key="begun", url=_page(group), by=by, now=now)
    return group


@transaction.atomic
def close_group(*, group_id: int, by: Actor, now: datetime) -> Group:
    """Close a group; its actions go on."""
    group = _locked(group_id, by)
    demand(by, LEAD_IMPROVEMENT, group.unit_id)
    group.closed_at = now
    group.save(update_fields=["closed_at"])
    audit(group, "closed", by=by, now=now)
    return group


@transaction.atomic
def plan_meeting(*, group_id: int, number: int, planned_at: datetime, by: Actor, now: datetime) -> Meeting:
    """Move a meeting that was not held yet."""
    group = _locked(group_id, by)
    meeting = _meeting(group, number)
    meeting.planned_at = planned_at
    meeting.save(update_fields=["planned_at"])
    audit(meeting, "moved", by=by, now=now, to=planned_at.isoformat())
    return meeting


@transaction.atomic
def write_minutes(
    *,
    group_id: int,
    number: int,
    held_at: datetime,
    notes: str,
    bridge: str,
    minutes: Mapping[int, int],
    by: Actor,
    now: datetime,
) -> Meeting:
    """Write down who was at a meeting for how long, what was said, and who does what until the next.

    Args:
        minutes: participant to minutes of presence; 0 is absent.

    Raises:
        PresenceImpossible: less than nothing or more than ten hours.
    """
    group = _locked(group_id, by)
    meeting = _meeting(group, number)
    if any(not 0 <= length <= MOST_MINUTES for length in minutes.values()):
        raise PresenceImpossible
    own = set(group.participants.values_list("pk", flat=True))
    meeting.held_at, meeting.notes, meeting.bridge = held_at, notes, bridge
    meeting.save(update_fields=["held_at", "notes", "bridge"])
    meeting.attendances.all().delete()
    Attendance.objects.bulk_create(
        Attendance(meeting=meeting, participant_id=participant, minutes=length)
        for participant, length in minutes.items()
        if length and participant in own
    )
    audit(meeting, "minutes_written", by=by, now=now, number=number, minutes=sum(minutes.values()))
    return meeting


@transaction.atomic
def add_pain(*, group_id: int, label: str, segments: Collection[str], by: Actor, now: datetime) -> Pain:
    """Add a pain that no count shows."""
    group = _locked(group_id, by)
    pain: Pain = Pain.objects.create(
        group=group, label=label, sign=Sign.MINUS, segments=_in_order(segments), is_inside=True
    )
    audit(pain, "added", by=by, now=now)
    return pain


@transaction.atomic
def set_perimeter(*, pain_id: int, is_inside: bool, segments: Collection[str], by: Actor, now: datetime) -> Pain:
    """Say whether a pain is within the perimeter, and whom it hits."""
    pain: Pain = Pain.objects.lock(pain_id)
    _locked(pain.group_id, by)
    pain.is_inside, pain.segments = is_inside, _in_order(segments)
    pain.save(update_fields=["is_inside", "segments"])
    audit(pain, "changed", by=by, now=now, is_inside=is_inside, segments=pain.segments)
    return pain


@transaction.atomic
def add_macro(*, group_id: int, title: str, description: str, by: Actor, now: datetime) -> MacroAction:
    """Add a candidate macro-action."""
    group = _locked(group_id, by)
    macro: MacroAction = MacroAction.objects.create(group=group, title=title, description=description)
    audit(macro, "added", by=by, now=now)
    return macro


@transaction.atomic
def remove_macro(*, macro_id: int, by: Actor, now: datetime) -> Group:
    """Take a candidate away, with what was said of it.

    Raises:
        StillUsed: action cards came from it.
    """
    macro: MacroAction = MacroAction.objects.lock(macro_id)
    group = _locked(macro.group_id, by)
    if macro.actions.exists():
        raise StillUsed(title=macro.title)
    audit(macro, "removed", by=by, now=now, title=macro.title)
    macro.delete()
    return group


@transaction.atomic
def open_survey(*, group_id: int, by: Actor, now: datetime) -> Group:
    """Ask the participants how urgent each candidate is; ratings given before stay.

    Raises:
        NothingToRate: fewer than two candidates.
    """
    group = _locked(group_id, by)
    if group.macros.count() < 2:
        raise NothingToRate
    group.survey_opened_at, group.survey_closed_at = now, None
    group.save(update_fields=["survey_opened_at", "survey_closed_at"])
    audit(group, "changed", by=by, now=now, what="survey")
    url = reverse("improvement:survey", args=[group.pk])
    _tell(group, _RATE, kind="improvement.survey", key=f"survey:{now.isoformat()}", url=url, by=by, now=now)
    return group


@transaction.atomic
def close_survey(*, group_id: int, by: Actor, now: datetime) -> Group:
    """Take no more ratings."""
    group = _locked(group_id, by)
    if group.survey_opened_at is None:
        raise SurveyNotOpen
    group.survey_closed_at = now
    group.save(update_fields=["survey_closed_at"])
    audit(group, "closed", by=by, now=now, what="survey")
    return group


@transaction.atomic
def rate(*, group_id: int, ratings: Mapping[int, int], by: Actor, now: datetime) -> None:
    """Keep what one participant finds of every candidate; answering again replaces it.

    Raises:
        SurveyNotOpen, NotAParticipant: not now, or not them.
        RatingsMissing: a candidate has none from 1 to 5.
    """
    group = _locked(group_id, by)
    if group.survey_opened_at is None or group.survey_closed_at is not None:
        raise SurveyNotOpen
    participant = group.participants.filter(person_id=by.id or 0).first()
    if participant is None:
        raise NotAParticipant
    macros = list(group.macros.values_list("pk", flat=True))
    if any(not LOWEST <= ratings.get(macro, 0) <= HIGHEST for macro in macros):
        raise RatingsMissing
    participant.ratings.all().delete()
    Rating.objects.bulk_create(
        Rating(macro_id=macro, participant=participant, value=ratings[macro]) for macro in macros
    )
    participant.rated_at = now
    participant.save(update_fields=["rated_at"])
    audit(group, "survey_answered", by=by, now=now)


@transaction.atomic
def place_macro(*, macro_id: int, customer: int, company: int, by: Actor, now: datetime) -> MacroAction:
    """Put a candidate on the materiality matrix.

    Raises:
        OffTheAxes: a value outside 0 to 10.
    """
    if not (0 <= customer <= AXIS and 0 <= company <= AXIS):
        raise OffTheAxes
    macro: MacroAction = MacroAction.objects.lock(macro_id)
    _locked(macro.group_id, by)
    macro.customer_importance, macro.company_importance = customer, company
    macro.save(update_fields=["customer_importance", "company_importance"])
    audit(macro, "changed", by=by, now=now, customer=customer, company=company)
    return macro


@transaction.atomic
def set_letters(*, group_id: int, letters: Mapping[tuple[int, int], str], by: Actor, now: datetime) -> None:
    """Say who does, answers for, is asked about and is told of each macro-action.

    Args:
        letters: (macro-action, participant) to a letter; what is not named has none.

    Raises:
        TwoAccountable, NobodyAccountable: where anybody has a letter, exactly one person answers.
    """
    group = _locked(group_id, by)
    people = set(group.participants.values_list("pk", flat=True))
    macros = {macro.pk: macro for macro in group.macros.all()}
    wanted = {
        (macro, person): Letter(letter)
        for (macro, person), letter in letters.items()
        if letter in Letter.values and macro in macros and person in people
    }
    for macro in macros.values():
        given = [letter for (row, _person), letter in wanted.items() if row == macro.pk]
        if given.count(Letter.ACCOUNTABLE) > 1:
            raise TwoAccountable(title=macro.title)
        if given and Letter.ACCOUNTABLE not in given:
            raise NobodyAccountable(title=macro.title)
    Responsibility.objects.filter(macro__group=group).delete()
    Responsibility.objects.bulk_create(
        Responsibility(macro_id=macro, participant_id=person, letter=letter)
        for (macro, person), letter in wanted.items()
    )
    audit(group, "saved", by=by, now=now, letters=len(wanted))


def _locked(group_id: int, by: Actor) -> Group:
    """Return the group locked, if it is open and the actor works in it."""
    open_group(group_id, by)
    group: Group = Group.objects.lock(group_id)
    if group.closed_at is not None:
        raise GroupClosed(name=group.name)
    return group


def _meeting(group: Group, number: int) -> Meeting:
    meeting = group.meetings.filter(number=number).first()
    if meeting is None:
        raise NotFound(kind=Meeting._meta.label)
    return meeting


def _in_order(segments: Collection[str]) -> list[str]:
    return [segment for segment in CustomerSegment.values if segment in segments]


def _page(group: Group) -> str:
    return reverse("improvement:group", args=[group.pk])


def _tell(group: Group, title: object, *, kind: str, key: str, url: str, by: Actor, now: datetime) -> None:
    people = group.participants.exclude(person_id=by.id or 0).values_list("person_id", flat=True)
    key = f"improvement:{group.pk}:{key}"
    notify(list(people), kind=kind, title=later(title, name=group.name), url=url, dedupe_key=key, now=now)
