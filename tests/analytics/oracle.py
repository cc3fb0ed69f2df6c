"""What each metric ought to say, counted slowly, one row after the other, from the tables themselves.

Nothing here is shared with the warehouse but the words of the formulas: no SQL, no arrays, no dataset.
"""

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from corsia.analytics.queries import METRICS, Period
from corsia.cases.models import Case, Deadline, RecoveryItem, Segment, Tag
from corsia.knowledge.models import ArticleDay
from corsia.listening.models import Invitation, Response
from corsia.messaging.models import Message, Outgoing
from corsia.organisation.queries import working_hours_of
from corsia.organisation.working_time import between

ROME = ZoneInfo("Europe/Rome")
RIGHT_HANDS = {"sent", "bounced"}


@dataclass
class Counted:
    """One row that counts.

    Attributes:
        day: the day that puts it into a period; for a stock, its first day, and `until` the first day after it.
        under: for a ratio: what the amounts are divided by, added up.
        has: for a share: whether the row has what is asked for.
    """

    day: date
    case: Case | None
    unit_id: int
    agent_id: int | None
    amount: int = 0
    under: int = 0
    has: bool = False
    until: date | None = None
    told: dict[str, str] | None = None


def rome(at: datetime) -> date:
    return at.astimezone(ROME).date()


def whole_seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)


def working_seconds(unit_id: int, start: datetime, end: datetime) -> int:
    return whole_seconds(between(working_hours_of(unit_id), start, end))


def cases() -> Iterator[Case]:
    found = Case.objects.select_related("version__process", "vehicle", "cause")
    yield from found.filter(merged_into=None)


def told(case: Case) -> dict[str, str]:
    """Return what a case can be told apart by, as keys."""
    process, vehicle = case.version.process, case.vehicle
    make = vehicle.make if vehicle else ""
    model = vehicle.model if vehicle else ""
    return {
        "process": process.key,
        "complaint": "true" if process.is_complaint else "false",
        "source": case.origin,
        "make": make,
        "model": f"{make} {model}".strip(),
        "team": str(case.unit_id),
        "cause": case.root_cause,
        "reason": f"{process.key}|{case.root_cause}" if case.root_cause else process.key,
        "priority": str(case.priority),
        "end": case.end_kind,
    }


def of_cases(day: Callable[[Case], datetime | None], keep: Callable[[Case], bool], **values: Callable) -> list[Counted]:
    rows = []
    for case in cases():
        at = day(case)
        if at is not None and keep(case):
            row = Counted(rome(at), case, case.unit_id, case.assignee_id, told=told(case))
            for name, value in values.items():
                setattr(row, name, value(case))
            rows.append(row)
    return rows


def of_customer(case: Case) -> bool:
    return not case.version.process.is_internal


def ended_well(case: Case) -> bool:
    return of_customer(case) and case.closed_at is not None and case.end_kind != "cancelled"


def closing(case: Case) -> int:
    return whole_seconds(case.closed_at - case.opened_at)


def held(case: Case, *holders: str) -> int:
    segments = Segment.objects.filter(case=case)
    return sum(row.working_seconds or 0 for row in segments if not holders or row.holder in holders)


@dataclass
class Question:
    message: Message
    is_first: bool
    answer_at: datetime | None = None
    answer_by: int | None = None


def questions_of(case: Case) -> list[Question]:
    """Walk through a conversation as somebody would read it."""
    found: list[Question] = []
    waiting: Question | None = None
    we_spoke = False
    for at, message in _talk(case):
        if message.direction == "in":
            if waiting is None:
                waiting = Question(message, is_first=not we_spoke)
                found.append(waiting)
        else:
            if waiting is not None:
                waiting.answer_at, waiting.answer_by = at, message.author_id
                waiting = None
            we_spoke = True
    return found


def _talk(case: Case) -> list[tuple[datetime, Message]]:
    out = {row.message_id: row for row in Outgoing.objects.filter(message__case=case)}
    talk = []
    for message in Message.objects.filter(case=case):
        if message.direction == "note" or message.is_automatic:
            continue
        mail = out.get(message.pk) if message.direction == "out" else None
        if mail is not None and mail.state not in RIGHT_HANDS:
            continue
        talk.append(((mail.sent_at if mail and mail.sent_at else message.at), message))
    return sorted(talk, key=lambda one: (one[0], one[1].pk))


def every_case() -> Iterator[Case]:
    """Messages count with their case even where it was merged: they were said all the same."""
    yield from Case.objects.select_related("version__process", "vehicle", "cause")


def of_questions(*, first: bool, working: bool | None) -> list[Counted]:
    rows = []
    for case in every_case():
        for question in questions_of(case):
            if first and not question.is_first:
                continue
            message = question.message
            row = Counted(rome(message.at), case, message.unit_id, question.answer_by, told=told(case))
            row.told = {**row.told, "channel": message.channel}
            row.has = question.answer_at is not None
            if working is not None:
                if question.answer_at is None:
                    continue
                row.amount = (
                    working_seconds(message.unit_id, message.at, question.answer_at)
                    if working
                    else whole_seconds(question.answer_at - message.at)
                )
            rows.append(row)
    return rows


def of_messages(direction: str) -> list[Counted]:
    rows = []
    for case in every_case():
        answered_by = {question.message.pk: question.answer_by for question in questions_of(case)}
        for _at, message in _talk(case):
            if message.direction == direction:
                agent = message.author_id if direction == "out" else answered_by.get(message.pk)
                row = Counted(rome(message.at), case, message.unit_id, agent, told=told(case))
                row.told = {**row.told, "channel": message.channel}
                row.has = case.version.process.is_complaint
                rows.append(row)
    return rows


def of_clocks(what: str) -> list[Counted]:
    rows = []
    for case in cases():
        for clock in Deadline.objects.filter(case=case):
            ended = clock.met_at or clock.missed_at
            if ended is None:
                continue
            broken = clock.missed_at is not None
            took = working_seconds(case.unit_id, clock.started_at, ended)
            row = Counted(rome(ended), case, case.unit_id, case.assignee_id, told=told(case))
            row.told = {**row.told, "clock": clock.clock, "holder": "us" if broken else longest_holder(case, clock)}
            row.has = broken if what == "broken" else broken or took > clock.limit_minutes * 60
            rows.append(row)
    return rows


def longest_holder(case: Case, clock: Deadline) -> str:
    had: dict[str, timedelta] = {}
    for segment in Segment.objects.filter(case=case):
        ended = segment.ended_at or clock.met_at
        if segment.started_at >= clock.met_at or ended <= clock.started_at:
            continue
        meanwhile = min(ended, clock.met_at) - max(segment.started_at, clock.started_at)
        had[segment.holder] = had.get(segment.holder, timedelta()) + meanwhile
    return min(had, key=lambda holder: (-had[holder], holder)) if had else "us"


def of_surveys(*, sent: bool) -> list[Counted]:
    rows = []
    at_closing = Invitation.objects.filter(sent_at__isnull=False, plan=None, follows=None)
    for invitation in at_closing.select_related("case", "response"):
        answer = getattr(invitation, "response", None)
        at = invitation.sent_at if sent else answer and answer.answered_at
        if at is not None:
            case = Case.objects.select_related("version__process", "vehicle").get(pk=invitation.case_id)
            row = Counted(rome(at), case, invitation.unit_id, invitation.assignee_id, told=told(case))
            row.amount, row.has = (answer.score if answer else 0), answer is not None
            rows.append(row)
    return rows


def of_plans(*, scored: bool) -> list[Counted]:
    rows = []
    for answer in Response.objects.exclude(plan=None).select_related("version__questionnaire", "plan"):
        if answer.channel == "import" or (scored and answer.score is None):
            continue
        row = Counted(rome(answer.answered_at), None, answer.unit_id, None, amount=answer.score or 0)
        row.has = answer.completed_at is not None
        row.told = {
            "questionnaire": answer.version.questionnaire.key if answer.version else "case",
            "touchpoint": str(answer.touchpoint_id or ""),
            "instrument": answer.plan.instrument,
            "channel": answer.channel,
            "language": answer.language,
            "team": str(answer.unit_id),
        }
        rows.append(row)
    return rows


def of_recoveries() -> list[Counted]:
    rows = []
    for item in RecoveryItem.objects.exclude(outcome="").select_related("case__version__process", "case__vehicle"):
        row = Counted(rome(item.ended_at), item.case, item.unit_id, None, told=told(item.case))
        row.told = {**row.told, "outcome": item.outcome}
        row.has = item.outcome == "recovered"
        rows.append(row)
    return rows


def of_articles(name: str) -> list[Counted]:
    return [
        Counted(row.day, None, row.unit_id, None, amount=getattr(row, name), told={"article": str(row.article_id)})
        for row in ArticleDay.objects.all()
    ]


def tagged(case: Case) -> set[str]:
    return set(Tag.objects.filter(case=case).values_list("label", flat=True))


def stock() -> list[Counted]:
    rows = of_cases(lambda case: case.opened_at, of_customer)
    for row in rows:
        row.until = rome(row.case.closed_at) if row.case.closed_at else None
    return rows


def rows_of(key: str) -> list[Counted]:
    """Return all rows that count for a metric, whenever they were."""
    by_name: dict[str, Callable[[], list[Counted]]] = {
        "our_time_mean": lambda: of_cases(lambda c: c.closed_at, ended_well, amount=lambda c: held(c, "us")),
        "cases_opened": lambda: of_cases(lambda c: c.opened_at, of_customer),
        "cases_closed": lambda: of_cases(lambda c: c.closed_at, of_customer),
        "cases_per_agent": lambda: of_cases(lambda c: c.opened_at, lambda c: c.assignee_id is not None),
        "contacts": lambda: of_messages("in"),
        "messages_sent": lambda: of_messages("out"),
        "complaint_share": lambda: of_messages("in"),
        "answered_share": lambda: of_questions(first=False, working=None),
        "reopened_share": lambda: of_cases(
            lambda c: c.closed_at, of_customer, has=lambda case: case.reopened_times > 0
        ),
        "backlog": stock,
        "backlog_age_mean": stock,
        "backlog_age_median": stock,
        "over_limit": lambda: [row for row in of_clocks("over") if row.has],
        "over_limit_share": lambda: of_clocks("over"),
        "broken_share": lambda: of_clocks("broken"),
        "nps": lambda: of_surveys(sent=False),
        "survey_share": lambda: of_surveys(sent=True),
        "plan_nps": lambda: of_plans(scored=True),
        "plan_answers": lambda: of_plans(scored=False),
        "plan_complete_share": lambda: of_plans(scored=False),
        "recovered_share": of_recoveries,
        "recoveries_ended": of_recoveries,
        "article_views": lambda: of_articles("views"),
        "articles_used": lambda: of_articles("used_in_reply"),
    }
    if key in by_name:
        return by_name[key]()
    if key.startswith("workshop_"):
        from tests.analytics.workshop_oracle import rows_of_workshop

        return rows_of_workshop(key)
    name, _mark, _statistic = key.rpartition("_")
    is_working = name.endswith("_working")
    match name.removesuffix("_working"):
        case "first_answer":
            return of_questions(first=True, working=is_working)
        case "answer":
            return of_questions(first=False, working=is_working)
        case "closing":
            return of_cases(lambda c: c.closed_at, ended_well, amount=held if is_working else closing)
    raise KeyError(key)


def value_of(statistic: str, rows: list[Counted]) -> float | None:
    """Return the number of some rows, by the definition in a book."""
    amounts = sorted(row.amount for row in rows)
    if statistic == "count":
        return float(len(rows))
    if statistic == "sum":
        return float(sum(amounts))
    if not rows:
        return None
    match statistic:
        case "mean":
            return sum(amounts) / len(amounts)
        case "median":
            return float(statistics.median(amounts))
        case "p90":
            return float(amounts[math.ceil(len(amounts) * 0.9) - 1])
        case "share":
            return sum(row.has for row in rows) / len(rows)
        case "score":
            promoters = sum(amount >= 9 for amount in amounts)
            detractors = sum(amount <= 6 for amount in amounts)
            return (promoters - detractors) * 100 / len(amounts)
        case "ratio":
            under = sum(row.under for row in rows)
            return sum(amounts) / under if under else None
    raise KeyError(statistic)


def expected(rows: list[Counted], key: str) -> tuple[int, float | None]:
    """Return n and value as they are shown; how much is counted at least is the metric's own word."""
    metric = METRICS[key]
    value = value_of(metric.statistic.value, rows)
    if key == "plan_nps" and len({row.told["questionnaire"] for row in rows}) > 1:
        value = None  # answers to several questionnaires are several populations
    return len(rows), value if not rows or len(rows) >= metric.minimum_n else None


def within(rows: list[Counted], period: Period, *, is_stock: bool) -> list[Counted]:
    """Return the rows of a period; of a stock, those there at its end, with their age."""
    if not is_stock:
        return [row for row in rows if period.first <= row.day < period.end]
    there = [row for row in rows if row.day < period.end and (row.until is None or row.until >= period.end)]
    for row in there:
        row.amount = (period.end - row.day).days
    return there
