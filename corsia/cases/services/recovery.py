"""Winning back customers who were forgotten: who is called next, what came of it, how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case, Recovery, RecoveryAttempt, RecoveryItem
from corsia.cases.permissions import RUN_RECOVERY
from corsia.cases.queries.definitions import startable_process
from corsia.cases.queries.waiting import Temper
from corsia.cases.rules.recovery import Wait, rank_at
from corsia.cases.rules.script import KEYS, MAX_SCRIPT, unknown_keys
from corsia.cases.services.locking import locked_case, tell_case
from corsia.cases.services.opening import ProcessNotInUse
from corsia.cases.services.touching import touch_and_save
from corsia.cases.vocabulary import AttemptResult, AttemptWay, EndKind, RecoveryOutcome
from corsia.events.cases import RecoveryEnded
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.organisation.queries import tree
from corsia.organisation.working_time import NeverOpen, next_opening

MAX_AT_ONCE = 500
BATCH = 200
_ON_CLOSING = {
    EndKind.SOLVED: RecoveryOutcome.RECOVERED,
    EndKind.WON: RecoveryOutcome.RECOVERED,
    EndKind.LOST: RecoveryOutcome.LOST,
    EndKind.CANCELLED: RecoveryOutcome.LOST,
}


class NoName(Invalid):
    code = "cases.recovery_without_name"
    message = _("A recovery needs a name. Write one by which everybody knows it.")


class ScriptUnusable(Invalid):
    code = "cases.script_unusable"
    message = _("The script uses %(keys)s, which does not exist. You can use: %(known)s.")


class ScriptTooLong(Invalid):
    code = "cases.script_too_long"
    message = _("The script is too long. Keep it under %(most)s characters.")


class OutOfRange(Invalid):
    code = "cases.recovery_out_of_range"
    message = _("Ask for 1 to 20 attempts, and for 1 to 60 days between them.")


class RecoveryOver(Refused):
    code = "cases.recovery_over"
    message = _("The recovery “%(name)s” is over: nobody can be added. Start a new one.")


class StillWaiting(Refused):
    code = "cases.recovery_still_waiting"
    message = _("%(count)s customers are still waiting. End each of them first: nobody is forgotten twice.")


class NotWaiting(Refused):
    code = "cases.not_waiting"
    message = _("This customer is not waiting to be won back any more: somebody has ended it.")


class TooFewAttempts(Refused):
    code = "cases.too_few_attempts"
    message = _("After %(made)s attempts nobody is unreachable. This recovery asks for at least %(needed)s of them.")


class OutcomeMissing(Invalid):
    code = "cases.recovery_outcome_missing"
    message = _(
        "Case #%(number)s is about a customer to win back. Say whether they are recovered, lost or unreachable, then "
        "close it."
    )


class NoOutcome(Invalid):
    code = "cases.no_recovery_outcome"
    message = _("Choose how it ended: recovered, lost or unreachable.")


class NextTryInThePast(Invalid):
    code = "cases.next_try_in_the_past"
    message = _("The next attempt lies in the past. Choose a day that is still to come.")


@dataclass(frozen=True, kw_only=True)
class RecoveryDetails:
    """What describes a recovery."""

    name: str
    process_key: str
    script_it: str = ""
    script_en: str = ""
    max_attempts: int = 3
    retry_after_days: int = 2


@transaction.atomic
def start_recovery(*, unit_id: int, details: RecoveryDetails, by: Actor, now: datetime) -> Recovery:
    """Start a recovery for a unit and everything below it.

    Raises:
        NotAllowed: the actor runs none there.
        NoName, ScriptUnusable, ScriptTooLong, OutOfRange: it cannot be used like this.
        ProcessNotInUse: no such process at the unit.
    """
    demand(by, RUN_RECOVERY, unit_id)
    recovery = Recovery(unit_id=unit_id, started_by_id=by.id, started_at=now)
    _describe(recovery, details)
    recovery.save()
    audit(recovery, "recovery_started", by=by, now=now, name=recovery.name, process=recovery.process_key)
    return recovery


@transaction.atomic
def change_recovery(*, recovery_id: int, details: RecoveryDetails, by: Actor, now: datetime) -> Recovery:
    """Change what describes a recovery; who is in it stays."""
    recovery = locked_recovery(recovery_id, by=by)
    _describe(recovery, details)
    recovery.save()
    audit(recovery, "recovery_changed", by=by, now=now, name=recovery.name, process=recovery.process_key)
    return recovery


@transaction.atomic
def end_recovery(*, recovery_id: int, by: Actor, now: datetime) -> Recovery:
    """End a recovery in which nobody waits any more; a second time changes nothing.

    Raises:
        StillWaiting: somebody does.
    """
    recovery = locked_recovery(recovery_id, by=by)
    if recovery.ended_at is None:
        if count := RecoveryItem.objects.filter(recovery=recovery, ended_at=None).count():
            raise StillWaiting(count=count)
        recovery.ended_at = now
        recovery.save(update_fields=["ended_at"])
        audit(recovery, "recovery_ended", by=by, now=now)
    return recovery


@transaction.atomic
def add_cases(
    *, recovery_id: int, case_ids: Sequence[int], tempers: Mapping[int, Temper], by: Actor, now: datetime
) -> int:
    """Put open cases into a recovery and return how many were new to it; those in any open recovery stay as they are.

    Args:
        tempers: by case, what is known of the customers' patience.

    Raises:
        RecoveryOver: it has ended.
    """
    recovery = open_recovery(recovery_id, by=by)
    below = tree().unit(recovery.unit_id).path
    cases = Case.objects.filter(pk__in=list(case_ids)[:MAX_AT_ONCE], closed_at=None, unit__path__startswith=below)
    locked = list(cases.select_for_update(of=("self",)).select_related("version__process").order_by("pk"))
    taken = set(RecoveryItem.objects.filter(case__in=locked, ended_at=None).values_list("case_id", flat=True)) | set(
        RecoveryItem.objects.filter(case__in=locked, recovery=recovery).values_list("case_id", flat=True)
    )
    added = 0
    for case in locked:
        if case.pk not in taken:
            add_item(recovery, case, tempers.get(case.pk, Temper()), by=by, now=now)
            added += 1
    return added


def add_item(recovery: Recovery, case: Case, temper: Temper, *, by: Actor, now: datetime) -> RecoveryItem:
    """Put a locked open case into an open recovery: from here on it goes before all others."""
    wait = Wait(
        since=min(temper.waiting_since or case.opened_at, now),
        unanswered=temper.unanswered,
        is_complaint=temper.is_complaint or case.version.process.is_complaint,
        last_score=temper.last_score,
    )
    item: RecoveryItem = RecoveryItem.objects.create(
        recovery=recovery,
        unit_id=case.unit_id,
        case=case,
        waiting_since=wait.since,
        unanswered=wait.unanswered,
        is_complaint=wait.is_complaint,
        last_score=wait.last_score,
        rank_at=rank_at(wait),
        added_at=now,
    )
    _give_turn(case, item.rank_at)
    audit(case, "recovery_joined", by=by, now=now, recovery=recovery.pk, name=recovery.name)
    tell_case(case)
    return item


@transaction.atomic
def note_attempt(
    *,
    item_id: int,
    way: str,
    result: str,
    note: str = "",
    next_try_at: datetime | None = None,
    by: Actor,
    now: datetime,
) -> RecoveryItem:
    """Note an attempt to reach the customer. Until the next one is due, the case stands in line like any other.

    Args:
        next_try_at: when to try again; None leaves it to the recovery, at the unit's opening of that day. It has no
            meaning where somebody was reached.

    Raises:
        NotWaiting: somebody ended it meanwhile.
        NextTryInThePast: `next_try_at` is not in the future.
    """
    item, case = _locked_item(item_id, by=by)
    if way not in AttemptWay.values or result not in AttemptResult.values:
        raise NoOutcome
    if next_try_at is not None and next_try_at <= now:
        raise NextTryInThePast
    item.attempts += 1
    item.last_attempt_at = now
    if result == AttemptResult.REACHED:
        item.next_try_at = None
    else:
        item.next_try_at = next_try_at or _next_opening(case, now + timedelta(days=item.recovery.retry_after_days))
    item.save(update_fields=["attempts", "last_attempt_at", "next_try_at"])
    RecoveryAttempt.objects.create(
        item=item, way=way, result=result, note=" ".join(note.split())[:300], made_by_id=by.id, made_at=now
    )
    _give_turn(case, None if item.next_try_at else item.rank_at)
    touch_and_save(case, now=now)
    audit(case, "recovery_tried", by=by, now=now, way=way, result=result, attempt=item.attempts)
    tell_case(case)
    return item


@transaction.atomic
def end_item(*, item_id: int, outcome: str, by: Actor, now: datetime) -> RecoveryItem:
    """Say how it ended. The case stays open for whatever is still to be done.

    Raises:
        NotWaiting: somebody ended it meanwhile.
        NoOutcome: not one of the three.
        TooFewAttempts: nobody is unreachable before the recovery's number of attempts.
    """
    item, case = _locked_item(item_id, by=by)
    _end(item, case, outcome, by=by, now=now)
    touch_and_save(case, now=now)
    tell_case(case)
    return item


def settle_on_closing(case: Case, *, outcome: str, end_kind: str, by: Actor, now: datetime) -> None:
    """End the open item of a locked case that is being closed; without one nothing happens.

    Raises:
        OutcomeMissing: a person closes it without saying how the customer's recovery ended.
        TooFewAttempts: see `end_item`.
    """
    item = RecoveryItem.objects.filter(case=case, ended_at=None).select_related("recovery").first()
    if item is None:
        return
    if not outcome:
        if by.kind == ActorKind.PERSON:
            raise OutcomeMissing(number=case.pk)
        outcome = _ON_CLOSING[EndKind(end_kind)]
    _end(item, case, outcome, by=by, now=now)


def follow_merge(*, absorbed: Case, survivor: Case, by: Actor, now: datetime) -> None:
    """Let the recovery of an absorbed case go on with the survivor; where that has its own, one is enough."""
    item = RecoveryItem.objects.filter(case=absorbed, ended_at=None).first()
    if item is None:
        return
    absorbed.recovery_rank_at = None
    own = RecoveryItem.objects.filter(case=survivor, ended_at=None).first()
    if own is None and not RecoveryItem.objects.filter(case=survivor, recovery_id=item.recovery_id).exists():
        item.case, item.unit_id = survivor, survivor.unit_id
        item.save(update_fields=["case", "unit"])
        _give_turn(survivor, None if item.next_try_at else item.rank_at)
        return
    item.delete()
    if own is not None and item.rank_at < own.rank_at:
        own.rank_at = item.rank_at
        own.save(update_fields=["rank_at"])
        _give_turn(survivor, None if own.next_try_at else own.rank_at)


def wake_recoveries(*, now: datetime) -> int:
    """Give those their turn again whose next attempt is due, and return how many they were."""
    total = 0
    while True:
        with transaction.atomic():
            due = RecoveryItem.objects.filter(ended_at=None, next_try_at__lte=now).order_by("next_try_at", "pk")
            items = list(due.select_for_update(of=("self",), skip_locked=True).select_related("case")[:BATCH])
            for item in items:
                item.next_try_at = None
                item.save(update_fields=["next_try_at"])
                _give_turn(item.case, item.rank_at)
                tell_case(item.case)
        total += len(items)
        if len(items) < BATCH:
            return total


def locked_recovery(recovery_id: int, *, by: Actor) -> Recovery:
    """Return a recovery locked, for whoever may run it."""
    recovery: Recovery = Recovery.objects.lock(recovery_id)
    demand(by, RUN_RECOVERY, recovery.unit_id)
    return recovery


def open_recovery(recovery_id: int, *, by: Actor) -> Recovery:
    """Return a recovery locked that still takes customers.

    Raises:
        RecoveryOver: it has ended.
    """
    recovery = locked_recovery(recovery_id, by=by)
    if recovery.ended_at is not None:
        raise RecoveryOver(name=recovery.name)
    return recovery


def _describe(recovery: Recovery, details: RecoveryDetails) -> None:
    name = " ".join(details.name.split())[:120]
    if not name:
        raise NoName
    for script in (details.script_it, details.script_en):
        if len(script) > MAX_SCRIPT:
            raise ScriptTooLong(most=MAX_SCRIPT)
        if unknown := unknown_keys(script):
            raise ScriptUnusable(keys=", ".join(f"{{{{{key}}}}}" for key in unknown), known=", ".join(KEYS))
    if not (1 <= details.max_attempts <= 20 and 1 <= details.retry_after_days <= 60):
        raise OutOfRange
    organisation = tree()
    chain = [above.pk for above in organisation.chain(recovery.unit_id)]
    if startable_process(chain=chain, key=details.process_key) is None:
        raise ProcessNotInUse(process=details.process_key, unit=organisation.unit(recovery.unit_id).name)
    recovery.name, recovery.process_key = name, details.process_key
    recovery.script_it, recovery.script_en = details.script_it.strip(), details.script_en.strip()
    recovery.max_attempts, recovery.retry_after_days = details.max_attempts, details.retry_after_days


def _locked_item(item_id: int, *, by: Actor) -> tuple[RecoveryItem, Case]:
    # The case first: every verb locks in this order, and what the item says is read after the wait.
    case_id = RecoveryItem.objects.filter(pk=item_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound(kind=RecoveryItem._meta.label)
    case = locked_case(case_id, by=by)
    item: RecoveryItem = RecoveryItem.objects.select_related("recovery").find(item_id)
    if item.ended_at is not None:
        raise NotWaiting
    return item, case


def _end(item: RecoveryItem, case: Case, outcome: str, *, by: Actor, now: datetime) -> None:
    if outcome not in RecoveryOutcome.values:
        raise NoOutcome
    if outcome == RecoveryOutcome.UNREACHABLE and item.attempts < item.recovery.max_attempts:
        raise TooFewAttempts(made=item.attempts, needed=item.recovery.max_attempts)
    item.outcome, item.ended_at, item.ended_by_id, item.next_try_at = outcome, now, by.id, None
    item.save(update_fields=["outcome", "ended_at", "ended_by", "next_try_at"])
    _give_turn(case, None)
    audit(case, "recovery_item_ended", by=by, now=now, outcome=outcome, attempts=item.attempts)
    publish(
        RecoveryEnded(
            unit_id=case.unit_id,
            occurred_at=now,
            case_id=case.pk,
            customer_id=case.customer_id,
            recovery_id=item.recovery_id,
            item_id=item.pk,
            outcome=outcome,
            attempts=item.attempts,
            waited_days=max(0, (now - item.waiting_since).days),
        )
    )


def _give_turn(case: Case, rank: datetime | None) -> None:
    case.recovery_rank_at = rank
    case.save(update_fields=["recovery_rank_at"])


def _next_opening(case: Case, at: datetime) -> datetime:
    try:
        return next_opening(tree().hours(case.unit_id), at)
    except NeverOpen:
        return at
