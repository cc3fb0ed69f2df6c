"""Surveys of the network: colleagues are asked by a link each, once; what they answer is kept without who it was.

Two things are written when a colleague answers: a response, as by a plan's open link, and that they have answered.
Neither names the other, and what could join them by the way is taken care of here:

- the response bears the day on which the wave began, not its own, no device, and no unit where fewer than LEAST were
  asked (rules.colleagues);
- that somebody answered is written by writing all rows of the plan anew, with one day for all: neither a day nor the
  mark that PostgreSQL keeps of the transaction that wrote a row tells of a single one;
- no fact and no trail keep the minute, nor does the notice by which somebody came: when those of the wave were read
  is written anew as well;
- the reminder marks also those who needed none.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Q, Value, When
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.listening.links import colleague_id_of, colleague_path
from corsia.listening.models import ListeningPlan, Response, StaffInvitation
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.colleagues import asks_colleagues, began_at, colleagues_of, unit_of_answer, working_below
from corsia.listening.rules.colleagues import LEAST
from corsia.listening.services.answering_openly import SurveyOver, version_now
from corsia.listening.services.attaching import NO_FILES, Upload
from corsia.listening.services.taking import AlreadyAnswered, SurveyUnknown, Taken, take_page
from corsia.listening.vocabulary import AnswerChannel
from corsia.organisation.models import Person
from corsia.organisation.ports import post
from corsia.organisation.queries import tree, wanting_mail
from corsia.organisation.services import blur_reading, notify
from corsia.organisation.vocabulary import Role

KIND = "listening.colleague"


class NotForColleagues(Refused):
    code = "listening.not_for_colleagues"
    message = gettext_lazy(
        "This plan does not ask the network by links. Choose the agents of the network, a survey and a questionnaire."
    )


class PlanNotRunning(Refused):
    code = "listening.plan_not_running"
    message = gettext_lazy("The plan does not run now, so a link would open nothing. Start it, then send.")


class NoRoleChosen(Invalid):
    code = "listening.no_role_chosen"
    message = gettext_lazy("Choose at least one role.")


class TooFewColleagues(Refused):
    code = "listening.too_few_colleagues"
    message = gettext_lazy(
        "Only %(count)s would be asked. Among fewer than %(least)s people an answer can be recognised: choose more"
        " roles, or make the plan at a higher unit."
    )


@transaction.atomic
def invite_colleagues(*, plan_id: int, roles: Iterable[str], by: Actor, now: datetime) -> int:
    """Ask whoever works in one of the roles at the plan's unit or below it and was not asked yet.

    Returns:
        How many were asked now; 0 where everybody was before.

    Raises:
        NotForColleagues, PlanNotRunning: the plan cannot ask them, or not now.
        NoRoleChosen: none that exists.
        TooFewColleagues: an answer could be recognised.
    """
    chosen = [role for role in roles if role in Role.values]
    if not chosen:
        raise NoRoleChosen
    plan = _locked(plan_id, by=by, now=now)
    found = [one for one in colleagues_of(plan, roles=chosen, today=_today(plan, now)) if not one.is_invited]
    count = StaffInvitation.objects.filter(plan=plan).count() + len(found)
    if count < LEAST:
        raise TooFewColleagues(count=count, least=LEAST)
    rows = StaffInvitation.objects.bulk_create(
        [StaffInvitation(plan=plan, person=one.person, unit_id=one.unit_id, sent_at=now) for one in found]
    )
    _tell(plan, {row.pk: one.person for row, one in zip(rows, found, strict=True)}, is_reminder=False, now=now)
    if rows:
        audit(plan, "colleagues_invited", by=by, now=now, roles=chosen, count=len(rows))
    return len(rows)


@transaction.atomic
def remind_colleagues(*, plan_id: int, by: Actor, now: datetime) -> int:
    """Remind those who were asked and have not answered, each once; nobody who works there no longer.

    Returns:
        How many were reminded.

    Raises:
        NotForColleagues, PlanNotRunning: as for `invite_colleagues`.
    """
    plan = _locked(plan_id, by=by, now=now)
    still = working_below(plan, today=_today(plan, now)).values("person_id")
    fresh = StaffInvitation.objects.filter(plan=plan, reminded_at=None)
    rows = list(fresh.filter(answered_on=None, person__in=still).select_related("person").order_by("pk"))
    # Those too who have answered: who was reminded would else tell who answered late, and when they cannot have.
    fresh.update(reminded_at=now)
    _tell(plan, {row.pk: row.person for row in rows}, is_reminder=True, now=now)
    if rows:
        audit(plan, "colleagues_reminded", by=by, now=now, count=len(rows))
    return len(rows)


def colleague_survey(token: str, *, now: datetime) -> tuple[int, int, str]:
    """Return unit, version and language of what a colleague's link asks.

    Raises:
        SurveyUnknown: the token was not made here.
        AlreadyAnswered: it was used.
        SurveyOver: the plan does not run now.
    """
    invitation = _invitation_of(token)
    if invitation.answered_on is not None:
        raise AlreadyAnswered
    plan = ListeningPlan.unscoped.select_related("questionnaire").get(pk=invitation.plan_id)
    person = Person.objects.get(pk=invitation.person_id)
    return invitation.unit_id, version_now(plan, plan.unit_id, now=now), person.language


@transaction.atomic
def answer_as_colleague(
    *,
    token: str,
    page_key: str,
    data: Mapping[str, Sequence[str]],
    language: str,
    now: datetime,
    files: Mapping[str, Upload] = NO_FILES,
) -> Taken:
    """Begin the response of a colleague with its first page. The link is used up with it; the rest goes on without it.

    Raises:
        SurveyUnknown, AlreadyAnswered, SurveyOver: as for `colleague_survey`.
        PageUnknown: the questionnaire does not begin with this page.
    """
    plan_id = _invitation_of(token).plan_id
    plans = ListeningPlan.unscoped.select_for_update(no_key=True, of=("self",)).select_related("questionnaire")
    plan = plans.get(pk=plan_id)  # one answer of a plan after the other: all its rows are written
    invitation = _invitation_of(token)
    if invitation.answered_on is not None:
        raise AlreadyAnswered
    at = _day_of(plan)
    response = Response(
        unit_id=unit_of_answer(plan.pk, invitation.unit_id),
        version_id=version_now(plan, plan.unit_id, now=now),
        plan=plan,
        touchpoint_id=plan.touchpoint_id,
        channel=AnswerChannel.STAFF,
        language=language,
        started_at=at,
    )
    taken = take_page(response, page_key=page_key, data=data, files=files, now=at)
    if taken.response is not None:
        rows = StaffInvitation.unscoped.filter(plan=plan)
        has_answered = Q(pk=invitation.pk) | Q(answered_on__isnull=False)
        keys = [_key(pk, is_reminder=again) for pk in rows.values_list("pk", flat=True) for again in (False, True)]
        blur_reading(kind=KIND, dedupe_keys=keys, at=at)
        rows.update(answered_on=Case(When(has_answered, then=Value(_today(plan, now))), default=None))
    return taken


def _day_of(plan: ListeningPlan) -> datetime:
    """Return the first instant of the day on which a plan's wave began: all its answers bear it."""
    zone = tree().time_zone(plan.unit_id)
    return datetime.combine(began_at(plan.pk).astimezone(zone).date(), time(), tzinfo=zone)


def _invitation_of(token: str) -> StaffInvitation:
    invitation_id = colleague_id_of(token)
    found = StaffInvitation.unscoped.filter(pk=invitation_id).first() if invitation_id is not None else None
    if found is None:
        raise SurveyUnknown
    return found


def _locked(plan_id: int, *, by: Actor, now: datetime) -> ListeningPlan:
    plan: ListeningPlan = ListeningPlan.objects.lock(plan_id)
    demand(by, MANAGE_LISTENING, plan.unit_id)
    if not asks_colleagues(plan):
        raise NotForColleagues
    try:
        version_now(plan, plan.unit_id, now=now)
    except SurveyOver:
        raise PlanNotRunning from None
    return plan


def _today(plan: ListeningPlan, now: datetime) -> date:
    return now.astimezone(tree().time_zone(plan.unit_id)).date()


def _tell(plan: ListeningPlan, people: Mapping[int, Person], *, is_reminder: bool, now: datetime) -> None:
    """Tell each under the bell and, unless they declined, by mail, with their own link."""
    group = tree().group(plan.unit_id).name
    mailed = {person.pk for person in wanting_mail(people.values(), kind=KIND)}
    for invitation_id, person in people.items():
        key = _key(invitation_id, is_reminder=is_reminder)
        path = colleague_path(invitation_id)
        with translation.override(person.language):
            subject, text = _words(person, group, path, is_reminder=is_reminder)
            notify(
                [person.pk],
                kind=KIND,
                title=subject,
                text=_("Your answer is stored without your name."),
                url=path,
                dedupe_key=key,
                now=now,
            )
            if person.pk in mailed:
                post().mail(person_id=person.pk, subject=subject, text=text, key=key, now=now)


def _key(invitation_id: int, *, is_reminder: bool) -> str:
    return f"colleague:{invitation_id}:{'again' if is_reminder else 'first'}"


def _words(person: Person, group: str, path: str, *, is_reminder: bool) -> tuple[str, str]:
    values: dict[str, Any] = {
        "name": person.first_name,
        "group": group,
        "link": settings.PUBLIC_URL.rstrip("/") + path,
    }
    if is_reminder:
        subject = _("Reminder: %(group)s asks for your opinion") % values
        opening = _("some days ago we asked for your opinion on working with %(group)s. There is still time.")
    else:
        subject = _("%(group)s asks for your opinion") % values
        opening = _("how well do we work together? %(group)s asks the people of its network.")
    promise = _(
        "Your answer is stored without your name: nothing that we keep tells which answer is yours."
        " We only keep that this link was used, so that nobody answers twice. It is yours alone: do not pass it on."
    )
    parts = (_("Hello %(name)s,") % values, opening % values, values["link"], promise, group)
    return subject, "\n\n".join(parts)
