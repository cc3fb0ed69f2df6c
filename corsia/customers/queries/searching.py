"""Find customers by any part of name, plate, VIN, phone, e-mail, tax code or VAT number, one mistake forgiven.

How it stays fast with a million customers: the rarest term of the query drives, counted up to a limit only; the other
terms are looked up per candidate; the index is walked in the order of its values, so exact hits come first and the walk
stops early. Mistakes are tried only when too little was found.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from corsia.customers.models import Customer, SearchKey, SearchWord
from corsia.customers.queries.lists import CustomerRow, rows_of
from corsia.customers.search_keys import Key, KeyKind, asked_variants, forgives, is_one_edit_apart
from corsia.customers.search_probe import Closeness, Probe, Reading, Term, closeness, near_keys, probe, rank
from corsia.kernel.prefixes import begins_sql, end_of
from corsia.kernel.scope import current_scope
from corsia.vehicles.rules.plates import display_plate

CANDIDATES = 3  # read for each hit that is asked for: names break ties, and merged records fall together
WALK = 2_500  # rows of the driving term looked at, at most
NEAR_WORDS = 24  # spellings tried for one mistyped word, the commonest names first
MOST_BEARERS = 50  # counted of a spelling, to tell common names from rare ones
MOST_NEAR_WORDS_READ = 4_000
_NAMES = (KeyKind.NAME, KeyKind.FULL_NAME)
_LAST = (max(Closeness) + 1, 0)

Conditions = list[tuple[str, list[Any]]]


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """A customer who matches a query, with what matched when it is not the name."""

    customer: CustomerRow
    matched: str  # "AB 123 CD", "+39 333 ...": what was found, as people read it; "" for names
    closeness: Closeness

    @property
    def id(self) -> int:
        """The id of the surviving record."""
        return self.customer.id


def search(query: str, limit: int = 20) -> list[SearchHit]:
    """Return the customers within the scope that match a query, the best first: exact, then prefix, then one typo.

    Merged records are found and stand for their survivor.
    """
    asked = probe(query)
    if asked.is_empty:
        return []
    found: dict[int, None] = {}
    most = CANDIDATES * limit
    for reading in asked.readings:
        found |= dict.fromkeys(_matching(reading, {}, most))
        if len(found) >= limit:
            break
    if len(found) < limit:
        found |= dict.fromkeys(_forgiven(asked, most))
    if not found:
        found |= dict.fromkeys(_with_any_key(near_keys(query), most))
    return _ranked(asked, list(found), limit)


def _matching(reading: Reading, near: Mapping[str, Sequence[str]], most: int) -> list[int]:
    """Return up to `most` records that answer all terms of a reading; `near` holds other spellings of its words."""
    terms = list(reading.terms)
    if len(terms) > 1:
        sizes = _sizes(terms, near)
        terms = [term for _size, term in sorted(zip(sizes, terms, strict=True), key=lambda pair: pair[0])]
        if min(sizes) == 0:
            return []
    driver, others = terms[0], terms[1:]
    wheres, parameters = [], []
    for other in others:
        conditions = _conditions(other, near, alias="o")
        wheres.append(
            # Not EXISTS, which would gather all bearers of the other term first: the walk stops after some.
            "AND (SELECT true FROM customers_searchkey o WHERE o.customer_id = d.customer_id AND ("
            + " OR ".join(sql for sql, _parameters in conditions)
            + ") LIMIT 1)"
        )
        parameters += [value for _sql, values in conditions for value in values]
    walks, walk_parameters = [], []
    scope_sql, scope_parameters = _scope()
    for sql, values in _conditions(driver, near, alias="k"):
        # The order of the index: without it the planner would gather and sort everything first.
        walks.append(
            f"(SELECT k.customer_id, k.value FROM customers_searchkey k WHERE {sql} {scope_sql} "
            f"ORDER BY k.value USING ~<~ LIMIT {WALK if others else most})"
        )
        walk_parameters += [*values, *scope_parameters]
    statement = f"SELECT d.customer_id FROM ({' UNION ALL '.join(walks)}) d WHERE true {' '.join(wheres)} LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*walk_parameters, *parameters, most])
        return [row[0] for row in cursor.fetchall()]


def _sizes(terms: Sequence[Term], near: Mapping[str, Sequence[str]]) -> list[int]:
    """Return how many keys answer each term, each way of answering counted up to WALK."""
    selects, parameters = [], []
    for term in terms:
        counts = []
        for sql, values in _conditions(term, near, alias="k"):
            counts.append(f"(SELECT count(*) FROM (SELECT 1 FROM customers_searchkey k WHERE {sql} LIMIT {WALK}) c)")
            parameters += values
        selects.append(" + ".join(counts))  # one index range each: joined by OR they would all be gathered first
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(selects), parameters)
        return list(cursor.fetchone())


def _conditions(term: Term, near: Mapping[str, Sequence[str]], *, alias: str) -> Conditions:
    conditions: Conditions = [
        (
            f"({alias}.kind = %s AND {begins_sql(f'{alias}.value')})",
            [lookup.kind.value, lookup.value, end_of(lookup.value)],
        )
        for lookup in term.lookups
    ]
    # One range for each spelling, the likeliest first: together they would be gathered and sorted.
    conditions += [
        (f"({alias}.kind = %s AND {alias}.value = %s)", [KeyKind.NAME.value, spelling])
        for spelling in near.get(term.word, ())
    ]
    return conditions


def _scope() -> tuple[str, list[Any]]:
    scope = current_scope()
    return ("", []) if scope.everything else ("AND k.unit_id = ANY(%s)", [sorted(scope.shared)])


def _forgiven(asked: Probe, most: int) -> list[int]:
    """Return records that match when each word of the query may hold one mistake."""
    words = {term.word for reading in asked.readings for term in reading.terms if term.forgives_typos}
    if not words:
        return []
    near = _spellings_near(words)
    found: dict[int, None] = {}
    for reading in asked.readings:
        if any(near.get(term.word) for term in reading.terms):
            found |= dict.fromkeys(_matching(reading, near, most))
    return list(found)


def _spellings_near(words: Iterable[str]) -> dict[str, list[str]]:
    """Return, for each typed word, the stored words that it, or a beginning of theirs, is one mistake away from."""
    typed = sorted(words)
    variants = sorted({variant for word in typed for variant in asked_variants(word)})
    stored = SearchWord.objects.filter(variants__overlap=variants).values_list("word", flat=True)
    near: dict[str, list[str]] = {}
    for word in stored[:MOST_NEAR_WORDS_READ]:
        for asked in typed:
            if forgives(typed=asked, word=word):
                near.setdefault(asked, []).append(word)
    bearers = _bearers({word for found in near.values() for word in found})
    # A whole word one mistake away is likelier meant than the beginning of a longer one, a common name than a rare one.
    return {
        asked: sorted(found, key=lambda word: (not is_one_edit_apart(asked, word), -bearers[word], word))[:NEAR_WORDS]
        for asked, found in near.items()
    }


def _bearers(words: Iterable[str]) -> dict[str, int]:
    """Return how many keys hold each word, counted up to a limit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.word, (SELECT count(*) FROM (SELECT 1 FROM customers_searchkey k WHERE k.value = w.word"
            " AND k.kind = 'name' LIMIT %s) c) FROM unnest(%s::text[]) AS w(word)",
            [MOST_BEARERS, sorted(words)],
        )
        return dict(cursor.fetchall())


def _with_any_key(keys: Sequence[Key], most: int) -> list[int]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        by_kind[key.kind.value].append(key.value)
    found: list[int] = []
    scope = current_scope()
    for kind, values in by_kind.items():
        rows = SearchKey.objects.filter(kind=kind, value__in=values)
        if not scope.everything:
            rows = rows.filter(unit_id__in=scope.shared)
        found += rows.values_list("customer_id", flat=True)[:most]
    return found


def _ranked(asked: Probe, record_ids: Sequence[int], limit: int) -> list[SearchHit]:
    survivors = dict(
        Customer.objects.filter(pk__in=record_ids[: 2 * CANDIDATES * limit]).values_list("pk", "merged_into_id")
    )
    keys: dict[int, list[Key]] = defaultdict(list)
    for record_id, kind, value in SearchKey.objects.filter(customer_id__in=list(survivors)).values_list(
        "customer_id", "kind", "value"
    ):
        keys[survivors[record_id] or record_id].append(Key(KeyKind(kind), value))
    places = {root: rank(asked=asked, keys=found) or _LAST for root, found in keys.items()}
    # Names break ties, so many ties are read: the best `limit` of them must not depend on the order of rows.
    best = sorted(places, key=lambda root: (places[root], root))[: CANDIDATES * limit]
    rows = {row.id: row for row in rows_of(best)}
    ordered = sorted(rows.values(), key=lambda row: (places[row.id], row.name.casefold(), row.id))[:limit]
    return [
        SearchHit(
            customer=row,
            matched=_matched(asked, keys[row.id]),
            closeness=Closeness(min(places[row.id][0], int(Closeness.TYPO))),
        )
        for row in ordered
    ]


def _matched(asked: Probe, keys: Sequence[Key]) -> str:
    """Return the identifier that a query found, as people read it; "" when it was a name."""
    for reading in asked.readings:
        for term in reading.terms:
            identifiers = replace(term, word="", lookups=tuple(x for x in term.lookups if x.kind not in _NAMES))
            for key in keys:
                if key.kind not in _NAMES and closeness(term=identifiers, keys=[key]) is not None:
                    return _shown(key)
    return ""


def _shown(key: Key) -> str:
    if key.kind is KeyKind.PLATE:
        return display_plate(key.value)
    if key.kind in (KeyKind.PHONE, KeyKind.PHONE_END):
        digits = key.value if key.kind is KeyKind.PHONE else key.value[::-1]
        return _("phone %(number)s") % {"number": f"+{digits}"}
    if key.kind in (KeyKind.VIN, KeyKind.VIN_END):
        return _("VIN %(vin)s") % {"vin": key.value if key.kind is KeyKind.VIN else key.value[::-1]}
    return key.value
