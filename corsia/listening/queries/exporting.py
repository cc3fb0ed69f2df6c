"""All answers of a period as rows of a table. No customer's name leaves with them: the case leads to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from corsia.kernel.statements import Statement
from corsia.kernel.tables import DANGEROUS, Cell, guarded, guarded_sql
from corsia.listening.queries.places import place_name
from corsia.listening.queries.results import subtree
from corsia.listening.queries.surveys import OF_SURVEY, current_wording, versions_of
from corsia.listening.queries.voices import WITHOUT_NAME, few_without_name
from corsia.listening.rules.questionnaires import QuestionKind, Role, Words
from corsia.organisation.queries import tree

# The statement below writes them as a person reads them; a spreadsheet's own file wants instants.
_AS_TEXT = "to_char({} AT TIME ZONE %(zone)s, 'DD/MM/YYYY HH24:MI')"
# Words without a name are left out where so few came that everybody knows whose they are: as on the page of voices.
# Compared with a list, not joined: several processes then still share the work.
_HIDDEN = f"({WITHOUT_NAME} AND (a.unit_id || ':' || COALESCE(a.plan_id, 0)) = ANY(%(few)s::text[]))"
_IN_SHORT = (Role.RECOMMEND, Role.WORDS, Role.CALLBACK)  # these have columns of their own


@dataclass(frozen=True, kw_only=True)
class Column:
    """One item of the questionnaire as it is worded today."""

    key: str
    words: Words
    is_number: bool


def exported_items(survey: str) -> list[Column]:
    """Return the items that an export has besides score, words and wish for a call."""
    definition, _ = current_wording(survey)
    found = []
    for question in definition.questions:
        if question.role in _IN_SHORT:
            continue
        is_number = question.kind in (QuestionKind.SCALE, QuestionKind.MATRIX, QuestionKind.YES_NO)
        rows = [(f"{question.key}.{row.key}", row.words) for row in question.rows] or [(question.key, question.words)]
        found += [Column(key=key, words=words, is_number=is_number) for key, words in rows]
    return found


@dataclass(frozen=True, kw_only=True)
class Export:
    """Which answers to hand out.

    Attributes:
        items: from `exported_items`; answers to another wording under the same key are among them.
    """

    survey: str
    items: Sequence[Column]
    since: datetime
    until: datetime
    unit_id: int | None = None

    def rows(self) -> Iterator[Sequence[Cell]]:
        """Yield one row for each answer: number, instants, channel, unit, case, language, score, call, words, items.

        They come from the database as they are read: read them within the same scope.
        """
        types = ["int8", "timestamptz", "timestamptz", "text", "text", "int8", "text", "int4", "int4", "text"]
        types += ["int4" if item.is_number else "text" for item in self.items]
        yield from self._statement(instant="{}", text="{}").stream(types, **self._parameters())

    def copied(self) -> Iterator[bytes]:
        """Yield the same rows as a CSV, written by the database: several times faster."""
        statement = self._statement(instant=_AS_TEXT, text=guarded_sql("({})"))
        yield from statement.copied(dangerous=DANGEROUS, **self._parameters())

    def _statement(self, *, instant: str, text: str) -> Statement:
        columns = [
            "a.id", instant.format("a.answered_at"), instant.format("a.completed_at"), "a.channel", "u.name",
            "a.case_id", "a.language", "a.score", "CASE WHEN a.wants_callback THEN 1 END",
            _words(text, "a.text"),
        ]  # fmt: skip
        for place, item in enumerate(self.items):
            value = "t.number" if item.is_number else "COALESCE(NULLIF(t.text, ''), array_to_string(t.choices, ' '))"
            picked = f"max({value}) FILTER (WHERE t.question = %(k{place})s)"
            columns.append(picked if item.is_number else _words(text, picked))
        joined = "LEFT JOIN listening_responseitem t ON t.response_id = a.id" if self.items else ""
        return Statement(
            f"""
            SELECT {", ".join(columns)}
            FROM listening_response a
            JOIN unnest(%(units)s::bigint[], %(names)s::text[]) u(id, name) ON u.id = a.unit_id {joined}
            WHERE {{within}} AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s AND {OF_SURVEY}
                AND (%(chosen)s::bigint[] IS NULL OR a.unit_id = ANY(%(chosen)s::bigint[]))
            {"GROUP BY a.id, u.name" if self.items else ""}
            """,
            column="a.unit_id",
        )

    def _parameters(self) -> dict[str, Any]:
        places, few = tree(), few_without_name(since=self.since, until=self.until)
        return {
            "few": [f"{unit_id}:{plan_id or 0}" for unit_id, plan_id in few],
            **{f"k{place}": item.key for place, item in enumerate(self.items)},
            **versions_of(self.survey),
            "units": list(places.units),
            "names": [guarded(place_name(places, unit)) for unit in places.units],
            "since": self.since,
            "until": self.until,
            "zone": settings.TIME_ZONE,
            "chosen": None if self.unit_id is None else subtree(self.unit_id),
        }


def _words(text: str, column: str) -> str:
    return f"CASE WHEN {_HIDDEN} THEN '' ELSE {text.replace('{}', column)} END"
