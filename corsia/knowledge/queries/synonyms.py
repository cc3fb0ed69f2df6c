"""The words that mean the same, of the product and of a dealer group."""

from functools import lru_cache

from corsia.kernel.statements import Statement
from corsia.knowledge.rules.terms import Synonyms, shipped_groups, synonyms_of

_OWN = Statement(
    sql="SELECT g.words_it, g.words_en FROM knowledge_synonymgroup g WHERE {within}"
    " AND (%(units)s::bigint[] IS NULL OR g.unit_id = ANY(%(units)s)) ORDER BY g.id LIMIT 500",
    column="g.unit_id",
    is_shared=True,
)


def synonyms_for(units: list[int] | None) -> Synonyms:
    """Return the synonyms that hold for some units; those of the whole scope for None."""
    return _made(tuple(_OWN.rows(units=units)))


@lru_cache(maxsize=64)
def _made(own: tuple[tuple[str, str], ...]) -> Synonyms:
    groups = [{"it": it.split(","), "en": en.split(",")} for it, en in own]
    return synonyms_of([*groups, *shipped_groups()])
