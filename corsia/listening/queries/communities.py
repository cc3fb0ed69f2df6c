"""A community: its prompts and threads, and who wrote when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max

from corsia.listening.models import Post, Session, SessionBlock
from corsia.listening.queries.sessions import Somebody, outline_of, participants_of
from corsia.listening.vocabulary import ParticipantState
from corsia.organisation.queries import tree

PAGE = 8  # posts on a page that a telephone loads without a script
MOST_REPLIES = 3  # answers to each of them
MOST_CHARACTERS = 5_000  # of all of them, though one post is always shown
MOST_SHOWN = 500  # posts of one prompt that the desk shows
MEMBERS = (ParticipantState.ACCEPTED, ParticipantState.CAME)


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A prompt with how much was written under it."""

    block: SessionBlock
    posts: int
    writers: int
    is_published: bool
    is_today: bool


def prompts_of(session: Session, *, now: datetime) -> list[Prompt]:
    """Return the prompts by their days; hidden posts are not counted."""
    today = now.astimezone(tree().time_zone(session.unit_id)).date()
    counted = {
        row["block"]: row
        for row in Post.objects.filter(block__session=session, hidden_at=None)
        .values("block")
        .annotate(n=Count("pk"), writers=Count("participant", distinct=True))
    }
    return [
        Prompt(
            block=block,
            posts=counted.get(block.pk, {}).get("n", 0),
            writers=counted.get(block.pk, {}).get("writers", 0),
            is_published=block.day is not None and block.day <= today,
            is_today=block.day == today,
        )
        for block in outline_of(session)
    ]


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A post with its answers.

    Attributes:
        who: what its writer is called there.
        is_own: the reader wrote it.
        is_ours: whoever moderates wrote it.
        more: answers that are not among `replies`, which are the latest.
    """

    post: Post
    who: str
    is_own: bool
    is_ours: bool
    replies: Sequence["Talk"] = ()
    more: int = 0


@dataclass(frozen=True, kw_only=True)
class Thread:
    """Part of what was written under a prompt, the latest first; `older_than` leads to the rest, 0 where none is."""

    talks: Sequence[Talk]
    older_than: int


def thread_of(
    block: SessionBlock,
    *,
    reader_id: int | None = None,
    before_id: int | None = None,
    post_id: int | None = None,
    for_phone: bool = False,
) -> Thread:
    """Return part of a thread; answers stand under what they answer, in their order.

    Args:
        reader_id: the participant who reads.
        before_id: only what was written before this post.
        post_id: this post alone, with all its answers.
        for_phone: what a telephone loads without a script; hidden posts are left out. Otherwise as the desk sees it.
    """
    posts = Post.objects.filter(block=block).select_related("participant", "note")
    if for_phone:
        posts = posts.filter(hidden_at=None)
    heads = posts.filter(parent=None)
    if before_id is not None:
        heads = heads.filter(pk__lt=before_id)
    if post_id is not None:
        heads = heads.filter(pk=post_id)
    size = PAGE if for_phone else MOST_SHOWN
    found = list(heads.order_by("-pk")[: size + 1])
    answers: dict[int, list[Post]] = defaultdict(list)
    for post in posts.filter(parent_id__in=[post.pk for post in found[:size]]).order_by("pk"):
        answers[post.parent_id].append(post)

    def told(post: Post, replies: Sequence[Post] = (), more: int = 0) -> Talk:
        return Talk(
            post=post,
            who=post.participant.pseudonym if post.participant else "",
            is_own=reader_id is not None and post.participant_id == reader_id,
            is_ours=post.participant is None,
            replies=[told(reply) for reply in replies],
            more=more,
        )

    talks: list[Talk] = []
    characters = 0
    for post in found[:size]:
        replies = answers[post.pk]
        shown = replies[-MOST_REPLIES:] if for_phone and post_id is None else replies
        characters += len(post.text) + sum(len(reply.text) for reply in shown)
        if for_phone and talks and characters > MOST_CHARACTERS:
            break
        talks.append(told(post, shown, len(replies) - len(shown)))
    is_all = len(talks) == len(found)
    return Thread(talks=talks, older_than=0 if is_all else talks[-1].post.pk)


@dataclass(frozen=True, kw_only=True)
class MemberRow:
    """A member with how often they wrote under each prompt, in the order of the prompts."""

    somebody: Somebody
    posts: Sequence[int]
    total: int
    last_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DayCount:
    """How many members wrote on a day, and how many posts."""

    on: date
    writers: int
    posts: int


@dataclass(frozen=True, kw_only=True)
class Participation:
    """Who took part.

    Attributes:
        silent: members who have written nothing.
        share_pct: of the members, those who wrote, in whole per cent; None without members.
    """

    prompts: Sequence[Prompt]
    members: Sequence[MemberRow]
    days: Sequence[DayCount]
    wrote: int
    silent: int
    share_pct: int | None
    most: int  # writers on the fullest day, at least 1


def participation_in(session: Session, *, now: datetime, by_name: bool) -> Participation:
    """Count who wrote, under each prompt and on each day; who wrote most stands first. Hidden posts count too."""
    prompts, people = prompts_of(session, now=now), participants_of(session, by_name=by_name)
    counted = (
        Post.objects.filter(block__session=session, participant__isnull=False)
        .values("participant", "block")
        .annotate(n=Count("pk"), last=Max("at"))
    )
    posts: dict[tuple[int, int], int] = {}
    last_at: dict[int, datetime] = {}
    for row in counted:
        who = row["participant"]
        posts[who, row["block"]] = row["n"]
        last_at[who] = max(row["last"], last_at.get(who, row["last"]))
    members = [
        MemberRow(
            somebody=one,
            posts=[posts.get((one.row.pk, prompt.block.pk), 0) for prompt in prompts],
            total=sum(posts.get((one.row.pk, prompt.block.pk), 0) for prompt in prompts),
            last_at=last_at.get(one.row.pk),
        )
        for one in people
        if one.row.state in MEMBERS
    ]
    wrote = sum(member.total > 0 for member in members)
    days = _days(session)
    return Participation(
        prompts=prompts,
        members=sorted(members, key=lambda member: (-member.total, member.somebody.row.number)),
        days=days,
        wrote=wrote,
        silent=len(members) - wrote,
        share_pct=round(100 * wrote / len(members)) if members else None,
        most=max((day.writers for day in days), default=1),
    )


def _days(session: Session) -> list[DayCount]:
    zone = tree().time_zone(session.unit_id)
    writers: dict[date, set[int]] = defaultdict(set)
    posts: dict[date, int] = defaultdict(int)
    written = Post.objects.filter(block__session=session, participant__isnull=False)
    for who, at in written.values_list("participant_id", "at"):
        day = at.astimezone(zone).date()
        writers[day].add(who)
        posts[day] += 1
    return [DayCount(on=day, writers=len(writers[day]), posts=posts[day]) for day in sorted(posts)]
