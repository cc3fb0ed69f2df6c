"""What people note on a case while they work on it: priority, snooze, details, tags, watchers."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case, Cause, Tag, Watcher
from corsia.cases.queries.definitions import definition
from corsia.cases.services.clocks import Clocks
from corsia.cases.services.locking import locked_case, locked_open_case, tell_case
from corsia.cases.services.touching import touch_and_save, touched
from corsia.cases.vocabulary import ClockKind, Priority, PurchaseChannel
from corsia.customers.models import Customer
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.organisation.queries import tree
from corsia.vehicles.models import Vehicle

MAX_TAGS = 12
MAX_LABEL = 40


class SnoozeInThePast(Invalid):
    code = "cases.snooze_in_the_past"
    message = _("A case can only be snoozed until a later moment. Choose a day and time that are still to come.")


class NoSuchPriority(Invalid):
    code = "cases.no_such_priority"
    message = _("This priority does not exist. Choose low, normal, high or urgent.")


class NoSuchChannel(Invalid):
    code = "cases.no_such_channel"
    message = _("This purchase channel does not exist. Choose one of the list.")


class NotATag(Invalid):
    code = "cases.not_a_tag"
    message = _("A tag has 1 to 40 characters, and a case has at most %(most)s of them. Shorten it or remove another.")


class NoSubject(Invalid):
    code = "cases.no_subject"
    message = _("A case needs a subject. Write in a few words what it is about.")


@dataclass(frozen=True)
class Details:
    """What describes a case; None leaves a value as it is. `assignee_id` counts only on the way into a phase.

    Attributes:
        recovery_outcome: how it ended with a customer who is being won back; counts only where the case is closed.
    """

    subject: str | None = None
    customer_id: int | None = None
    vehicle_id: int | None = None
    assignee_id: int | None = None
    reference: str | None = None
    purchase_channel: str | None = None
    cause_id: int | None = None
    root_cause: str | None = None
    remedy: str | None = None
    recovery_outcome: str | None = None


@transaction.atomic
def set_priority(*, case_id: int, priority: int, by: Actor, now: datetime) -> Case:
    """Change the priority. Running clocks get its limits, what was spent stays spent; a broken promise stays broken.

    Raises:
        CaseClosed: it is closed.
        NoSuchPriority: not one of ours.
    """
    case = locked_open_case(case_id, by=by)
    if priority not in Priority.values:
        raise NoSuchPriority
    if priority == case.priority:
        return case
    version, hours = definition(case.version_id), tree().hours(case.unit_id)
    old, case.priority = case.priority, priority
    phase = version.phase_of(case.phase_id)
    limits: dict[ClockKind, int | None] = {kind: version.limit(kind, priority) for kind in ClockKind}
    if phase.limit_minutes is not None:
        limits[ClockKind.PHASE] = phase.limit_minutes
    clocks = Clocks.of(case, hours)
    for row in clocks.running:
        if row.clock == ClockKind.FIRST_ANSWER and row.limit_minutes != version.limit(ClockKind.FIRST_ANSWER, old):
            limits[ClockKind.FIRST_ANSWER] = row.limit_minutes  # promised by the channel, whatever the priority
    clocks.relimit(limits, now=now)
    clocks.save(now=now)
    case.save(update_fields=["priority", "due_at", *touched(case, now=now)])
    audit(case, "priority_set", by=by, now=now, old=old, new=priority)
    tell_case(case)
    return case


@transaction.atomic
def snooze(*, case_id: int, until: datetime | None, by: Actor, now: datetime) -> Case:
    """Put the case out of sight until a moment, or wake it (None). Its clocks go on: a snooze excuses nothing.

    Raises:
        CaseClosed: it is closed.
        SnoozeInThePast: `until` is not in the future.
    """
    case = locked_open_case(case_id, by=by)
    if until is not None and until <= now:
        raise SnoozeInThePast
    if until == case.snoozed_until:
        return case
    case.snoozed_until = until
    case.save(update_fields=["snoozed_until", *touched(case, now=now)])
    audit(case, "snoozed" if until else "woken", by=by, now=now, **({"until": until.isoformat()} if until else {}))
    tell_case(case)
    return case


@transaction.atomic
def describe(*, case_id: int, details: Details, by: Actor, now: datetime) -> Case:
    """Change what describes the case; closed cases too, people find the root cause later.

    Raises:
        NoSubject: the subject would be empty.
        NotFound: no such customer, vehicle or kind of cause within the scope.
    """
    case = locked_case(case_id, by=by)
    old: dict[str, object] = {}
    if details.subject is not None and not details.subject.strip():
        raise NoSubject
    if details.customer_id is not None:
        Customer.objects.find(details.customer_id)
    if details.vehicle_id is not None:
        Vehicle.objects.find(details.vehicle_id)
    if details.cause_id is not None:
        Cause.objects.find(details.cause_id)
    if details.purchase_channel and details.purchase_channel not in PurchaseChannel.values:
        raise NoSuchChannel
    given: dict[str, object] = {
        "subject": None if details.subject is None else " ".join(details.subject.split())[:200],
        "customer_id": details.customer_id,
        "vehicle_id": details.vehicle_id,
        "reference": None if details.reference is None else details.reference.strip()[:60],
        "purchase_channel": details.purchase_channel,
        "cause_id": details.cause_id,
        "root_cause": None if details.root_cause is None else details.root_cause.strip()[:200],
        "remedy": None if details.remedy is None else details.remedy.strip(),
    }
    for name, value in given.items():
        if value is not None and getattr(case, name) != value:
            old[name] = getattr(case, name)
            setattr(case, name, value)
    if not old:
        return case
    fields = [name.removesuffix("_id") for name in old]
    if case.closed_at is None:
        fields += touched(case, now=now)
    case.save(update_fields=fields)
    audit(case, "described", by=by, now=now, old=old, new={name: getattr(case, name) for name in old})
    tell_case(case)
    return case


@transaction.atomic
def add_tag(*, case_id: int, label: str, by: Actor, now: datetime) -> Case:
    """Put a tag on the case; the same one twice is one.

    Raises:
        NotATag: empty, too long, or one too many.
    """
    case = locked_case(case_id, by=by)
    label = " ".join(label.lower().split())
    tags = set(Tag.objects.filter(case=case).values_list("label", flat=True))
    if label in tags:
        return case
    if not 0 < len(label) <= MAX_LABEL or len(tags) >= MAX_TAGS:
        raise NotATag(most=MAX_TAGS)
    Tag.objects.create(case=case, label=label)
    touch_and_save(case, now=now)
    audit(case, "tagged", by=by, now=now, label=label)
    tell_case(case)
    return case


@transaction.atomic
def remove_tag(*, case_id: int, label: str, by: Actor, now: datetime) -> Case:
    """Take a tag off the case."""
    case = locked_case(case_id, by=by)
    deleted, _rows = Tag.objects.filter(case=case, label=label).delete()
    if deleted:
        touch_and_save(case, now=now)
        audit(case, "untagged", by=by, now=now, label=label)
        tell_case(case)
    return case


@transaction.atomic
def watch(*, case_id: int, by: Actor, now: datetime) -> Case:
    """Have the actor told about what happens to the case."""
    case = locked_case(case_id, by=by)
    _watcher, is_new = Watcher.objects.get_or_create(case=case, person_id=by.id, defaults={"since": now})
    if is_new:
        audit(case, "watched", by=by, now=now)
        tell_case(case)
    return case


@transaction.atomic
def unwatch(*, case_id: int, by: Actor, now: datetime) -> Case:
    """Stop telling the actor about the case."""
    case = locked_case(case_id, by=by)
    deleted, _rows = Watcher.objects.filter(case=case, person_id=by.id).delete()
    if deleted:
        audit(case, "unwatched", by=by, now=now)
        tell_case(case)
    return case
