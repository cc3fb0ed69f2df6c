"""The legal warranty stated on a case, and goodwill: asked for by one, decided by another, within limit and budget."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case, Goodwill, GoodwillBudget, GoodwillLimit, LegalWarranty
from corsia.cases.permissions import APPROVE_GOODWILL, ASK_GOODWILL, SET_GOODWILL
from corsia.cases.services.locking import locked_case, locked_open_case, tell_case
from corsia.cases.services.telling import later
from corsia.cases.services.touching import touch_and_save
from corsia.cases.vocabulary import GoodwillState
from corsia.kernel import scope
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.blobs import keep
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.organisation.queries import day_in, managers_above, tree
from corsia.organisation.services import notify
from corsia.organisation.vocabulary import Role
from corsia.ui.money import euros

MAX_CENTS = 100_000_000  # a million


class NoVehicle(Refused):
    code = "cases.warranty_no_vehicle"
    message = _("Case #%(number)s names no vehicle. Say which one it is about, then state its delivery.")


class NotInWriting(Invalid):
    code = "cases.warranty_not_in_writing"
    message = _(
        "Twelve months count only for a used vehicle sold to a consumer who agreed in writing: attach the document, or"
        " leave the two years."
    )


class DefectBeforeDelivery(Invalid):
    code = "cases.warranty_defect_before_delivery"
    message = _("The defect cannot have shown before the delivery. Check the two dates.")


class NotYetDelivered(Invalid):
    code = "cases.warranty_in_future"
    message = _("Delivery and defect lie in the past. Check the two dates.")


class AmountImpossible(Invalid):
    code = "cases.goodwill_amount"
    message = _("Enter an amount of more than nothing and at most one million, and say what it is for.")


class NotOwn(Refused):
    code = "cases.goodwill_own"
    message = _("Nobody approves what they asked for themselves. Ask another manager.")


class DecidedAlready(Refused):
    code = "cases.goodwill_decided"
    message = _("This sum was decided already. Reload the case to see how.")


class OverLimit(Refused):
    code = "cases.goodwill_over_limit"
    message = _("This sum is above what your role may approve here (%(limit)s). Ask somebody with a higher limit.")


class NoBudget(Refused):
    code = "cases.goodwill_no_budget"
    message = _("No goodwill budget of %(year)s covers this unit. An administrator sets one under Goodwill.")


class BudgetSpent(Refused):
    code = "cases.goodwill_spent"
    message = _("The goodwill budget has %(left)s left, less than this sum. Refuse it, or have the budget raised.")


class BelowSpent(Refused):
    code = "cases.goodwill_below_spent"
    message = _("%(spent)s of this budget are given already: it cannot be less than that.")


@dataclass(frozen=True, kw_only=True)
class SaleDetails:
    """What is stated about a sale. `document` is a new paper in which twelve months were agreed."""

    delivered_on: date
    is_used: bool
    is_consumer: bool
    is_reduced: bool = False
    defect_on: date | None = None
    document: bytes = b""
    document_name: str = ""


@transaction.atomic
def state_sale(*, case_id: int, sale: SaleDetails, by: Actor, now: datetime) -> LegalWarranty:
    """Write down what is known about the sale of the case's vehicle.

    Raises:
        NoVehicle: the case names none.
        NotInWriting: twelve months without what they need.
        DefectBeforeDelivery, NotYetDelivered: the dates cannot be.
    """
    case = locked_case(case_id, by=by)
    if case.vehicle_id is None:
        raise NoVehicle(number=case.pk)
    today = now.astimezone(tree().time_zone(case.unit_id)).date()
    if sale.delivered_on > today or (sale.defect_on or today) > today:
        raise NotYetDelivered
    if sale.defect_on is not None and sale.defect_on < sale.delivered_on:
        raise DefectBeforeDelivery
    warranty = LegalWarranty.objects.filter(case=case).first() or LegalWarranty(case=case)
    if sale.document:
        warranty.document_id, warranty.document_name = keep(sale.document), sale.document_name[:200]
    if sale.is_reduced and not (sale.is_used and sale.is_consumer and warranty.document_id):
        raise NotInWriting
    fields = ("delivered_on", "is_used", "is_consumer", "is_reduced", "defect_on")
    for name in fields:
        setattr(warranty, name, getattr(sale, name))
    warranty.stated_by_id, warranty.stated_at = by.id, now
    warranty.save()
    told = {name: value.isoformat() if isinstance(value := getattr(sale, name), date) else value for name in fields}
    audit(case, "sale_stated", by=by, now=now, **told)
    if case.closed_at is None:
        touch_and_save(case, now=now)
    tell_case(case)
    return warranty


@transaction.atomic
def ask_goodwill(*, case_id: int, amount_cents: int, reason: str, by: Actor, now: datetime) -> Goodwill:
    """Ask for a sum for the customer of an open case, and tell the managers who may decide.

    Raises:
        AmountImpossible: no sum, or no reason.
        CaseClosed: the case is closed.
    """
    case = locked_open_case(case_id, by=by)
    demand(by, ASK_GOODWILL, case.unit_id)
    if not 0 < amount_cents <= MAX_CENTS or not reason.strip():
        raise AmountImpossible
    asked: Goodwill = Goodwill.objects.create(
        case=case, amount_cents=amount_cents, reason=reason.strip()[:300], asked_by_id=by.id, asked_at=now
    )
    touch_and_save(case, now=now)
    audit(case, "goodwill_asked", by=by, now=now, goodwill=asked.pk, cents=amount_cents)
    managers = managers_above(case.unit_id, level=1, today=day_in(case.unit_id, now))
    notify(
        [person.pk for person in managers if person.pk != by.id],
        kind="cases.goodwill",
        title=later(_("Goodwill to decide on case #%(number)s"), number=case.pk),
        text=case.subject,
        url=reverse("cases:case", args=[case.pk]),
        dedupe_key=f"goodwill:{asked.pk}",
        now=now,
    )
    tell_case(case)
    return asked


@transaction.atomic
def approve_goodwill(*, goodwill_id: int, note: str = "", by: Actor, now: datetime) -> Goodwill:
    """Approve a sum on the budget of the year.

    Raises:
        NotOwn: the actor asked for it.
        DecidedAlready: somebody decided it.
        OverLimit, NoBudget, BudgetSpent: the actor's limit or the budget does not reach.
    """
    goodwill, case = _locked(goodwill_id, by=by)
    limit = approval_limit(case.unit_id, by=by)
    if goodwill.amount_cents > limit:
        raise OverLimit(limit=euros(limit))
    budget = _budget(case, now=now)
    left = budget.amount_cents - budget.spent_cents
    if goodwill.amount_cents > left:
        raise BudgetSpent(left=euros(left))
    budget.spent_cents += goodwill.amount_cents
    budget.save(update_fields=["spent_cents"])
    goodwill.budget = budget
    return _decide(goodwill, case, GoodwillState.APPROVED, note=note, by=by, now=now)


@transaction.atomic
def refuse_goodwill(*, goodwill_id: int, note: str, by: Actor, now: datetime) -> Goodwill:
    """Refuse a sum; raises as `approve_goodwill` does for whoever asked, and when it was decided."""
    goodwill, case = _locked(goodwill_id, by=by)
    return _decide(goodwill, case, GoodwillState.REFUSED, note=note, by=by, now=now)


@transaction.atomic
def withdraw_goodwill(*, goodwill_id: int, by: Actor, now: datetime) -> Goodwill:
    """Take back what oneself asked for, before it is decided.

    Raises:
        NotFound: somebody else asked for it.
        DecidedAlready: it was decided.
    """
    goodwill: Goodwill = Goodwill.objects.lock(goodwill_id)
    case = locked_case(goodwill.case_id, by=by)
    if goodwill.asked_by_id != by.id:
        raise NotFound(kind=Goodwill._meta.label)
    if goodwill.state != GoodwillState.ASKED:
        raise DecidedAlready
    return _decide(goodwill, case, GoodwillState.WITHDRAWN, note="", by=by, now=now)


def _locked(goodwill_id: int, *, by: Actor) -> tuple[Goodwill, Case]:
    goodwill: Goodwill = Goodwill.objects.lock(goodwill_id)
    case: Case = Case.objects.select_related("version__process").lock(goodwill.case_id)
    demand(by, APPROVE_GOODWILL, case.unit_id)
    if goodwill.state != GoodwillState.ASKED:
        raise DecidedAlready
    if by.id is None or goodwill.asked_by_id == by.id:
        raise NotOwn
    return goodwill, case


def _decide(goodwill: Goodwill, case: Case, state: GoodwillState, *, note: str, by: Actor, now: datetime) -> Goodwill:
    goodwill.state, goodwill.decided_by_id, goodwill.decided_at = state, by.id, now
    goodwill.decision_note = note.strip()[:300]
    goodwill.save()
    audit(case, f"goodwill_{state.value}", by=by, now=now, goodwill=goodwill.pk, cents=goodwill.amount_cents)
    tell_case(case)
    return goodwill


def approval_limit(unit_id: int, *, by: Actor) -> int:
    """Return up to how many cents the actor may approve in a unit: the highest of their roles there, the nearest unit
    upwards that sets one deciding for each role. Without any it is 0."""
    unit = tree().unit(unit_id)
    chain = [unit.pk, *reversed(unit.ancestor_ids)]  # the unit itself first
    roles = [role for role, units in by.roles.items() if unit_id in units]
    rows = GoodwillLimit.objects.filter(unit_id__in=chain, role__in=roles)
    nearest: dict[str, tuple[int, int]] = {}
    for row in rows:
        found = (chain.index(row.unit_id), row.limit_cents)
        nearest[row.role] = min(nearest.get(row.role, found), found)
    return max((cents for _distance, cents in nearest.values()), default=0)


def _budget(case: Case, *, now: datetime) -> GoodwillBudget:
    """Return the budget of the year, locked: the case's unit's own, else the nearest above it."""
    organisation = tree()
    unit = organisation.unit(case.unit_id)
    year = now.astimezone(organisation.time_zone(case.unit_id)).year
    chain = [unit.pk, *reversed(unit.ancestor_ids)]
    # A budget above the unit is spent by those below it, who may not look at it.
    with scope.system("cases.goodwill_budget"):
        rows = GoodwillBudget.objects.filter(unit_id__in=chain, year=year).select_for_update(of=("self",))
        found: GoodwillBudget | None = min(rows.order_by("pk"), key=lambda row: chain.index(row.unit_id), default=None)
    if found is None:
        raise NoBudget(year=year)
    return found


@transaction.atomic
def set_budget(*, unit_id: int, year: int, amount_cents: int, by: Actor, now: datetime) -> GoodwillBudget:
    """Set what a unit may give away in a year.

    Raises:
        BelowSpent: more than that is given already.
    """
    demand(by, SET_GOODWILL, unit_id)
    if not 0 <= amount_cents <= MAX_CENTS * 100:
        raise AmountImpossible
    budget: GoodwillBudget
    budget, is_new = GoodwillBudget.objects.select_for_update().get_or_create(
        unit_id=unit_id, year=year, defaults={"amount_cents": amount_cents}
    )
    if not is_new:
        if amount_cents < budget.spent_cents:
            raise BelowSpent(spent=euros(budget.spent_cents))
        budget.amount_cents = amount_cents
        budget.save(update_fields=["amount_cents"])
    audit(budget, "budget_set", by=by, now=now, year=year, cents=amount_cents)
    return budget


@transaction.atomic
def set_limit(*, unit_id: int, role: str, limit_cents: int, by: Actor, now: datetime) -> GoodwillLimit:
    """Set up to how much a role may approve at once in a unit and below it."""
    demand(by, SET_GOODWILL, unit_id)
    if not 0 <= limit_cents <= MAX_CENTS or role not in Role.values:
        raise AmountImpossible
    limit: GoodwillLimit
    limit, _is_new = GoodwillLimit.objects.update_or_create(
        unit_id=unit_id, role=role, defaults={"limit_cents": limit_cents}
    )
    audit(limit, "limit_set", by=by, now=now, role=role, cents=limit_cents)
    return limit
