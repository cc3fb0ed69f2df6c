"""What was said about each item of a questionnaire, and which of them the recommendation hangs on."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from corsia.kernel.statements import Statement
from corsia.listening.queries.results import subtree
from corsia.listening.queries.surveys import OF_SURVEY, current_wording, versions_of
from corsia.listening.rules.drivers import MOST_ITEMS, PARTS, Driver, Drivers, Sums, drivers
from corsia.listening.rules.nps import SHOWN_FROM
from corsia.listening.rules.questionnaires import Definition, Question, QuestionKind, Role, Words
from corsia.listening.rules.scales import Band, Mean, Scale, in_bands, mean_score, satisfaction_index, share_of

LATEST = 20_000  # answers from which the weights are told: their intervals are about a point wide then

_WHERE = f"""
    WHERE {{within}} AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s
        AND a.channel <> 'import' AND {OF_SURVEY}
        AND (%(chosen)s::bigint[] IS NULL OR a.unit_id = ANY(%(chosen)s::bigint[]))
"""
_NUMBERS = Statement(
    f"""
    SELECT t.question, t.series, t.number, count(*)
    FROM listening_response a JOIN listening_responseitem t ON t.response_id = a.id
    {_WHERE} AND t.number IS NOT NULL AND t.question = ANY(%(items)s::text[])
    GROUP BY 1, 2, 3
    """,
    column="a.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class Item:
    """What was said about one item.

    Attributes:
        scale: with the bands that the questionnaire gives it.
        bands_pct: share of each band in per cent, the best first.
        index: the mean as CSI, from 0 to 100, with its interval; None where too few answered.
        driver: how much the recommendation hangs on it; None where that cannot be said.
        is_critical: it matters more than most and is judged worse than most.
    """

    key: str
    words: Words
    scale: Scale
    n: int
    mean: Mean | None
    index: Mean | None
    bands_pct: Sequence[int]
    worst: Mean | None
    driver: Driver | None
    is_critical: bool


@dataclass(frozen=True, kw_only=True)
class Items:
    """The items of a questionnaire, those that ask for repair first.

    Attributes:
        target: what the drivers explain; None where the questionnaire asks for nothing overall.
        together: what all items explain of it; None where too few whole answers say.
    """

    lines: Sequence[Item]
    target: Words | None
    together: Drivers | None


def items(*, survey: str, since: datetime, until: datetime, unit_id: int | None = None) -> Items:
    """Return what was said about each item of a survey in a period, in its wording of today."""
    definition, series = current_wording(survey, unit_id=unit_id)
    asked = {"since": since, "until": until, "chosen": None if unit_id is None else subtree(unit_id)}
    asked |= versions_of(survey)
    judged = _judged(definition)
    target = next((q for role in (Role.RECOMMEND, Role.OVERALL) for q in definition.in_role(role)), None)
    if not judged:
        return Items(lines=(), target=target.words if target else None, together=None)
    keys = list(judged)
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for key, of_series, number, count in _NUMBERS.rows(items=keys, **asked):
        if of_series == series.get(key, 1):
            found[key][number] = count
    together = None
    if target is not None:
        others = [key for key in keys if key != target.key][:MOST_ITEMS]
        together = _drivers(others, target.key, series, asked) if others else None
        by_key = dict(zip(others, together.items, strict=True)) if together else {}
    else:
        by_key = {}
    lines = [
        _item(key, words, question, found[key], by_key.get(key))
        for key, (words, question) in judged.items()
        if target is None or key != target.key
    ]
    return Items(lines=_worst_first(_with_critical(lines)), target=target.words if target else None, together=together)


def _judged(definition: Definition) -> dict[str, tuple[Words, Question]]:
    """Return the items that are answered on a scale, with their words."""
    found = {}
    for question in definition.questions:
        if question.kind == QuestionKind.SCALE:
            found[question.key] = (question.words, question)
        elif question.kind == QuestionKind.MATRIX:
            found.update({f"{question.key}.{row.key}": (row.words, question) for row in question.rows})
    return found


def scale_of_question(question: Question) -> Scale:
    """Return the scale of a question with its own bands; without any, with bands as the recommendation has."""
    if question.bands:
        bands = sorted((Band(low=band.low, high=band.high) for band in question.bands), key=lambda band: -band.high)
        return Scale(lowest=question.low, highest=question.high, bands=tuple(bands))
    steps = question.high - question.low
    if steps < 3:
        single = tuple(Band(low=at, high=at) for at in range(question.high, question.low - 1, -1))
        return Scale(lowest=question.low, highest=question.high, bands=single)
    # As on the scale of the recommendation: of 0 to 10 the best band is 9-10, the next 7-8.
    width = 2 if steps >= 8 else 1
    best, middle = question.high - width + 1, question.high - 2 * width + 1
    bands = [
        Band(low=best, high=question.high), Band(low=middle, high=best - 1), Band(low=question.low, high=middle - 1),
    ]  # fmt: skip
    return Scale(lowest=question.low, highest=question.high, bands=tuple(bands))


def _item(key: str, words: Words, question: Question, counts: dict[int, int], driver: Driver | None) -> Item:
    scale = scale_of_question(question)
    # A wording of before may have had another scale in the same series only if somebody wrote it so by hand.
    counts = {number: count for number, count in counts.items() if scale.lowest <= number <= scale.highest}
    n = sum(counts.values())
    if n < SHOWN_FROM:
        return Item(
            key=key, words=words, scale=scale, n=n, mean=None, index=None, bands_pct=(), worst=None, driver=None,
            is_critical=False,
        )  # fmt: skip
    mean, bands = mean_score(counts, scale), in_bands(counts, scale)
    return Item(
        key=key,
        words=words,
        scale=scale,
        n=n,
        mean=mean,
        index=satisfaction_index(mean, lowest=scale.lowest, highest=scale.highest),
        bands_pct=tuple(round(100 * count / n) for count in bands),
        worst=share_of(bands[-1], n),
        driver=driver,
        is_critical=False,
    )


def _with_critical(lines: Sequence[Item]) -> list[Item]:
    """Mark what matters more than its fair share and is judged below the mean of the items."""
    known = [line.index.value for line in lines if line.index]
    usual = sum(known) / len(known) if known else 0.0
    fair = 100 / max(1, sum(line.driver is not None for line in lines))

    def is_critical(line: Item) -> bool:
        if line.index is None or line.driver is None:
            return False
        return line.index.value < usual and line.driver.share > fair

    return [replace(line, is_critical=is_critical(line)) for line in lines]


def _worst_first(lines: Sequence[Item]) -> list[Item]:
    return sorted(lines, key=lambda line: (not line.is_critical, line.index.value if line.index else 101.0, line.key))


def _drivers(keys: Sequence[str], target: str, series: dict[str, int], asked: dict[str, Any]) -> Drivers | None:
    columns = [*keys, target]
    picked = ", ".join(
        f"max(t.number) FILTER (WHERE t.question = %(k{place})s AND t.series = %(s{place})s)::float8 AS x{place}"
        for place in range(len(columns))
    )
    whole = " AND ".join(f"x{place} IS NOT NULL" for place in range(len(columns)))
    pairs = [(row, column) for row in range(len(columns)) for column in range(row, len(columns))]
    sums = [f"sum(x{place})" for place in range(len(columns))]
    sums += [f"sum(x{row} * x{column})" for row, column in pairs]
    statement = Statement(
        f"""
        SELECT id %% %(parts)s, count(*), {", ".join(sums)}
        FROM (SELECT a.id, {picked}
            FROM (SELECT a.id FROM listening_response a {_WHERE} ORDER BY a.answered_at DESC LIMIT %(latest)s) a
            JOIN listening_responseitem t ON t.response_id = a.id AND t.number IS NOT NULL GROUP BY a.id) p
        WHERE {whole} GROUP BY 1
        """,
        column="a.unit_id",
        is_report=True,
    )
    named: dict[str, Any] = {f"k{place}": key for place, key in enumerate(columns)}
    named |= {f"s{place}": series.get(key, 1) for place, key in enumerate(columns)}
    parts = []
    for _, n, *values in statement.rows(parts=PARTS, latest=LATEST, **named, **asked):
        totals, products = values[: len(columns)], dict(zip(pairs, values[len(columns) :], strict=True))
        square = [
            tuple(products[min(row, column), max(row, column)] for column in range(len(columns)))
            for row in range(len(columns))
        ]
        parts.append(Sums(n=n, totals=tuple(totals), products=tuple(square)))
    return drivers(parts)
