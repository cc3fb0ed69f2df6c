"""Listening plans: written, started, paused, ended."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.listening.models import ListeningPlan, Questionnaire, Touchpoint
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.questionnaires import version_in_force
from corsia.listening.services.segments import enrich_by_waves
from corsia.listening.vocabulary import Design, Instrument, PlanState
from corsia.messaging.occasions import OCCASIONS
from corsia.organisation.queries import tree

ASKS_BY_ITSELF = frozenset({Instrument.SURVEY, Instrument.IVR, Instrument.PHONE})
_WAYS = {
    PlanState.DRAFT: {PlanState.RUNNING},
    PlanState.RUNNING: {PlanState.PAUSED, PlanState.ENDED},
    PlanState.PAUSED: {PlanState.RUNNING, PlanState.ENDED},
    PlanState.ENDED: set(),
}


class PlanEnded(Refused):
    code = "listening.plan_ended"
    message = _("This plan has ended, so it stays as it is. Write a new one.")


class PlanCannot(Refused):
    code = "listening.plan_cannot"
    message = _("The plan cannot go from here to there: somebody changed it meanwhile. Reload the page.")


class PlanAsksNothing(Refused):
    code = "listening.plan_asks_nothing"
    message = _(
        "The plan has no questionnaire that is in force at its unit. Choose one, or put it in force, then start."
    )


class OccasionUnknown(Invalid):
    code = "listening.occasion_unknown"
    message = _("This event is not known. Choose another one.")


@dataclass(frozen=True, kw_only=True)
class PlanData:
    """What a manager writes; the fields are those of ListeningPlan."""

    name: str
    touchpoint_id: int
    population: str
    instrument: str
    starts_on: date
    aim: str = ""
    questionnaire_id: int | None = None
    design: str = Design.CENSUS.value
    sample_pct: int = 100
    quota: int | None = None
    expected_answers: int | None = None
    ends_on: date | None = None
    occasion: str = ""
    delay_kind: str = "elapsed"
    delay_minutes: int = 0
    send_hour: int | None = None
    make: str = ""
    words: str = ""
    excluded_processes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    reminders: int = 0
    remind_after_days: int = 5


@transaction.atomic
def save_plan(*, plan_id: int | None, unit_id: int, data: PlanData, by: Actor, now: datetime) -> ListeningPlan:
    """Write a plan as a draft, or change it; what it invited before keeps its day.

    Raises:
        NotFound: the touchpoint or the questionnaire is not within the scope.
        OccasionUnknown: no context tells of such an event.
        PlanEnded: what was listened to stays as it was.
    """
    Touchpoint.objects.find(data.touchpoint_id)
    if data.questionnaire_id is not None:
        Questionnaire.objects.find(data.questionnaire_id)
    if data.occasion and data.occasion not in OCCASIONS:
        raise OccasionUnknown
    if plan_id is None:
        demand(by, MANAGE_LISTENING, unit_id)
        plan = ListeningPlan(unit_id=unit_id)
    else:
        plan = _locked(plan_id, by=by)
        if plan.state == PlanState.ENDED:
            raise PlanEnded
    for name in PlanData.__dataclass_fields__:
        setattr(plan, name, getattr(data, name))
    plan.excluded_processes, plan.channels = list(data.excluded_processes), list(data.channels)
    if data.design == Design.CENSUS:
        plan.sample_pct = 100
    plan.changed_by_id, plan.changed_at = by.id, now
    plan.save()
    audit(plan, "plan_saved", by=by, now=now, name=data.name, quota=data.quota, design=data.design)
    return plan


@transaction.atomic
def set_plan_state(*, plan_id: int, state: str, by: Actor, now: datetime) -> ListeningPlan:
    """Start, pause or end a plan. While it does not run, nothing that waits of it is sent.

    Raises:
        PlanAsksNothing: it would start without a questionnaire in force.
        PlanCannot: it is in another state than the page showed.
    """
    plan = _locked(plan_id, by=by)
    if state not in _WAYS[PlanState(plan.state)]:
        raise PlanCannot
    if state == PlanState.RUNNING and plan.instrument in ASKS_BY_ITSELF:
        questionnaire = plan.questionnaire
        if questionnaire is None or version_in_force(plan.unit_id, questionnaire.key) is None:
            raise PlanAsksNothing
    was, plan.state = plan.state, PlanState(state)
    plan.changed_by_id, plan.changed_at = by.id, now
    plan.save(update_fields=["state", "changed_by", "changed_at"])
    audit(plan, "plan_state_set", by=by, now=now, state=[was, state])
    if state == PlanState.ENDED:
        enrich_by_waves(now=now, plan_id=plan.pk)
    return plan


def _locked(plan_id: int, *, by: Actor) -> ListeningPlan:
    plan: ListeningPlan = ListeningPlan.objects.lock(plan_id)
    demand(by, MANAGE_LISTENING, plan.unit_id)
    return plan


@transaction.atomic
def begin_next_wave(*, touchpoint_key: str, unit_id: int, action_id: int, now: datetime) -> ListeningPlan | None:
    """Listen again on a touchpoint that an action has changed: its last plan that is over runs once more from today.

    It runs as long as before. Where a plan of the touchpoint runs anyway, that one shows what has changed.

    Returns:
        None where nothing is to begin: the touchpoint is not known, is heard already, or was never listened to.
    """
    places = tree()
    unit = places.unit(unit_id)
    plans = ListeningPlan.objects.filter(
        touchpoint__key=touchpoint_key,
        touchpoint__unit_id__in=[*unit.ancestor_ids, unit_id],
        instrument__in=ASKS_BY_ITSELF,
    ).order_by("-ends_on", "-pk")
    last: ListeningPlan | None = plans.filter(state=PlanState.ENDED, questionnaire__isnull=False).first()
    if not touchpoint_key or last is None or plans.filter(state=PlanState.RUNNING).exists():
        return None
    today = now.astimezone(places.time_zone(unit_id)).date()
    lasted = last.ends_on - last.starts_on if last.ends_on else None
    by = system("improvement action")
    wave: ListeningPlan = ListeningPlan.objects.get(pk=last.pk)
    wave.pk, wave._state.adding = None, True
    wave.name = (gettext("%(plan)s, after action %(number)s") % {"plan": last.name, "number": action_id})[-80:]
    wave.starts_on, wave.ends_on = today, today + lasted if lasted is not None else None
    wave.state, wave.changed_by, wave.changed_at = PlanState.RUNNING, None, now
    wave.save(force_insert=True)
    audit(wave, "plan_state_set", by=by, now=now, state=wave.state, action=action_id, after=last.pk)
    return wave
