"""Loops: those that are open, how soon they were closed, and what each is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Task
from corsia.kernel.errors import Refused
from corsia.listening.models import Loop
from corsia.listening.queries.places import branch_name, place_name
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.questionnaires import fill
from corsia.listening.vocabulary import LoopOutcome
from corsia.organisation.queries import tree
from corsia.ui.money import euros


class LoopOpen(Refused):
    code = "listening.loop_open"
    message = _(
        "The customer's answer of %(date)s was unhappy. Write down cause, remedy and outcome under “Unhappy customer” "
        "on this page, then close the case."
    )


def objection_to_closing(case_id: int) -> Refused | None:
    """Return why a case must stay open: what was done about an unhappy answer is not written down yet."""
    rows = Loop.objects.filter(case_id=case_id, closed_at=None).order_by("pk")
    opened_at = rows.values_list("opened_at", flat=True).first()
    return LoopOpen(date=f"{opened_at:%d/%m/%Y}") if opened_at else None


@dataclass(frozen=True, kw_only=True)
class BadItem:
    """A thing that the customer judged badly, and what they said about it in the call."""

    question: str
    words: str
    number: int | None
    said: str


@dataclass(frozen=True, kw_only=True)
class LoopCard:
    """A loop as it is shown: on its case, and in the list."""

    loop: Loop
    customer: str
    place: str
    score: int | None
    text: str
    items: Sequence[BadItem]

    @property
    def money(self) -> str:
        """What was kept, as people write it; "" where nobody stated it."""
        cents = self.loop.money_kept_cents
        return "" if cents is None else euros(cents)

    @property
    def is_late(self) -> bool:
        """Whether it was not closed within its 48 hours, as far as that is decided."""
        return self.loop.closed_at is not None and self.loop.closed_at > self.loop.due_at


def loops_of_case(case_id: int) -> list[LoopCard]:
    """Return the loops of a case, the latest first."""
    return _cards(_with_all(Loop.objects.filter(case_id=case_id)).order_by("-pk"))


def loop_cards(
    *,
    is_open: bool,
    unit_ids: Sequence[int] = (),
    caller_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[LoopCard]:
    """Return open loops, those due first on top; or closed ones, the latest first.

    Args:
        caller_id: only those whose case a person has, or whose call they were given or made.
    """
    rows = Loop.objects.filter(closed_at__isnull=is_open)
    if caller_id is not None:
        calls = Task.objects.filter(assignee_id=caller_id, is_callback=True, done_at=None).values("case_id")
        rows = rows.filter(Q(case__assignee_id=caller_id) | Q(called_by_id=caller_id) | Q(case_id__in=calls))
    if unit_ids:
        rows = rows.filter(unit_id__within=unit_ids)
    if before_id is not None and not is_open:
        rows = rows.filter(pk__lt=before_id)
    return _cards(_with_all(rows).order_by(*(("due_at", "pk") if is_open else ("-pk",)))[:limit])


def _with_all(rows: Any) -> Any:
    return rows.select_related("response__customer", "case", "called_by", "closed_by", "cause").prefetch_related(
        "items", "response__items"
    )


def _cards(rows: Any) -> list[LoopCard]:
    places = tree()
    return [
        LoopCard(
            loop=loop,
            customer=loop.response.customer.display_name if loop.response.customer else "",
            place=place_name(places, loop.unit_id),
            score=loop.response.score,
            text=loop.response.text,
            items=_items(loop),
        )
        for loop in rows
    ]


def _items(loop: Loop) -> list[BadItem]:
    said: Mapping[str, str] = {row.question: row.said for row in loop.items.all()}
    response = loop.response
    definition = definition_of(response.version_id)
    values = {"group": tree().group(loop.unit_id).name, "place": branch_name(tree(), loop.unit_id)}
    found = []
    for row in sorted(response.items.all(), key=lambda item: item.pk):
        question = definition.question_of(row.question) if row.is_low else None
        if question is not None:
            part = next((one.words for one in question.rows if f"{question.key}.{one.key}" == row.question), None)
            words = [question.words.said(response.language), part.said(response.language) if part else ""]
            found.append(
                BadItem(
                    question=row.question,
                    words=fill(" ".join(words), values),
                    number=row.number,
                    said=said.get(row.question, ""),
                )
            )
    return found


@dataclass(frozen=True, kw_only=True)
class LoopSums:
    """How loops that were opened in a period ended.

    Attributes:
        in_time: closed within 48 hours by the clock, of those whose 48 hours are over or that are closed.
        decided: of how many `in_time` is known.
        recovered: ended as recovered or partly recovered, of `ended`.
        median_hours: from the answer to the end of those that ended.
        money_kept_cents: the sum of what was stated, of `money_known` loops.
    """

    opened: int
    still_open: int
    ended: int
    in_time: int
    decided: int
    recovered: int
    lost: int
    unreachable: int
    median_hours: float | None
    money_kept_cents: int
    money_known: int

    @property
    def in_time_pct(self) -> int | None:
        """The share closed within 48 hours, in whole per cent."""
        return round(100 * self.in_time / self.decided) if self.decided else None

    @property
    def money(self) -> str:
        """The sum of what was stated, as people write it."""
        return euros(self.money_kept_cents)

    @property
    def recovered_pct(self) -> int | None:
        """The share of those that ended that were won back, in whole per cent."""
        return round(100 * self.recovered / self.ended) if self.ended else None


def loop_sums(*, since: datetime, until: datetime, unit_ids: Sequence[int] = ()) -> LoopSums:
    """Count the loops opened in (since, until]."""
    rows = Loop.objects.filter(opened_at__gt=since, opened_at__lte=until)
    if unit_ids:
        rows = rows.filter(unit_id__within=unit_ids)
    found = list(rows.values_list("opened_at", "due_at", "closed_at", "outcome", "money_kept_cents"))
    ended = [row for row in found if row[2] is not None]
    decided = [row for row in found if row[2] is not None or row[1] <= until]
    hours = [(closed - opened) / timedelta(hours=1) for opened, _due, closed, _outcome, _money in ended]
    outcomes = [row[3] for row in ended]
    money = [row[4] for row in ended if row[4] is not None]
    return LoopSums(
        opened=len(found),
        still_open=len(found) - len(ended),
        ended=len(ended),
        in_time=sum(1 for row in decided if row[2] is not None and row[2] <= row[1]),
        decided=len(decided),
        recovered=sum(1 for one in outcomes if one in (LoopOutcome.RECOVERED, LoopOutcome.PARTLY)),
        lost=outcomes.count(LoopOutcome.LOST),
        unreachable=outcomes.count(LoopOutcome.UNREACHABLE),
        median_hours=median(hours) if hours else None,
        money_kept_cents=sum(money),
        money_known=len(money),
    )
