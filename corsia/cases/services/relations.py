"""Cases and other cases: merged and taken apart again, split, linked, under a parent."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Alarm, Case, CaseLink, Deadline
from corsia.cases.services.clocks import Clocks, begin_segment, end_segment
from corsia.cases.services.locking import locked_case, locked_open_case, tell_case
from corsia.cases.services.movement import MergedElsewhere
from corsia.cases.services.opening import open_case
from corsia.cases.services.recovery import follow_merge
from corsia.cases.services.touching import touch_and_save, touched
from corsia.cases.vocabulary import NEVER, ClockKind, EndKind, Holder, LinkKind
from corsia.events.cases import CasesMerged
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.facts import publish
from corsia.organisation.queries import tree


class SameCase(Invalid):
    code = "cases.same_case"
    message = _("Case #%(number)s cannot be put together with itself. Enter the number of another case.")


class OtherCustomer(Refused):
    code = "cases.other_customer"
    message = _(
        "Cases #%(one)s and #%(other)s belong to different customers. "
        "Link them instead, or merge the two customer records first."
    )


class NotMerged(Refused):
    code = "cases.not_merged"
    message = _("Case #%(number)s is not merged into another one: there is nothing to take back.")


class WouldBeOwnAncestor(Invalid):
    code = "cases.would_be_own_ancestor"
    message = _("Case #%(parent)s already stands below #%(number)s and cannot be above it too. Choose another one.")


@transaction.atomic
def merge_cases(*, survivor_id: int, absorbed_id: int, by: Actor, now: datetime) -> Case:
    """Let one case go on for both. The absorbed one closes and points at the survivor; nothing else of it changes.

    Raises:
        SameCase: they are one.
        CaseClosed: the survivor is closed.
        MergedElsewhere: the absorbed case was merged before.
        OtherCustomer: both have a customer, and not the same.
    """
    if survivor_id == absorbed_id:
        raise SameCase(number=survivor_id)
    # Always in the order of their numbers: two merges of the same pair wait for each other instead of locking up.
    first, second = (locked_case(pk, by=by) for pk in sorted((survivor_id, absorbed_id)))
    survivor, absorbed = (first, second) if first.pk == survivor_id else (second, first)
    if survivor.closed_at is not None:
        locked_open_case(survivor_id, by=by)
    if absorbed.merged_into_id is not None:
        raise MergedElsewhere(number=absorbed.pk, survivor=absorbed.merged_into_id)
    if survivor.customer_id and absorbed.customer_id and survivor.customer_id != absorbed.customer_id:
        raise OtherCustomer(one=survivor.pk, other=absorbed.pk)
    hours = tree().hours(absorbed.unit_id)
    if absorbed.closed_at is None:
        clocks = Clocks.of(absorbed, hours)
        clocks.drop(*ClockKind, now=now)
        clocks.save(now=now)
        end_segment(absorbed, hours=hours, now=now)
        Alarm.objects.filter(case=absorbed, cleared_at=None).update(cleared_at=now)
        absorbed.closed_at, absorbed.end_kind = now, EndKind.CANCELLED
        absorbed.closed_from_id = absorbed.phase_id
        absorbed.due_at, absorbed.neglected_from, absorbed.snoozed_until = NEVER, NEVER, None
    follow_merge(absorbed=absorbed, survivor=survivor, by=by, now=now)
    absorbed.merged_into, absorbed.merged_at = survivor, now
    absorbed.save()
    # Who was merged into the absorbed case before now finds the survivor in one step.
    Case.objects.filter(merged_into=absorbed).update(merged_into=survivor)
    touch_and_save(survivor, now=now)
    audit(survivor, "absorbed", by=by, now=now, absorbed=absorbed.pk)
    audit(absorbed, "merged", by=by, now=now, survivor=survivor.pk)
    publish(
        CasesMerged(
            unit_id=survivor.unit_id,
            occurred_at=now,
            case_id=survivor.pk,
            customer_id=survivor.customer_id,
            absorbed_id=absorbed.pk,
        )
    )
    tell_case(survivor)
    tell_case(absorbed)
    return survivor


@transaction.atomic
def unmerge_case(*, case_id: int, survivor_id: int | None = None, by: Actor, now: datetime) -> Case:
    """Take a merge back: the case stands alone again, open if the merge had closed it, with the time it had left.

    Args:
        survivor_id: the case it must be merged into; None for whichever it is.

    Raises:
        NotMerged: it was not merged, or into another case.
    """
    case = locked_case(case_id, by=by)
    if case.merged_into_id is None or survivor_id not in (None, case.merged_into_id):
        raise NotMerged(number=case.pk)
    survivor_id, merged_at = case.merged_into_id, case.merged_at
    was_closed_by_merge = case.closed_at == merged_at
    case.merged_into, case.merged_at = None, None
    if was_closed_by_merge:
        case.closed_at, case.end_kind, case.closed_from_id = None, "", None
        begin_segment(case, Holder(case.holder), reason="", now=now)
        clocks = Clocks(case=case, hours=tree().hours(case.unit_id))
        clocks.take_back(list(Deadline.objects.filter(case=case, dropped_at=merged_at)))
        if case.holder == Holder.US:
            clocks.resume(now=now)
        clocks.save(now=now)
        touched(case, now=now)
    case.save()
    audit(case, "unmerged", by=by, now=now, survivor=survivor_id)
    tell_case(case)
    survivor = Case.objects.filter(pk=survivor_id).first()
    if survivor is not None:
        audit(survivor, "gave_back", by=by, now=now, absorbed=case.pk)
        tell_case(survivor)
    return case


@transaction.atomic
def split_case(*, case_id: int, subject: str, process_key: str = "", by: Actor, now: datetime) -> Case:
    """Open a second case for another matter of the same customer, linked to the first.

    Args:
        process_key: of the new case; empty for the same process.

    Raises:
        ProcessNotInUse: no such process at the unit.
    """
    case = locked_case(case_id, by=by)
    new = open_case(
        unit_id=case.unit_id,
        process_key=process_key or case.version.process.key,
        subject=subject,
        origin=case.origin,
        customer_id=case.customer_id,
        vehicle_id=case.vehicle_id,
        priority=case.priority,
        language=case.language,
        assignee_id=None,
        linked_to=case.pk,
        link_kind=LinkKind.SPLIT_FROM,
        by=by,
        now=now,
    )
    audit(case, "split", by=by, now=now, new=new.pk)
    tell_case(case)
    return new


@transaction.atomic
def link_cases(*, case_id: int, other_id: int, kind: LinkKind = LinkKind.RELATED, by: Actor, now: datetime) -> CaseLink:
    """Note that two cases belong together. Doing it twice, or from the other side, changes nothing.

    Raises:
        SameCase: they are one.
        NotFound: the other case is not within the scope.
    """
    if case_id == other_id:
        raise SameCase(number=case_id)
    case = locked_case(case_id, by=by)
    other = Case.objects.find(other_id)
    there: CaseLink | None = CaseLink.objects.filter(
        Q(source=case, target=other) | Q(source=other, target=case)
    ).first()
    if there is not None:
        return there
    link: CaseLink = CaseLink.objects.create(source=case, target=other, kind=kind, created_at=now)
    audit(case, "linked", by=by, now=now, other=other.pk, kind=kind)
    tell_case(case)
    tell_case(other)
    return link


@transaction.atomic
def unlink_cases(*, case_id: int, other_id: int, by: Actor, now: datetime) -> None:
    """Take a link away, whichever side it was made from."""
    case = locked_case(case_id, by=by)
    ends = Q(source_id=case_id, target_id=other_id) | Q(source_id=other_id, target_id=case_id)
    deleted, _rows = CaseLink.objects.filter(ends).delete()
    if deleted:
        audit(case, "unlinked", by=by, now=now, other=other_id)
        tell_case(case)


@transaction.atomic
def set_parent(*, case_id: int, parent_id: int | None, by: Actor, now: datetime) -> Case:
    """Put the case under another one, or under none.

    Raises:
        SameCase: they are one.
        WouldBeOwnAncestor: the parent stands below the case.
        NotFound: no such parent within the scope.
    """
    if case_id == parent_id:
        raise SameCase(number=case_id)
    case = locked_case(case_id, by=by)
    above = parent_id
    while above is not None:
        row = Case.objects.find(above)
        if row.parent_id == case_id:
            raise WouldBeOwnAncestor(parent=parent_id, number=case_id)
        above = row.parent_id
    if case.parent_id != parent_id:
        old, case.parent_id = case.parent_id, parent_id
        case.save(update_fields=["parent"])
        audit(case, "parent_set", by=by, now=now, old=old, new=parent_id)
        tell_case(case)
    return case
