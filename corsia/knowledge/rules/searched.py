"""What may be kept of words that were searched in vain: never what could name somebody."""

import re
from typing import Final

from corsia.knowledge.rules.folding import fold

LONGEST: Final = 80
_TELLING: Final = re.compile(r"\S*[@\d]\S*")  # addresses, numbers, plates, VINs, tax codes


def keepable(words: str) -> str:
    """Return searched words folded, without what holds a digit or an @; "" when nothing worth keeping is left."""
    folded = fold(_TELLING.sub(" ", words)).split()  # folding makes digits of some signs: "²"
    kept = " ".join(word for word in folded if not any(sign.isdecimal() for sign in word))[: LONGEST + 1]
    if len(kept) > LONGEST:
        kept = kept[:LONGEST].rpartition(" ")[0]
    return kept if sum(sign.isalpha() for sign in kept) >= 3 else ""
