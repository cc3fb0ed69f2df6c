"""Keep bytes once by their hash, in the database: a message and its attachments share transaction and backup."""

import hashlib
from collections.abc import Sequence

from django.db import connection

from corsia.kernel.models import Blob


def keep(content: bytes) -> int:
    """Store `content` unless it is there already, and return the blob's id."""
    return keep_all([content])[0]


def keep_all(contents: Sequence[bytes]) -> list[int]:
    """Store several contents in one statement and return the blobs' ids in the same order."""
    if not contents:
        return []
    digests = [hashlib.sha256(content).digest() for content in contents]
    unique = dict(zip(digests, contents, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_blob (sha256, size, content) "
            "SELECT * FROM unnest(%s::bytea[], %s::bigint[], %s::bytea[]) ON CONFLICT (sha256) DO NOTHING",
            [list(unique), [len(content) for content in unique.values()], list(unique.values())],
        )
        cursor.execute("SELECT sha256, id FROM kernel_blob WHERE sha256 = ANY(%s::bytea[])", [list(unique)])
        ids = {bytes(digest): blob_id for digest, blob_id in cursor.fetchall()}
    return [ids[digest] for digest in digests]


def content_of(blob_id: int) -> bytes:
    """Return the bytes of a blob."""
    return bytes(Blob.objects.values_list("content", flat=True).get(pk=blob_id))
