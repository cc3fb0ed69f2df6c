"""Which answers are doubtful, and how often chance alone would make them look so. Pure: nothing is left out by it."""

import math
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

# Many from one device: families share one, a counter has many customers a week (and is not counted here).
DEVICE_CUSTOMERS: Final = 3
DEVICE_DAYS: Final = 7
# An address of the customer was changed by one of us so shortly before the survey left.
CONTACT_DAYS: Final = 3
# A domain at which fewer people have their address may be their own mailbox.
DOMAIN_PEOPLE: Final = 3
BEGGING_DAYS: Final = 30  # before the answer
# Bursts: half hours against the same hour of the day in the eight weeks before.
BURST_MINUTES: Final = 30
BURST_FROM: Final = 5  # fewer are no burst, whatever is usual
BURST_PAST_DAYS: Final = 56
BURST_FALSE_ALARMS: Final = 1.0  # a unit and year, where answers come one by one
_HALF_HOURS_A_YEAR: Final = 365.25 * 48
_LEAST_USUAL: Final = 0.05  # answers in half an hour; a unit that was silent is not expected to stay so for ever
# Frozen samples: a fortnight against the half year before.
FROZEN_DAYS: Final = 14
FROZEN_PAST_DAYS: Final = 182
FROZEN_PAST_FROM: Final = 40  # events without which nothing is known about what is usual
FROZEN_FROM: Final = 8  # events in the fortnight
FROZEN_CHANCE: Final = 0.001  # one fortnight in a thousand; looked at once a week: one false alarm in 19 years

# Parts of words, in small letters; compared with what was written to the customer, in small letters.
BEGGING: Final = {
    "it": (
        *("mi dia 10", "mi dia un 10", "mi dia dieci", "dia un 10", "darmi 10", "darmi un 10", "darci 10"),
        *("darci un 10", "10 pieno", "dieci pieno", "voto massimo", "punteggio massimo", "massimo dei voti"),
        *("metta 10", "metta un 10", "voti 10", "tutti 10", "solo il 10", "il 9 non basta", "il 9 vale come"),
    ),
    "en": (
        *("give us a 10", "give me a 10", "give us 10", "give me 10", "score of 10", "full 10", "top score"),
        *("highest score", "maximum score", "perfect 10", "anything below a 9", "anything less than a 9"),
    ),
}
# Mailboxes anybody can have: a domain of ours among them says nothing.
PUBLIC_MAIL: Final = frozenset(
    {
        *("gmail.com", "googlemail.com", "hotmail.com", "hotmail.it", "outlook.com", "outlook.it", "live.it"),
        *("yahoo.com", "yahoo.it", "icloud.com", "me.com", "libero.it", "virgilio.it", "alice.it", "tim.it", "tin.it"),
        *("tiscali.it", "fastwebnet.it", "email.it", "inwind.it", "iol.it", "pec.it", "legalmail.it", "aruba.it"),
        *("proton.me", "protonmail.com", "gmx.com", "gmx.de", "msn.com", "bluewin.ch", "live.com"),
    }
)  # fmt: skip


def own_domains(*, mailboxes: Iterable[str], people: Iterable[str]) -> frozenset[str]:
    """Return the domains that are a house's own, in small letters: of its mailboxes, and of several of its people."""
    of_people = Counter(_domain(address) for address in people)
    found = {_domain(address) for address in mailboxes}
    found |= {domain for domain, count in of_people.items() if count >= DOMAIN_PEOPLE}
    return frozenset(domain for domain in found if "." in domain and domain not in PUBLIC_MAIL)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip().lower()


def burst_chance(seen: int, *, usual: float) -> float:
    """Return how often at least so many answers come in half an hour in which `usual` are to be expected (Poisson)."""
    expected = max(usual, _LEAST_USUAL)
    # The head is summed, not the tail: 1 minus it loses nothing that matters above one in a million.
    term = math.exp(-expected)
    below = 0.0
    for count in range(seen):
        below += term
        term *= expected / (count + 1)
    return max(0.0, 1.0 - below) if below < 1 - 1e-12 else _tail(seen, expected)


def _tail(seen: int, expected: float) -> float:
    log_first = seen * math.log(expected) - expected - math.lgamma(seen + 1)
    return math.exp(log_first) / max(1e-9, 1 - expected / (seen + 1)) if seen > expected else 1.0


def is_burst(seen: int, *, usual: float) -> bool:
    """Tell whether so many are more than chance brings: about BURST_FALSE_ALARMS times in a year of half hours."""
    return seen >= BURST_FROM and burst_chance(seen, usual=usual) <= BURST_FALSE_ALARMS / _HALF_HOURS_A_YEAR


def frozen_chance(asked: int, of: int, *, past_asked: int, past_of: int) -> float | None:
    """Return how often so few are asked, of so many to be asked, if nothing had changed; None: too little is known.

    Exact binomial with the share of the past, drawn towards one half by one event of each kind, so that a past in
    which everybody was asked does not make the first one left out impossible.
    """
    if past_of < FROZEN_PAST_FROM or of < FROZEN_FROM:
        return None
    share = (past_asked + 1) / (past_of + 2)
    logs = [
        math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)
        + k * math.log(share) + (of - k) * math.log1p(-share)
        for k in range(asked + 1)
    ]  # fmt: skip
    return min(1.0, math.fsum(math.exp(value) for value in logs))


def begging_patterns(words: Collection[str]) -> list[str]:
    """Return the words as patterns of LIKE, in small letters; blanks between words stand for any blanks."""
    told = {" ".join(word.lower().split()) for word in words}
    escaped = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in sorted(told) if word)
    return [f"%{word}%" for word in escaped]


def all_begging() -> tuple[str, ...]:
    """Return the words the product comes with, of both languages."""
    return tuple(word for words in BEGGING.values() for word in words)
