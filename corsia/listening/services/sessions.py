"""Sessions planned: what, where, when, with which outline; and held or cancelled."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.listening.models import ListeningPlan, Session, SessionBlock, Touchpoint
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.outlines import outlines
from corsia.listening.vocabulary import Instrument, SessionState
from corsia.organisation.models import Person
from corsia.organisation.queries import tree

KINDS = (Instrument.WORKSHOP, Instrument.FOCUS, Instrument.INTERVIEW, Instrument.COMMUNITY)
LONGEST_DAYS = 60  # of a community
MOST_BLOCKS = 60


class SessionOver(Refused):
    code = "listening.session_over"
    message = _("This session is over, so its plan stays as it was. Notes and findings can still be put right.")


class SessionDaysWrong(Invalid):
    code = "listening.session_days_wrong"
    message = _("The last day must come after the first, within 60 days. Choose another day.")


class NoSession(Invalid):
    code = "listening.no_session"
    message = _("Choose a workshop, a focus group, an interview or a community.")


class TooManyBlocks(Refused):
    code = "listening.too_many_blocks"
    message = _("An outline has 60 parts at most. Join some of them, then add the new one.")


@dataclass(frozen=True, kw_only=True)
class SessionData:
    """What a manager writes; the fields are those of Session."""

    instrument: str
    title: str
    touchpoint_id: int
    population: str
    starts_at: datetime
    quota: int
    aim: str = ""
    plan_id: int | None = None
    ends_on: date | None = None
    place: str = ""
    moderator_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class BlockData:
    """A part of an outline; the fields are those of SessionBlock."""

    name_it: str
    name_en: str = ""
    text_it: str = ""
    text_en: str = ""
    minutes: int = 0
    touchpoint_id: int | None = None
    day: date | None = None


@transaction.atomic
def save_session(
    *, session_id: int | None, unit_id: int, data: SessionData, outline: str = "", by: Actor, now: datetime
) -> Session:
    """Plan a session, or change it; `outline` is the key of a ready-made one that a new session begins with.

    Raises:
        NotFound: the touchpoint, the plan or the person is not within reach.
        NoSession: the instrument is no session.
        SessionDaysWrong: a community ends before it begins, or lasts too long.
        SessionOver: it was held, or cancelled.
    """
    if data.instrument not in KINDS:
        raise NoSession
    Touchpoint.objects.find(data.touchpoint_id)
    if data.plan_id is not None:
        ListeningPlan.objects.find(data.plan_id)
    if data.moderator_id is not None and not Person.objects.filter(pk=data.moderator_id).exists():
        raise NotFound(kind="organisation.Person")
    is_community = data.instrument == Instrument.COMMUNITY
    first_on = data.starts_at.astimezone(tree().time_zone(unit_id)).date()
    if is_community and (
        data.ends_on is None or not first_on <= data.ends_on <= first_on + timedelta(days=LONGEST_DAYS)
    ):
        raise SessionDaysWrong
    if session_id is None:
        demand(by, MANAGE_LISTENING, unit_id)
        session = Session(unit_id=unit_id)
    else:
        session = open_session(session_id, by=by)
    for name in SessionData.__dataclass_fields__:
        setattr(session, name, getattr(data, name))
    if not is_community:
        session.ends_on = None
    session.changed_by_id, session.changed_at = by.id, now
    session.save()
    audit(session, "session_saved", by=by, now=now, instrument=data.instrument, quota=data.quota)
    if session_id is None and outline:
        _begin_with(session, outline, first_on)
    return session


def _begin_with(session: Session, outline: str, first_on: date) -> None:
    """Copy a ready-made outline; the prompts of a community are laid on its days, the rest on the last."""
    chosen = outlines().get(outline)
    if chosen is None or chosen.instrument != session.instrument:
        raise NoSession
    points = {row.key: row.pk for row in Touchpoint.objects.all()}
    blocks = []
    for place, block in enumerate(chosen.blocks):
        day = None
        if session.ends_on is not None:
            day = min(first_on + timedelta(days=place), session.ends_on)
        blocks.append(
            SessionBlock(
                session=session,
                position=place,
                name_it=block.name_it,
                name_en=block.name_en,
                text_it=block.text_it,
                text_en=block.text_en,
                minutes=block.minutes,
                touchpoint_id=points.get(block.touchpoint),
                day=day,
            )
        )
    SessionBlock.objects.bulk_create(blocks)


@transaction.atomic
def set_session_state(*, session_id: int, state: str, by: Actor, now: datetime) -> Session:
    """Say that a session was held or cancelled, or take it up again."""
    session = managed_session(session_id, by=by)
    if state not in SessionState.values:
        raise Invalid
    was, session.state = session.state, SessionState(state)
    session.changed_by_id, session.changed_at = by.id, now
    session.save(update_fields=["state", "changed_by", "changed_at"])
    audit(session, "session_state_set", by=by, now=now, state=[was, state])
    return session


@transaction.atomic
def save_block(*, session_id: int, block_id: int | None, data: BlockData, by: Actor, now: datetime) -> SessionBlock:
    """Add a part to an outline, at its end, or change it.

    Raises:
        SessionOver: it was held, or cancelled.
        SessionDaysWrong: a prompt lies outside of the days of its community.
    """
    session = open_session(session_id, by=by)
    if data.touchpoint_id is not None:
        Touchpoint.objects.find(data.touchpoint_id)
    if session.ends_on is not None:
        first_on = session.starts_at.astimezone(tree().time_zone(session.unit_id)).date()
        if data.day is None or not first_on <= data.day <= session.ends_on:
            raise SessionDaysWrong
    blocks = SessionBlock.objects.filter(session=session)
    if block_id is None:
        if blocks.count() >= MOST_BLOCKS:
            raise TooManyBlocks
        last = blocks.aggregate(last=Max("position"))["last"]
        block = SessionBlock(session=session, position=0 if last is None else last + 1)
    else:
        block = blocks.find(block_id)
    for name in BlockData.__dataclass_fields__:
        setattr(block, name, getattr(data, name))
    if session.ends_on is None:
        block.day = None
    block.save()
    audit(session, "outline_changed", by=by, now=now, block=block.pk)
    return block


@transaction.atomic
def move_block(*, block_id: int, to: int, by: Actor, now: datetime) -> SessionBlock:
    """Put a part of an outline at another place, counted from 0; a place beyond the ends is the nearest one."""
    block: SessionBlock = SessionBlock.objects.find(block_id)
    session = open_session(block.session_id, by=by)
    ordered = list(SessionBlock.objects.filter(session=session).order_by("position", "pk"))
    ordered = [one for one in ordered if one.pk != block_id]
    ordered.insert(max(0, min(to, len(ordered))), block)
    for place, one in enumerate(ordered):
        one.position = place
    SessionBlock.objects.bulk_update(ordered, ["position"])
    audit(session, "outline_changed", by=by, now=now, block=block.pk)
    return block


@transaction.atomic
def remove_block(*, block_id: int, by: Actor, now: datetime) -> Session:
    """Take a part out of an outline; its notes stay with the session. A prompt that was answered stays.

    Raises:
        PromptAnswered: members of the community wrote under it.
    """
    block: SessionBlock = SessionBlock.objects.find(block_id)
    session = open_session(block.session_id, by=by)
    if block.posts.exists():
        raise PromptAnswered
    block.delete()
    audit(session, "outline_changed", by=by, now=now, block=block_id)
    return session


class PromptAnswered(Refused):
    code = "listening.prompt_answered"
    message = _("Members have written under this prompt, so it stays. Change its words instead.")


def managed_session(session_id: int, *, by: Actor) -> Session:
    """Lock a session for whoever may manage it."""
    session: Session = Session.objects.lock(session_id)
    demand(by, MANAGE_LISTENING, session.unit_id)
    return session


def open_session(session_id: int, *, by: Actor) -> Session:
    """Lock a session that is still to be held.

    Raises:
        SessionOver: it was held, or cancelled.
    """
    session = managed_session(session_id, by=by)
    if session.state != SessionState.PLANNED:
        raise SessionOver
    return session
