"""Sessions as the pages show them: the list, one with its people and outline, what was written down."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q

from corsia.kernel.access import may
from corsia.kernel.actors import Actor
from corsia.listening.models import Note, Session, SessionBlock, SessionParticipant, Touchpoint
from corsia.listening.permissions import MANAGE_LISTENING, SEE_PARTICIPANTS
from corsia.listening.queries.places import place_name
from corsia.listening.vocabulary import CancelReason, NoteKind, ParticipantState, SessionState, Sign
from corsia.messaging.vocabulary import Objection
from corsia.organisation.queries import tree

LATEST = 100
COMING = (ParticipantState.ACCEPTED, ParticipantState.CAME)


def sees_names(actor: Actor, session: Session) -> bool:
    """Tell whether somebody may see who the participants are: by their role, or because they moderate."""
    if actor.kind != "person":
        return True
    return may(actor, SEE_PARTICIPANTS, session.unit_id) or (
        actor.id == session.moderator_id and may(actor, MANAGE_LISTENING, session.unit_id)
    )


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """A session with its counts.

    Attributes:
        coming: who accepted, or came.
        came: who was there; of a community, who wrote.
        is_late: its day is over, and nobody has said that it was held.
    """

    session: Session
    place: str
    listed: int
    coming: int
    came: int
    notes: int
    findings: int
    minutes: int
    parts: int
    is_late: bool
    is_running: bool
    may_edit: bool
    sees_names: bool

    @property
    def counted(self) -> int:
        """Who counts against the quota: before it is held who comes, then who came."""
        return self.came if self.session.state == SessionState.HELD else self.coming

    @property
    def is_community(self) -> bool:
        """Whether it is held on the web, over days."""
        return self.session.ends_on is not None

    @property
    def is_open(self) -> bool:
        """Whether its plan can still be changed."""
        return self.session.state == SessionState.PLANNED


def session_rows(*, actor: Actor, now: datetime, instrument: str = "", plan_id: int | None = None) -> list[SessionRow]:
    """Return the latest sessions within the scope, those still to come first."""
    rows = Session.objects.select_related("touchpoint", "moderator", "plan")
    if instrument:
        rows = rows.filter(instrument=instrument)
    if plan_id is not None:
        rows = rows.filter(plan_id=plan_id)
    found = _rows(list(rows.order_by("-starts_at", "-pk")[:LATEST]), actor=actor, now=now)
    waiting = [row for row in found if row.is_open]
    return sorted(waiting, key=lambda row: row.session.starts_at) + [row for row in found if not row.is_open]


def session_row(session_id: int, *, actor: Actor, now: datetime) -> SessionRow:
    """Return one session with its counts.

    Raises:
        NotFound: none such within the scope.
    """
    session = Session.objects.select_related("touchpoint", "moderator", "plan").find(session_id)
    return _rows([session], actor=actor, now=now)[0]


def _rows(sessions: Sequence[Session], *, actor: Actor, now: datetime) -> list[SessionRow]:
    ids, places = [one.pk for one in sessions], tree()
    people = {
        row["session"]: row
        for row in SessionParticipant.objects.filter(session_id__in=ids)
        .values("session")
        .annotate(
            n=Count("pk"),
            coming=Count("pk", filter=Q(state__in=COMING)),
            came=Count("pk", filter=Q(state=ParticipantState.CAME)),
        )
    }
    notes = {
        row["session"]: row
        for row in Note.objects.filter(session_id__in=ids)
        .values("session")
        .annotate(n=Count("pk"), findings=Count("finding_id"))
    }
    parts: dict[int, list[int]] = defaultdict(list)
    for session_id, minutes in SessionBlock.objects.filter(session_id__in=ids).values_list("session_id", "minutes"):
        parts[session_id].append(minutes)
    found = []
    for one in sessions:
        mine, said = people.get(one.pk, {}), notes.get(one.pk, {})
        zone = places.time_zone(one.unit_id)
        today, first_on = now.astimezone(zone).date(), one.starts_at.astimezone(zone).date()
        is_planned, last_on = one.state == SessionState.PLANNED, one.ends_on or first_on
        found.append(
            SessionRow(
                session=one,
                place=place_name(places, one.unit_id),
                listed=mine.get("n", 0),
                coming=mine.get("coming", 0),
                came=mine.get("came", 0),
                notes=said.get("n", 0),
                findings=said.get("findings", 0),
                minutes=sum(parts[one.pk]),
                parts=len(parts[one.pk]),
                is_late=is_planned and today > last_on,
                is_running=is_planned and first_on <= today <= last_on,
                may_edit=may(actor, MANAGE_LISTENING, one.unit_id),
                sees_names=sees_names(actor, one),
            )
        )
    return found


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """A participant as a page shows them: by name only where that is allowed."""

    row: SessionParticipant
    name: str

    @property
    def pseudonym(self) -> str:
        """What they are called outside."""
        return self.row.pseudonym

    @property
    def not_invited(self) -> str:
        """Why no mail left, in words."""
        code = self.row.not_invited
        for reasons in (CancelReason, Objection):
            if code in reasons.values:
                return str(reasons(code).label)
        return code


def participants_of(session: Session, *, by_name: bool) -> list[Somebody]:
    """Return who takes part, in the order they were listed."""
    rows = SessionParticipant.objects.filter(session=session).select_related("customer").order_by("number")
    return [Somebody(row=row, name=_name(row) if by_name else "") for row in rows]


def _name(row: SessionParticipant) -> str:
    return row.customer.display_name if row.customer else row.name


def outline_of(session: Session) -> list[SessionBlock]:
    """Return the parts of an outline in their order."""
    rows = SessionBlock.objects.filter(session=session).select_related("touchpoint")
    return list(rows.order_by("day", "position", "pk") if session.ends_on else rows.order_by("position", "pk"))


def notes_of(session: Session) -> list[Note]:
    """Return what was written down, in its order."""
    rows = Note.objects.filter(session=session)
    return list(rows.select_related("participant", "finding", "block__touchpoint", "touchpoint").order_by("pk"))


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A note in the results, with what it is about."""

    note: Note
    touchpoint: Touchpoint
    who: str  # "P3", or "" for a remark


@dataclass(frozen=True, kw_only=True)
class Theme:
    """What was said about one touchpoint."""

    touchpoint: Touchpoint
    voices: Sequence[Voice]
    plus: int
    minus: int


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What came of a session.

    Attributes:
        tags: each tag with how often it was given, the commonest first.
        speakers: how many participants have words among the notes.
    """

    themes: Sequence[Theme]
    tags: Sequence[tuple[str, int]]
    quotes: int
    findings: int
    plus: int
    minus: int
    speakers: int


def heard_in(
    session: Session, *, tag: str = "", sign: str = "", only_findings: bool = False, only_quotes: bool = False
) -> Heard:
    """Group what was written down by touchpoint; the touchpoint with most against us first.

    Args:
        tag, sign: only notes with these; "" for all. The tags themselves are counted over all notes.
    """
    notes = notes_of(session)
    points: dict[int, Touchpoint] = {}
    counted: dict[str, int] = defaultdict(int)
    for note in notes:
        for one in note.tags:
            counted[one] += 1
    chosen = [
        note
        for note in notes
        if (not tag or tag in note.tags)
        and (not sign or note.sign == sign)
        and (not only_findings or note.finding_id is not None)
        and (not only_quotes or note.kind == NoteKind.QUOTE)
    ]
    about: dict[int, list[Voice]] = defaultdict(list)
    for note in chosen:
        point = touchpoint_of(note, session)
        points[point.pk] = point
        who = note.participant.pseudonym if note.participant else ""
        about[point.pk].append(Voice(note=note, touchpoint=point, who=who))
    themes = [
        Theme(
            touchpoint=points[pk],
            voices=sorted(voices, key=_rank),
            plus=sum(voice.note.sign == Sign.PLUS for voice in voices),
            minus=sum(voice.note.sign == Sign.MINUS for voice in voices),
        )
        for pk, voices in about.items()
    ]
    return Heard(
        themes=sorted(themes, key=lambda theme: (-theme.minus, -len(theme.voices), theme.touchpoint.pk)),
        tags=sorted(counted.items(), key=lambda one: (-one[1], one[0])),
        quotes=sum(note.kind == NoteKind.QUOTE for note in chosen),
        findings=sum(note.finding_id is not None for note in chosen),
        plus=sum(note.sign == Sign.PLUS for note in chosen),
        minus=sum(note.sign == Sign.MINUS for note in chosen),
        speakers=len({note.participant_id for note in chosen if note.participant_id is not None}),
    )


def _rank(voice: Voice) -> tuple[bool, int, int]:
    """Findings first, the worst on top."""
    return voice.note.finding_id is None, -(voice.note.severity or 0), voice.note.pk


def touchpoint_of(note: Note, session: Session) -> Touchpoint:
    """Return what a note is about: its own touchpoint, that of its part, or that of the session."""
    block = note.block
    found: Touchpoint = note.touchpoint or (block.touchpoint if block else None) or session.touchpoint
    return found


def first_day(session: Session) -> date:
    """Return the day on which a session is held, or begins, where it is held."""
    return session.starts_at.astimezone(tree().time_zone(session.unit_id)).date()
