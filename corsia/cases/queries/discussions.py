"""Discussions in sight: on a case, across cases with what is unread first, and by the words said in them.

Whoever works on a case hears its discussions. People of agencies and partners hear only those they were added to.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Case as When
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models import When as Then

from corsia.cases.models import Alarm, Discussion, DiscussionFile, DiscussionLine, DiscussionMember
from corsia.cases.permissions import HEAR_DISCUSSIONS
from corsia.cases.rules.search import parse, words_query
from corsia.kernel.access import may
from corsia.kernel.actors import Actor
from corsia.organisation.models import Person

LINES = 60
PAGE = 40
FOUND = 100
BADGE_UP_TO = 100


@dataclass(frozen=True, kw_only=True)
class Said:
    """A line as a page shows it."""

    line: DiscussionLine
    files: tuple[DiscussionFile, ...]
    is_mine: bool
    may_edit: bool


@dataclass(frozen=True, kw_only=True)
class Talk:
    """One discussion with its last lines, oldest of them first."""

    discussion: Discussion
    lines: tuple[Said, ...]
    has_older: bool
    members: tuple[Person, ...]
    is_unread: bool


@dataclass(frozen=True, kw_only=True)
class TalkRow:
    """A discussion in a list."""

    discussion: Discussion
    last_text: str
    last_author: str
    is_unread: bool
    is_member: bool


@dataclass(frozen=True, kw_only=True)
class OpenAlarm:
    """An open alarm of a case, and the discussion about it where there is one."""

    alarm: Alarm
    discussion: Discussion | None


def may_hear_case(actor: Actor, unit_id: int) -> bool:
    """Tell whether somebody hears every discussion on the cases of a unit."""
    return actor.kind != "person" or may(actor, HEAR_DISCUSSIONS, unit_id)


def may_hear(actor: Actor, discussion: Discussion, unit_id: int) -> bool:
    """Tell whether somebody hears this one."""
    if may_hear_case(actor, unit_id):
        return True
    return bool(DiscussionMember.objects.filter(discussion=discussion, person_id=actor.id).exists())


def heard_by(actor: Actor) -> "QuerySet[Discussion]":
    """Return the discussions within the scope that somebody hears."""
    rows: QuerySet[Discussion] = Discussion.objects.all()
    if actor.kind != "person":
        return rows
    own = DiscussionMember.objects.filter(discussion=OuterRef("pk"), person_id=actor.id)
    return rows.filter(Q(case__unit_id__within=actor.units_with(HEAR_DISCUSSIONS.roles)) | Exists(own))


def talk(discussion: Discussion, *, actor: Actor, now: datetime, edit_within: timedelta) -> Talk:
    """Return one discussion with its last lines."""
    rows = DiscussionLine.objects.filter(discussion=discussion).select_related("author").order_by("-pk")[: LINES + 1]
    newest = list(rows)
    shown = list(reversed(newest[:LINES]))
    files: dict[int, list[DiscussionFile]] = defaultdict(list)
    for file in DiscussionFile.objects.filter(line__in=shown).order_by("pk"):
        files[file.line_id].append(file)
    members = list(DiscussionMember.objects.filter(discussion=discussion).select_related("person").order_by("pk"))
    own = next((member for member in members if member.person_id == actor.id), None)
    return Talk(
        discussion=discussion,
        lines=tuple(
            Said(
                line=line,
                files=tuple(files[line.pk]),
                is_mine=line.author_id == actor.id,
                may_edit=line.author_id == actor.id and now - line.at <= edit_within,
            )
            for line in shown
        ),
        has_older=len(newest) > LINES,
        members=tuple(member.person for member in members),
        is_unread=own is not None and (own.seen_at is None or own.seen_at < discussion.last_line_at),
    )


def on_case(case_id: int, *, actor: Actor) -> list[Discussion]:
    """Return the discussions on a case that somebody hears, the one about the case itself first."""
    rows = heard_by(actor).filter(case_id=case_id).select_related("alarm")
    return sorted(rows, key=lambda row: (row.about != "", row.pk))


def exceptions_of(case_id: int, *, discussions: Iterable[Discussion]) -> list[OpenAlarm]:
    """Return the open alarms of a case, with the discussions about them."""
    by_alarm = {row.alarm_id: row for row in discussions if row.alarm_id}
    alarms = Alarm.objects.filter(case_id=case_id, cleared_at=None).order_by("raised_at", "pk")
    return [OpenAlarm(alarm=alarm, discussion=by_alarm.get(alarm.pk)) for alarm in alarms]


def discussions(*, actor: Actor, is_mine: bool, words: str = "") -> list[TalkRow]:
    """Return discussions by their last line, what is unread first.

    Args:
        is_mine: only those the actor takes part in.
        words: only those in which these words were said, each a beginning.
    """
    rows = heard_by(actor)
    own = DiscussionMember.objects.filter(discussion=OuterRef("pk"), person_id=actor.id)
    unseen = own.filter(Q(seen_at=None) | Q(seen_at__lt=OuterRef("last_line_at")))
    if is_mine:
        rows = rows.filter(Exists(own))
    if words.strip():
        rows = rows.filter(pk__in=_said(words))
    last = DiscussionLine.objects.filter(discussion=OuterRef("pk")).order_by("-pk")
    rows = rows.annotate(
        is_unread=When(Then(Exists(unseen), then=Value(True)), default=Value(False)),
        is_member=Exists(own),
        last_text=Subquery(last.values("text")[:1]),
        last_author=Subquery(last.values("author_name")[:1]),
    ).select_related("case__customer", "case__version__process")
    found = rows.order_by(F("is_unread").desc(), "-last_line_at", "-pk")[:PAGE]
    return [
        TalkRow(
            discussion=row,
            last_text=row.last_text or "",
            last_author=row.last_author or "",
            is_unread=row.is_unread,
            is_member=row.is_member,
        )
        for row in found
    ]


def unread_count(*, actor: Actor) -> int:
    """Return how many of one's own discussions have something new, never more than BADGE_UP_TO."""
    own = DiscussionMember.objects.filter(person_id=actor.id)
    unseen = own.filter(Q(seen_at=None) | Q(seen_at__lt=F("discussion__last_line_at")))
    return int(unseen[:BADGE_UP_TO].count())


def unread_of(rows: Sequence[Discussion], *, person_id: int | None) -> bool:
    """Tell whether something is new in one of these, for somebody who takes part in it."""
    own = DiscussionMember.objects.filter(person_id=person_id, discussion__in=rows)
    return bool(own.filter(Q(seen_at=None) | Q(seen_at__lt=F("discussion__last_line_at"))).exists())


def cases_talked_about(words: Sequence[str], *, actor: Actor) -> list[int]:
    """Return the cases in whose discussions all these words were said, as far as somebody hears them."""
    heard = heard_by(actor).filter(pk__in=_said(" ".join(words)))
    return list(heard.order_by("-last_line_at").values_list("case_id", flat=True)[:FOUND])


def _said(text: str) -> Any:
    search = parse(text)
    words = search.words or ((str(search.number),) if search.number is not None else ())
    if not words:
        return DiscussionLine.objects.none().values_list("discussion_id", flat=True)
    query = SearchQuery(words_query(words), search_type="raw", config="simple")
    # Written as the index is, word for word: otherwise every line would be read.
    lines = DiscussionLine.objects.annotate(words=SearchVector("text", config="simple")).filter(words=query)
    return lines.values_list("discussion_id", flat=True)
