"""Talk among colleagues about a case or one of its exceptions: fast, by name, never seen by the customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import (
    Alarm,
    Case,
    Discussion,
    DiscussionFile,
    DiscussionLine,
    DiscussionMember,
)
from corsia.cases.permissions import HEAR_DISCUSSIONS
from corsia.cases.queries.discussions import may_hear, may_hear_case
from corsia.cases.queries.people import people_who_work_in
from corsia.cases.services.locking import locked_case
from corsia.cases.services.telling import later
from corsia.cases.services.touching import touch_and_save
from corsia.kernel.access import may
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.blobs import keep_all
from corsia.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from corsia.kernel.live import tell
from corsia.organisation.services import notify

MAX_TEXT = 4000
MAX_FILES = 5
MAX_FILE_BYTES = 10 * 1024 * 1024
EDIT_WITHIN = timedelta(minutes=5)


class NothingSaid(Invalid):
    code = "cases.nothing_said"
    message = _("There is nothing to send. Write something or attach a file.")


class SaidTooMuch(Invalid):
    code = "cases.said_too_much"
    message = _("A message here has at most %(most)s characters. Write a note on the case instead.")


class FilesTooMany(Invalid):
    code = "cases.files_too_many"
    message = _("At most %(most)s files of %(mb)s MB each go with a message. Send fewer or smaller ones.")


class TooLateToEdit(Refused):
    code = "cases.too_late_to_edit"
    message = _("A message can be changed for five minutes. Write another one instead.")


class NoSummary(Invalid):
    code = "cases.no_summary"
    message = _("Write in one sentence what was decided: it goes into the history of the case.")


@dataclass(frozen=True, kw_only=True)
class SharedFile:
    """A file to send."""

    name: str
    content: bytes


@transaction.atomic
def discussion_of(*, case_id: int, alarm_id: int | None = None, by: Actor, now: datetime) -> Discussion:
    """Return the discussion of a case, or of one of its alarms, begun if nobody has talked about it yet.

    Raises:
        NotFound: no such case or alarm within the scope, or the actor may not hear it.
    """
    case = locked_case(case_id, by=by)
    alarm: Alarm | None = None
    if alarm_id is not None:
        alarm = Alarm.objects.filter(pk=alarm_id, case=case).first()
        if alarm is None:
            raise NotFound(kind=Alarm._meta.label)
    found = (
        Discussion.objects.filter(case=case, alarm=alarm) if alarm else Discussion.objects.filter(case=case, about="")
    )
    discussion: Discussion | None = found.first()
    if discussion is None:
        if not may_hear_case(by, case.unit_id):
            raise NotFound(kind=Discussion._meta.label)
        discussion = Discussion.objects.create(
            case=case,
            alarm=alarm,
            about=alarm.kind if alarm else "",
            opened_by_id=by.id,
            opened_at=now,
            last_line_at=now,
        )
        audit(case, "discussion_begun", by=by, now=now, discussion=discussion.pk, about=discussion.about)
    elif not may_hear(by, discussion, case.unit_id):
        raise NotFound(kind=Discussion._meta.label)
    return discussion


@transaction.atomic
def say(
    *,
    discussion_id: int,
    text: str,
    files: Sequence[SharedFile] = (),
    mentions: Sequence[int] = (),
    by: Actor,
    now: datetime,
) -> DiscussionLine:
    """Say something. Who is called by name is told under their bell and takes part from then on.

    Args:
        mentions: people who see the case; others are left out.

    Raises:
        NothingSaid, SaidTooMuch, FilesTooMany: it cannot be sent like this.
        NotFound: the actor may not hear the discussion.
    """
    text = text.strip()
    if not text and not files:
        raise NothingSaid
    if len(text) > MAX_TEXT:
        raise SaidTooMuch(most=MAX_TEXT)
    if len(files) > MAX_FILES or any(len(file.content) > MAX_FILE_BYTES for file in files):
        raise FilesTooMany(most=MAX_FILES, mb=MAX_FILE_BYTES // 1024 // 1024)
    discussion, case = _locked(discussion_id, by=by)
    line: DiscussionLine = DiscussionLine.objects.create(
        discussion=discussion, author_id=by.id, author_name=by.name[:122], text=text, at=now
    )
    blobs = keep_all([file.content for file in files])
    DiscussionFile.objects.bulk_create(
        DiscussionFile(line=line, blob_id=blob_id, name=_plain_name(file.name), size=len(file.content))
        for file, blob_id in zip(files, blobs, strict=True)
    )
    discussion.last_line_at = now
    fields = ["last_line_at"]
    if discussion.resolved_at is not None:  # somebody has more to say
        discussion.resolved_at, discussion.resolved_by, discussion.summary = None, None, ""
        fields += ["resolved_at", "resolved_by", "summary"]
    discussion.save(update_fields=fields)
    _take_part(discussion, by.id, now=now, seen_at=now)
    called = _visible(case, mentions, now=now)
    for person_id in called:
        _take_part(discussion, person_id, now=now)
    _call(called, case, discussion, by=by, text=text, key=f"line:{line.pk}", now=now)
    touch_and_save(case, now=now)
    _tell(case, discussion)
    return line


@transaction.atomic
def edit_line(*, line_id: int, text: str, by: Actor, now: datetime) -> DiscussionLine:
    """Change one's own words within five minutes.

    Raises:
        NotAllowed: somebody else said it.
        TooLateToEdit: it was longer ago.
    """
    text = text.strip()
    found = DiscussionLine.objects.filter(pk=line_id).values_list("discussion_id", flat=True).first()
    if found is None:
        raise NotFound(kind=DiscussionLine._meta.label)
    discussion, case = _locked(found, by=by)
    line: DiscussionLine = DiscussionLine.objects.find(line_id)
    if line.author_id != by.id:
        raise NotAllowed
    if now - line.at > EDIT_WITHIN:
        raise TooLateToEdit
    if not text and not line.files.exists():
        raise NothingSaid
    if len(text) > MAX_TEXT:
        raise SaidTooMuch(most=MAX_TEXT)
    if text != line.text:
        line.text, line.edited_at = text, now
        line.save(update_fields=["text", "edited_at"])
        _tell(case, discussion)
    return line


@transaction.atomic
def resolve_discussion(*, discussion_id: int, summary: str, by: Actor, now: datetime) -> Discussion:
    """Say what was decided; that sentence goes into the history of the case.

    Raises:
        NoSummary: it is empty.
    """
    summary = " ".join(summary.split())[:500]
    if not summary:
        raise NoSummary
    discussion, case = _locked(discussion_id, by=by)
    discussion.resolved_at, discussion.resolved_by_id, discussion.summary = now, by.id, summary
    discussion.save(update_fields=["resolved_at", "resolved_by", "summary"])
    _take_part(discussion, by.id, now=now, seen_at=now)
    touch_and_save(case, now=now)
    audit(
        case, "discussion_resolved", by=by, now=now, discussion=discussion.pk, about=discussion.about, summary=summary
    )
    _tell(case, discussion)
    return discussion


@transaction.atomic
def add_to_discussion(*, discussion_id: int, person_ids: Sequence[int], by: Actor, now: datetime) -> int:
    """Let people take part who see the case; the only way in for those of an agency. Return how many are new.

    Raises:
        NotAllowed: people of an agency let nobody in.
    """
    discussion, case = _locked(discussion_id, by=by)
    if by.kind == "person" and not may(by, HEAR_DISCUSSIONS, case.unit_id):
        raise NotAllowed(right=HEAR_DISCUSSIONS.name)
    new = [pk for pk in _visible(case, person_ids, now=now) if _take_part(discussion, pk, now=now)]
    _call(new, case, discussion, by=by, text=case.subject, key=f"added:{discussion.pk}:{now.isoformat()}", now=now)
    if new:
        audit(case, "discussion_joined", by=by, now=now, discussion=discussion.pk, people=new)
        _tell(case, discussion)
    return len(new)


@transaction.atomic
def see_discussion(*, discussion_id: int, by: Actor, now: datetime) -> None:
    """Note that the actor has seen everything said so far; only who takes part is counted."""
    DiscussionMember.objects.filter(discussion_id=discussion_id, person_id=by.id).update(seen_at=now)


def _locked(discussion_id: int, *, by: Actor) -> tuple[Discussion, Case]:
    # The case first: every verb locks in this order.
    case_id = Discussion.objects.filter(pk=discussion_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound(kind=Discussion._meta.label)
    case = locked_case(case_id, by=by)
    discussion: Discussion = Discussion.objects.find(discussion_id)
    if not may_hear(by, discussion, case.unit_id):
        raise NotFound(kind=Discussion._meta.label)
    return discussion, case


def _take_part(
    discussion: Discussion, person_id: int | None, *, now: datetime, seen_at: datetime | None = None
) -> bool:
    if person_id is None:
        return False
    member, is_new = DiscussionMember.objects.get_or_create(
        discussion=discussion, person_id=person_id, defaults={"since": now, "seen_at": seen_at}
    )
    if not is_new and seen_at is not None:
        member.seen_at = seen_at
        member.save(update_fields=["seen_at"])
    return bool(is_new)


def _visible(case: Case, person_ids: Sequence[int], *, now: datetime) -> list[int]:
    asked = sorted(set(person_ids))[:30]
    return (
        list(people_who_work_in(case.unit_id, now=now).filter(pk__in=asked).values_list("pk", flat=True))
        if asked
        else []
    )


def _call(
    people: Sequence[int], case: Case, discussion: Discussion, *, by: Actor, text: str, key: str, now: datetime
) -> None:
    told = [pk for pk in people if pk != by.id]
    if told:
        notify(
            told,
            kind="cases.discussion",
            title=later(_("%(name)s calls you into the discussion on #%(number)s"), name=by.name, number=case.pk),
            text=text,
            url=f"{reverse('cases:case', args=[case.pk])}?talk={discussion.pk}",
            dedupe_key=f"discussion:{key}",
            now=now,
        )


def _tell(case: Case, discussion: Discussion) -> None:
    tell("cases.discussion", unit_id=case.unit_id, case=case.pk, discussion=discussion.pk)


def _plain_name(name: str) -> str:
    plain = "".join(sign if sign.isprintable() and sign not in '/\\:*?"<>|' else "_" for sign in name.strip())
    return plain[-200:].lstrip(".") or "file"
