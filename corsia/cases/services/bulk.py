"""The same change on many cases at once: looked at first, done together, taken back exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from corsia.cases.models import BulkChange, BulkRun, Case, Tag
from corsia.cases.queries.people import people_who_work_in
from corsia.cases.services.assignment import assign
from corsia.cases.services.care import add_tag, remove_tag, set_priority, snooze
from corsia.cases.vocabulary import BulkVerb
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused

MAX_CASES = 200


class NothingChosen(Invalid):
    code = "cases.nothing_chosen"
    message = _("No case is selected. Tick the cases you mean and try again.")


class TooManyChosen(Invalid):
    code = "cases.too_many_chosen"
    message = _("%(count)s cases are too many for one go. Select at most %(most)s.")


class AlreadyUndone(Refused):
    code = "cases.bulk_already_undone"
    message = _("This action was already taken back.")


@dataclass(frozen=True)
class Planned:
    """What an action would do to one case; `why_not` is empty when it would change it."""

    case: Case
    old: str
    new: str
    why_not: str = ""


@dataclass(frozen=True)
class Undone:
    """How many cases got their old value back, and which had been changed again meanwhile and were left alone."""

    restored: int
    left_alone: tuple[int, ...]


def plan(*, verb: BulkVerb, value: str, case_ids: Sequence[int], now: datetime) -> list[Planned]:
    """Return what the action would do to each case within the scope, in the order of their numbers; change nothing.

    Args:
        value: a person's id ("" for nobody), a priority, a tag, or an instant in ISO format ("" to wake).

    Raises:
        NothingChosen, TooManyChosen: none or more than 200 cases.
    """
    if not case_ids:
        raise NothingChosen
    if len(case_ids) > MAX_CASES:
        raise TooManyChosen(count=len(case_ids), most=MAX_CASES)
    cases = list(Case.objects.filter(pk__in=case_ids).select_related("assignee", "customer").order_by("pk"))
    tags = set(Tag.objects.filter(case__in=cases, label=value).values_list("case_id", flat=True))
    able: dict[int, bool] = {}
    planned = []
    for case in cases:
        old = _value(case, verb, has_tag=case.pk in tags, tag=value)
        why_not = ""
        if case.closed_at is not None and verb is not BulkVerb.TAG:
            why_not = pgettext("case", "closed")
        elif old == value:
            why_not = str(_("already so"))
        elif verb is BulkVerb.ASSIGN and value:
            if case.unit_id not in able:
                able[case.unit_id] = people_who_work_in(case.unit_id, now=now).filter(pk=int(value)).exists()
            if not able[case.unit_id]:
                why_not = str(_("does not work in this unit"))
        planned.append(Planned(case=case, old=old, new=value, why_not=why_not))
    return planned


@transaction.atomic
def run(*, verb: BulkVerb, value: str, case_ids: Sequence[int], by: Actor, now: datetime) -> BulkRun:
    """Do the action on every case that the plan says it changes, all or none, and remember what was before.

    Raises:
        NothingChosen: none of the cases would change.
    """
    planned = [one for one in plan(verb=verb, value=value, case_ids=case_ids, now=now) if not one.why_not]
    if not planned or by.id is None:
        raise NothingChosen
    row = BulkRun(unit_id=planned[0].case.unit_id, verb=verb, made_by_id=by.id, made_at=now)
    row.save()
    for one in planned:
        _apply(verb, one.case.pk, value, tag=value, by=by, now=now)
    BulkChange.objects.bulk_create(
        [BulkChange(run=row, case=one.case, field=verb.value, old_value=one.old, new_value=one.new) for one in planned]
    )
    audit(row, "bulk_done", by=by, now=now, action=verb.value, value=value, cases=[one.case.pk for one in planned])
    return row


@transaction.atomic
def undo(*, run_id: int, by: Actor, now: datetime) -> Undone:
    """Give every case of one's own action its old value back, unless somebody changed it since.

    Raises:
        NotFound: no such action of the actor.
        AlreadyUndone: it was taken back before.
    """
    row: BulkRun = BulkRun.objects.lock(run_id)
    if row.made_by_id != by.id:
        raise NotFound(kind=BulkRun._meta.label)
    if row.undone_at is not None:
        raise AlreadyUndone
    verb = BulkVerb(row.verb)
    left, restored = [], 0
    changes = list(BulkChange.objects.filter(run=row).select_related("case").order_by("case_id"))
    tagged = set(
        Tag.objects.filter(
            case__in=[change.case_id for change in changes], label__in=[change.new_value for change in changes]
        ).values_list("case_id", flat=True)
    )
    for change in changes:
        current = _value(change.case, verb, has_tag=change.case_id in tagged, tag=change.new_value)
        if current != change.new_value or (change.case.closed_at is not None and verb is not BulkVerb.TAG):
            left.append(change.case_id)
            continue
        _apply(verb, change.case_id, change.old_value, tag=change.new_value, by=by, now=now)
        restored += 1
    row.undone_at = now
    row.save(update_fields=["undone_at"])
    audit(row, "bulk_undone", by=by, now=now, restored=restored, left_alone=left)
    return Undone(restored=restored, left_alone=tuple(left))


def _value(case: Case, verb: BulkVerb, *, has_tag: bool, tag: str) -> str:
    if verb is BulkVerb.ASSIGN:
        return str(case.assignee_id or "")
    if verb is BulkVerb.PRIORITY:
        return str(case.priority)
    if verb is BulkVerb.TAG:
        return tag if has_tag else ""
    return case.snoozed_until.isoformat() if case.snoozed_until else ""


def _apply(verb: BulkVerb, case_id: int, value: str, *, tag: str, by: Actor, now: datetime) -> None:
    if verb is BulkVerb.ASSIGN:
        assign(case_id=case_id, person_id=int(value) if value else None, by=by, now=now)
    elif verb is BulkVerb.PRIORITY:
        set_priority(case_id=case_id, priority=int(value), by=by, now=now)
    elif verb is BulkVerb.TAG and value:
        add_tag(case_id=case_id, label=value, by=by, now=now)
    elif verb is BulkVerb.TAG:
        remove_tag(case_id=case_id, label=tag, by=by, now=now)
    else:
        until = datetime.fromisoformat(value) if value else None
        # Taking a snooze back may give an old one that has passed meanwhile: the case is then simply awake.
        snooze(case_id=case_id, until=until if until and until > now else None, by=by, now=now)
