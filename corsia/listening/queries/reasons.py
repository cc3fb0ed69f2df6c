"""Why customers chose us or left us: each reason's share of those who answered, the most frequent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from corsia.kernel.statements import Statement
from corsia.listening.queries.results import subtree
from corsia.listening.queries.surveys import OF_SURVEY, current_wording, versions_of
from corsia.listening.rules.nps import SHOWN_FROM
from corsia.listening.rules.panels import vital_few
from corsia.listening.rules.questionnaires import Question, Role, Words
from corsia.listening.rules.scales import Mean, share_of

_CHOSEN = Statement(
    f"""
    SELECT choice, count(*) FROM (
        SELECT unnest(t.choices || ARRAY['']::varchar[]) AS choice
        FROM listening_response a JOIN listening_responseitem t ON t.response_id = a.id
        WHERE {{within}} AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s AND a.channel <> 'import'
            AND {OF_SURVEY} AND (%(chosen)s::bigint[] IS NULL OR a.unit_id = ANY(%(chosen)s::bigint[]))
            AND t.question = %(question)s AND t.series = %(series)s AND cardinality(t.choices) > 0) given
    GROUP BY 1
    """,
    column="a.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason.

    Attributes:
        share: of those who answered, in per cent; several may be named, so that shares add up to more than 100.
        reached: share of all reasons named that it and those before it make, in per cent (Pareto's line).
    """

    key: str
    words: Words
    n: int
    share: Mean
    reached: float

    @property
    def width(self) -> int:
        """Its share as whole points of a bar of 100."""
        return round(self.share.value)


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """The reasons of one question.

    Attributes:
        lines: empty where too few answered.
        vital: how many of them make four fifths of what was named.
    """

    words: Words
    is_loss: bool
    n: int
    lines: Sequence[Reason]

    @property
    def vital(self) -> int:
        """How many of the first reasons make 80 % of all that was named."""
        return vital_few([line.n for line in self.lines])


def reasons(*, survey: str, since: datetime, until: datetime, unit_id: int | None = None) -> list[Reasons]:
    """Return why customers chose or left, for each question of a survey that asks it, in its wording of today."""
    definition, series = current_wording(survey)
    narrowed: dict[str, Any] = {"since": since, "until": until, **versions_of(survey)}
    narrowed["chosen"] = None if unit_id is None else subtree(unit_id)
    asked = [question for role in (Role.CHOSE, Role.LEFT) for question in definition.in_role(role)]
    return [
        _counted(one, dict(_CHOSEN.rows(question=one.key, series=series.get(one.key, 1), **narrowed))) for one in asked
    ]


def _counted(question: Question, counts: dict[str, int]) -> Reasons:
    n = counts.pop("", 0)
    words = {choice.key: choice.words for choice in question.choices}
    named = sorted(((counts.get(key, 0), key) for key in words), key=lambda pair: -pair[0])
    total, before, lines = sum(count for count, _key in named), 0, []
    for count, key in named if n >= SHOWN_FROM else ():
        if count:
            before += count
            lines.append(
                Reason(key=key, words=words[key], n=count, share=share_of(count, n), reached=100 * before / total)
            )
    return Reasons(words=question.words, is_loss=question.role == Role.LEFT, n=n, lines=lines)
