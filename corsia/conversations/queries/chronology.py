"""The chronology of a case up to an instant, read from what is never changed: messages, receipts, facts, the trail.

Asked again for the same instant, after whatever happened since, it gives the same entries in the same order; `digest`
is the proof. Only an erasure or an ended term takes something out of it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from corsia.cases.models import Case
from corsia.conversations.queries.happenings import tellable, told
from corsia.conversations.vocabulary import Audience, EntryKind
from corsia.customers.queries import family_ids
from corsia.kernel.models import AuditEntry, FactRecord
from corsia.messaging.models import Attachment, CertifiedRecord, Message, Outgoing
from corsia.messaging.vocabulary import CertifiedKind, Channel, Direction, OutboxState
from corsia.organisation.queries import tree
from corsia.ui.channels import channel_look
from corsia.ui.templatetags.ui import small_names

# What colleagues do among themselves and write for each other: only in the copy that stays in the house.
_INTERNAL_VERBS = frozenset(
    {"tagged", "snoozed", "woken", "priority_set", "goodwill_asked", "goodwill_refused", "goodwill_withdrawn"}
)
_FACTS = ("listening.SurveySent", "listening.SurveyAnswered", "messaging.MessageBounced", "cases.DeadlineMissed")
_NEVER_LEFT = (OutboxState.CANCELLED, OutboxState.BLOCKED, OutboxState.FAILED)


@dataclass(frozen=True, kw_only=True)
class FileLine:
    """An attachment: its name, its type as read from the content, its size in bytes, its SHA-256."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that was said or done.

    Attributes:
        key: what row it is, "message:7"; together with `digest` it stays the same in every rebuild.
        headers: labels in the reader's language and values: from, to, Message-ID and the like.
        digest: SHA-256 of what the row says, whatever language it is told in.
    """

    key: str
    at: datetime
    kind: EntryKind
    case_id: int
    title: str
    digest: str
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    files: tuple[FileLine, ...] = ()
    is_bad: bool = False


@dataclass(frozen=True, kw_only=True)
class Chronology:
    """All entries in order, and the cases they come from: the case itself and those merged into it."""

    entries: tuple[Entry, ...]
    case_ids: tuple[int, ...]
    elsewhere: tuple[int, ...] = field(default=())  # merged into it from units whose cases are not shown here

    @property
    def digest(self) -> str:
        """Return the SHA-256 over all entries in order."""
        lines = "\n".join(f"{one.key} {one.at.isoformat()} {one.digest}" for one in self.entries)
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def files(self) -> list[tuple[int, FileLine]]:
        """Return every attachment with the number of its entry, counted from 1."""
        return [(number, file) for number, one in enumerate(self.entries, start=1) for file in one.files]


def chronology(*, case: Case, until: datetime, audience: str) -> Chronology:
    """Return everything that was said and done on a case, oldest first, up to and including an instant.

    Args:
        case: found within the scope by the caller.
        audience: a value of Audience; the copy for outside has no notes and nothing that is between colleagues.
    """
    case_ids, elsewhere = _absorbed(case, until)
    is_internal = audience == Audience.INTERNAL
    entries = [
        *_messages(case_ids, until, with_notes=is_internal),
        *_receipts(case_ids, until),
        *_facts(case, case_ids, until),
        *_steps(case, case_ids, until, is_internal=is_internal),
    ]
    # Where two things bear one instant, what was said comes before what it caused.
    order = {kind: place for place, kind in enumerate(EntryKind)}
    entries.sort(key=lambda one: (one.at, order[one.kind], int(one.key.rpartition(":")[2])))
    return Chronology(entries=tuple(entries), case_ids=case_ids, elsewhere=elsewhere)


def _absorbed(case: Case, until: datetime) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the cases that had gone into this one, itself first; those of units beside it only by number."""
    found, waiting = [case.pk], [case.pk]
    while waiting:
        trail = AuditEntry.objects.filter(object_kind=Case._meta.label_lower, object_id__in=waiting, at__lte=until)
        within: dict[int, bool] = {}
        for entry in trail.filter(verb__in=("absorbed", "gave_back")).order_by("pk"):
            within[int(entry.data["absorbed"])] = entry.verb == "absorbed"
        waiting = [pk for pk, is_in in within.items() if is_in and pk not in found]
        found += waiting
    places, own = tree(), tree().unit(case.unit_id).path
    units = dict(Case.objects.filter(pk__in=found).values_list("pk", "unit_id"))
    here = tuple(pk for pk in found if pk in units and places.unit(units[pk]).path.startswith(own))
    return here, tuple(pk for pk in found if pk not in here)


def _messages(case_ids: Sequence[int], until: datetime, *, with_notes: bool) -> Iterator[Entry]:
    rows = Message.objects.filter(case_id__in=case_ids, at__lte=until).select_related("author", "inbound")
    rows = rows.defer("html", "inbound__raw")
    rows = rows if with_notes else rows.exclude(direction=Direction.NOTE)
    found = list(rows.order_by("pk"))
    ids = [row.pk for row in found]
    files: dict[int, list[FileLine]] = {}
    attached = Attachment.objects.filter(message_id__in=ids).values_list(
        "message_id", "name", "media_type", "size", "blob__sha256"
    )
    for message_id, name, media_type, size, digest in attached.order_by("pk"):
        line = FileLine(name=name, media_type=media_type, size=size, sha256=bytes(digest).hex())
        files.setdefault(message_id, []).append(line)
    outbox = {row.message_id: row for row in Outgoing.objects.filter(message_id__in=ids)}
    for row in found:
        outgoing = outbox.get(row.pk)
        if outgoing is not None and not _had_left(outgoing, until):
            continue  # it was never said
        yield _message(row, outgoing, tuple(files.get(row.pk, ())))


def _had_left(row: Outgoing, until: datetime) -> bool:
    return row.state not in _NEVER_LEFT and row.sent_at is not None and row.sent_at <= until


def _message(row: Message, outgoing: Outgoing | None, files: tuple[FileLine, ...]) -> Entry:
    text = row.full_text or row.text
    sent_at = outgoing.sent_at if outgoing is not None else None
    kind = {Direction.IN: EntryKind.RECEIVED, Direction.OUT: EntryKind.SENT}.get(Direction(row.direction))
    said = [
        *(row.direction, row.channel, row.from_address, row.to_addresses, row.cc_addresses, row.subject, row.header_id),
        *(text, [[file.name, file.size, file.sha256] for file in files]),
    ]
    who = row.author.full_name if row.author else row.author_name
    copies = outgoing.cc_addresses if outgoing is not None else row.cc_addresses
    headers = [
        (_("From"), _named(who, row.from_address)),
        (_("To"), ", ".join(row.to_addresses.split())),
        (_("Copy to"), ", ".join((copies or row.cc_addresses).split())),
        (_("Subject"), row.subject),
        ("Message-ID", f"<{row.header_id}>" if row.header_id else ""),
        (_("In answer to"), f"<{row.in_reply_to}>" if row.in_reply_to else ""),
        (_("Original"), _original(row)),
    ]
    return Entry(
        key=f"message:{row.pk}",
        at=sent_at or row.at,
        kind=kind or EntryKind.NOTE,
        case_id=row.case_id,
        title=_title(row),
        digest=_digest(said),
        headers=tuple((label, value) for label, value in headers if value),
        text=text,
        files=files,
    )


def _title(row: Message) -> str:
    if row.direction == Direction.NOTE:
        return _("Internal note")
    channel = _channel(row.channel)
    words = _("Received: %(channel)s") if row.direction == Direction.IN else _("Sent: %(channel)s")
    title = words % {"channel": channel}
    return f"{title} ({_('automatic')})" if row.is_automatic else title


def _channel(key: str) -> str:
    look = channel_look(key)
    return str(Channel(key).label) if key in Channel.values else str(look.label) if look else key


def _named(name: str, address: str) -> str:
    return f"{name} <{address}>" if name and address else name or address


def _original(row: Message) -> str:
    """Return how the mail lies in the journal: its size; the bytes themselves are handed out by the journal."""
    if row.inbound is None:
        return ""
    return _("%(bytes)s bytes, received from %(sender)s") % {
        "bytes": row.inbound.size,
        "sender": row.inbound.envelope_from or "<>",
    }


def _receipts(case_ids: Sequence[int], until: datetime) -> Iterator[Entry]:
    rows = CertifiedRecord.objects.filter(message__case_id__in=case_ids, received_at__lte=until)
    for row in rows.select_related("message").order_by("pk"):
        kind = CertifiedKind(row.kind)
        is_envelope = kind in (CertifiedKind.ENVELOPE, CertifiedKind.ANOMALY)
        label = _("Envelope of certified mail (PEC)") if is_envelope else _("Receipt of certified mail (PEC)")
        headers = [
            (_("Kind"), f"{kind.label} ({kind.value})"),
            (_("About"), f"<{row.message.header_id}>" if row.message.header_id else row.message.subject),
            (_("Recipient"), row.recipient),
            (_("Provider"), row.provider),
            (_("Identifier"), row.identifier),
            (_("Envelope from"), row.envelope_from),
            (_("Envelope subject"), row.envelope_subject),
            (_("Stated by the provider"), _second(row.stated_at) if row.stated_at else ""),
        ]
        said = [row.kind, row.recipient, row.provider, row.identifier, row.envelope_from, row.envelope_subject]
        yield Entry(
            key=f"certified:{row.pk}",
            at=row.received_at,
            kind=EntryKind.RECEIPT,
            case_id=row.message.case_id,
            title=f"{label}: {kind.label}",
            digest=_digest([*said, row.stated_at.isoformat() if row.stated_at else "", row.message_id]),
            headers=tuple((name, value) for name, value in headers if value),
            is_bad=kind in (CertifiedKind.NOT_ACCEPTED, CertifiedKind.NOT_DELIVERED, CertifiedKind.VIRUS),
        )


def _second(at: datetime) -> str:
    return small_names(formats.date_format(timezone.localtime(at), "j M Y, H:i:s"))


def _facts(case: Case, case_ids: Sequence[int], until: datetime) -> Iterator[Entry]:
    """Yield what other contexts told about these cases: surveys, mail that came back, promises that were broken."""
    customers = set(Case.objects.filter(pk__in=case_ids, customer__isnull=False).values_list("customer_id", flat=True))
    records = [pk for customer in customers for pk in family_ids(customer)]
    rows = FactRecord.objects.filter(subject_id__in=records, kind__in=_FACTS, occurred_at__lte=until)
    if not records:
        rows = FactRecord.objects.none()
    for row in rows.filter(Q(payload__case_id__in=list(case_ids))).order_by("pk"):
        title, text, is_bad = _told_fact(row.kind, row.payload)
        is_survey = row.kind.startswith("listening.")
        yield Entry(
            key=f"fact:{row.pk}",
            at=row.occurred_at,
            kind=EntryKind.SURVEY if is_survey else EntryKind.STEP,
            case_id=int(row.payload["case_id"]),
            title=title,
            digest=_digest([row.kind, row.payload]),
            text=text,
            is_bad=is_bad,
        )


def _told_fact(kind: str, payload: Mapping[str, Any]) -> tuple[str, str, bool]:
    if kind == "listening.SurveySent":
        return _("Survey sent"), "", False
    if kind == "listening.SurveyAnswered":
        title = _("Survey answered: %(score)s out of 10") % {"score": payload["score"]}
        return title, str(payload.get("text", "")), bool(payload.get("is_detractor"))
    if kind == "messaging.MessageBounced":
        return _("A message came back: %(address)s") % {"address": payload.get("address", "")}, "", True
    return _("A promised time was not kept"), "", True


def _steps(case: Case, case_ids: Sequence[int], until: datetime, *, is_internal: bool) -> Iterator[Entry]:
    trail = AuditEntry.objects.filter(object_kind=Case._meta.label_lower, object_id__in=case_ids, at__lte=until)
    verbs = [verb for verb in tellable() if is_internal or verb not in _INTERNAL_VERBS]
    found = list(trail.filter(verb__in=verbs).order_by("pk"))
    versions = dict(Case.objects.filter(pk__in=case_ids).values_list("pk", "version_id"))
    for number, version_id in versions.items():
        mine = [entry if is_internal else _outside(entry) for entry in found if entry.object_id == number]
        for entry, line in zip(mine, told(mine, version_id=version_id), strict=True):
            yield Entry(
                key=f"trail:{entry.pk}",
                at=entry.at,
                kind=EntryKind.STEP,
                case_id=number,
                title=line.sentence,
                digest=_digest([entry.verb, entry.actor_name, entry.data]),
            )


def _outside(entry: AuditEntry) -> AuditEntry:
    """Return the entry without the words that colleagues wrote for each other."""
    entry.data = {name: value for name, value in entry.data.items() if name != "reason"}
    return entry


def _digest(said: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps(list(said), sort_keys=True, ensure_ascii=False).encode()).hexdigest()
