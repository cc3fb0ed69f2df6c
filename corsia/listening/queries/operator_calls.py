"""What one of us sees who interviews on the phone: how many calls wait, who is called, what is asked now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format

from corsia.customers import queries as customers
from corsia.customers.queries import CustomerCard
from corsia.listening.models import Interview, ListeningPlan, Response
from corsia.listening.queries.interviews import InterviewRow, names_at, script_of
from corsia.listening.queries.invitations import answers_so_far
from corsia.listening.queries.places import place_name
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.interviews import CLOSING, OPENING, STATEMENT, usual_words
from corsia.listening.rules.questionnaires import (
    Given,
    Problem,
    Question,
    QuestionKind,
    fill,
    item_after,
    items_shown,
    page_missing,
)
from corsia.listening.vocabulary import Instrument, InterviewOutcome, InterviewWay, PlanState
from corsia.messaging.queries.contact_rules import rules_in_force
from corsia.organisation.queries import tree
from corsia.ui.templatetags.ui import small_names

END = "end"  # in place of a question: all were asked
LATEST = 8


@dataclass(frozen=True, kw_only=True)
class PlanCalls:
    """How far the calls of a plan are; the numbers are those of the reader's scope."""

    plan: ListeningPlan
    place: str
    people: int  # on the list so far
    due: int
    later: int
    interviewed: int
    declined: int
    given_up: int  # called as often as may be, or for good reason never again

    @property
    def settled(self) -> int:
        """For whom nothing more is to be done."""
        return self.people - self.due - self.later


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the page of calls shows."""

    due: int
    wished: int  # of them at a time the customer named
    next_at: datetime | None
    made_by_me: int
    done_by_me: int
    plans: Sequence[PlanCalls]
    latest: Sequence[InterviewRow]
    mine: Interview | None  # the call that somebody is in the middle of
    quiet_until: datetime | None  # nobody may be disturbed before

    @property
    def is_empty(self) -> bool:
        """Whether no plan calls at all."""
        return not self.plans


def call_desk(*, person_id: int | None, now: datetime) -> Desk:
    """Return what somebody sees who is about to call."""
    ours = Interview.objects.filter(way=InterviewWay.OPERATOR)
    waiting = ours.filter(placed_at=None, outcome="")
    free = waiting.filter(planned_at__lte=now).filter(
        Q(held_until=None) | Q(held_until__lte=now) | Q(begun_by_id=person_id)
    )
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = ours.filter(begun_by_id=person_id, placed_at__gte=today)
    places, plans = tree(), _plans(now)
    rows = mine.exclude(outcome="").select_related("customer", "response", "version__questionnaire")
    return Desk(
        due=free.count(),
        wished=free.filter(is_wished=True).count(),
        next_at=waiting.filter(planned_at__gt=now).order_by("planned_at").values_list("planned_at", flat=True).first(),
        made_by_me=mine.count(),
        done_by_me=mine.filter(outcome=InterviewOutcome.DONE).count(),
        plans=plans,
        quiet_until=_quiet_until(plans, now),
        latest=[
            InterviewRow(interview=row, place=place_name(places, row.unit_id))
            for row in rows.order_by("-ended_at", "-pk")[:LATEST]
        ],
        mine=ours.filter(begun_by_id=person_id, outcome="")
        .filter(Q(placed_at__isnull=False) | Q(held_until__gt=now))
        .select_related("customer")
        .first(),
    )


def _quiet_until(plans: Sequence[PlanCalls], now: datetime) -> datetime | None:
    """Return from when customers may be disturbed again, None while they may be."""
    until = [rules_in_force(row.plan.unit_id).quiet.first_hour(now) for row in plans]
    opens = [at for at in until if at is not None]
    return min(opens) if opens and min(opens) > now else None


def _plans(now: datetime) -> list[PlanCalls]:
    plans = ListeningPlan.objects.filter(instrument=Instrument.PHONE, state=PlanState.RUNNING).order_by("name", "pk")
    counted = {
        row["invitation__plan_id"]: row
        for row in Interview.objects.filter(way=InterviewWay.OPERATOR, invitation__plan__in=plans)
        .order_by()
        .values("invitation__plan_id")
        .annotate(
            people=Count("invitation_id", distinct=True),
            due=Count("pk", filter=Q(placed_at=None, outcome="", planned_at__lte=now)),
            later=Count("pk", filter=Q(placed_at=None, outcome="", planned_at__gt=now)),
            interviewed=Count("pk", filter=Q(outcome__in=(InterviewOutcome.DONE, InterviewOutcome.PARTIAL))),
            declined=Count("pk", filter=Q(outcome=InterviewOutcome.DECLINED)),
        )
    }
    places = tree()
    found = []
    for plan in plans:
        row = counted.get(plan.pk, {})
        people, due, later, interviewed, declined = (
            row.get(name, 0) for name in ("people", "due", "later", "interviewed", "declined")
        )
        found.append(
            PlanCalls(
                plan=plan,
                place=places.label(plan.unit_id),
                people=people,
                due=due,
                later=later,
                interviewed=interviewed,
                declined=declined,
                given_up=max(0, people - due - later - interviewed - declined),
            )
        )
    return found


@dataclass(frozen=True, kw_only=True)
class Option:
    """An answer that can be chosen; `key` is that of the keyboard, "" for none."""

    value: str
    text: str
    key: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class AskedNow:
    """One question as it is read out."""

    item: str
    kind: str
    text: str
    row: str
    help: str
    low: str
    high: str
    options: Sequence[Option]
    value: str
    is_required: bool
    number: int
    of: int
    before: str  # the item one step back
    problem: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """An answer that was given."""

    item: str
    text: str
    answer: str
    is_now: bool


@dataclass(frozen=True, kw_only=True)
class CallScreen:
    """Everything one of us sees during a call.

    Attributes:
        step: "dial", "talk", "ask", "end" or "over".
    """

    call: Interview
    step: str
    card: CustomerCard
    place: str
    about: str  # the visit, the case
    happened_on: datetime | None
    opening: str
    statement: str
    closing: str
    asked: AskedNow | None
    told: Sequence[Told]
    before: Sequence[Interview]
    last_score: int | None
    can_be_done: bool

    @property
    def first_phone(self) -> str:
        """The number that is dialled first, "" without one."""
        return next((reach.value for reach in self.card.phones if reach.is_usable), "")


def call_screen(interview_id: int, *, person: str, item: str = "", problem: Problem | None = None) -> CallScreen:
    """Return the screen of a call.

    Args:
        item: what is asked; "" for the first thing without an answer, END for none.

    Raises:
        NotFound: no such call of ours within the scope.
    """
    rows = Interview.objects.filter(way=InterviewWay.OPERATOR).select_related(
        "invitation__plan", "invitation__case", "invitation__vehicle", "version__questionnaire", "begun_by"
    )
    call: Interview = rows.find(interview_id)
    invitation = call.invitation
    card = customers.customer_card(call.customer_id or 0)
    definition = definition_of(call.version_id)
    response = Response.objects.filter(invitation_id=call.invitation_id).first()
    answers = answers_so_far(response.pk if response else None)
    shown = items_shown(definition, answers)
    keys = [key for _question, key in shown]
    current = item if item in keys else ("" if item == END else item_after(definition, answers))
    texts, _sounds = script_of(call.version_id, call.script, call.language)
    vehicle = invitation.vehicle if invitation else None
    names = names_at(call.unit_id) | {
        "person": person,
        "customer": card.name,
        "vehicle": str(vehicle or ""),
        "day": small_names(date_format(timezone.localtime(invitation.happened_at), "j F Y"))
        if invitation and invitation.happened_at
        else "",
    }

    def said(key: str) -> str:
        return fill(texts.get(key, "").strip() or usual_words(key, call.language), names)

    def worded(question: Question, key: str) -> str:
        row = next((one for one in question.rows if f"{question.key}.{one.key}" == key), None)
        parts = [question.words.said(call.language), row.words.said(call.language) if row else ""]
        return fill(" · ".join(filter(None, parts)), names)

    family = list(card.record_ids)
    earlier = Response.objects.filter(customer_id__in=family, score__isnull=False)
    if response is not None:
        earlier = earlier.exclude(pk=response.pk)
    return CallScreen(
        call=call,
        step=_step(call, current),
        card=card,
        place=place_name(tree(), call.unit_id),
        about=" · ".join(
            filter(None, [str(vehicle or ""), invitation.plan.name if invitation and invitation.plan else ""])
        ),
        happened_on=invitation.happened_at if invitation else None,
        opening=said(OPENING),
        statement=said(STATEMENT),
        closing=said(CLOSING),
        asked=_asked(shown, current, answers, call.language, names, problem) if current else None,
        told=[
            Told(
                item=key,
                text=worded(question, key),
                answer=_answer(question, answers[key], call.language),
                is_now=key == current,
            )
            for question, key in shown
            if key in answers
        ],
        before=list(
            Interview.objects.filter(invitation_id=call.invitation_id, attempt__lt=call.attempt)
            .select_related("begun_by")
            .order_by("-attempt")
        ),
        last_score=earlier.order_by("-answered_at").values_list("score", flat=True).first(),
        can_be_done=bool(answers) and page_missing(definition, answers) is None,
    )


def _step(call: Interview, current: str) -> str:
    if call.outcome:
        return "over"
    if call.placed_at is None:
        return "dial"
    if call.agreed_at is None:
        return "talk"
    return "ask" if current else END


def _asked(
    shown: Sequence[tuple[Question, str]],
    current: str,
    answers: dict[str, Given],
    language: str,
    names: dict[str, str],
    problem: Problem | None,
) -> AskedNow:
    place = next(number for number, (_question, key) in enumerate(shown) if key == current)
    question = shown[place][0]
    given = answers.get(current)
    row = next((one for one in question.rows if f"{question.key}.{one.key}" == current), None)
    return AskedNow(
        item=current,
        kind="scale" if question.kind == QuestionKind.MATRIX else question.kind.value,
        text=fill(question.words.said(language), names),
        row=fill(row.words.said(language), names) if row else "",
        help=fill(question.help.said(language), names),
        low=question.low_words.said(language),
        high=question.high_words.said(language),
        options=_options(question, given, language),
        value=given.text if given else "",
        is_required=question.is_required,
        number=place + 1,
        of=len(shown),
        before=shown[place - 1][1] if place else "",
        problem=problem.value if problem else "",
    )


def _options(question: Question, given: Given | None, language: str) -> list[Option]:
    if question.kind in (QuestionKind.SCALE, QuestionKind.MATRIX):
        return [
            Option(
                value=str(number),
                text=str(number),
                key=str(number) if number >= 0 else "",
                is_chosen=given is not None and given.number == number,
            )
            for number in question.scale
        ]
    if question.kind == QuestionKind.YES_NO:
        words = {1: "Yes" if language == "en" else "Sì", 0: "No"}
        return [
            Option(
                value=str(number), text=text, key=str(number), is_chosen=given is not None and given.number == number
            )
            for number, text in words.items()
        ]
    return [
        Option(
            value=choice.key,
            text=choice.words.said(language),
            key=str(place) if place < 10 else "",
            is_chosen=given is not None and choice.key in given.choices,
        )
        for place, choice in enumerate(question.choices, start=1)
    ]


def _answer(question: Question, given: Given, language: str) -> str:
    if given.number is not None or given.choices:
        return ", ".join(option.text for option in _options(question, given, language) if option.is_chosen)
    return given.text
