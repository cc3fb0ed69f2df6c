"""Interviews on the phone of the invented group: four weeks of calls by its own people, and those to be made now.

And by which way the surveys of its plans went: WhatsApp, SMS or mail, with a reminder.
"""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef

from corsia.config.demo.group import CARE, DemoGroup
from corsia.config.demo.registry import DemoCustomer, Registry
from corsia.customers.models import ContactPoint
from corsia.kernel.actors import system
from corsia.listening.models import (
    Interview,
    Invitation,
    ListeningPlan,
    QuestionnaireVersion,
    Response,
    ResponseItem,
    SurveySettings,
    Touchpoint,
)
from corsia.listening.queries.questionnaires import definition_of, version_in_force
from corsia.listening.rules.calling import plan_attempt, script_for, slot_at
from corsia.listening.rules.questionnaires import Given, in_short, is_low, items_shown
from corsia.listening.services.interview_setup import save_setup
from corsia.listening.vocabulary import (
    AnswerChannel,
    Instrument,
    InterviewOutcome,
    InterviewWay,
    PlanState,
    Slot,
)
from corsia.organisation.models import Unit

ROME = ZoneInfo("Europe/Rome")
ROBOT = system("demonstration")
KEY = "nps-workshop"
CALLED, DUE, LATER, DAYS, MOST_ATTEMPTS = 210, 14, 22, 28, 4
PLACES = ("brescia", "verona", "bergamo")
SLOTS = (Slot.NOON, Slot.AFTERNOON, Slot.EVENING, Slot.SATURDAY)
_ANSWERS = {Slot.NOON: 0.38, Slot.AFTERNOON: 0.34, Slot.EVENING: 0.56, Slot.SATURDAY: 0.61}  # share that picks up
_UNREACHED = (InterviewOutcome.NO_ANSWER, InterviewOutcome.BUSY, InterviewOutcome.MACHINE, InterviewOutcome.WRONG)
_REACHED = (
    InterviewOutcome.DONE,
    InterviewOutcome.PARTIAL,
    InterviewOutcome.DECLINED,
    InterviewOutcome.LANGUAGE,
    InterviewOutcome.GONE,
)
_PEACE = 62  # days between two surveys of one customer
_WHY = {
    True: ("Il capofficina mi ha spiegato ogni voce", "Auto pronta all'ora detta", "Sempre gentili al banco"),
    False: ("Ho aspettato due ore senza una notizia", "Il preventivo è raddoppiato", "Ho dovuto richiamare io"),
}
_NOTES = ("dopo le 18, finito il turno", "al sabato mattina", "risponde la moglie", "guida: non di mattina")


def load(group: DemoGroup, registry: Registry, *, rng: random.Random, now: datetime) -> None:
    """Have customers of three workshops called by people, leave some to be called, and tell surveys by their ways."""
    found = version_in_force(group.root.pk, KEY)
    if found is None:
        return
    version: QuestionnaireVersion = QuestionnaireVersion.objects.get(pk=found)
    save_setup(
        questionnaire_id=version.questionnaire_id,
        most_attempts=MOST_ATTEMPTS,
        slots=list(SLOTS),
        hours_between=4,
        ring_seconds=25,
        share_b_pct=0,
        by=ROBOT,
        now=now - timedelta(days=DAYS),
    )
    plan: ListeningPlan = ListeningPlan.objects.create(
        unit=group.root,
        name="Officina, la telefonata dopo il ritiro",
        aim="Sentire a voce chi ha appena ritirato l'auto e richiamare presto chi non è contento.",
        touchpoint=Touchpoint.objects.filter(unit=group.root, key="handback").first()
        or Touchpoint.objects.filter(unit=group.root).earliest("pk"),
        questionnaire=version.questionnaire,
        instrument=Instrument.PHONE,
        quota=80,
        starts_on=(now - timedelta(days=DAYS)).date(),
        state=PlanState.RUNNING,
        changed_at=now - timedelta(days=DAYS),
    )
    since = now - timedelta(days=DAYS + _PEACE)
    left = set(Invitation.objects.filter(created_at__gt=since).values_list("customer_id", flat=True))
    left |= registry.refused.keys()
    people = [one for one in registry.customers if one.phone.startswith("+") and one.id not in left]
    chosen = rng.sample(people, k=min(len(people) // 2, CALLED + DUE + LATER))  # the keypad calls the others
    caller = _Caller(group, version, plan, called=max(0, len(chosen) - DUE - LATER), rng=rng, now=now)
    for number, person in enumerate(chosen):
        caller.call(number, person)
    caller.write()
    _by_all_ways(group)


class _Caller:
    """Makes up who picked up and what they said; writes it all at once."""

    def __init__(
        self,
        group: DemoGroup,
        version: QuestionnaireVersion,
        plan: ListeningPlan,
        *,
        called: int,
        rng: random.Random,
        now: datetime,
    ) -> None:
        self.group, self.version, self.plan, self.rng, self.now = group, version, plan, rng, now
        self.called = called  # so many of them before today
        self.definition = definition_of(version.pk)
        self.invitations: list[Invitation] = []
        self.calls: list[Interview] = []
        self.responses: list[Response] = []
        self.items: list[ResponseItem] = []

    def call(self, number: int, person: DemoCustomer) -> None:
        """Call somebody until they pick up; the last ones are still to be called."""
        town = PLACES[number % len(PLACES)]
        unit = self.group.units[f"{town}/{CARE}"]
        is_past = number < self.called
        began = self.now - timedelta(days=2 + self.rng.random() * (DAYS - 6) if is_past else 1)
        invitation = Invitation(
            plan=self.plan,
            occasion_id=-(number + 1),  # events of before the demonstration, which have no row
            happened_at=began - timedelta(days=1),
            unit=unit,
            customer_id=person.id,
            version=self.version,
            language=person.language,
            created_at=began,
            send_after=began,
            expires_at=began + timedelta(days=21),
        )
        self.invitations.append(invitation)
        if not is_past:
            self._waiting(number, invitation, unit)
            return
        not_before, last = began, ""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            slots = [slot for slot in SLOTS if slot != last]
            planned = plan_attempt(seed=number, number=attempt, not_before=not_before, zone=ROME, slots=slots)
            if planned.at >= self.now - timedelta(hours=1):
                self._add(invitation, unit, at=planned.at, slot=planned.slot, attempt=attempt)
                return
            call = self._add(invitation, unit, at=planned.at, slot=planned.slot, attempt=attempt)
            invitation.sent_at = invitation.sent_at or planned.at
            call.placed_at, call.ended_at = planned.at, planned.at + timedelta(seconds=50)
            call.begun_by = self.group.workers[f"{town}/{CARE}"][number % 2]
            if self.rng.random() < _ANSWERS[Slot(planned.slot)]:
                self._talk(call)
                return
            call.outcome = self.rng.choices(_UNREACHED, (60, 18, 18, 4))[0]
            if call.outcome == InterviewOutcome.WRONG:
                return
            not_before, last = planned.at + timedelta(hours=4), planned.slot

    def _waiting(self, number: int, invitation: Invitation, unit: Unit) -> None:
        is_due = number < self.called + DUE
        minutes = self.rng.randint(5, 180)
        at = self.now - timedelta(minutes=minutes) if is_due else self.now + timedelta(hours=2, minutes=9 * minutes)
        is_wished = number % 7 == 0
        attempt = 1
        if is_wished:
            first = self._add(invitation, unit, at=at - timedelta(days=1), slot=Slot.NOON, attempt=1)
            first.outcome, first.placed_at = InterviewOutcome.LATER, first.planned_at
            first.answered_at = first.ended_at = first.planned_at + timedelta(seconds=40)
            first.note, invitation.sent_at = _NOTES[number % len(_NOTES)], first.planned_at
            first.begun_by = self.group.workers[f"brescia/{CARE}"][0]
            attempt = 2
        call = self._add(invitation, unit, at=at, slot=slot_at(at, ROME), attempt=attempt)
        call.is_wished = is_wished

    def _add(self, invitation: Invitation, unit: Unit, *, at: datetime, slot: str, attempt: int) -> Interview:
        call = Interview(
            unit=unit,
            version=self.version,
            way=InterviewWay.OPERATOR,
            invitation=invitation,
            customer_id=invitation.customer_id,
            attempt=attempt,
            slot=slot,
            script=script_for(attempt, share_b_pct=0),
            language=invitation.language,
            planned_at=at,
        )
        self.calls.append(call)
        return call

    def _talk(self, call: Interview) -> None:
        at = call.planned_at
        call.answered_at = at + timedelta(seconds=15)
        call.outcome = self.rng.choices(_REACHED, (68, 12, 14, 2, 4))[0]
        call.ended_at = at + timedelta(minutes=1)
        if call.outcome not in (InterviewOutcome.DONE, InterviewOutcome.PARTIAL):
            return
        call.agreed_at, call.ended_at = at + timedelta(seconds=35), at + timedelta(minutes=4)
        score = min(10, max(0, round(self.rng.gauss(8.3, 1.9))))
        answers: dict[str, Given] = {"recommend": Given(number=score)}
        if call.outcome == InterviewOutcome.DONE:
            why = next((q.key for q, _item in items_shown(self.definition, answers) if q.kind == "text"), "")
            if why and self.rng.random() < 0.6:
                answers[why] = Given(text=self.rng.choice(_WHY[score > 8]))
        short = in_short(self.definition, answers)
        response = Response(
            invitation=call.invitation,
            plan=self.plan,
            unit_id=call.unit_id,
            version=self.version,
            touchpoint_id=self.plan.touchpoint_id,
            customer_id=call.customer_id,
            channel=AnswerChannel.PHONE,
            language=call.language,
            score=short.score,
            text=short.text,
            invited_at=call.invitation.sent_at if call.invitation else None,
            started_at=call.agreed_at,
            answered_at=call.ended_at,
            completed_at=call.ended_at if call.outcome == InterviewOutcome.DONE else None,
            settled_at=call.ended_at + timedelta(minutes=30 * (call.outcome != InterviewOutcome.DONE)),
        )
        call.response = response
        self.responses.append(response)
        for key, given in answers.items():
            question = self.definition.question_of(key)
            self.items.append(
                ResponseItem(
                    response=response,
                    unit_id=response.unit_id,
                    question=key,
                    number=given.number,
                    text=given.text,
                    is_low=question is not None and is_low(question, given),
                    answered_at=call.ended_at,
                )
            )

    def write(self) -> None:
        """Write everything."""
        Invitation.objects.bulk_create(self.invitations)
        Response.objects.bulk_create(self.responses)
        Interview.objects.bulk_create(self.calls)
        ResponseItem.objects.bulk_create(self.items)


def _by_all_ways(group: DemoGroup) -> None:
    """Let the surveys of plans go by WhatsApp or SMS where the customer has a mobile number, else by mail."""
    SurveySettings.objects.filter(unit=group.root).update(
        whatsapp_text="invito sondaggio", whatsapp_reminder="promemoria sondaggio"
    )
    surveys = ListeningPlan.objects.filter(instrument=Instrument.SURVEY).exclude(occasion="")
    surveys.update(channels=["whatsapp", "sms", "email"], reminders=1, remind_after_days=5)
    mobile = ContactPoint.objects.filter(customer_id=OuterRef("customer_id"), kind="phone", value__startswith="+393")
    sent = Invitation.objects.filter(plan__in=surveys, sent_at__isnull=False).annotate(is_mobile=Exists(mobile))
    sent.filter(is_mobile=False).update(passed_over="whatsapp=no_number,sms=no_number")
    by_text = sent.filter(is_mobile=True).annotate(third=F("id") % 3)
    by_text.filter(third__in=(0, 1)).update(channel="whatsapp")
    by_text.filter(third=2).update(channel="sms", passed_over="whatsapp=no_account")
    for way in ("whatsapp", "sms"):
        Response.objects.filter(invitation__plan__in=surveys, invitation__channel=way).update(channel=way)
    late = sent.filter(response=None).annotate(quarter=F("id") % 4).exclude(quarter=0)
    late.update(reminders_sent=1)
