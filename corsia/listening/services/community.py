"""A community: members write under the prompt of the day, those who moderate answer, and hide what must not stand."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.scope import ScopedQuerySet
from corsia.listening.models import Post, Session, SessionBlock
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.services.session_people import is_past, participant_behind
from corsia.listening.vocabulary import Instrument, ParticipantState, SessionState
from corsia.organisation.queries import tree

LONGEST = 2000
MOST_BY_ONE = 40  # posts of one member under one prompt


class PostEmpty(Invalid):
    code = "listening.post_empty"
    message = _("Please write something, 2,000 characters at most, then send it.")


class CommunityClosed(Refused):
    code = "listening.community_closed"
    message = _("This community has ended, or has not begun yet. Nothing more can be written at the moment.")


class NotAMember(Refused):
    code = "listening.not_a_member"
    message = _("Please accept the invitation first: then you can read and write here.")


class TooManyPosts(Refused):
    code = "listening.too_many_posts"
    message = _("You have written a lot here already. Please go on with the prompt of another day.")


class ReasonMissing(Invalid):
    code = "listening.hiding_needs_reason"
    message = _("Say why it is hidden: who wrote it may ask.")


@transaction.atomic
def write_post(*, token: str, block_id: int, text: str, parent_id: int | None, now: datetime) -> Post:
    """Keep what a member wrote under a prompt; the same words sent twice are one post.

    Raises:
        ParticipantUnknown: the token was not made here.
        NotAMember: they have not accepted the invitation.
        CommunityClosed: it has not begun, or is over.
        NotFound: the prompt is not published yet, or the post that is answered stands elsewhere.
        PostEmpty: there is no text, or too much.
        TooManyPosts: they wrote more than anybody would.
    """
    member = participant_behind(token, lock=True)
    session: Session = member.session
    if session.instrument != Instrument.COMMUNITY:
        raise NotFound(kind="listening.SessionBlock")
    if member.state not in (ParticipantState.ACCEPTED, ParticipantState.CAME):
        raise NotAMember
    if not is_open(session, now):
        raise CommunityClosed
    block = published_prompts(session, now).find(block_id)
    said = _said(text)
    parent = _parent(block, parent_id)
    mine = Post.objects.filter(block=block, participant=member)
    before: Post | None = mine.filter(parent=parent, text=said).first()
    if before is not None:
        return before
    if mine.count() >= MOST_BY_ONE:
        raise TooManyPosts
    post: Post = Post.objects.create(block=block, participant=member, parent=parent, text=said, at=now)
    if member.state == ParticipantState.ACCEPTED:
        member.state = ParticipantState.CAME
        member.save(update_fields=["state"])
    return post


@transaction.atomic
def answer_post(*, block_id: int, text: str, parent_id: int | None, by: Actor, now: datetime) -> Post:
    """Write under a prompt as whoever moderates.

    Raises:
        CommunityClosed: it has not begun, or is over.
    """
    block: SessionBlock = SessionBlock.objects.select_related("session").find(block_id)
    session: Session = block.session
    demand(by, MANAGE_LISTENING, session.unit_id)
    if session.instrument != Instrument.COMMUNITY or not is_open(session, now):
        raise CommunityClosed
    parent = _parent(block, parent_id)
    post: Post = Post.objects.create(block=block, author_id=by.id, parent=parent, text=_said(text), at=now)
    return post


@transaction.atomic
def hide_post(*, post_id: int, reason: str, by: Actor, now: datetime) -> Post:
    """Take a post away from the eyes of the members; it stays with its reason, and can be shown again.

    Raises:
        ReasonMissing: nobody would know why.
    """
    post = _moderated(post_id, by=by)
    why = " ".join(reason.split())[:200]
    if not why:
        raise ReasonMissing
    if post.hidden_at is None:
        post.hidden_at, post.hidden_by_id, post.hidden_reason = now, by.id, why
        post.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
        audit(post.block.session, "post_hidden", by=by, now=now, post=post.pk)
    return post


@transaction.atomic
def show_post(*, post_id: int, by: Actor, now: datetime) -> Post:
    """Show a post again that was hidden."""
    post = _moderated(post_id, by=by)
    if post.hidden_at is not None:
        post.hidden_at, post.hidden_by, post.hidden_reason = None, None, ""
        post.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
        audit(post.block.session, "post_shown", by=by, now=now, post=post.pk)
    return post


def published_prompts(session: Session, now: datetime) -> ScopedQuerySet[SessionBlock]:
    """Return the prompts whose day has come, where the session is held."""
    today = now.astimezone(tree().time_zone(session.unit_id)).date()
    rows: ScopedQuerySet[SessionBlock] = SessionBlock.objects.filter(session=session, day__lte=today)
    return rows.order_by("day", "position", "pk")


def is_open(session: Session, now: datetime) -> bool:
    """Tell whether members may write: from the first day on, until the last one is over."""
    zone = tree().time_zone(session.unit_id)
    has_begun = now.astimezone(zone).date() >= session.starts_at.astimezone(zone).date()
    return session.state == SessionState.PLANNED and has_begun and not is_past(session, now)


def _said(text: str) -> str:
    said = text.replace("\x00", "").strip()
    if not said or len(said) > LONGEST:
        raise PostEmpty
    return said


def _parent(block: SessionBlock, parent_id: int | None) -> Post | None:
    """Return the post that is answered; an answer to an answer stands beside it."""
    if parent_id is None:
        return None
    parent: Post = Post.objects.filter(block=block, hidden_at=None).select_related("parent").find(parent_id)
    return parent.parent or parent


def _moderated(post_id: int, *, by: Actor) -> Post:
    post: Post = Post.objects.lock(post_id)
    demand(by, MANAGE_LISTENING, post.block.session.unit_id)
    return post
