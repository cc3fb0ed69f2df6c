"""Search among published articles: by PostgreSQL's full text, with synonyms, and forgiving one letter in titles."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from corsia.kernel.statements import Statement
from corsia.knowledge.queries.synonyms import synonyms_for
from corsia.knowledge.rules.excerpts import Excerpt, excerpt_of
from corsia.knowledge.rules.folding import SHORTEST_FORGIVEN, is_near, near, words_of
from corsia.knowledge.rules.terms import Synonyms, Term, query_of, terms_of
from corsia.organisation.queries import tree

ENOUGH: Final = 0.45  # of what was looked for; less is another topic
LONGEST_TYPED: Final = 300
_CONFIGURATION: Final = {"it": "italian", "en": "english"}


@dataclass(frozen=True, kw_only=True)
class Found:
    """One article that answers what was looked for.

    Attributes:
        score: share of what was looked for that the text holds, from 0.0 to 1.0; words of the trade count more.
        is_other_language: the article has no text in the language asked for, this is its twin.
        key: with the slug of a site it makes the public address.
    """

    article_id: int
    unit_id: int
    category_id: int
    key: str
    audience: str
    language: str
    title: str
    title_marks: tuple[tuple[int, int], ...]
    excerpt: str
    marks: tuple[tuple[int, int], ...]  # start and end of each found word, counted in `excerpt`
    score: float
    is_other_language: bool

    @property
    def title_parts(self) -> list[tuple[str, bool]]:
        return Excerpt(self.title, self.title_marks).parts

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """The excerpt in pieces, each with whether it is marked."""
        return Excerpt(self.excerpt, self.marks).parts


@dataclass(frozen=True)
class Search:
    """What was found, and what was searched instead of a mistyped word ("" where nothing was corrected)."""

    found: list[Found]
    corrected: str = ""


# An article of a lower unit is read there in place of one above with the same key.
_NEARER = """
    AND (%(chain)s::bigint[] IS NULL OR (a.unit_id = ANY(%(chain)s) AND NOT EXISTS (
        SELECT 1 FROM knowledge_article n WHERE n.key = a.key AND n.unit_id = ANY(%(chain)s)
        AND n.published_at IS NOT NULL AND n.retired_at IS NULL
        AND array_position(%(chain)s, n.unit_id) < array_position(%(chain)s, a.unit_id))))
"""
_TWIN = """
    AND (NOT %(is_twin)s OR NOT EXISTS (
        SELECT 1 FROM knowledge_searchtext t WHERE t.article_id = a.id AND t.language <> s.language))
"""
MOST_RANKED: Final = 200  # rows of a step: to rank is what takes time, and the best are among the first steps


def _step(vector: str, query: str) -> Statement:
    """Return the statement that finds and ranks the rows whose vector holds a query."""
    return Statement(
        sql="""
    SELECT r.article_id, r.unit_id, r.category_id, r.key, r.audience, r.title, r.body,
        ARRAY(SELECT r.words @@ one FROM unnest(asked.queries) WITH ORDINALITY AS u(one, place) ORDER BY place),
        (SELECT tsvector_to_array(to_tsvector(%(cfg)s::regconfig, %(plain)s))), r.is_for
    FROM (
        SELECT f.*, ts_rank(ARRAY[0.05, 0.15, 0.6, 1]::real[], f.words, to_tsquery(%(cfg)s::regconfig, %(any)s), 1)
            AS rank
        FROM (
            SELECT s.article_id, a.unit_id, a.category_id, a.key, a.audience, s.title, s.body, s.words,
                %(process)s <> '' AND %(process)s = ANY(string_to_array(a.process_keys, ' ')) AS is_for
            FROM knowledge_searchtext s JOIN knowledge_article a ON a.id = s.article_id
            WHERE {within} AND s.language = %(language)s AND NOT s.article_id = ANY(%(found)s::bigint[])
                AND """
        f"s.{vector} @@ to_tsquery(%(cfg)s::regconfig, %({query})s)"
        " AND (NOT %(public_only)s OR a.audience = 'public') "
        + _NEARER
        + _TWIN
        + " LIMIT %(most)s) f ORDER BY rank DESC, article_id LIMIT %(limit)s) r, "
        # Made once: to read a query again for each row took most of the time.
        "(SELECT array_agg(to_tsquery(%(cfg)s::regconfig, t.term) ORDER BY t.place) AS queries"
        " FROM unnest(%(terms)s::text[]) WITH ORDINALITY AS t(term, place)) asked ORDER BY r.rank DESC, r.article_id",
        column="s.unit_id",
        is_shared=True,
    )


# From what tells most to what tells least; the next step is taken only while too little was found.
_STEPS: Final = (_step("head", "every"), _step("words", "every"), _step("head", "any"), _step("words", "any"))
_TITLES_NEAR = Statement(
    sql=f"""
    SELECT s.title FROM knowledge_searchtext s JOIN knowledge_article a ON a.id = s.article_id
    WHERE {{within}} AND s.language = %(language)s AND s.near && %(near)s::varchar[]
        AND (NOT %(public_only)s OR a.audience = 'public') {_NEARER} LIMIT 40
    """,
    column="s.unit_id",
    is_shared=True,
)
_OF_PROCESS = Statement(
    sql=f"""
    SELECT s.article_id, a.unit_id, a.category_id, a.key, a.audience, s.title, s.body, ARRAY[]::boolean[],
        ARRAY[]::text[], TRUE
    FROM knowledge_searchtext s JOIN knowledge_article a ON a.id = s.article_id
    WHERE {{within}} AND s.language = %(language)s AND a.process_keys <> ''
        AND %(process)s = ANY(string_to_array(a.process_keys, ' ')) {_NEARER}
    ORDER BY s.article_id LIMIT %(limit)s
    """,
    column="s.unit_id",
    is_shared=True,
)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where is searched."""

    chain: list[int] | None  # of units, nearest first; None for all of the scope
    public_only: bool
    limit: int
    process: str = ""
    least: float = ENOUGH


def search(
    *, words: str, language: str, unit_id: int | None = None, public_only: bool = False, limit: int = 8
) -> list[Found]:
    """Return the published articles that answer some words, best first.

    Args:
        language: "it" or "en"; articles without a text in it are found by their twin, behind the others.
        unit_id: what is read in this unit: its articles and those of the units above; None for the whole scope.
        public_only: only what customers may read.
    """
    return find(words=words, language=language, unit_id=unit_id, public_only=public_only, limit=limit).found


def find(
    *,
    words: str,
    language: str,
    unit_id: int | None = None,
    public_only: bool = False,
    limit: int = 8,
    begins: bool = False,
) -> Search:
    """Search as `search` does, and tell what was corrected.

    Args:
        begins: the last word may be only begun.
    """
    place = _Place(chain=_chain(unit_id), public_only=public_only, limit=limit)
    synonyms = synonyms_for(place.chain)
    typed = words[:LONGEST_TYPED]
    found, is_whole = _both(typed, language, place, synonyms, begins=begins)
    if is_whole:
        return Search(found)
    corrected = _corrected(typed, language, place, synonyms)
    if not corrected:
        return Search(found)
    better, _whole = _both(corrected, language, place, synonyms, begins=False)
    return Search(better, corrected) if better and (not found or better[0].score >= found[0].score) else Search(found)


def suggest(*, subject: str, text: str, process_key: str, language: str, unit_id: int, limit: int = 4) -> list[Found]:
    """Return articles that may help with a case, public and internal ones, best first.

    Args:
        text: what the customer wrote last.
        process_key: articles made for this process come first among equals, and stand in where words find nothing.
    """
    place = _Place(chain=_chain(unit_id), public_only=False, limit=limit, process=process_key, least=0.12)
    synonyms = synonyms_for(place.chain)
    found: list[Found] = []
    for other in (language, "en" if language == "it" else "it"):
        terms = _telling(subject, text[:1_500], other, synonyms)
        found += _found(terms, other, place, is_twin=other != language)
    if len(found) < limit and process_key:
        parameters = {"language": language, "process": process_key, "chain": place.chain, "limit": limit}
        have = {one.article_id for one in found}
        rows = [row for row in _OF_PROCESS.rows(**parameters) if row[0] not in have]
        found += [_made(row, (), language, is_twin=False) for row in rows]
    return found[:limit]


def _telling(subject: str, text: str, language: str, synonyms: Synonyms) -> list[Term]:
    """Return the terms of a subject, then the words of the trade in the text, then its other words."""
    of_subject = terms_of(subject[:LONGEST_TYPED], language=language, synonyms=synonyms, most=8)
    seen = {term.phrases[0] for term in of_subject}
    rest = [
        term for term in terms_of(text, language=language, synonyms=synonyms, most=60) if term.phrases[0] not in seen
    ]
    rest.sort(key=lambda term: -term.weight)
    return [*of_subject, *(term for term in rest if term.weight > 1)][:14]


def _chain(unit_id: int | None) -> list[int] | None:
    return None if unit_id is None else [unit.pk for unit in tree().chain(unit_id)]


def _both(words: str, language: str, place: _Place, synonyms: Synonyms, *, begins: bool) -> tuple[list[Found], bool]:
    """Search in a language and then among the twins; also tell whether all of the words were found together."""
    found: list[Found] = []
    for other in (language, "en" if language == "it" else "it"):
        if len(found) < place.limit:
            terms = terms_of(words, language=other, synonyms=synonyms)
            found += _found(terms, other, place, is_twin=other != language, begins=begins)
    return found[: place.limit], any(one.score >= 1 for one in found)


def _found(terms: Sequence[Term], language: str, place: _Place, *, is_twin: bool, begins: bool = False) -> list[Found]:
    if not terms:
        return []
    parameters = {
        "cfg": _CONFIGURATION[language],
        "language": language,
        "any": query_of(terms, every=False, begins=begins),
        "every": query_of(terms, every=True, begins=begins),
        "terms": [query_of([term], every=True, begins=begins and term is terms[-1]) for term in terms],
        "plain": _marked(terms),
        "chain": place.chain,
        "public_only": place.public_only,
        "process": place.process,
        "is_twin": is_twin,
        "most": MOST_RANKED,
        "limit": place.limit * 2,
    }
    enough: list[tuple[float, tuple[object, ...]]] = []
    for step in _STEPS[:2] if len(terms) == 1 else _STEPS:
        rows = step.rows(**parameters, found=[row[0] for _score, row in enough])
        scored = [(_share(terms, row[7]), row) for row in rows]
        enough += [(score, row) for score, row in scored if score >= place.least or row[9]]
        if len(enough) >= place.limit:
            break
    enough.sort(key=lambda one: -(one[0] + (0.3 if one[1][9] else 0)))
    return [_made(row, terms, language, is_twin=is_twin) for _score, row in enough[: place.limit]]


def _marked(terms: Sequence[Term]) -> str:
    """Return the words that excerpts mark: those that were typed, and what single words mean the same."""
    return " ".join(
        word
        for term in terms
        for place, phrase in enumerate(term.phrases)
        if place == 0 or len(phrase) == 1
        for word in phrase
    )


def _made(row: tuple[object, ...], terms: Sequence[Term], language: str, *, is_twin: bool) -> Found:
    article_id, unit_id, category_id, key, audience, title, body, held, stems, _is_for = row
    shown = excerpt_of(str(body), stems)  # type: ignore[arg-type]
    marked = excerpt_of(str(title), stems, length=len(str(title)) + 1)  # type: ignore[arg-type]
    return Found(
        article_id=article_id,  # type: ignore[arg-type]
        unit_id=unit_id,  # type: ignore[arg-type]
        category_id=category_id,  # type: ignore[arg-type]
        key=str(key),
        audience=str(audience),
        language=language,
        title=str(title),
        title_marks=marked.marks if marked.text == title else (),
        excerpt=shown.text,
        marks=shown.marks,
        score=_share(terms, held),  # type: ignore[arg-type]
        is_other_language=is_twin,
    )


def _share(terms: Sequence[Term], held: Sequence[bool]) -> float:
    asked = sum(term.weight for term in terms)
    return sum(term.weight for term, is_held in zip(terms, held, strict=True) if is_held) / asked if asked else 0.0


def _corrected(words: str, language: str, place: _Place, synonyms: Synonyms) -> str:
    """Return the words with mistyped ones replaced by words of titles or of the trade; "" where none is near."""
    of_trade = {phrase[0] for phrase in synonyms.by_phrase if len(phrase) == 1}
    pieces, at, has_changed = [], 0, False
    for word in words_of(words):
        better = word.folded
        if len(word.folded) >= SHORTEST_FORGIVEN - 1 and word.folded not in of_trade:
            better = _nearest(word.folded, language, place, of_trade)
        has_changed = has_changed or better != word.folded
        pieces += [words[at : word.start], better if better != word.folded else words[word.start : word.end]]
        at = word.end
    return "".join([*pieces, words[at:]]) if has_changed else ""


def _nearest(word: str, language: str, place: _Place, of_trade: set[str]) -> str:
    titles = _TITLES_NEAR.rows(
        language=language, near=sorted(near(word)), public_only=place.public_only, chain=place.chain
    )
    close = Counter(
        other.folded for (title,) in titles for other in words_of(title) if is_near(word, other.folded)
    ) or Counter(sorted(other for other in of_trade if is_near(word, other))[:1])
    return word if not close or word in close else close.most_common(1)[0][0]
