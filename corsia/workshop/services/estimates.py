"""An estimate is made from jobs, sent, answered by the customer and sealed, or taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.events import workshop as facts
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.organisation.queries import day_in
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import Estimate, EstimateAnswer, EstimateLine, JobPart, Visit, Workshop
from corsia.workshop.permissions import BOOK
from corsia.workshop.queries.catalogue import Bundle
from corsia.workshop.queries.estimates import number_of_estimate, shown_of
from corsia.workshop.queries.extra_work import DESK, LINK
from corsia.workshop.rules.pricing import cents_of_parts, split_price
from corsia.workshop.rules.sealing import digest_of_shown, seal
from corsia.workshop.services.reception import HIGHEST_CENTS, LineData
from corsia.workshop.services.refusals import PriceUnusable, WordsMissing
from corsia.workshop.vocabulary import EstimateState, LineKind

VALID_FOR = timedelta(days=30)
MOST_LINES = 100


class EstimateSent(Refused):
    code = "workshop.estimate_sent"
    message = _("Estimate %(number)s was sent: it stays as it is. Take it back and make another one.")


class EstimateNotOpen(Refused):
    code = "workshop.estimate_not_open"
    message = _("Estimate %(number)s is “%(state)s”: it cannot be answered or taken back any more.")


class EstimateExpired(Refused):
    code = "workshop.estimate_expired"
    message = _("This estimate was valid until %(day)s. Please ask us for a new one.")


class EstimateEmpty(Invalid):
    code = "workshop.estimate_empty"
    message = _("An estimate needs at least one line before it can be sent.")


class EstimateChanged(Refused):
    code = "workshop.estimate_changed"
    message = _("This is not the estimate that was shown. Please look at it again, then decide.")


class AnswerNameMissing(Invalid):
    code = "workshop.answer_name_missing"
    message = _("Please write your first and last name: it stands for the decision.")


class ValidityPast(Invalid):
    code = "workshop.validity_past"
    message = _("The estimate must be valid until today at least, and for a year at most.")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was said to an estimate. `shown` is the digest of what was on the page, or "" at the desk."""

    is_approved: bool
    name: str
    shown: str = ""
    language: str = "it"


@transaction.atomic
def make_estimate(
    *,
    unit_id: int,
    customer_id: int,
    bundle: Bundle | None,
    vehicle_id: int | None = None,
    case_id: int | None = None,
    note: str = "",
    by: Actor,
    now: datetime,
) -> Estimate:
    """Write down what jobs with their parts would cost, valid for a month unless said otherwise."""
    demand(by, BOOK, unit_id)
    workshop = Workshop.objects.select_for_update(of=("self",)).filter(unit_id=unit_id).first()
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    customer = Customer.objects.find(customer_id)
    vehicle = None if vehicle_id is None else Vehicle.objects.find(vehicle_id)
    case = None if case_id is None else Case.objects.find(case_id)
    today = day_in(unit_id, now)
    last = Estimate.objects.filter(unit_id=unit_id, year=today.year).aggregate(last=Max("number"))["last"]
    estimate: Estimate = Estimate.objects.create(
        unit_id=unit_id,
        year=today.year,
        number=(last or 0) + 1,
        customer_id=customer.merged_into_id or customer.pk,
        vehicle=vehicle,
        case=case,
        valid_until=today + VALID_FOR,
        note=note.strip()[:2000],
        made_by_id=by.id,
        made_at=now,
    )
    EstimateLine.objects.bulk_create(_lines_of(estimate, bundle) if bundle else [])
    audit(estimate, "estimate_made", by=by, now=now, number=number_of_estimate(estimate))
    return estimate


@transaction.atomic
def add_estimate_line(*, estimate_id: int, data: LineData, by: Actor, now: datetime) -> EstimateLine:
    """Add a line that is in no catalogue.

    Raises:
        EstimateSent: it is no draft any more.
        WordsMissing, PriceUnusable: the line says too little.
    """
    estimate = _draft(estimate_id, by)
    if not data.text.strip():
        raise WordsMissing
    if not 0 < data.quantity < 1_000_000 or not 0 <= data.price_cents <= HIGHEST_CENTS:
        raise PriceUnusable
    last = estimate.lines.aggregate(last=Max("position"))["last"]
    if last is not None and last >= MOST_LINES:
        raise WordsMissing
    line: EstimateLine = EstimateLine.objects.create(
        estimate=estimate,
        position=0 if last is None else last + 1,
        kind=LineKind(data.kind),
        text=data.text.strip()[:200],
        quantity=data.quantity,
        price_cents=data.price_cents,
    )
    audit(estimate, "estimate_changed", by=by, now=now, line=line.text, cents=line.price_cents)
    return line


@transaction.atomic
def drop_estimate_line(*, line_id: int, by: Actor, now: datetime) -> Estimate:
    """Take a line out of a draft.

    Raises:
        EstimateSent: it is no draft any more.
    """
    line: EstimateLine = EstimateLine.objects.find(line_id)
    estimate = _draft(line.estimate_id, by)
    audit(estimate, "estimate_changed", by=by, now=now, dropped=line.text, cents=line.price_cents)
    line.delete()
    return estimate


@transaction.atomic
def send_estimate(*, estimate_id: int, valid_until: date, note: str, by: Actor, now: datetime) -> Estimate:
    """Send an estimate: from now on it stays as it is, and its link shows it to the customer.

    Raises:
        EstimateSent: it was sent before.
        EstimateEmpty, ValidityPast: there is nothing to accept, or not in time.
    """
    estimate = _draft(estimate_id, by)
    today = day_in(estimate.unit_id, now)
    if not estimate.lines.exists():
        raise EstimateEmpty
    if not today <= valid_until <= today + timedelta(days=366):
        raise ValidityPast
    estimate.state, estimate.sent_at = EstimateState.SENT, now
    estimate.valid_until, estimate.note = valid_until, note.strip()[:2000]
    estimate.save(update_fields=["state", "sent_at", "valid_until", "note"])
    audit(estimate, "estimate_sent", by=by, now=now, valid_until=valid_until.isoformat())
    publish(
        facts.EstimateSent(
            unit_id=estimate.unit_id,
            occurred_at=now,
            customer_id=estimate.customer_id,
            vehicle_id=estimate.vehicle_id,
            estimate_id=estimate.pk,
            number=number_of_estimate(estimate),
            valid_until=valid_until.isoformat(),
        )
    )
    return estimate


@transaction.atomic
def answer_estimate(*, estimate_id: int, data: Answer, by: Actor, now: datetime) -> EstimateAnswer:
    """Write down what the customer said to an estimate, and seal it with what was shown.

    By the link the customer acts; at the desk a person of ours writes down what was said.

    Raises:
        EstimateNotOpen: it was answered, taken back, or never sent.
        EstimateExpired: its day has passed.
        EstimateChanged: it is not what was shown.
        AnswerNameMissing: nobody says whose decision it is.
    """
    estimate = _locked(estimate_id, by)
    if estimate.state != EstimateState.SENT:
        raise EstimateNotOpen(number=number_of_estimate(estimate), state=estimate.get_state_display())
    if data.is_approved and estimate.valid_until < day_in(estimate.unit_id, now):
        raise EstimateExpired(day=f"{estimate.valid_until:%d/%m/%Y}")
    way = LINK if by.kind == ActorKind.CUSTOMER else DESK
    name = " ".join(data.name.split())[:120]
    if not name:
        raise AnswerNameMissing
    shown = shown_of(estimate, list(estimate.lines.order_by("position")), language=data.language)
    if way == LINK and digest_of_shown(shown) != data.shown:
        raise EstimateChanged
    answer: EstimateAnswer = EstimateAnswer.objects.create(
        estimate=estimate,
        shown=shown,
        is_approved=data.is_approved,
        name=name,
        decided_at=now,
        way=way,
        taken_by_id=by.id,
        digest=seal(
            shown=shown,
            is_approved=data.is_approved,
            name=name,
            signature=b"",
            decided_at=now,
            way=way,
            taken_by=by.id,
        ),
    )
    estimate.state = EstimateState.ACCEPTED if data.is_approved else EstimateState.DECLINED
    estimate.save(update_fields=["state"])
    audit(answer, "estimate_answered", by=by, now=now, estimate=estimate.pk, is_approved=data.is_approved)
    return answer


@transaction.atomic
def withdraw_estimate(*, estimate_id: int, by: Actor, now: datetime) -> Estimate:
    """Take an estimate back that nobody answered.

    Raises:
        EstimateNotOpen: it was answered, or taken back before.
    """
    estimate = _locked(estimate_id, by)
    if estimate.state not in (EstimateState.DRAFT, EstimateState.SENT):
        raise EstimateNotOpen(number=number_of_estimate(estimate), state=estimate.get_state_display())
    estimate.state = EstimateState.WITHDRAWN
    estimate.save(update_fields=["state"])
    audit(estimate, "estimate_withdrawn", by=by, now=now)
    return estimate


@transaction.atomic
def tie_to_visit(*, estimate_id: int, visit_id: int, by: Actor, now: datetime) -> Estimate:
    """Write down which visit an accepted estimate was booked as: what was typed into it comes with the order too.

    Raises:
        EstimateNotOpen: the customer did not accept it.
    """
    estimate = _locked(estimate_id, by)
    visit: Visit = Visit.objects.find(visit_id)
    if estimate.state != EstimateState.ACCEPTED:
        raise EstimateNotOpen(number=number_of_estimate(estimate), state=estimate.get_state_display())
    estimate.visit = visit
    estimate.save(update_fields=["visit"])
    audit(estimate, "estimate_booked", by=by, now=now, visit=visit.pk)
    return estimate


def _lines_of(estimate: Estimate, bundle: Bundle) -> Sequence[EstimateLine]:
    parts: dict[int, list[JobPart]] = {line.job.pk: [] for line in bundle.lines}
    for part in JobPart.objects.filter(job_id__in=parts).order_by("job", "code"):
        parts[part.job_id].append(part)
    lines = []
    for one in bundle.lines:
        taken = parts[one.job.pk]
        labour, of_parts = split_price(
            one.price_cents, [cents_of_parts([(part.quantity, part.price_cents)]) for part in taken]
        )
        of_job = {"estimate": estimate, "job": one.job, "package_id": one.package_id}
        english = one.job.name_en if one.job.name_en != one.job.name_it else ""
        lines.append(
            EstimateLine(**of_job, kind=LineKind.LABOUR, text=one.job.name_it, text_en=english, price_cents=labour)
        )
        lines += [
            EstimateLine(**of_job, kind=LineKind.PART, text=part.name, quantity=part.quantity, price_cents=cents)
            for part, cents in zip(taken, of_parts, strict=True)
        ]
    for position, line in enumerate(lines):
        line.position = position
    return lines


def _draft(estimate_id: int, by: Actor) -> Estimate:
    estimate = _locked(estimate_id, by)
    if estimate.state != EstimateState.DRAFT:
        raise EstimateSent(number=number_of_estimate(estimate))
    return estimate


def _locked(estimate_id: int, by: Actor) -> Estimate:
    estimate: Estimate = Estimate.objects.lock(estimate_id)
    demand(by, BOOK, estimate.unit_id)
    return estimate
