"""The privacy classes of the kernel's own tables."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.kernel.privacy import (
    ANONYMOUS,
    Class,
    Erase,
    Kind,
    Purpose,
    Subject,
    Table,
    Term,
    Whose,
    declare,
    each,
    plain,
)

SECURITY = Purpose(
    key="security",
    title=_("Security and proof of what was done"),
    basis=_("Legitimate interest and duty to secure the processing (Art. 6(1)(f) and 32 GDPR)"),
)
TRAIL = Term(key="trail", title=_("Values in the audit trail"), days=3652, counts_from=_("the day of the entry"))
TOLD = Term(key="told", title=_("Texts on the customer's timeline"), days=3652, counts_from=_("the day they were told"))
READINGS = Term(key="readings", title=_("Who looked at whose data"), days=365, counts_from=_("the day of the look"))
SHORT = Term(key="short", title=_("Passing technical values"), days=None)
WITH_OWNER = Term(key="with_owner", title=_("As long as the row it belongs to"), days=None)

_trail = Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=TRAIL, whose=Whose.STAFF)
_told = Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=TOLD, reason=ANONYMOUS)


def _facts_of(subject: Subject) -> list[Q]:
    return [Q(subject_id__in=subject.ids)]


def _failures_of(subject: Subject) -> list[Q]:
    return [Q(fact__subject_id__in=subject.ids)]


declare(
    Table(
        model="kernel.FactRecord",
        title=_("What became true"),
        rows=_facts_of,
        ages_from="occurred_at",
        fields={
            **plain("id", "kind", "unit_id", "recorded_at", "caused_by", "depth"),
            **each(_told, "subject_id", "occurred_at"),
            "payload": Class(
                kind=Kind.CONTENT, purpose=SECURITY, kept=TOLD, erase=Erase.PARTS, label=_("What was told")
            ),
        },
    ),
    Table(
        model="kernel.ReactionFailure",
        title=_("Failed reactions"),
        rows=_failures_of,
        fields={
            **plain("id", "fact", "reaction", "attempts", "first_failed_at", "last_failed_at"),
            "error": Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=SHORT, erase=Erase.BLANK),
        },
    ),
    Table(
        model="kernel.ReactionReceipt",
        title=_("Reactions that took effect"),
        fields=plain("id", "fact", "reaction", "done_at"),
    ),
    Table(
        # Which entries are a customer's follows from the rows they are about: see privacy/services/trail.py.
        model="kernel.AuditEntry",
        title=_("Audit trail"),
        ages_from="at",
        fields={
            **plain("id", "actor_kind", "verb", "object_kind", "unit_id"),
            **each(_trail, "at", "actor_id", "object_id"),
            "actor_name": Class(kind=Kind.IDENTITY, purpose=SECURITY, kept=TRAIL, whose=Whose.STAFF),
            "data": Class(
                kind=Kind.CONTENT, purpose=SECURITY, kept=TRAIL, erase=Erase.BLANK, label=_("Old and new values")
            ),
        },
    ),
    Table(
        model="kernel.AuditSeal",
        title=_("Seals of the audit trail"),
        fields=plain("id", "first_id", "last_id", "entries", "digest", "previous", "sealed_at"),
    ),
    Table(
        # Whose bytes they are is said by the rows that point here; without one left, the bytes go.
        model="kernel.Blob",
        title=_("Contents of files"),
        fields={
            **plain("id", "size"),
            **each(
                Class(
                    kind=Kind.CONTENT,
                    purpose=SECURITY,
                    kept=WITH_OWNER,
                    erase=Erase.DELETE,
                    label=_("Contents of files"),
                ),
                "sha256",
                "content",
            ),
        },
    ),
    Table(
        model="kernel.Reading",
        title=_("Who looked at whose data"),
        ages_from="at",
        fields={
            **plain("id", "minute"),
            **each(
                Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=READINGS, whose=Whose.STAFF, erase=Erase.DELETE),
                *("at", "actor_id", "actor_name", "door", "row_kind", "row_id"),
            ),
        },
    ),
    Table(
        model="kernel.UseCount",
        title=_("Counts against abuse"),
        fields={
            **plain("id", "door", "window_start", "uses"),
            "key": Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=SHORT, reason=_("A hash, gone after two days.")),
        },
    ),
    Table(
        model="kernel.DoneOnce",
        title=_("Pages sent twice"),
        fields={
            **plain("id", "door", "key", "result", "done_at"),
            "actor_id": Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=SHORT, reason=_("Gone after two days.")),
            "content": Class(
                kind=Kind.TECHNICAL, purpose=SECURITY, kept=SHORT, reason=_("A hash, gone after two days.")
            ),
        },
    ),
    Table(
        model="kernel.CacheEntry",
        title=_("Shared passing values"),
        fields={
            **plain("expires_at"),
            **each(
                Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=SHORT, whose=Whose.STAFF),
                "key",
                "value",
            ),
        },
    ),
)
