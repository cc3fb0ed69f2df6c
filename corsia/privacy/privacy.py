"""The privacy classes of privacy's own tables."""

from django.utils.translation import gettext_lazy as _

from corsia.kernel.own_privacy import SECURITY, WITH_OWNER
from corsia.kernel.privacy import ANONYMOUS, Class, Erase, Kind, Table, Term, declare, each, plain, through
from corsia.organisation.privacy import STAFF_TECHNICAL

EXPORTS = Term(key="exports", title=_("Copies made for customers"), days=None)

_copy = Class(kind=Kind.CONTENT, purpose=SECURITY, kept=EXPORTS, erase=Erase.BLANK)
_proof = Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=WITH_OWNER, reason=ANONYMOUS)

declare(
    Table(
        model="privacy.Export",
        title=_("Copies made for customers"),
        rows=through("customer"),
        fields={
            **plain("id", "unit", "size"),
            "asked_by": STAFF_TECHNICAL,
            "blob": _copy,
            **each(_proof, "customer", "asked_at", "ready_at", "expires_at", "taken_at"),
        },
    ),
    Table(
        model="privacy.Erasure",
        title=_("Erasures"),
        fields={
            **plain("id", "unit", "rows"),
            "asked_by": STAFF_TECHNICAL,
            **each(_proof, "customer", "reason", "asked_at", "done_at"),
        },
    ),
    Table(
        model="privacy.RetentionSettings",
        title=_("Terms"),
        fields={**plain("id", "unit", "is_on", "changed_at"), "changed_by": STAFF_TECHNICAL},
    ),
    Table(model="privacy.RetentionTerm", title=_("Terms"), fields=plain("id", "unit", "key", "days")),
    Table(model="privacy.RetentionRun", title=_("Terms"), fields=plain("id", "ran_at", "rows")),
)
