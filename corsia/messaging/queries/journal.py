"""The raw journal as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from corsia.kernel.scope import current_scope
from corsia.messaging.models import Inbound, Message
from corsia.messaging.rules.incoming import OWN_MAIL
from corsia.messaging.rules.raw_mail import header_fields, split_head
from corsia.messaging.vocabulary import InboundSource, InboundState, Outcome, explained
from corsia.organisation.models import Unit
from corsia.ui.channels import channel_look

PAGE = 40
HEAD_SHOWN = 16 * 1024  # bytes of a header that the page shows
TABS = ("quarantined", "waiting", "automatic", "bounce", "all")


@dataclass(frozen=True)
class JournalRow:
    """One thing that came in. `sender` and `subject` are its own words, unproven."""

    id: int
    source: str
    state: str
    outcome: str
    outcome_label: str
    sentence: str
    detail: str
    sender: str
    subject: str
    size: int
    attempts: int
    received_at: datetime
    is_quarantined: bool
    is_automatic: bool
    is_waiting: bool


@dataclass(frozen=True)
class PlannedOpening:
    """What "Open a case" would do to one mail; `why_not` is a sentence when it would do nothing."""

    row: JournalRow
    unit_id: int | None
    unit_name: str
    case_id: int | None
    why_not: str


@dataclass(frozen=True)
class JournalDetail:
    """One thing that came in, with its header as it was sent and what it became."""

    row: JournalRow
    head: str
    envelope_from: str
    envelope_to: str
    case_id: int | None


def journal_page(*, tab: str, before: int | None) -> tuple[list[JournalRow], int | None]:
    """Return a page of rows, the youngest first, and the id to go on from."""
    rows = visible_journal().defer("raw").annotate(head=Substr("raw", 1, 8192)).order_by("-pk")
    if tab == "quarantined":
        rows = rows.filter(state=InboundState.QUARANTINED)
    elif tab == "waiting":
        rows = rows.filter(state=InboundState.RECEIVED)
    elif tab != "all":
        rows = rows.filter(outcome=tab)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    shown = [_row(row, _start(row)) for row in found[:PAGE]]
    return shown, found[PAGE - 1].pk if len(found) > PAGE else None


def journal_detail(inbound_id: int) -> JournalDetail | None:
    """Return one row within the scope; None when there is no such row."""
    found = visible_journal().defer("raw").annotate(head=Substr("raw", 1, HEAD_SHOWN * 4)).filter(pk=inbound_id).first()
    if found is None:
        return None
    head, _body = split_head(_start(found))
    case_id = Message.unscoped.filter(inbound_id=inbound_id).values_list("case_id", flat=True).first()
    return JournalDetail(
        row=_row(found, _start(found)),
        head=_printable(head[:HEAD_SHOWN].decode("utf-8", "replace")),
        envelope_from=found.envelope_from,
        envelope_to=", ".join(found.envelope_to.split()),
        case_id=case_id,
    )


def planned_openings(inbound_ids: Sequence[int]) -> list[PlannedOpening]:
    """Return what opening cases of these mails would do, oldest first; ids outside the scope are left out."""
    rows = visible_journal().defer("raw").annotate(head=Substr("raw", 1, 8192)).select_related("unit")
    cases = dict(Message.unscoped.filter(inbound_id__in=inbound_ids).values_list("inbound_id", "case_id"))
    return [
        PlannedOpening(
            row=_row(row, _start(row)),
            unit_id=row.unit_id,
            unit_name=row.unit.name if row.unit else "",
            case_id=cases.get(row.pk),
            why_not=_why_not(row, cases.get(row.pk)),
        )
        for row in rows.filter(pk__in=inbound_ids).order_by("pk")
    ]


def _why_not(row: Inbound, case_id: int | None) -> str:
    if case_id is not None:
        return _("It is on case #%(number)s already.") % {"number": case_id}
    if row.state == InboundState.RECEIVED:
        return _("It is about to be read.")
    if row.outcome != Outcome.AUTOMATIC:
        return _("It is not kept as automatic any more.")
    if row.reason == OWN_MAIL:
        return _("It is a mail of ours that came back.")
    return ""


def visible_journal() -> "QuerySet[Inbound]":
    """Return the rows of the scope's units; those of no known unit to whoever has the top of a tree."""
    scope = current_scope()
    rows: QuerySet[Inbound] = Inbound.objects.all()
    if scope.everything:
        return rows
    mine = Q(unit_id__within=scope.units)
    if Unit.objects.filter(parent=None, pk__in=scope.units).exists():
        mine |= Q(unit=None)
    return rows.filter(mine)


def _start(row: Any) -> bytes:
    """Return the annotated beginning of a raw message."""
    return bytes(row.head)


def _row(row: Inbound, start: bytes) -> JournalRow:
    fields = header_fields(split_head(start)[0])
    sentence, detail = explained(row.reason) if row.reason else ("", "")
    return JournalRow(
        id=row.pk,
        source=_source(row.source),
        state=row.state,
        outcome=row.outcome,
        outcome_label=str(Outcome(row.outcome).label) if row.outcome else str(InboundState(row.state).label),
        sentence=sentence,
        detail=detail,
        sender=_words(fields.get(b"from", b"")) or row.envelope_from,
        subject=_words(fields.get(b"subject", b"")),
        size=row.size,
        attempts=row.attempts,
        received_at=row.received_at,
        is_quarantined=row.state == InboundState.QUARANTINED,
        is_automatic=row.outcome == Outcome.AUTOMATIC and row.reason != OWN_MAIL,
        is_waiting=row.state == InboundState.RECEIVED,
    )


def _source(key: str) -> str:
    if key in InboundSource.values:
        return str(InboundSource(key).label)
    look = channel_look(key)
    return str(look.label) if look else key


def _words(value: bytes) -> str:
    """Return a header value for the eye; whatever cannot be decoded is shown as it came."""
    text = value[:500].decode("utf-8", "replace")
    try:
        text = str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return _printable(text)[:200]
    return _printable(text)[:200]


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char in "\n\t" else "" for char in text.replace("\r\n", "\n"))
