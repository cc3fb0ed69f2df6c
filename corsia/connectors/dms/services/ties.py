"""Which row of that system is which row of ours, and whether it says anything new."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection

from corsia.connectors.dms.models import ExternalRecord
from corsia.connectors.dms.vocabulary import Target
from corsia.kernel.importing import copy_rows


@dataclass(frozen=True, slots=True)
class Tie:
    """A row of theirs that was taken in before."""

    record_id: int
    local_id: int
    digest: bytes


def ties_of(*, source_id: int, kind: Target, keys: Sequence[str]) -> dict[str, Tie]:
    """Return the ties of some rows of a source, by their numbers there. One statement."""
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_TIES, [list(keys), source_id, kind.value])
        return {
            str(key): Tie(int(record_id), int(local_id), bytes(digest))
            for key, record_id, local_id, digest in cursor.fetchall()
        }


def tied(*, source_id: int, kind: Target, local_ids: Collection[int]) -> set[int]:
    """Return those of some rows of ours that rows of a source are already."""
    found = ExternalRecord.unscoped.filter(source_id=source_id, kind=kind, local_id__within=local_ids)
    return set(found.values_list("local_id", flat=True))


def tie(
    *,
    source_id: int,
    kind: Target,
    new: Sequence[tuple[str, int, bytes]],
    known: Sequence[tuple[int, int, bytes]],
) -> None:
    """Write down which row is which.

    Args:
        new: number there, row of ours, digest.
        known: id of the tie, row of ours, digest.
    """
    copy_rows(
        ExternalRecord,
        ("source_id", "kind", "external_id", "local_id", "digest"),
        ((source_id, kind.value, key, local_id, digest) for key, local_id, digest in new),
    )
    if known:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE dms_externalrecord r SET local_id = v.local_id, digest = v.digest"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS v(id, local_id, digest) WHERE r.id = v.id",
                [list(part) for part in zip(*known, strict=True)],
            )


# LATERAL with OFFSET: one look into the index for each number, also while the statistics of a first load are missing.
_TIES = """
    SELECT r.external_id, r.id, r.local_id, r.digest FROM unnest(%s::text[]) AS asked(key)
    CROSS JOIN LATERAL (
        SELECT external_id, id, local_id, digest FROM dms_externalrecord
        WHERE source_id = %s AND kind = %s AND external_id = asked.key OFFSET 0
    ) r
"""
