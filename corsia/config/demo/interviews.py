"""Interviews by keypad of the invented group: who was called, with which script, and what they answered."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from corsia.config.demo.group import CARE, DemoGroup
from corsia.config.demo.registry import DemoCustomer, Registry
from corsia.kernel.actors import system
from corsia.listening.models import (
    Interview,
    Invitation,
    ListeningPlan,
    Questionnaire,
    QuestionnaireVersion,
    Response,
    ResponseItem,
    Touchpoint,
)
from corsia.listening.queries.questionnaires import definition_of, shipped, version_in_force
from corsia.listening.rules.calling import plan_attempt, script_for
from corsia.listening.rules.interviews import Item, items_of
from corsia.listening.rules.questionnaires import Given, is_low
from corsia.listening.services.interview_setup import save_setup, save_words
from corsia.listening.vocabulary import (
    AnswerChannel,
    Instrument,
    InterviewOutcome,
    InterviewWay,
    PlanState,
    Slot,
    Stage,
    VersionState,
)

ROME = ZoneInfo("Europe/Rome")
ROBOT = system("demonstration")
CALLED, TRANSFERRED, DAYS, MOST_ATTEMPTS = 460, 90, 80, 3
PLACES = ("brescia", "verona", "bergamo")
SLOTS = (Slot.MORNING, Slot.NOON, Slot.AFTERNOON)
_ANSWERS = {Slot.MORNING: 0.36, Slot.NOON: 0.55, Slot.AFTERNOON: 0.43}  # share that picks up
_DONE = {"A": 0.58, "B": 0.73}  # of those who picked up: B is shorter
_SHORT_IT = {
    "greeting": "Buongiorno da {group}. Nove domande, un minuto e mezzo: ci dice com'è andata?",
    "privacy": (
        "Le risposte servono solo a migliorare il servizio, secondo la legge sulla privacy; la chiamata non è"
        " registrata. Prema 1 per accettare, 2 per rifiutare."
    ),
}
_PEACE = 62  # days between two surveys of one customer
_OUTCOMES = (InterviewOutcome.NO_ANSWER, InterviewOutcome.BUSY, InterviewOutcome.MACHINE)


def load(group: DemoGroup, registry: Registry, *, rng: random.Random, now: datetime) -> None:
    """Have customers of three branches called, and some transferred at the end of their call."""
    version = _version(group, now=now)
    save_setup(
        questionnaire_id=version.questionnaire_id,
        most_attempts=MOST_ATTEMPTS,
        slots=list(SLOTS),
        hours_between=3,
        ring_seconds=25,
        share_b_pct=50,
        by=ROBOT,
        now=now - timedelta(days=DAYS),
    )
    save_words(
        questionnaire_id=version.questionnaire_id,
        script="B",
        language="it",
        texts=_SHORT_IT,
        by=ROBOT,
        now=now - timedelta(days=DAYS),
    )
    plan = _plan(group, version, now=now)
    since = now - timedelta(days=DAYS + _PEACE)
    asked = set(Invitation.objects.filter(created_at__gt=since).values_list("customer_id", flat=True))
    left = asked | registry.refused.keys()
    people = [one for one in registry.customers if one.phone.startswith("+") and one.id not in left]
    chosen = rng.sample(people, k=min(len(people), CALLED + TRANSFERRED))
    teller = _Teller(group, version, rng=rng, now=now)
    teller.called(plan, chosen[:CALLED])
    teller.transferred(chosen[CALLED:])
    teller.write()


class _Teller:
    """Makes up who picked up and what they answered; writes it all at once."""

    def __init__(self, group: DemoGroup, version: QuestionnaireVersion, *, rng: random.Random, now: datetime) -> None:
        self.group, self.version, self.rng, self.now = group, version, rng, now
        self.definition = definition_of(version.pk)
        self.items = list(items_of(self.definition))
        self.invitations: list[Invitation] = []
        self.interviews: list[Interview] = []
        self.responses: list[Response] = []
        self.rows: list[ResponseItem] = []

    def called(self, plan: ListeningPlan, people: list[DemoCustomer]) -> None:
        """Let people be called by the plan, until they pick up or no attempt is left."""
        for number, person in enumerate(people):
            unit = self.group.units[f"{PLACES[number % len(PLACES)]}/{CARE}"]
            began = self.now - timedelta(days=2 + self.rng.random() * (DAYS - 6))
            invitation = Invitation(
                plan=plan,
                occasion_id=number + 1,
                happened_at=began,
                unit=unit,
                customer_id=person.id,
                version=self.version,
                language=person.language,
                created_at=began,
                send_after=began,
                expires_at=began + timedelta(days=21),
            )
            self.invitations.append(invitation)
            script, not_before = script_for(number, share_b_pct=50), began
            for attempt in range(1, MOST_ATTEMPTS + 1):
                planned = plan_attempt(seed=number, number=attempt, not_before=not_before, zone=ROME, slots=SLOTS)
                if planned.at >= self.now:
                    break
                invitation.sent_at = invitation.sent_at or planned.at
                interview = self._call(
                    person,
                    unit_id=unit.pk,
                    way=InterviewWay.CALLBACK,
                    at=planned.at,
                    slot=planned.slot,
                    script=script,
                    attempt=attempt,
                    invitation=invitation,
                )
                if self.rng.random() < _ANSWERS[Slot(planned.slot)] * (1.0, 0.95, 0.8)[attempt - 1]:
                    self._talk(interview)
                    break
                interview.outcome = self.rng.choices(_OUTCOMES, (6, 2, 2))[0]
                not_before = planned.at + timedelta(hours=3)

    def transferred(self, people: list[DemoCustomer]) -> None:
        """Let people be transferred at the end of their call: they are on the line already."""
        for number, person in enumerate(people):
            day = (self.now - timedelta(days=1 + number * (DAYS - 5) / max(1, len(people)))).astimezone(ROME)
            at = day.replace(hour=9 + number % 8, minute=(number * 7) % 60, second=0, microsecond=0)
            unit = self.group.units[f"brescia/{CARE}"]
            interview = self._call(
                person,
                unit_id=unit.pk,
                way=InterviewWay.TRANSFER,
                at=at,
                slot="",
                script=script_for(number, share_b_pct=50),
                attempt=1,
                invitation=None,
            )
            interview.provider_id = f"CA{number:032}"
            interview.begun_by = self.group.workers[f"brescia/{CARE}"][number % 2]
            self._talk(interview)

    def _call(
        self,
        person: DemoCustomer,
        *,
        unit_id: int,
        way: str,
        at: datetime,
        slot: str,
        script: str,
        attempt: int,
        invitation: Invitation | None,
    ) -> Interview:
        interview = Interview(
            unit_id=unit_id,
            version=self.version,
            way=way,
            invitation=invitation,
            customer_id=person.id,
            attempt=attempt,
            slot=slot,
            script=script,
            language=person.language,
            planned_at=at,
            placed_at=at,
            ended_at=at + timedelta(seconds=40),
        )
        self.interviews.append(interview)
        return interview

    def _talk(self, interview: Interview) -> None:
        done = _DONE[interview.script] + (0.1 if interview.way == InterviewWay.TRANSFER else 0.0)
        interview.answered_at = interview.planned_at + timedelta(seconds=12)
        outcome = self.rng.choices(
            (
                InterviewOutcome.DONE,
                InterviewOutcome.PARTIAL,
                InterviewOutcome.DECLINED,
                InterviewOutcome.LEFT,
            ),
            (done, (1 - done) * 0.45, (1 - done) * 0.35, (1 - done) * 0.2),
        )[0]
        interview.outcome, interview.ended_at = outcome, interview.planned_at + timedelta(seconds=95)
        if outcome not in (InterviewOutcome.DONE, InterviewOutcome.PARTIAL):
            return
        is_complaint = self.rng.random() < 0.3
        interview.purpose = "complaint" if is_complaint else "information"
        answered = self.items if outcome == InterviewOutcome.DONE else self.items[: self.rng.randint(1, 6)]
        given = {item.key: self._answer(item, is_complaint) for item in answered}
        response = Response(
            invitation=interview.invitation,
            plan=interview.invitation.plan if interview.invitation else None,
            unit_id=interview.unit_id,
            version=self.version,
            touchpoint_id=interview.invitation.plan.touchpoint_id if interview.invitation else None,  # type: ignore[union-attr]
            customer_id=interview.customer_id,
            channel=AnswerChannel.IVR,
            language=interview.language,
            wants_callback=given["call_me"].number == 1 if "call_me" in given else False,
            invited_at=interview.invitation.sent_at if interview.invitation else None,
            started_at=interview.answered_at,
            answered_at=interview.ended_at,
            completed_at=interview.ended_at if outcome == InterviewOutcome.DONE else None,
            settled_at=interview.ended_at + timedelta(minutes=30 * (outcome != InterviewOutcome.DONE)),
        )
        interview.response = response
        self.responses.append(response)
        for item in answered:
            self.rows.append(
                ResponseItem(
                    response=response,
                    unit_id=response.unit_id,
                    question=item.key,
                    number=given[item.key].number,
                    is_low=is_low(item.question, given[item.key]),
                    answered_at=interview.ended_at,
                )
            )

    def _answer(self, item: Item, is_complaint: bool) -> Given:
        if item.key == "call_me":
            return Given(number=int(self.rng.random() < (0.2 if is_complaint else 0.05)))
        middle = (6.1 if is_complaint else 8.0) - (0.9 if item.key in ("waiting", "time") else 0.0)
        return Given(number=max(0, min(9, round(self.rng.gauss(middle, 1.6)))))

    def write(self) -> None:
        """Write everything."""
        Invitation.objects.bulk_create(self.invitations)
        Response.objects.bulk_create(self.responses)
        Interview.objects.bulk_create(self.interviews)
        ResponseItem.objects.bulk_create(self.rows)


def _version(group: DemoGroup, *, now: datetime) -> QuestionnaireVersion:
    """Return the questionnaire of the contact centre; put in force where nobody did."""
    found = version_in_force(group.root.pk, "csi-care")
    if found is not None:
        in_force: QuestionnaireVersion = QuestionnaireVersion.objects.get(pk=found)
        return in_force
    data = dict(shipped()["csi-care"])
    questionnaire = Questionnaire.objects.create(
        unit=group.root, key="csi-care", name_it=data["name"]["it"], name_en=data["name"]["en"]
    )
    version: QuestionnaireVersion = QuestionnaireVersion.objects.create(
        questionnaire=questionnaire,
        number=1,
        state=VersionState.IN_FORCE,
        definition=data,
        saved_at=now - timedelta(days=400),
        published_at=now - timedelta(days=400),
    )
    return version


def _plan(group: DemoGroup, version: QuestionnaireVersion, *, now: datetime) -> ListeningPlan:
    touchpoint = Touchpoint.objects.filter(unit=group.root, stage=Stage.CARE).order_by("position", "pk").first()
    if touchpoint is None:
        touchpoint = Touchpoint.objects.create(
            unit=group.root,
            key="care-phone",
            name_it="Chiamata al Servizio Clienti",
            name_en="Call to customer care",
            stage=Stage.CARE,
        )
    plan: ListeningPlan = ListeningPlan.objects.create(
        unit=group.root,
        name="Chi ci ha chiamato",
        aim="Sapere il giorno dopo com'è andata la chiamata al Servizio Clienti",
        touchpoint=touchpoint,
        questionnaire=version.questionnaire,
        instrument=Instrument.IVR,
        starts_on=(now - timedelta(days=DAYS)).date(),
        state=PlanState.RUNNING,
        changed_at=now - timedelta(days=DAYS),
    )
    return plan
