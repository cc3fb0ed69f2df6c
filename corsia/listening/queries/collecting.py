"""Answers of other methods: what a file would do, line by line, and how what it brought compares with ours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, Min

from corsia.customers.queries.recognising import contacts_of, known_by
from corsia.kernel import blobs
from corsia.kernel.sheets import Sheet, cells_of, read_sheet
from corsia.kernel.statements import Statement
from corsia.listening.models import AnswerFile, AnswerSource, CollectedAnswer
from corsia.listening.queries.questionnaires import definition_of, version_in_force
from corsia.listening.queries.results import subtree
from corsia.listening.queries.surveys import OF_SURVEY, versions_of
from corsia.listening.rules import collecting as rules
from corsia.listening.rules.collecting import LeftOut, Line, Reading
from corsia.listening.rules.comparing import Difference, difference_between
from corsia.listening.rules.nps import Score, Tally, shown_score
from corsia.listening.vocabulary import NotTaken
from corsia.organisation.queries import tree

MAX_BYTES = 8 * 1024 * 1024
MAX_LINES = 20_000
SHOWN = 12  # lines of a file that its page shows as they would become
_CHUNK = 1000
_MOST_MONTHS = 24

_COUNTED = Statement(
    f"""
    SELECT c.source_id IS NOT NULL, width_bucket(a.answered_at, %(starts)s::timestamptz[]),
        count(*) FILTER (WHERE a.score >= 9), count(*) FILTER (WHERE a.score IN (7, 8)),
        count(*) FILTER (WHERE a.score <= 6)
    FROM listening_response a
    LEFT JOIN listening_collectedanswer c ON c.response_id = a.id AND c.source_id = %(source)s
    WHERE {{within}} AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s AND a.score IS NOT NULL
        AND {OF_SURVEY} AND (a.channel <> 'import' OR c.source_id IS NOT NULL)
        AND a.unit_id = ANY(%(units)s::bigint[])
    GROUP BY 1, 2
    """,
    column="a.unit_id",
)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What would become of one line.

    Attributes:
        line: what it says, or why it cannot be taken in.
        is_twice: its answer is there already, from this file or an earlier one.
        customer_id: who answered, where exactly one customer can be meant.
    """

    number: int
    cells: Sequence[str]
    line: Line | LeftOut
    unit_id: int
    is_twice: bool = False
    customer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """One source in the list."""

    source: AnswerSource
    answers: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Ours and theirs in one stretch of time; scores and difference are None under the least number of answers."""

    since: datetime
    ours: Tally
    theirs: Tally

    @property
    def our_score(self) -> Score | None:
        return shown_score(self.ours)

    @property
    def their_score(self) -> Score | None:
        return shown_score(self.theirs)

    @property
    def difference(self) -> Difference | None:
        """Theirs less ours."""
        return difference_between(self.theirs, self.ours) if self.ours.is_shown and self.theirs.is_shown else None


@dataclass(frozen=True, kw_only=True)
class Parallel:
    """Two methods side by side, over the time and the units in which the other one has answers."""

    since: datetime
    until: datetime
    units: int
    together: Beside
    months: Sequence[Beside]


def sheet_of(kept: AnswerFile) -> Sheet:
    """Read a file again as it was handed in."""
    content = blobs.content_of(kept.content_id) if kept.content_id else b""
    return read_sheet(content, max_bytes=MAX_BYTES, max_lines=MAX_LINES)


def columns_of(kept: AnswerFile) -> list[str]:
    """Return what the columns of a file hold, as its source remembers them, else by their names."""
    definition = definition_of(version_in_force(kept.unit_id, kept.source.questionnaire))
    header = cells_of(kept.header, separator=kept.separator)
    return rules.guessed(header, definition, remembered=kept.source.columns)


def reading_of(kept: AnswerFile) -> Reading:
    """Return how the lines of a file are read."""
    return rules.reading(
        header=cells_of(kept.header, separator=kept.separator),
        columns=columns_of(kept),
        definition=definition_of(version_in_force(kept.unit_id, kept.source.questionnaire)),
        zone=tree().time_zone(kept.unit_id),
        month_first=kept.month_first,
    )


def plan(kept: AnswerFile, lines: Sequence[tuple[int, Sequence[str]]], *, now: datetime) -> Iterator[Planned]:
    """Yield what would become of these lines. To be called within the scope of the file's unit and below."""
    reading, organisation = reading_of(kept), tree()
    units = organisation.named_below(kept.unit_id)
    seen: set[str] = set()
    for start in range(0, len(lines), _CHUNK):
        chunk = [(number, cells, reading.line(cells, now=now)) for number, cells in lines[start : start + _CHUNK]]
        read = [line for _number, _cells, line in chunk if isinstance(line, Line)]
        taken = CollectedAnswer.objects.filter(source_id=kept.source_id, key__in=[line.key for line in read])
        seen |= set(taken.values_list("key", flat=True))
        contacts = [contacts_of(*line.contacts) for line in read]
        emails, phones, plates = ({contact[place] for contact in contacts} for place in range(3))
        known = known_by(emails=emails, phones=phones, plates=plates)
        for number, cells, line in chunk:
            if isinstance(line, LeftOut):
                yield Planned(number=number, cells=cells, line=line, unit_id=kept.unit_id)
                continue
            unit_id = units.get(line.unit.casefold()) if line.unit else kept.unit_id
            if unit_id is None:
                column = next(
                    (name for name, one in zip(reading.header, reading.columns, strict=True) if one == rules.UNIT), ""
                )
                nowhere = LeftOut(reason=NotTaken.NO_UNIT, column=column, cell=line.unit[:80])
                yield Planned(number=number, cells=cells, line=nowhere, unit_id=kept.unit_id)
                continue
            who = known.customers(*contacts_of(*line.contacts))
            yield Planned(
                number=number,
                cells=cells,
                line=line,
                unit_id=unit_id,
                is_twice=line.key in seen,
                customer_id=next(iter(who)) if len(who) == 1 else None,
            )
            seen.add(line.key)


def sources() -> list[SourceRow]:
    """Return the sources of the scope, with what they brought so far."""
    counted = CollectedAnswer.objects.values("source_id").annotate(
        n=Count("pk"), first=Min("response__answered_at"), last=Max("response__answered_at")
    )
    found = {row["source_id"]: row for row in counted.order_by()}
    return [
        SourceRow(
            source=source,
            answers=found[source.pk]["n"] if source.pk in found else 0,
            first=found[source.pk]["first"] if source.pk in found else None,
            last=found[source.pk]["last"] if source.pk in found else None,
        )
        for source in AnswerSource.objects.select_related("unit").order_by("name", "pk")
    ]


def parallel(source: AnswerSource) -> Parallel | None:
    """Compare a source with what we asked ourselves, month by month; None before it brought anything."""
    mine = CollectedAnswer.objects.filter(source=source)
    ends = mine.aggregate(since=Min("response__answered_at"), until=Max("response__answered_at"))
    if ends["since"] is None:
        return None
    touched = sorted(set(mine.order_by().values_list("unit_id", flat=True).distinct()))
    # A file that names no branch is about all of its unit: then our answers from below it count too.
    units = sorted({pk for unit in touched for pk in (subtree(unit) if unit == source.unit_id else [unit])})
    starts = _months(ends["since"], ends["until"])
    found: dict[tuple[bool, int], Tally] = {}
    for is_theirs, place, promoters, passives, detractors in _COUNTED.rows(
        starts=starts, source=source.pk, units=units, **ends, **versions_of(source.questionnaire)
    ):
        found[is_theirs, place] = Tally(promoters=promoters, passives=passives, detractors=detractors)
    months = [_beside(found, place, start) for place, start in enumerate(starts, start=1)]
    together = Beside(
        since=ends["since"],
        ours=sum((month.ours for month in months), Tally()),
        theirs=sum((month.theirs for month in months), Tally()),
    )
    return Parallel(since=ends["since"], until=ends["until"], units=len(units), together=together, months=months)


def _beside(found: Mapping[tuple[bool, int], Tally], place: int, start: datetime) -> Beside:
    return Beside(since=start, ours=found.get((False, place), Tally()), theirs=found.get((True, place), Tally()))


def _months(since: datetime, until: datetime) -> list[datetime]:
    zone = ZoneInfo(settings.TIME_ZONE)
    first, last = (at.astimezone(zone) for at in (since, until))
    places = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [datetime(place // 12, place % 12 + 1, 1, tzinfo=zone) for place in places][-_MOST_MONTHS:]
