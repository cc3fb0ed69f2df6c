"""The keys a customer is found by, and how one mistake in a name is forgiven. Pure: `search_probe` reads the query.

Storage without PostgreSQL extensions, in two tables:

* **keys**, one row per customer and way of finding, in a B-tree by pattern, so that an exact value and a prefix are
  one index range. A phone and a VIN are also stored backwards: their last digits are a prefix then.
* **words**, one row per *distinct* name word of at least four letters, whoever bears it, with at most eleven short
  variants in a GIN index. One mistyped letter is forgiven by asking for the words near the one typed, then for the
  customers of those words. A million customers share some 300,000 words, so forgiving costs 3 million short entries
  and not the 40 million that variants per customer would.

A private customer with two names, two phones, one e-mail, a tax code and 1.2 cars costs about 14 key rows: 14 million
at a million customers. A common name alone leaves thousands of customers, so queries stop at a limit and never count.

Variants: of a word its first five and its first four letters, and both with one letter left out. Of a typed word its
first four, five and six letters with one left out, and the first four and five whole. Two texts one letter apart (one
wrong, missing, too many, or two swapped) always share one of these, wherever the mistake is: behind the fifth letter
the first five are equal. `forgives` then throws out the words that merely share one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from corsia.customers.names import fold, fold_company_name, name_words
from corsia.vehicles.rules.plates import normalise_plate
from corsia.vehicles.rules.vin import normalise_vin


class KeyKind(StrEnum):
    """What a key's value is. Stored, so values never change meaning."""

    NAME = "name"  # one word of it
    FULL_NAME = "fullname"  # all words, begun with each of the first ones: "mario rossi", "rossi mario"
    EMAIL = "email"
    PHONE = "phone"  # digits with the country code, without +
    PHONE_END = "tel_end"  # the same backwards
    TAX_CODE = "tax_code"
    VAT = "vat"
    PLATE = "plate"
    VIN = "vin"
    VIN_END = "vin_end"  # the VIN backwards


@dataclass(frozen=True, slots=True)
class Key:
    """One way to find a customer."""

    kind: KeyKind
    value: str


SHORTEST_FORGIVEN: Final = 4
LONGEST_VALUE: Final = 80
MOST_WORDS: Final = 16
MOST_BEGINNINGS: Final = 4


def keys_for(
    *,
    names: Iterable[str] = (),
    company_names: Iterable[str] = (),
    emails: Iterable[str] = (),
    phones: Iterable[str] = (),
    tax_codes: Iterable[str] = (),
    vat_numbers: Iterable[str] = (),
    plates: Iterable[str] = (),
    vins: Iterable[str] = (),
) -> tuple[Key, ...]:
    """Return the distinct keys of one customer, names first.

    Args:
        names: of people, given and family names together or apart.
        phones: E.164 as stored; what has fewer than five digits finds nobody and is left out.
        plates: current and past ones of the vehicles the customer holds now.
    """
    keys: list[Key] = []
    names, company_names = list(names), list(company_names)
    words = [word for name in names for word in name_words(name=name)]
    words += [word for name in company_names for word in name_words(name=name, is_company=True)]
    keys += [Key(KeyKind.NAME, word) for word in list(dict.fromkeys(words))[:MOST_WORDS]]
    for name in names:
        keys += [Key(KeyKind.FULL_NAME, full) for full in _full_names(fold(name).split())]
    for name in company_names:
        keys += [Key(KeyKind.FULL_NAME, full) for full in _full_names(fold_company_name(name).split())]
    keys += [Key(KeyKind.EMAIL, email.strip().lower()) for email in emails]
    for phone in phones:
        digits = digits_of(phone)
        if len(digits) >= 5:
            keys += [Key(KeyKind.PHONE, digits), Key(KeyKind.PHONE_END, digits[::-1])]
    keys += [Key(KeyKind.TAX_CODE, normalise_vin(code)) for code in tax_codes]
    keys += [Key(KeyKind.VAT, normalise_vin(number).removeprefix("IT")) for number in vat_numbers]
    keys += [Key(KeyKind.PLATE, normalise_plate(plate)) for plate in plates]
    for vin in vins:
        signs = normalise_vin(vin)
        keys += [Key(KeyKind.VIN, signs), Key(KeyKind.VIN_END, signs[::-1])]
    cut = (Key(key.kind, key.value[:LONGEST_VALUE]) for key in keys if key.value)
    return tuple(dict.fromkeys(cut))


def _full_names(words: Sequence[str]) -> list[str]:
    """Return a name begun with each of its first words: two typed words are one index range then, in either order."""
    if len(words) < 2:
        return []
    return [" ".join((words[at], *words[:at], *words[at + 1 :])) for at in range(min(len(words), MOST_BEGINNINGS))]


def forgivable_words(keys: Iterable[Key]) -> tuple[str, ...]:
    """Return the name words among keys that belong into the table of words, sorted so that writers never deadlock."""
    return tuple(
        sorted({key.value for key in keys if key.kind is KeyKind.NAME and len(key.value) >= SHORTEST_FORGIVEN})
    )


def _without_one(text: str) -> Iterator[str]:
    return (text[:place] + text[place + 1 :] for place in range(len(text)))


def stored_variants(word: str) -> tuple[str, ...]:
    """Return the variants a word is stored with: at most eleven, none longer than five letters."""
    four, five = word[:4], word[:5]
    return tuple(sorted({four, five, *_without_one(four), *_without_one(five)}))


def asked_variants(typed: str) -> tuple[str, ...]:
    """Return the variants that lead from a typed word to all stored words, or beginnings of words, one mistake away."""
    asked = {typed[:4], typed[:5], *_without_one(typed[:5]), *_without_one(typed[:6])}
    if len(typed) <= SHORTEST_FORGIVEN:
        asked |= set(_without_one(typed[:4]))
    return tuple(sorted(asked))


def is_one_edit_apart(a: str, b: str) -> bool:
    """Whether two texts are equal or differ by one letter wrong, missing, too many, or by two neighbours swapped."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    start = 0
    while start < len(a) and a[start] == b[start]:
        start += 1
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    if a[start + 1 :] == b[start + 1 :]:
        return True
    return a[start + 2 :] == b[start + 2 :] and a[start : start + 2] == b[start : start + 2][::-1]


def forgives(*, typed: str, word: str) -> bool:
    """Whether a typed word is a word, or the beginning of one, with at most one mistake."""
    if min(len(typed), len(word)) < SHORTEST_FORGIVEN:
        return False
    return any(is_one_edit_apart(typed, word[:length]) for length in range(len(typed) - 1, len(typed) + 2))


def digits_of(text: str) -> str:
    return "".join(sign for sign in text if sign.isdecimal() and sign.isascii())
