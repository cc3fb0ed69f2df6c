"""Values that begin with a text, as a range of the index.

LIKE needs the pattern when the query is planned. A prepared statement that is planned once for all patterns would read
the whole table; between two bounds it walks the index, whatever the text. The columns need an index with
`varchar_pattern_ops`, whose order is that of the bytes.
"""

from typing import Any

from django.db import models
from django.db.models import lookups

_LAST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)  # no character


def end_of(prefix: str) -> str:
    """Return the first text after all that begin with `prefix`, in the order of code points.

    Raises:
        ValueError: nothing comes after: the prefix is empty, or made of the very last character.
    """
    stem = prefix.rstrip(chr(_LAST))
    if not stem:
        raise ValueError("Every text begins with this, or none comes after it.")
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)


def begins_sql(column: str) -> str:
    """Return the condition that `column` begins with a text; its two parameters are `[prefix, end_of(prefix)]`."""
    return f"({column} ~>=~ %s AND {column} ~<~ %s)"


@models.CharField.register_lookup
class Begins(lookups.Lookup):
    """`number__begins=text`: what `startswith` finds, in a plan that fits every text."""

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        return begins_sql(left), (*left_params, self.rhs, *left_params, end_of(self.rhs))
