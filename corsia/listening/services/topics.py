"""Reading what answers are about: as they come, anew when the stems change, and put right by hand."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.exceptions import AlreadyEnqueued

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound
from corsia.kernel.jobs import FACTS, app
from corsia.listening.models import Reading, Response, ResponseTopic, TopicWords
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.topics import LANGUAGES, Edition, edition_of, editions, shipped_topics, stems_above
from corsia.listening.rules.topics import Stems, problem_of, read_topics
from corsia.listening.vocabulary import Sign

AT_ONCE = 2000
ANEW = "listening.read_anew"  # the job that reads everything by other stems
MOST_STEMS = 200

_UNREAD = """
    SELECT a.id, a.unit_id, a.text, a.score, a.language
    FROM listening_response a LEFT JOIN listening_reading r ON r.response_id = a.id
    WHERE {which} AND a.text <> '' AND a.settled_at IS NOT NULL
        AND (r.id IS NULL OR (r.corrected_at IS NULL AND (r.edition <> %(edition)s OR r.read_at < a.answered_at)))
    ORDER BY a.id DESC LIMIT %(limit)s FOR UPDATE OF a SKIP LOCKED
"""
_OF_UNITS, _ONE = _UNREAD.format(which="a.unit_id = ANY(%(units)s)"), _UNREAD.format(which="a.id = %(one)s")


class StemUnusable(Invalid):
    code = "listening.stem_unusable"
    message = _(
        "“%(stem)s” cannot be recognised in a text. Write beginnings of words of at least two letters, without "
        "punctuation, such as “ritard” or “stesso problem”."
    )


class TooManyStems(Invalid):
    code = "listening.too_many_stems"
    message = _("%(count)s lines are too many for one topic: at most %(most)s are read. Join some with “|”.")


def read_answer(*, response_id: int, unit_id: int, now: datetime) -> int:
    """Read one answer by the stems of its unit; return 1, or 0 where there is nothing to read."""
    return _read(_ONE, edition_of(unit_id), now=now, one=response_id)


def read_words(*, now: datetime) -> int:
    """Read every answer with words that was not read yet, or was by other stems; return how many."""
    units: dict[str, list[int]] = defaultdict(list)
    by_name = {}
    for unit_id, edition in editions().items():
        units[edition.name].append(unit_id)
        by_name[edition.name] = edition
    done = 0
    for name, edition in by_name.items():
        count = AT_ONCE
        while count == AT_ONCE:
            count = _read(_OF_UNITS, edition, now=now, units=units[name])
            done += count
    return done


@transaction.atomic
def _read(unread: str, edition: Edition, *, now: datetime, **which: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(unread, {"edition": edition.name, "limit": AT_ONCE, **which})
        rows = cursor.fetchall()
    if not rows:
        return 0
    ResponseTopic.objects.filter(response_id__in=[row[0] for row in rows]).delete()
    ResponseTopic.objects.bulk_create(
        ResponseTopic(response_id=pk, unit_id=unit_id, topic=found.topic, sign=found.sign, words=found.words)
        for pk, unit_id, text, score, language in rows
        for found in read_topics(text, score=score, language=language, topics=edition.stems)
    )
    Reading.objects.bulk_create(
        (Reading(response_id=row[0], unit_id=row[1], edition=edition.name, read_at=now) for row in rows),
        update_conflicts=True,
        unique_fields=["response"],
        update_fields=["edition", "read_at"],
    )
    return len(rows)


@transaction.atomic
def correct_topics(*, response_id: int, topics: Mapping[str, str], by: Actor, now: datetime) -> Response:
    """Say what an answer is about, better than its words told; it is not read anew from then on.

    Args:
        topics: sign by topic; what is not named is taken away.

    Raises:
        NotFound: a topic does not exist.
    """
    response: Response = Response.objects.lock(response_id)
    demand(by, MANAGE_LISTENING, response.unit_id)
    if any(topic not in shipped_topics() or sign not in (*Sign.values, "") for topic, sign in topics.items()):
        raise NotFound(kind="listening.Topic")
    words = dict(ResponseTopic.objects.filter(response=response).values_list("topic", "words"))
    ResponseTopic.objects.filter(response=response).delete()
    ResponseTopic.objects.bulk_create(
        ResponseTopic(response=response, unit_id=response.unit_id, topic=key, sign=sign, words=words.get(key, ""))
        for key, sign in topics.items()
    )
    Reading.objects.update_or_create(
        response=response,
        defaults={"unit_id": response.unit_id, "read_at": now, "corrected_at": now, "corrected_by_id": by.id},
        create_defaults={
            "unit_id": response.unit_id, "read_at": now, "corrected_at": now, "corrected_by_id": by.id, "edition": ""
        },
    )  # fmt: skip
    audit(response, "topics_corrected", by=by, now=now, before=sorted(words), after=sorted(topics))
    return response


@transaction.atomic
def save_topic_words(*, unit_id: int, topic: str, words: Mapping[str, Stems], by: Actor, now: datetime) -> None:
    """Keep the stems by which a unit and all below it recognise a topic; none where they equal those above.

    Every answer that this concerns is read anew by a job, but those that somebody put right.

    Args:
        words: stems by language.

    Raises:
        NotFound: no such topic.
        StemUnusable, TooManyStems: see their messages.
    """
    demand(by, MANAGE_LISTENING, unit_id)
    if topic not in shipped_topics():
        raise NotFound(kind="listening.Topic")
    for language in LANGUAGES:
        stems = words[language]
        every = (*stems.about, *stems.plus, *stems.minus)
        if len(every) > MOST_STEMS:
            raise TooManyStems(count=len(every), most=MOST_STEMS)
        if broken := next((stem for stem in every if problem_of(stem)), None):
            raise StemUnusable(stem=broken)
        if stems == stems_above(unit_id, topic)[language]:
            TopicWords.objects.filter(unit_id=unit_id, topic=topic, language=language).delete()
            continue
        row, _made = TopicWords.objects.update_or_create(
            unit_id=unit_id,
            topic=topic,
            language=language,
            defaults={
                "about": list(stems.about), "plus": list(stems.plus), "minus": list(stems.minus),
                "changed_at": now, "changed_by_id": by.id,
            },
        )  # fmt: skip
        audit(row, "topic_words_saved", by=by, now=now, topic=topic, language=language)
    with suppress(AlreadyEnqueued), transaction.atomic():  # one that waits reads by these stems too
        app.configure_task(ANEW, queue=FACTS, queueing_lock=ANEW).defer()
