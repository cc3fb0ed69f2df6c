"""Topics: what they are called, by which stems a house recognises them, and what is said about each."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from corsia.kernel.statements import Statement
from corsia.listening.models import TopicWords
from corsia.listening.queries.results import subtree
from corsia.listening.queries.surveys import OF_SURVEY, versions_of
from corsia.listening.rules.nps import SHOWN_FROM
from corsia.listening.rules.scales import Mean, share_of
from corsia.listening.rules.topics import Stems
from corsia.organisation.queries import tree

SHIPPED = Path(__file__).parent.parent / "shipped" / "topics.yaml"
LANGUAGES = ("it", "en")
_RULE = "1"  # raised when rules.topics reads otherwise: everything is then read anew

_ABOUT = Statement(
    f"""
    SELECT t.topic, count(*), count(*) FILTER (WHERE t.sign = 'plus'), count(*) FILTER (WHERE t.sign = 'minus'),
        count(*) FILTER (WHERE a.score >= 9), count(*) FILTER (WHERE a.score <= 6), count(a.score)
    FROM listening_response a JOIN listening_responsetopic t ON t.response_id = a.id
    WHERE {{within}} AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s AND a.text <> ''
        AND a.channel <> 'import' AND {OF_SURVEY}
        AND (%(chosen)s::bigint[] IS NULL OR a.unit_id = ANY(%(chosen)s::bigint[]))
    GROUP BY 1
    """,
    column="a.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic as it comes with Corsia."""

    key: str
    name_it: str
    name_en: str
    stems: Mapping[str, Stems]


@dataclass(frozen=True, kw_only=True)
class Edition:
    """By which stems a house reads; the name changes with any of them."""

    name: str
    stems: Mapping[str, Mapping[str, Stems]]


@dataclass(frozen=True, kw_only=True)
class About:
    """What is said about one topic.

    Attributes:
        n: answers that speak of it.
        promoters, detractors: their share among those of them that gave a score; None where too few did.
    """

    topic: Topic
    n: int
    plus: int
    minus: int
    promoters: Mean | None
    detractors: Mean | None

    @property
    def unsaid(self) -> int:
        """Answers that speak of it and neither praise nor blame it."""
        return self.n - self.plus - self.minus

    @property
    def plus_from(self) -> int:
        """Where the praise begins in a bar of all."""
        return self.n - self.plus

    @property
    def shares(self) -> tuple[Mean | None, Mean | None]:
        """Both shares, as the table shows them."""
        return self.detractors, self.promoters


@dataclass(frozen=True, kw_only=True)
class Abouts:
    """The topics of a period, the most spoken of first.

    Attributes:
        too_small: topics that too few answers speak of.
    """

    lines: Sequence[About]
    too_small: int

    @property
    def most(self) -> int:
        """The most answers that speak of one topic."""
        return max((line.n for line in self.lines), default=1)


@cache
def shipped_topics() -> Mapping[str, Topic]:
    """Return the topics of the package by key, in their order."""
    rows = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return {
        row["key"]: Topic(
            key=row["key"],
            name_it=row["name"]["it"],
            name_en=row["name"]["en"],
            stems={
                language: Stems(**{kind: tuple(stems) for kind, stems in row[language].items()})
                for language in LANGUAGES
            },
        )
        for row in rows
    }


def editions() -> Mapping[int, Edition]:
    """Return for every unit by which stems its answers are read: the nearest written for it or above, else shipped."""
    own: dict[int, dict[tuple[str, str], TopicWords]] = defaultdict(dict)
    for row in TopicWords.unscoped.all():
        own[row.unit_id][row.topic, row.language] = row
    places, made = tree(), dict[tuple[int, ...], Edition]()
    found = {}
    for unit_id in places.units:
        writers = tuple(unit.pk for unit in places.chain(unit_id) if unit.pk in own)
        if writers not in made:
            nearest: dict[tuple[str, str], TopicWords] = {}
            for writer in reversed(writers):
                nearest |= own[writer]
            made[writers] = _edition(nearest)
        found[unit_id] = made[writers]
    return found


def edition_of(unit_id: int) -> Edition:
    """Return by which stems the answers of a unit are read."""
    return editions()[unit_id]


def stems_above(unit_id: int, topic: str) -> Mapping[str, Stems]:
    """Return by what a unit would recognise a topic without words of its own."""
    above = tree().chain(unit_id)[1:]
    return editions()[above[0].pk].stems[topic] if above else shipped_topics()[topic].stems


def _edition(own: Mapping[tuple[str, str], TopicWords]) -> Edition:
    stems = {
        key: {
            language: _own_stems(own[key, language]) if (key, language) in own else topic.stems[language]
            for language in LANGUAGES
        }
        for key, topic in shipped_topics().items()
    }
    written = json.dumps([_RULE, [(key, [asdict(one[lang]) for lang in LANGUAGES]) for key, one in stems.items()]])
    return Edition(name=hashlib.sha256(written.encode()).hexdigest()[:16], stems=stems)


def _own_stems(row: TopicWords) -> Stems:
    return Stems(about=tuple(row.about), plus=tuple(row.plus), minus=tuple(row.minus))


def abouts(*, survey: str, since: datetime, until: datetime, unit_id: int | None = None) -> Abouts:
    """Count what the words of one survey are about in a period; nothing under the minimum number of answers."""
    narrowed: dict[str, Any] = {"since": since, "until": until, **versions_of(survey)}
    rows = _ABOUT.rows(chosen=None if unit_id is None else subtree(unit_id), **narrowed)
    known = shipped_topics()
    lines = [
        About(
            topic=known[topic],
            n=n,
            plus=plus,
            minus=minus,
            promoters=share_of(promoters, scored) if scored >= SHOWN_FROM else None,
            detractors=share_of(detractors, scored) if scored >= SHOWN_FROM else None,
        )
        for topic, n, plus, minus, promoters, detractors, scored in rows
        if n >= SHOWN_FROM and topic in known
    ]
    order = list(known)
    return Abouts(
        lines=sorted(lines, key=lambda line: (-line.n, order.index(line.topic.key))), too_small=len(rows) - len(lines)
    )


def own_words_of(unit_id: int) -> Mapping[str, set[str]]:
    """Return the topics for which a unit wrote stems of its own, with their languages."""
    found: dict[str, set[str]] = defaultdict(set)
    for topic, language in TopicWords.objects.filter(unit_id=unit_id).values_list("topic", "language"):
        found[topic].add(language)
    return found
