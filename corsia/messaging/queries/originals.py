"""The bytes of what came in, known by their hash."""

from collections.abc import Sequence

from django.db.models import CharField, F, Func, Value

from corsia.messaging.models import Message


def original_digests(message_ids: Sequence[int]) -> dict[int, str]:
    """Return the SHA-256 of the raw mail of these messages within the scope; none once its term has ended."""
    digest = Func(F("inbound__raw"), function="sha256")
    rows = Message.objects.filter(pk__in=list(message_ids), inbound__isnull=False).exclude(inbound__raw=b"")
    found = rows.annotate(sha256=Func(digest, Value("hex"), function="encode", output_field=CharField()))
    return dict(found.values_list("pk", "sha256"))
