"""What customers said of us, newest first, for those whose work it is.

Nobody's figure is shown here, only what was said. Answers given without a name are listed by their unit; their words
are withheld where fewer of that plan were given at that unit in the period than make a figure: in a handful everybody
knows who wrote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from corsia.kernel.statements import Statement
from corsia.listening.models import Response, ResponseTopic
from corsia.listening.queries.places import place_name
from corsia.listening.queries.results import subtree
from corsia.listening.queries.surveys import versions_of
from corsia.listening.queries.topics import shipped_topics
from corsia.listening.rules.nps import DETRACTOR_UP_TO, PROMOTER_FROM, SHOWN_FROM
from corsia.listening.vocabulary import Band
from corsia.organisation.queries import tree

BANDS = (Band.DETRACTOR, Band.PASSIVE, Band.PROMOTER)
COLUMN = 12  # shown of each band side by side

_OF_BAND = f"""
    (CASE WHEN a.score >= {PROMOTER_FROM} THEN 'promoter' WHEN a.score <= {DETRACTOR_UP_TO} THEN 'detractor'
        ELSE 'passive' END)
"""
WITHOUT_NAME = "a.customer_id IS NULL AND a.invitation_id IS NULL AND a.case_id IS NULL"
_WHERE = """
    {within} AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s AND a.channel <> 'import'
        AND (a.score IS NOT NULL OR a.text <> '')
        AND (%(chosen)s::bigint[] IS NULL OR a.unit_id = ANY(%(chosen)s::bigint[]))
        AND (%(survey)s = '' OR a.version_id = ANY(%(versions)s::bigint[]) OR (%(is_closing)s AND a.version_id IS NULL))
        AND (NOT %(with_words)s OR a.text <> '')
        AND (%(topic)s = '' OR EXISTS (SELECT FROM listening_responsetopic t
            WHERE t.response_id = a.id AND t.topic = %(topic)s AND (%(sign)s = '' OR t.sign = %(sign)s)))
        AND (%(person)s::bigint IS NULL OR EXISTS (SELECT FROM listening_invitation i
            WHERE i.id = a.invitation_id AND i.assignee_id = %(person)s)
            OR EXISTS (SELECT FROM cases_case c WHERE c.id = a.case_id AND c.assignee_id = %(person)s))
"""
_COUNTS = Statement(
    f"SELECT {_OF_BAND}, count(*) FROM listening_response a WHERE {_WHERE} GROUP BY 1",
    column="a.unit_id",
    is_report=True,
)
_LATEST = Statement(
    f"""
    SELECT a.id FROM listening_response a WHERE {_WHERE} AND {_OF_BAND} = %(band)s
        AND (%(before)s::bigint IS NULL OR (a.answered_at, a.id) < (
            SELECT b.answered_at, b.id FROM listening_response b WHERE b.id = %(before)s))
    ORDER BY a.answered_at DESC, a.id DESC LIMIT %(limit)s
    """,
    column="a.unit_id",
    is_report=True,
)
_FEW = Statement(
    f"""
    SELECT a.unit_id, a.plan_id FROM listening_response a
    WHERE {{within}} AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s AND {WITHOUT_NAME}
        AND a.channel <> 'import'
    GROUP BY 1, 2 HAVING count(*) < {SHOWN_FROM}
    """,
    column="a.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class SaidTopic:
    """A topic of an answer, with the words by which it was recognised."""

    key: str
    name_it: str
    name_en: str
    sign: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One answer.

    Attributes:
        is_withheld: it has words that are not shown, so that nobody is recognised by them.
        is_corrected: somebody said by hand what it is about.
    """

    answer: Response
    place: str
    topics: Sequence[SaidTopic]
    is_mine: bool
    is_withheld: bool
    is_corrected: bool

    @property
    def text(self) -> str:
        """The words that may be shown."""
        return "" if self.is_withheld else str(self.answer.text)


@dataclass(frozen=True, kw_only=True)
class Column:
    """The answers of one band, the newest first."""

    band: Band
    n: int
    voices: Sequence[Voice]
    is_more: bool


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """Which answers are asked for; "" and None for all."""

    since: datetime
    until: datetime
    unit_id: int | None = None
    survey: str = ""
    topic: str = ""
    sign: str = ""
    with_words: bool = False
    person_id: int | None = None  # only about cases that this person has or had

    def parameters(self) -> dict[str, Any]:
        """Return what the statements need."""
        return {
            "since": self.since,
            "until": self.until,
            "chosen": None if self.unit_id is None else subtree(self.unit_id),
            "survey": self.survey,
            "topic": self.topic,
            "sign": self.sign,
            "with_words": self.with_words or bool(self.topic),
            "person": self.person_id,
            **(versions_of(self.survey) if self.survey else {"versions": [], "is_closing": False}),
        }


def columns(
    asked: Narrowed, *, bands: Sequence[Band], me: int | None, limit: int = COLUMN, before_id: int | None = None
) -> list[Column]:
    """Return what was said, each band by itself."""
    parameters = asked.parameters()
    counts: Mapping[str, int] = dict(_COUNTS.rows(**parameters))
    ids = {
        band: [pk for (pk,) in _LATEST.rows(band=str(band), before=before_id, limit=limit + 1, **parameters)]
        for band in bands
    }
    few = few_without_name(since=asked.since, until=asked.until)
    voices = _voices([pk for found in ids.values() for pk in found[:limit]], few, me)
    return [
        Column(
            band=band,
            n=counts.get(str(band), 0),
            # Whoever filters by a topic must not learn from the list what withheld words are about.
            voices=[voices[pk] for pk in ids[band][:limit] if not (asked.topic or asked.with_words) or voices[pk].text],
            is_more=len(ids[band]) > limit,
        )
        for band in bands
    ]


def few_without_name(*, since: datetime, until: datetime) -> set[tuple[int, int | None]]:
    """Return units and plans with so few answers without a name that their words would give somebody away."""
    return {(unit_id, plan_id) for unit_id, plan_id in _FEW.rows(since=since, until=until)}


def is_withheld(answer: Response, few: set[tuple[int, int | None]]) -> bool:
    """Tell whether the words of an answer are not to be shown with its unit."""
    has_name = answer.customer_id is not None or answer.invitation_id is not None or answer.case_id is not None
    return bool(answer.text) and not has_name and (answer.unit_id, answer.plan_id) in few


def _voices(ids: Sequence[int], few: set[tuple[int, int | None]], me: int | None) -> dict[int, Voice]:
    answers = Response.objects.select_related("case", "customer", "invitation", "touchpoint", "reading").in_bulk(ids)
    said: dict[int, list[ResponseTopic]] = {pk: [] for pk in ids}
    for row in ResponseTopic.objects.filter(response_id__in=ids).order_by("pk"):
        said[row.response_id].append(row)
    known, places = shipped_topics(), tree()
    return {
        pk: Voice(
            answer=answer,
            place=place_name(places, answer.unit_id),
            topics=[
                SaidTopic(
                    key=row.topic,
                    name_it=known[row.topic].name_it,
                    name_en=known[row.topic].name_en,
                    sign=row.sign,
                    words=row.words,
                )
                for row in said[pk]
                if row.topic in known and not is_withheld(answer, few)
            ],
            is_mine=me is not None and me in _whose(answer),
            is_withheld=is_withheld(answer, few),
            is_corrected=hasattr(answer, "reading") and answer.reading.corrected_at is not None,
        )
        for pk, answer in answers.items()
    }


def _whose(answer: Response) -> set[int | None]:
    return {
        answer.invitation.assignee_id if answer.invitation else None,
        answer.case.assignee_id if answer.case else None,
    }
