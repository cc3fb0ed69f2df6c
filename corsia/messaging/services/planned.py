"""Contacts that follow from events: rules are written, events plan contacts, due contacts are made exactly once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.cases.services import add_task, close_case, open_case
from corsia.cases.services.movement import FieldsMissing, NoSuchWay, TasksOpen
from corsia.cases.services.opening import ProcessNotInUse
from corsia.cases.vocabulary import EndKind, Origin
from corsia.customers.models import ContactPoint, Customer
from corsia.customers.vocabulary import ConsentChannel, ContactKind, Purpose
from corsia.events import Fact
from corsia.kernel import scope
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.kernel.errors import CorsiaError, Invalid, Refused
from corsia.messaging.models import EventRule, Outgoing, PlannedContact
from corsia.messaging.occasions import OCCASIONS, Happened, still_holds, values_told
from corsia.messaging.permissions import MANAGE_CONTACT_RULES
from corsia.messaging.queries.texting import mobile_of
from corsia.messaging.rules.gate import Verdict
from corsia.messaging.rules.planned import Delay, Filter, due_at, matches
from corsia.messaging.services.automatic import send_template
from corsia.messaging.services.gate import may_contact
from corsia.messaging.services.texting import objection_to_text, text_to_customer
from corsia.messaging.services.texts import TemplateUnknown, wording
from corsia.messaging.vocabulary import (
    FollowUp,
    Objection,
    OutboxState,
    PlannedState,
    PlanProblem,
    SentReason,
    explained,
)
from corsia.organisation.queries import time_zone_of, tree
from corsia.vehicles.models import Vehicle

ROBOT = system("planned contacts")
RETRY_AFTER = timedelta(minutes=15)
MAX_DELAY = 366 * 24 * 60  # minutes
_NOT_REACHABLE = (Objection.NO_ADDRESS, Objection.NO_NUMBER, Objection.NO_ACCOUNT)


class RuleInvalid(Invalid):
    code = "messaging.rule_invalid"
    message = _("The rule says too little: choose an event, what follows it, and the text or task. Then save it again.")


class NotWaiting(Refused):
    code = "messaging.planned_not_waiting"
    message = _("This contact no longer waits: it was made, held back or cancelled. Reload the list.")


@dataclass(frozen=True, kw_only=True)
class RuleData:
    """What a manager writes; the fields are those of EventRule."""

    name: str
    occasion: str
    follow_up: str
    process_key: str
    make: str = ""
    words: str = ""
    delay_kind: str = "elapsed"
    delay_minutes: int = 0
    send_hour: int | None = None
    max_age_days: int = 7
    template_key: str = ""
    sms_key: str = ""
    sms_first: bool = False
    task_title: str = ""
    is_active: bool = True

    @property
    def delay(self) -> Delay:
        return Delay(kind=self.delay_kind, minutes=self.delay_minutes, send_hour=self.send_hour)

    @property
    def filter(self) -> Filter:
        return Filter(make=self.make, words=self.words)


@transaction.atomic
def save_rule(*, rule_id: int | None, unit_id: int, data: RuleData, by: Actor, now: datetime) -> EventRule:
    """Write a rule or change it. What it planned before stays planned.

    Raises:
        RuleInvalid: something that it needs is missing.
    """
    demand(by, MANAGE_CONTACT_RULES, unit_id)
    _check(data)
    if rule_id is not None:
        rule: EventRule = EventRule.objects.lock(rule_id)
        demand(by, MANAGE_CONTACT_RULES, rule.unit_id)
    else:
        rule = EventRule()
    rule.unit_id = unit_id
    for name in RuleData.__dataclass_fields__:
        setattr(rule, name, getattr(data, name))
    rule.changed_by_id, rule.changed_at = by.id, now
    rule.save()
    told = {name: getattr(data, name) for name in ("name", "occasion", "follow_up", "is_active", "delay_minutes")}
    audit(rule, "changed" if rule_id else "added", by=by, now=now, **told)
    return rule


def _check(data: RuleData) -> None:
    needs = data.template_key if data.follow_up == FollowUp.MESSAGE else data.task_title.strip()
    is_known = data.occasion in OCCASIONS and data.follow_up in FollowUp.values
    if not (is_known and needs and data.name.strip() and data.process_key) or not 0 <= data.delay_minutes <= MAX_DELAY:
        raise RuleInvalid


def plan_contacts(fact: Fact, *, now: datetime) -> None:
    """Plan what the rules of its unit say about an event. A reaction: runs once for each fact."""
    for occasion in OCCASIONS.values():
        if not isinstance(fact, occasion.fact):
            continue
        happened = occasion.read(fact)
        if happened is not None:
            _plan(occasion.key, happened, now=now)


def _plan(occasion: str, happened: Happened, *, now: datetime) -> None:
    places = tree()
    unit = places.unit(happened.unit_id)
    rules = EventRule.objects.filter(
        occasion=occasion, is_active=True, unit_id__in=[*unit.ancestor_ids, unit.pk]
    ).order_by("pk")
    make = _make_of(happened)
    for rule in rules:
        if not matches(filter_of(rule), make=make, told=(happened.reference, happened.detail)):
            continue
        is_old = now - happened.reached_at > timedelta(days=rule.max_age_days)
        PlannedContact.objects.get_or_create(
            rule=rule,
            occasion_id=happened.row_id,
            defaults={
                "unit_id": happened.unit_id,
                "customer_id": happened.customer_id,
                "vehicle_id": happened.vehicle_id,
                "reached_at": happened.reached_at,
                "reference": happened.reference,
                "detail": happened.detail,
                "send_after": due_at(
                    happened.reached_at,
                    delay_of(rule),
                    hours=places.hours(happened.unit_id),
                    zone=places.time_zone(happened.unit_id),
                ),
                "state": PlannedState.HELD if is_old else PlannedState.WAITING,
                "why": PlanProblem.TOO_OLD if is_old else "",
                "created_at": now,
                "done_at": now if is_old else None,
            },
        )


def delay_of(rule: EventRule) -> Delay:
    """Return how long a rule waits."""
    return Delay(kind=rule.delay_kind, minutes=rule.delay_minutes, send_hour=rule.send_hour)


def filter_of(rule: EventRule) -> Filter:
    """Return which events a rule is about."""
    return Filter(make=rule.make, words=rule.words)


def _make_of(happened: Happened) -> str:
    if happened.vehicle_id is None:
        return ""
    return Vehicle.objects.filter(pk=happened.vehicle_id).values_list("make", flat=True).first() or ""


@transaction.atomic
def cancel_planned(*, planned_id: int, by: Actor, now: datetime) -> PlannedContact:
    """Take a planned contact back before it is made.

    Raises:
        NotWaiting: it is not to come any more.
    """
    planned: PlannedContact = PlannedContact.objects.lock(planned_id)
    demand(by, MANAGE_CONTACT_RULES, planned.unit_id)
    if planned.state != PlannedState.WAITING:
        raise NotWaiting
    planned.state, planned.done_at, planned.cancelled_by_id = PlannedState.CANCELLED, now, by.id
    planned.save(update_fields=["state", "done_at", "cancelled_by"])
    audit(planned, "cancelled", by=by, now=now, customer=planned.customer_id)
    return planned


def make_due_contacts(*, now: datetime, limit: int = 200) -> int:
    """Make the contacts that are due, each in its own transaction; return how many were taken up.

    However many workers look, each row is taken by one: the others pass over it. What fails is tried again later and
    shown meanwhile.
    """
    taken = 0
    with scope.system("messaging.make_due_contacts"):
        while taken < limit and _make_one(now=now):
            taken += 1
    return taken


@transaction.atomic
def _make_one(*, now: datetime) -> bool:
    due = PlannedContact.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state=PlannedState.WAITING, send_after__lte=now
    )
    planned = due.select_related("rule").order_by("send_after", "pk").first()
    if planned is None:
        return False
    try:
        with transaction.atomic():
            _make(planned, now=now)
    except _Held as held:
        _settle(planned, PlannedState.HELD, now=now, why=held.why)
    except (ProcessNotInUse, TemplateUnknown) as refusal:
        _settle(planned, PlannedState.HELD, now=now, why=f"{PlanProblem.RULE_BROKEN}: {refusal}")
    except CorsiaError as refusal:  # a state of things that may pass: shown, and tried again
        planned.send_after, planned.why = now + RETRY_AFTER, f"{PlanProblem.FAILED}: {refusal}"[:300]
        planned.save(update_fields=["send_after", "why"])
    return True


class _Held(Exception):
    """Nothing is to be sent; undoes what was begun."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def _make(planned: PlannedContact, *, now: datetime) -> None:
    customer = _survivor(planned.customer_id)
    rule = planned.rule
    if rule.follow_up == FollowUp.MESSAGE:
        if not still_holds(rule.occasion, planned.occasion_id):
            raise _Held(PlanProblem.OVERTAKEN)
        way, verdict = way_to(customer, planned.unit_id, rule, now=now)
        if not verdict.allowed:
            raise _Held(verdict.reason)
        if verdict.not_before is not None and verdict.not_before > now:
            planned.send_after, planned.why = verdict.not_before, verdict.reason
            planned.save(update_fields=["send_after", "why"])
            return
        planned.way = way
        if way == ConsentChannel.SMS:
            _text(planned, customer, now=now)
            _settle(planned, PlannedState.MADE, now=now)
            return
        if wording(tree().unit(planned.unit_id), rule.template_key, customer.language) is None:
            raise TemplateUnknown(template=rule.template_key)
    case = _carrier(planned, customer, now=now)
    if rule.follow_up == FollowUp.TASK:
        add_task(case_id=case.pk, title=rule.task_title, assignee_id=None, due_at=None, by=ROBOT, now=now)
    else:
        _send(planned, case, now=now)
    _settle(planned, PlannedState.MADE, now=now, case=case)


def _carrier(planned: PlannedContact, customer: Customer, *, now: datetime) -> Case:
    """Open the case that carries the contact, so that an answer to it finds its place."""
    about = " · ".join(filter(None, [planned.rule.name, planned.reference, planned.detail]))
    return open_case(
        unit_id=planned.unit_id,
        process_key=planned.rule.process_key,
        subject=about,
        origin=Origin.INTERNAL,
        customer_id=customer.pk,
        vehicle_id=planned.vehicle_id,
        language=customer.language,
        by=ROBOT,
        now=now,
    )


def _send(planned: PlannedContact, case: Case, *, now: datetime) -> None:
    """Queue the text; whatever keeps it back takes the case back too. A case that asks for nothing more is closed."""
    sent = send_template(
        case_id=case.pk,
        template_key=planned.rule.template_key,
        reason=SentReason.PROCESS,
        idempotency_key=f"planned:{planned.pk}",
        extra=_values(planned),
        now=now,
    )
    _check_left(sent)
    if case.version.process.sends_survey:
        return  # closing it would ask the customer how they liked a message of ours
    try:
        with transaction.atomic():
            close_case(case_id=case.pk, by=ROBOT, now=now, end_kind=EndKind.SOLVED)
    except (FieldsMissing, TasksOpen, NoSuchWay):
        return  # the process wants something of us first: it stays on the desk


def _text(planned: PlannedContact, customer: Customer, *, now: datetime) -> None:
    """Queue the text message. No case carries it: an answer finds its case, or opens one, as any text message does."""
    sent = text_to_customer(
        customer_id=customer.pk,
        unit_id=planned.unit_id,
        vehicle_id=planned.vehicle_id,
        language=customer.language,
        channel=ConsentChannel.SMS,
        template_key=planned.rule.sms_key,
        approved="",
        values=(),
        reason=SentReason.PROCESS,
        idempotency_key=f"planned:{planned.pk}",
        extra=_values(planned),
        now=now,
    )
    _check_left(sent)


def _check_left(sent: Outgoing) -> None:
    if sent.state == OutboxState.BLOCKED:
        raise _Held(sent.last_error or Objection.TEXT_UNUSABLE)


def _values(planned: PlannedContact) -> dict[str, str]:
    zone = time_zone_of(planned.unit_id)
    return {
        "milestone_number": planned.reference,
        "milestone_detail": planned.detail,
        "milestone_day": planned.reached_at.astimezone(zone).strftime("%d/%m/%Y"),
        **values_told(planned.rule.occasion, planned.occasion_id),
    }


def _settle(
    planned: PlannedContact, state: PlannedState, *, now: datetime, why: str = "", case: Case | None = None
) -> None:
    planned.state, planned.done_at, planned.why, planned.case = state, now, why[:300], case
    planned.save(update_fields=["state", "done_at", "why", "case", "way"])


def _survivor(customer_id: int) -> Customer:
    customer: Customer = Customer.objects.find(customer_id)
    return Customer.objects.get(pk=customer.merged_into_id) if customer.merged_into_id else customer


def _address(customer: Customer) -> str:
    points = ContactPoint.objects.filter(customer=customer, kind=ContactKind.EMAIL).order_by("-is_primary", "pk")
    return points.values_list("value", flat=True).first() or ""


def way_to(customer: Customer, unit_id: int, rule: EventRule | RuleData, *, now: datetime) -> tuple[str, Verdict]:
    """Return by which way a customer is written to, and from when; where by none, the refusal that says most.

    The way that the rule names first is taken where it is open, now or later. A "no" of theirs says more than an
    address that is missing.
    """
    ways = [ConsentChannel.EMAIL, *([ConsentChannel.SMS] if rule.sms_key else [])]
    refused: list[tuple[str, Verdict]] = []
    for way in reversed(ways) if rule.sms_first else ways:
        verdict = _verdict(customer, unit_id, way, now=now)
        if verdict.allowed:
            return way, verdict
        refused.append((way, verdict))
    return next((one for one in refused if one[1].reason not in _NOT_REACHABLE), refused[0])


def _verdict(customer: Customer, unit_id: int, way: str, *, now: datetime) -> Verdict:
    if way == ConsentChannel.EMAIL:
        address = _address(customer)
        objection = "" if address else Objection.NO_ADDRESS.value
    else:
        address = mobile_of(customer.pk)
        objection = objection_to_text(
            customer_id=customer.pk,
            unit_id=unit_id,
            channel=way,
            purpose=Purpose.SERVICE,
            approved="",
            language=customer.language,
            now=now,
        )
    if objection:
        return Verdict(False, objection)
    return may_contact(
        customer_id=customer.pk, channel=way, purpose=Purpose.SERVICE, address=address, unit_id=unit_id, now=now
    )


def objection_today(customer_id: int, unit_id: int, *, rule: RuleData, now: datetime) -> str:
    """Return why a customer may not be written to today, as a sentence; "" when they may."""
    _way, verdict = way_to(_survivor(customer_id), unit_id, rule, now=now)
    return "" if verdict.allowed else explained(verdict.reason)[0]
