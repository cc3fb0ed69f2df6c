"""Lists of forgotten customers: kept as handed in, looked at line by line, taken in once."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case, Recovery, RecoveryLine, RecoveryList
from corsia.cases.permissions import RUN_RECOVERY
from corsia.cases.queries.recovery_lists import Planned, plan, scope_of_recovery
from corsia.cases.queries.waiting import Temper, tempers_of
from corsia.cases.rules import recovery_list as rules
from corsia.cases.rules.recovery_list import MAX_BYTES, MAX_LINES, MAX_TEXT, NotAList
from corsia.cases.services.opening import open_case
from corsia.cases.services.recovery import add_item, open_recovery
from corsia.cases.vocabulary import LineState, Origin
from corsia.customers.services import add_customer
from corsia.customers.vocabulary import CustomerKind
from corsia.kernel import scope
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.sheets import digest_of, text_of
from corsia.organisation.queries import tree

AT_ONCE = 100  # lines that are taken in while the manager waits; a job takes in the rest
_TAKEN_IN = (LineState.KNOWN, LineState.KNOWN_NEW, LineState.NEW)
_ROBOT = system("recovery")

_WHY = {
    "empty": _("The file is empty. Choose the list you meant."),
    "binary": _(
        "This is neither a CSV nor an XLSX file. In the spreadsheet choose “Save as” and “CSV”, then send that."
    ),
    "no_columns": _(
        "The first line names none of the columns “email”, “telefono”, “targa” or “pratica”. Add a first line with "
        "the names of the columns."
    ),
    "too_large": _("The file is larger than %(mb)s MB. Split it and send the parts one after the other."),
    "too_long": _("The list has more than %(lines)s lines. Split it and send the parts one after the other."),
}


class ListUnreadable(Invalid):
    code = "cases.list_unreadable"
    message = _("This list cannot be read.")


class ListOver(Refused):
    code = "cases.list_over"
    message = _("This list was taken in or put aside already. Load it again if you need it.")


@transaction.atomic
def keep_list(*, recovery_id: int, file_name: str, content: bytes, by: Actor, now: datetime) -> RecoveryList:
    """Keep a file, every line of it, and note what would become of each. Nothing else happens until it is confirmed.

    Raises:
        RecoveryOver: the recovery has ended.
        ListUnreadable: it is no such list; says why and what to do.
    """
    recovery = open_recovery(recovery_id, by=by)
    try:
        sheet = rules.read_sheet(content)
    except NotAList as refusal:
        raise ListUnreadable(_WHY[refusal.why], mb=MAX_BYTES // 1024 // 1024, lines=MAX_LINES) from None
    kept: RecoveryList = RecoveryList.objects.create(
        recovery=recovery,
        unit_id=recovery.unit_id,
        file_name=" ".join(file_name.split())[-200:],
        encoding=sheet.encoding,
        separator=sheet.separator,
        header=text_of(sheet.header, separator=sheet.separator)[:MAX_TEXT],
        uploaded_by_id=by.id,
        uploaded_at=now,
    )
    RecoveryLine.objects.bulk_create(
        RecoveryLine(
            list=kept,
            number=number,
            text=text_of(cells, separator=sheet.separator)[:MAX_TEXT],
            digest=digest_of(cells),
            state=LineState.UNREADABLE,
        )
        for number, cells in sheet.lines
    )
    _look(recovery, kept, now=now)
    audit(recovery, "list_kept", by=by, now=now, list=kept.pk, lines=len(sheet.lines))
    return kept


@transaction.atomic
def discard_list(*, list_id: int, by: Actor, now: datetime) -> RecoveryList:
    """Put a list aside that was not confirmed; its lines stay where they can be read.

    Raises:
        ListOver: it was confirmed or put aside before.
    """
    kept = _locked_list(list_id, by=by)
    kept.discarded_at = now
    kept.save(update_fields=["discarded_at"])
    audit(kept.recovery, "list_discarded", by=by, now=now, list=kept.pk)
    return kept


def confirm_list(*, list_id: int, by: Actor, now: datetime) -> RecoveryList:
    """Take a list in: the first lines at once, the rest by the job, each line once.

    Raises:
        ListOver: it was confirmed or put aside before.
        RecoveryOver: the recovery has ended.
    """
    with transaction.atomic():
        kept = _locked_list(list_id, by=by)
        open_recovery(kept.recovery_id, by=by)
        kept.confirmed_at = now
        kept.save(update_fields=["confirmed_at"])
        audit(kept.recovery, "list_confirmed", by=by, now=now, list=kept.pk)
    take_in_lines(list_id=kept.pk, most=AT_ONCE, now=now)
    return kept


def take_in_lists(*, now: datetime) -> int:
    """Take in what is left of confirmed lists, and return how many lines that was."""
    waiting = RecoveryLine.objects.filter(
        list__confirmed_at__isnull=False, list__recovery__ended_at=None, item=None, state__in=_TAKEN_IN
    )
    lists = list(waiting.order_by("list_id").values_list("list_id", flat=True).distinct())
    return sum(take_in_lines(list_id=list_id, most=MAX_LINES, now=now) for list_id in lists)


def take_in_lines(*, list_id: int, most: int, now: datetime) -> int:
    """Take in lines of a confirmed list, each in a transaction of its own, and return how many were looked at."""
    kept = RecoveryList.objects.select_related("recovery").find(list_id)
    waiting = RecoveryLine.objects.filter(list_id=list_id, item=None, state__in=_TAKEN_IN).order_by("number")
    ids = list(waiting.values_list("pk", flat=True)[:most])
    with scope.entered(scope_of_recovery(kept.recovery, tree())):
        for line_id in ids:
            _take_in(line_id, kept, now=now)
    return len(ids)


@transaction.atomic
def _take_in(line_id: int, kept: RecoveryList, *, now: datetime) -> None:
    line = (
        RecoveryLine.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=line_id, item=None, state__in=_TAKEN_IN)
        .first()
    )
    if line is None:
        return  # another worker has it, or had it
    # One list at a time for each recovery: two lines about the same new customer must not make two of them.
    recovery: Recovery = Recovery.objects.select_for_update(of=("self",)).get(pk=kept.recovery_id)
    organisation = tree()
    (planned,) = plan(recovery, kept, [line], organisation=organisation, now=now)
    line.state, line.reason, line.customer_id = planned.state, planned.reason, planned.customer_id
    if planned.state in _TAKEN_IN:
        customer_id = planned.customer_id or _added(planned, now=now)
        case = _case_of(planned, recovery, customer_id=customer_id, now=now)
        temper = _temper(planned, customer_id, zone_of=case.unit_id)
        line.item, line.customer_id = add_item(recovery, case, temper, by=_ROBOT, now=now), customer_id
    line.save(update_fields=["state", "reason", "customer", "item"])


def _added(planned: Planned, *, now: datetime) -> int:
    person = planned.person
    customer = add_customer(
        unit_id=planned.unit_id,
        kind=CustomerKind.COMPANY if person.company else CustomerKind.PERSON,
        first_name=person.first_name,
        last_name=person.last_name,
        company_name=person.company,
        language=person.language,
        emails=[person.email] if person.email else [],
        phones=[person.phone] if person.phone else [],
        source="recovery list",
        by=_ROBOT,
        now=now,
    )
    return customer.pk


def _case_of(planned: Planned, recovery: Recovery, *, customer_id: int | None, now: datetime) -> Case:
    if planned.case_id is not None:
        case: Case = Case.objects.select_related("version__process").lock(planned.case_id)
        return case
    opened = open_case(
        unit_id=planned.unit_id,
        process_key=recovery.process_key,
        subject=planned.person.subject or gettext("A customer we did not answer"),
        origin=Origin.INTERNAL,
        customer_id=customer_id,
        vehicle_id=planned.vehicle_id,
        language=planned.person.language,
        by=_ROBOT,
        now=now,
    )
    again: Case = Case.objects.select_related("version__process").lock(opened.pk)
    return again


def _temper(planned: Planned, customer_id: int | None, *, zone_of: int) -> Temper:
    """Return what the list and the customer's own story say together, the worse of both."""
    told = tempers_of([customer_id]).get(customer_id, Temper()) if customer_id else Temper()
    person = planned.person
    since = rules.start_of(person.since, tree().time_zone(zone_of)) if person.since else None
    instants = [at for at in (since, told.waiting_since) if at is not None]
    return replace(
        told,
        waiting_since=min(instants, default=None),
        unanswered=max(told.unanswered, person.unanswered),
        is_complaint=person.is_complaint,
        last_score=person.score if person.score is not None else told.last_score,
    )


def _look(recovery: Recovery, kept: RecoveryList, *, now: datetime) -> None:
    lines = list(RecoveryLine.objects.filter(list=kept).order_by("number"))
    organisation = tree()
    with scope.entered(scope_of_recovery(recovery, organisation)):
        for line, planned in zip(lines, plan(recovery, kept, lines, organisation=organisation, now=now), strict=True):
            line.state, line.reason, line.customer_id = planned.state, planned.reason, planned.customer_id
    RecoveryLine.objects.bulk_update(lines, ["state", "reason", "customer"], batch_size=500)


def _locked_list(list_id: int, *, by: Actor) -> RecoveryList:
    kept: RecoveryList = RecoveryList.objects.select_related("recovery").lock(list_id)
    demand(by, RUN_RECOVERY, kept.unit_id)
    if kept.confirmed_at is not None or kept.discarded_at is not None:
        raise ListOver
    return kept
