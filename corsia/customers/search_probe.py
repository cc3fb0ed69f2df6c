"""What a typed query asks for, and how well a customer's keys answer it. Pure: `search_keys` says what is stored."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from corsia.customers.names import fold, fold_company_name, fold_person_name
from corsia.customers.search_keys import SHORTEST_FORGIVEN, Key, KeyKind, digits_of, forgives, is_one_edit_apart
from corsia.vehicles.rules.plates import normalise_plate

MOST_TERMS: Final = 6
_LONGEST_QUERY: Final = 120
_PHONE_RUN: Final = re.compile(r"(?<!\w)\+?\d[\d\s/.()-]{4,}\d(?!\w)")
_PLATE_RUN: Final = re.compile(r"(?<!\w)([a-z]{2})[\s-]?(\d{3})[\s-]?([a-z]{2})(?!\w)", re.IGNORECASE)
_TAX_CODE_START: Final = re.compile(
    r"[A-Z]{6}([0-9L-V]([0-9L-V]([A-EHLMPRST]([0-9L-V]([0-9L-V]([A-Z]([0-9L-V]{0,3}[A-Z]?)?)?)?)?)?)?)?"
)
_EMAIL_START: Final = re.compile(r"[^\s@]+(@[^\s@]*)?")
_HOME_CODE: Final = "39"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What to look for among the keys of one kind: everything that begins with `value`."""

    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True)
class Term:
    """One thing the query asks for: any of its lookups, or a name word near `word` when that is not ""."""

    lookups: tuple[Lookup, ...]
    word: str = ""

    @property
    def forgives_typos(self) -> bool:
        """Whether the word is long enough for one mistake in it to leave a meaning."""
        return len(self.word) >= SHORTEST_FORGIVEN


@dataclass(frozen=True, slots=True)
class Reading:
    """One way a query can be meant. A customer matches it when all its terms match."""

    terms: tuple[Term, ...]
    leaves_out: bool = False  # something that was typed, such as a company's legal form


@dataclass(frozen=True, slots=True)
class Probe:
    """A query, read in every way it can be meant, the likeliest first."""

    readings: tuple[Reading, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for yet."""
        return not self.readings


class Closeness(IntEnum):
    """How well a term matches; the smaller the better."""

    EXACT = 0
    PREFIX = 1
    TYPO = 2  # a whole word with one mistake
    TYPO_START = 3  # the beginning of a longer word with one mistake


def _phone_lookups(text: str) -> list[Lookup]:
    digits = digits_of(text)
    lookups = []
    if text.startswith("+"):
        starts = [digits]
    elif digits.startswith("00"):
        starts = [digits[2:]]
    else:
        starts = [_HOME_CODE + digits, digits]
    if len(digits) >= 3:
        lookups += [Lookup(KeyKind.PHONE, start) for start in starts if start]
    if len(digits) >= 6:
        lookups.append(Lookup(KeyKind.PHONE_END, digits.removeprefix("00")[::-1]))
    return lookups


def _identifier_lookups(text: str) -> list[Lookup]:
    """Return every identifier that a text without blanks, or one spread over blanks, can be the beginning or end of."""
    lookups: list[Lookup] = []
    if "@" in text or (not re.search(r"\s", text) and re.search(r"[\w][._+\d-]", text)):
        if len(text) >= 3 and _EMAIL_START.fullmatch(text):
            lookups.append(Lookup(KeyKind.EMAIL, text.lower()))
        if "@" in text:
            return lookups
    signs = normalise_plate(text)
    if not signs.isascii():
        return [*lookups, Lookup(KeyKind.PLATE, signs)] if any(sign.isdigit() for sign in signs) else lookups
    has_digit = any(sign.isdigit() for sign in signs)
    if signs.isdigit():
        lookups += _phone_lookups(text.strip())
        if len(signs) >= 5:
            lookups += [Lookup(KeyKind.VAT, signs), Lookup(KeyKind.TAX_CODE, signs)]
    elif has_digit and len(signs) >= 2:
        lookups.append(Lookup(KeyKind.PLATE, signs))
        lookups.append(Lookup(KeyKind.VAT, signs.removeprefix("IT")))
    if has_digit and 4 <= len(signs) <= 17:
        lookups.append(Lookup(KeyKind.VIN, signs))
    if has_digit and 5 <= len(signs) <= 17:
        lookups.append(Lookup(KeyKind.VIN_END, signs[::-1]))
    if not signs.isdigit() and _TAX_CODE_START.fullmatch(signs):
        lookups.append(Lookup(KeyKind.TAX_CODE, signs))
    return lookups


def _word_term(word: str) -> Term:
    return Term((Lookup(KeyKind.NAME, word),), word)


def _is_identifier(token: str) -> bool:
    return "@" in token or any(sign.isdigit() for sign in token)


def _identifier_terms(token: str) -> list[Term]:
    # "3M" and "4Ruote" are names too.
    names = [Lookup(KeyKind.NAME, word) for word in fold(token).split()[:1] if "@" not in token]
    lookups = (*_identifier_lookups(token), *names)
    return [Term(lookups)] if lookups else []


def probe(query: str) -> Probe:
    """Read what somebody typed into the search field, in every way it can be meant.

    `rossi mar` asks for two words, the order does not matter; `ab 123 cd` for a plate; `333 1234` for a phone;
    `1234567` also for the end of a phone or of a VIN. What has neither letter nor digit asks for nothing.
    """
    text = query.strip()[:_LONGEST_QUERY]
    readings: list[Reading] = []
    whole = _identifier_lookups(text)
    if whole and " " in text:
        readings.append(Reading((Term(tuple(whole)),)))
    joined = _PHONE_RUN.sub(lambda run: re.sub(r"[^\d+]", "", run[0]), text)
    tokens = _PLATE_RUN.sub(r"\1\2\3", joined).split()
    in_letters = " ".join(token for token in tokens if not _is_identifier(token))
    others = [term for token in tokens if _is_identifier(token) for term in _identifier_terms(token)]
    terms = [*(_word_term(word) for word in fold(in_letters).split()), *others]
    if whole and " " not in text and len(terms) == 1:
        terms = [Term(tuple(dict.fromkeys((*whole, *terms[0].lookups))), terms[0].word)]
    elif whole and " " not in text:
        readings.append(Reading((Term(tuple(whole)),)))
    words = fold(in_letters).split()
    if len(words) > 1 and not others:
        readings.append(Reading((Term((Lookup(KeyKind.FULL_NAME, " ".join(words)),)),)))
    if terms:
        readings.append(Reading(tuple(terms[:MOST_TERMS])))
    # "de rossi" also asks for Derossi, "Bianchi S.r.l." for Bianchi; "mario spa" may still want Mario Spadaro.
    joined_words, kept = fold_person_name(in_letters).split(), fold_company_name(in_letters).split()
    if joined_words != words:
        readings.append(Reading((*map(_word_term, joined_words), *others)[:MOST_TERMS]))
    if kept != words:
        readings.append(Reading((*map(_word_term, kept), *others)[:MOST_TERMS], leaves_out=True))
    return Probe(tuple(dict.fromkeys(readings)))


def near_keys(query: str) -> tuple[Key, ...]:
    """Return the exact keys one mistake away from a query that is one whole identifier; () for anything else.

    Names are forgiven by their words. A plate, a phone, a tax code, a VIN and an e-mail are forgiven here, by asking
    for each value a single mistake makes of them: at most some 3,000, to be asked only when nothing else was found.
    """
    text = query.strip()
    letters, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
    if "@" in text:
        email = text.lower()
        known = 6 <= len(email) <= 40 and not re.search(r"\s", email)
        return _near(KeyKind.EMAIL, email, letters.lower() + digits + ".-_@") if known else ()
    signs = normalise_plate(text)
    if not signs.isascii():
        return ()
    has_letter = any(sign.isalpha() for sign in signs)
    has_digit = any(sign.isdigit() for sign in signs)
    if has_digit and not has_letter and 8 <= len(signs) <= 15:
        lookups = _phone_lookups(text)
        return _near(KeyKind.PHONE, lookups[0].value, digits)
    if not has_digit or not has_letter:
        return ()
    if 5 <= len(signs) <= 9:
        return _near(KeyKind.PLATE, signs, letters + digits)
    if 15 <= len(signs) <= 18:
        found = _near(KeyKind.TAX_CODE, signs, letters + digits) if len(signs) <= 17 else ()
        return (*found, *(_near(KeyKind.VIN, signs, letters + digits) if len(signs) >= 16 else ()))
    return ()


def _near(kind: KeyKind, value: str, alphabet: str) -> tuple[Key, ...]:
    found = {value}
    for place in range(len(value) + 1):
        head, tail = value[:place], value[place:]
        found.update(head + sign + tail for sign in alphabet)
        if tail:
            found.add(head + tail[1:])
            found.update(head + sign + tail[1:] for sign in alphabet)
        if len(tail) > 1:
            found.add(head + tail[1] + tail[0] + tail[2:])
    return tuple(Key(kind, near) for near in sorted(found))


def closeness(*, term: Term, keys: Iterable[Key]) -> Closeness | None:
    """Tell how well a customer's keys answer one term; None when they do not."""
    best: Closeness | None = None
    for key in keys:
        found = _closeness_of_key(term, key)
        if found is not None and (best is None or found < best):
            best = found
    return best


def _closeness_of_key(term: Term, key: Key) -> Closeness | None:
    for lookup in term.lookups:
        if key.kind is lookup.kind and key.value.startswith(lookup.value):
            return Closeness.EXACT if len(key.value) == len(lookup.value) else Closeness.PREFIX
    if key.kind is KeyKind.NAME and forgives(typed=term.word, word=key.value):
        return Closeness.TYPO if is_one_edit_apart(term.word, key.value) else Closeness.TYPO_START
    return None


def rank(*, asked: Probe, keys: Sequence[Key]) -> tuple[int, int] | None:
    """Return the place of a customer among the answers, the smallest first; None when no reading matches.

    Exact beats prefix beats typo: the worst term decides, then the sum over the terms.
    """
    places = []
    for reading in asked.readings:
        found = [closeness(term=term, keys=keys) for term in reading.terms]
        told = [int(close) for close in found if close is not None]
        if len(told) == len(found):
            loss = 1 if reading.leaves_out else 0
            places.append((max([*told, loss]), sum(told) + 2 * loss))
    return min(places, default=None)
