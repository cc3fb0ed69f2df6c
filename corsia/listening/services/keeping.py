"""What was answered is written, many responses with the statements of one, and told to the others once each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Count

from corsia.events import listening as facts
from corsia.kernel.facts import publish_all
from corsia.kernel.held import once
from corsia.listening.models import Response, ResponseItem
from corsia.listening.queries import rules_in_force
from corsia.listening.queries.questionnaires import series_of
from corsia.listening.rules.questionnaires import LONGEST_TEXT, Answers, Definition, Page, in_short, is_low
from corsia.listening.services.attaching import Upload, keep_files
from corsia.listening.vocabulary import AnswerChannel

_SAVED = ("score", "wants_callback", "text", "answered_at", "completed_at", "settled_at")


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A response with exactly the answers it is to have.

    Attributes:
        is_complete: nothing of it changes any more.
        page, files: files that came, by the key of their question on that page.
    """

    response: Response
    definition: Definition
    answers: Answers
    is_complete: bool = False
    page: Page | None = None
    files: Mapping[str, Upload] = field(default_factory=dict)


def keep(response: Response, definition: Definition, answers: Answers, *, now: datetime) -> None:
    """Write a response with exactly these answers; those that stay as they were keep their instant."""
    keep_all([Filled(response=response, definition=definition, answers=answers)], now=now)


def keep_all(filled: Sequence[Filled], *, now: datetime) -> None:
    """Write responses, each with exactly its answers, and tell of those that are complete."""
    told: list[Response] = []
    for one in filled:
        response, short = one.response, in_short(one.definition, one.answers)
        response.score, response.wants_callback = short.score, short.wants_callback
        response.text, response.answered_at = short.text[:LONGEST_TEXT], now
        if one.is_complete:
            response.completed_at = now
            if response.settled_at is None:
                response.settled_at = now
                told.append(response)
    begun = [one.response for one in filled if one.response.pk is not None]
    for response in begun:
        response.save(update_fields=_SAVED)
    new = [one.response for one in filled if one.response.pk is None]
    for response in new:
        response.invited_at = response.invitation.sent_at if response.invitation else None
    Response.unscoped.bulk_create(new)
    low = _write_items(filled, _items_of([response.pk for response in begun]), now)
    for one in filled:
        if one.page is not None:
            keep_files(one.response, one.page, one.files)
    _tell(told, low, now=now)


def complete(response: Response, *, now: datetime) -> None:
    """Close a response: nothing of it changes any more, and the others hear of it."""
    response.completed_at = now
    settle(response, now=now)


def settle(response: Response, *, now: datetime) -> None:
    """Tell the others of a response, once."""
    was_told = response.settled_at is not None
    response.settled_at = response.settled_at or now
    response.save(update_fields=["settled_at", "completed_at"])
    if not was_told:
        rows = ResponseItem.unscoped.filter(response=response, is_low=True)
        counted = rows.values_list("response_id").annotate(n=Count("pk")).order_by()
        _tell([response], dict(counted), now=now)


def _items_of(response_ids: Sequence[int]) -> dict[int, dict[str, ResponseItem]]:
    found: dict[int, dict[str, ResponseItem]] = {}
    if response_ids:
        for row in ResponseItem.unscoped.filter(response_id__in=response_ids):
            found.setdefault(row.response_id, {})[row.question] = row
    return found


def _write_items(
    filled: Sequence[Filled], before: Mapping[int, Mapping[str, ResponseItem]], now: datetime
) -> dict[int, int]:
    """Write the items and return how many of each response are low."""
    rows, gone, low = [], [], {}
    for one in filled:
        response = one.response
        old_ones = before.get(response.pk, {})
        gone += [row.pk for key, row in old_ones.items() if key not in one.answers]
        series = _series(response.version_id)
        bad = 0
        for key, given in one.answers.items():
            question = one.definition.question_of(key)
            is_bad = question is not None and is_low(question, given)
            bad += is_bad
            old = old_ones.get(key)
            if old and (old.number, old.text, tuple(old.choices)) == (given.number, given.text, given.choices):
                continue
            rows.append(
                (
                    response.pk,
                    response.unit_id,
                    key,
                    series.get(key, 1),
                    given.number,
                    given.text,
                    json.dumps(given.choices),
                    is_bad,
                )
            )
        low[response.pk] = bad
    if gone:
        ResponseItem.unscoped.filter(pk__in=gone).delete()
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_ITEMS, [now, *map(list, zip(*rows, strict=True))])
    return low


# By hand: ten rows for each page that is sent, at a rate at which making models of them costs more than writing them.
_ITEMS = """
    INSERT INTO listening_responseitem
        (response_id, unit_id, question, series, number, text, choices, is_low, answered_at)
    SELECT response_id, unit_id, question, series, number, text,
        ARRAY(SELECT jsonb_array_elements_text(choices::jsonb)), is_low, %s::timestamptz
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::smallint[], %s::smallint[], %s::text[], %s::text[],
            %s::bool[])
        WITH ORDINALITY AS told(response_id, unit_id, question, series, number, text, choices, is_low, place)
    ORDER BY place
    ON CONFLICT (response_id, question) DO UPDATE SET series = excluded.series, number = excluded.number,
        text = excluded.text, choices = excluded.choices, is_low = excluded.is_low, answered_at = excluded.answered_at
"""


def _series(version_id: int | None) -> Mapping[str, int]:
    return once(f"listening.series:{version_id}", lambda: series_of(version_id))


def _tell(responses: Sequence[Response], low: Mapping[int, int], *, now: datetime) -> None:
    publish_all(
        [
            facts.SurveyAnswered(
                unit_id=response.unit_id,
                occurred_at=now,
                response_id=response.pk,
                invitation_id=response.invitation_id,
                case_id=response.case_id,
                customer_id=response.customer_id,
                score=response.score,
                is_detractor=_is_detractor(response),
                wants_callback=response.wants_callback,
                is_complete=response.completed_at is not None,
                low_items=low.get(response.pk, 0),
                text=response.text,
            )
            for response in responses
            # Nobody waits for a colleague's, and its fact would keep the minute in which it was given.
            if response.channel != AnswerChannel.STAFF
        ]
    )


def _is_detractor(response: Response) -> bool:
    return response.score is not None and response.score <= rules_in_force(response.unit_id).detractor_at_most
