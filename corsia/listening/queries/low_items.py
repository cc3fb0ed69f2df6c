"""Questions that were answered badly, counted by unit, touchpoint and month: the findings of surveys."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from corsia.kernel.statements import Statement
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.journey import severity_of_low
from corsia.listening.rules.questionnaires import Question, Role
from corsia.listening.rules.questionnaires.wording import without_placeholders

# What was settled does not count again; what a person set aside says nothing.
_LOW = Statement(
    """
    SELECT a.unit_id, a.touchpoint_id, a.version_id, t.question,
        date_trunc('month', t.answered_at AT TIME ZONE %(zone)s)::date,
        count(*), sum(t.number)::float8, max(t.answered_at)
    FROM listening_responseitem t JOIN listening_response a ON a.id = t.response_id
    WHERE {within} AND t.is_low AND t.answered_at >= %(since)s AND t.answered_at <= %(until)s
        AND a.touchpoint_id IS NOT NULL AND a.channel <> 'import' AND t.number IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM listening_flaggedanswer f JOIN listening_integrityflag g ON g.id = f.flag_id
            WHERE f.response_id = a.id AND g.decision = 'aside')
        AND NOT EXISTS (SELECT 1 FROM listening_finding s
            WHERE s.touchpoint_id = a.touchpoint_id AND s.unit_id = a.unit_id AND s.item = t.question
                AND s.settled_on >= (t.answered_at AT TIME ZONE %(zone)s)::date)
    GROUP BY 1, 2, 3, 4, 5
    """,
    column="a.unit_id",
)


@dataclass(frozen=True, kw_only=True)
class LowItem:
    """How often a question was answered badly at a unit in a month, and how badly."""

    unit_id: int
    touchpoint_id: int
    item: str
    month: date
    title: str
    times: int
    severity: int
    latest_at: datetime
    latest_on: date


def low_items(*, now: datetime, months: int) -> tuple[date, list[LowItem]]:
    """Return the first day that was counted, and the bad answers of so many months, the current one included.

    The recommendation itself is left out: whoever does not recommend us is counted as a detractor already.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    local = now.astimezone(zone)
    place = local.year * 12 + local.month - months
    since = date(place // 12, place % 12 + 1, 1)
    rows = _LOW.rows(zone=settings.TIME_ZONE, since=datetime.combine(since, time(), tzinfo=zone), until=now)
    # Several versions of a questionnaire ask the same question: the newest words name it.
    groups: dict[tuple[int, int, str, date], list[tuple[Any, ...]]] = defaultdict(list)
    for unit, touchpoint, version, item, month, *counts in sorted(rows, key=lambda row: row[2] or 0):
        groups[unit, touchpoint, item, month].append((version, *counts))
    found = []
    for (unit, touchpoint, item, month), counted in groups.items():
        question = definition_of(counted[-1][0]).question_of(item)
        if question is None or question.role == Role.RECOMMEND:
            continue
        times, total = sum(row[1] for row in counted), sum(row[2] for row in counted)
        latest = max(row[3] for row in counted)
        found.append(
            LowItem(
                unit_id=unit,
                touchpoint_id=touchpoint,
                item=item,
                month=month,
                title=_title(question, item),
                times=times,
                severity=severity_of_low(total / times, low=question.low, high=question.high),
                latest_at=latest,
                latest_on=latest.astimezone(zone).date(),
            )
        )
    return since, found


def _title(question: Question, item: str) -> str:
    """Return the question's words, or those of the row of a matrix; findings are written in Italian, as people do."""
    row = next((row for row in question.rows if f"{question.key}.{row.key}" == item), None)
    return without_placeholders((row.words if row else question.words).it)[:160]
