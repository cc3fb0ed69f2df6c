"""What is written down while people talk: lines, quotes, and the findings they become."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.listening.models import Finding, Note, Post, Session, SessionBlock, SessionParticipant, Touchpoint
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.rules.notes import read_line, tags_of
from corsia.listening.services.findings import FindingData, FindingSettled, add_finding
from corsia.listening.vocabulary import NoteKind, SessionState, Sign
from corsia.organisation.queries import tree

LONGEST = 4000
MOST_NOTES = 2000  # of one session
USUAL_SEVERITY = 3
_TITLE = 160
_KEY = re.compile(r"[0-9A-Za-z_-]{16,64}")


class NoteEmpty(Invalid):
    code = "listening.note_empty"
    message = _("There is nothing written. Write what was said, 4,000 characters at most.")


class NotesClosed(Refused):
    code = "listening.notes_closed"
    message = _("This session was cancelled, so nothing is written down for it. Take it up again first.")


class TooManyNotes(Refused):
    code = "listening.too_many_notes"
    message = _("A session has 2,000 notes at most. Plan another session for the rest.")


@dataclass(frozen=True, kw_only=True)
class NoteData:
    """A note as it stands after it was put right; `title` is that of its finding."""

    text: str
    participant_id: int | None = None
    touchpoint_id: int | None = None
    sign: str = ""
    severity: int | None = None
    tags: str = ""
    title: str = ""


@transaction.atomic
def add_note(
    *,
    session_id: int,
    key: str,
    typed: str,
    block_id: int | None = None,
    participant_id: int | None = None,
    by: Actor,
    now: datetime,
) -> Note:
    """Keep a line as it was typed, read by `rules.notes`. Sent again with the same key it is the same line.

    Args:
        participant_id: who said it, chosen beside the line; a "P3:" in the line counts more.

    Raises:
        NoteEmpty: there is no text, or too much, or a key that no page of ours makes.
        NotesClosed: the session was cancelled.
    """
    session = _session(session_id, by=by)
    line = read_line(typed)
    if not line.text or len(line.text) > LONGEST or not _KEY.fullmatch(key):
        raise NoteEmpty
    before: Note | None = Note.objects.filter(session=session, key=key).first()
    if before is not None:
        return before
    if session.notes.count() >= MOST_NOTES:
        raise TooManyNotes
    if block_id is not None:
        SessionBlock.objects.filter(session=session).find(block_id)
    who = None
    if line.number is not None:
        who = SessionParticipant.objects.filter(session=session, number=line.number).first()
    elif participant_id is not None:
        who = SessionParticipant.objects.filter(session=session).find(participant_id)
    # A number that is nobody's stays in the text, where the note-taker sees it.
    is_unknown = line.number is not None and who is None
    note: Note = Note.objects.create(
        session=session,
        block_id=block_id,
        key=key,
        kind=NoteKind.QUOTE if line.is_quote or who is not None else NoteKind.REMARK,
        text=f"P{line.number}: {line.text}" if is_unknown else line.text,
        participant=who,
        sign=line.sign,
        severity=line.severity,
        tags=list(line.tags),
        noted_by_id=by.id,
        at=now,
    )
    return note


@transaction.atomic
def change_note(*, note_id: int, data: NoteData, kind: str = "", by: Actor, now: datetime) -> Note:
    """Put a note right; the finding it became follows.

    Args:
        kind: a value of NoteKind to make it one; "" leaves it.

    Raises:
        NoteEmpty: there is no text, or too much.
        FindingSettled: its finding was settled, so it stays as it is.
    """
    note = _note(note_id, by=by)
    text = data.text.strip()
    if not text or len(text) > LONGEST:
        raise NoteEmpty
    if (data.sign and data.sign not in Sign.values) or (kind and kind not in NoteKind.values):
        raise Invalid
    if data.severity is not None and not 1 <= data.severity <= 5:
        raise Invalid
    if data.participant_id is not None:
        SessionParticipant.objects.filter(session_id=note.session_id).find(data.participant_id)
    if data.touchpoint_id is not None:
        Touchpoint.objects.find(data.touchpoint_id)
    note.text, note.participant_id, note.touchpoint_id = text, data.participant_id, data.touchpoint_id
    note.sign, note.severity, note.tags = data.sign, data.severity, list(tags_of(data.tags))
    if kind:
        note.kind = NoteKind(kind)
    note.save()
    if note.finding is not None:
        _follow(note, note.finding, title=" ".join(data.title.split())[:_TITLE])
    return note


def _follow(note: Note, finding: Finding, *, title: str) -> None:
    if finding.settled_on is not None:
        raise FindingSettled
    finding.touchpoint_id = _touchpoint_id(note)
    finding.sign = note.sign or Sign.MINUS
    finding.severity = note.severity or USUAL_SEVERITY
    finding.quote = _words(note)
    finding.title = title or finding.title
    finding.save(update_fields=["touchpoint", "sign", "severity", "quote", "title"])


@transaction.atomic
def keep_finding(*, note_id: int, title: str = "", by: Actor, now: datetime) -> Note:
    """Write what a note says among the findings of all instruments; twice is once.

    Without a title a remark is its own, and words of somebody take their first tag or the part of the outline they
    fell in: what a customer said never becomes a title, so that erasing it leaves nothing behind.
    """
    note = _note(note_id, by=by)
    if note.finding_id is not None:
        return note
    session: Session = note.session
    zone = tree().time_zone(session.unit_id)
    note.sign, note.severity = note.sign or Sign.MINUS, note.severity or USUAL_SEVERITY
    found = add_finding(
        unit_id=session.unit_id,
        data=FindingData(
            touchpoint_id=_touchpoint_id(note),
            instrument=session.instrument,
            source_id=session.pk,
            sign=note.sign,
            severity=note.severity,
            title=(" ".join(title.split()) or _usual_title(note))[:_TITLE],
            quote=_words(note),
            found_on=min(note.at, now).astimezone(zone).date(),
        ),
        by=by,
        now=now,
    )
    note.finding = found
    note.save(update_fields=["finding", "sign", "severity"])
    return note


@transaction.atomic
def drop_finding(*, note_id: int, by: Actor, now: datetime) -> Note:
    """Take back a finding that was none; the note stays.

    Raises:
        FindingSettled: it was settled: then it is part of the history.
    """
    note = _note(note_id, by=by)
    finding = note.finding
    if finding is None:
        return note
    if finding.settled_on is not None:
        raise FindingSettled
    note.finding = None
    note.save(update_fields=["finding"])
    audit(finding, "finding_dropped", by=by, now=now, note=note.pk)
    finding.delete()
    return note


@transaction.atomic
def remove_note(*, note_id: int, by: Actor, now: datetime) -> Session:
    """Delete a note, and the finding it became unless that was settled."""
    note = drop_finding(note_id=note_id, by=by, now=now)
    session: Session = note.session
    note.delete()
    audit(session, "note_removed", by=by, now=now, note=note_id)
    return session


@transaction.atomic
def note_post(*, post_id: int, as_finding: bool, by: Actor, now: datetime) -> Note:
    """Make a post of a community a quote, and a finding where that is wanted; twice is once."""
    post: Post = Post.objects.select_related("block", "participant").find(post_id)
    session = _session(post.block.session_id, by=by)
    note = Note.objects.filter(post=post).first()
    if note is None:
        note = Note.objects.create(
            session=session,
            block=post.block,
            key=f"post-{post.pk:016d}",
            kind=NoteKind.QUOTE,
            text=post.text[:LONGEST],
            participant=post.participant,
            post=post,
            noted_by_id=by.id,
            at=post.at,
        )
    return keep_finding(note_id=note.pk, by=by, now=now) if as_finding else note


def _words(note: Note) -> str:
    return note.text if note.kind == NoteKind.QUOTE else ""


def _touchpoint_id(note: Note) -> int:
    block = note.block
    return int(note.touchpoint_id or (block.touchpoint_id if block else None) or note.session.touchpoint_id)


def _usual_title(note: Note) -> str:
    if note.kind == NoteKind.REMARK:
        return note.text
    if note.tags:
        tags: Sequence[str] = note.tags
        return tags[0].replace("-", " ").replace("_", " ").capitalize()
    return note.block.name_it if note.block else note.session.title


def _session(session_id: int, *, by: Actor) -> Session:
    session: Session = Session.objects.find(session_id)
    demand(by, MANAGE_LISTENING, session.unit_id)
    if session.state == SessionState.CANCELLED:
        raise NotesClosed
    return session


def _note(note_id: int, *, by: Actor) -> Note:
    note: Note = Note.objects.lock(note_id)
    demand(by, MANAGE_LISTENING, note.session.unit_id)
    return note
