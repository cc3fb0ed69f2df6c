"""The privacy classes of what dealers' systems hand over: files go after two months, the numbers of rows stay."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.connectors.dms.vocabulary import Target
from corsia.customers.privacy import CARE
from corsia.kernel.privacy import ANONYMOUS, Class, Erase, Kind, Subject, Table, Term, declare, each, plain
from corsia.organisation.privacy import STAFF_TECHNICAL
from corsia.workshop.models import Order

DELIVERIES = Term(
    key="deliveries",
    title=_("Files of the dealer's own system"),
    days=60,
    counts_from=_("the day the file came"),
)

_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=DELIVERIES, reason=ANONYMOUS)
_gone = Class(kind=Kind.CONTENT, purpose=CARE, kept=DELIVERIES, erase=Erase.DELETE)
_gone_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=DELIVERIES, erase=Erase.DELETE)


def _rows_of(subject: Subject) -> list[Q]:
    orders = Order.unscoped.filter(customer_id__in=subject.ids).values("pk")
    return [
        Q(kind=Target.CUSTOMERS, local_id__in=subject.ids),
        Q(kind=Target.ORDERS, local_id__in=orders),
    ]


declare(
    Table(
        model="dms.Source",
        title=_("Systems of the dealer's"),
        fields=plain(
            *("id", "unit", "name", "is_active", "is_automatic", "most_left_out_pct", "facts_since", "folder"),
            *("sftp_host", "sftp_port", "sftp_user", "sftp_secret", "sftp_key", "sftp_host_key", "sftp_folder"),
            *("pulled_at", "pull_error", "created_at"),
        ),
    ),
    Table(
        model="dms.MappingVersion",
        title=_("What those systems call things"),
        fields={**plain("id", "source", "number", "toml", "saved_at"), "saved_by": STAFF_TECHNICAL},
    ),
    Table(
        model="dms.Delivery",
        title=_("Files of the dealer's own system"),
        ages_from="received_at",
        fields={
            **plain("id", "unit", "source", "mapping", "file_name", "sha256", "size", "way", "state", "received_at"),
            **plain("checked_at", "applied_at", "stamp", "error", "rows", "new", "changed", "same", "left_out", "done"),
            "content": Class(kind=Kind.CONTENT, purpose=CARE, kept=DELIVERIES, erase=Erase.BLANK),
            **each(STAFF_TECHNICAL, "received_by", "confirmed_by"),
        },
    ),
    Table(
        model="dms.ExternalRecord",
        title=_("Numbers in the dealer's own system"),
        rows=_rows_of,
        fields={
            **plain("id", "source", "kind", "local_id", "digest"),
            "external_id": Class(
                kind=Kind.TECHNICAL,
                purpose=CARE,
                kept=DELIVERIES,
                label=_("Number there"),
                reason=_("It keeps what was erased from being taken in again with the next file (Art. 17 GDPR)."),
            ),
        },
    ),
    Table(
        model="dms.Difference",
        title=_("What such files changed"),
        rows=_rows_of,
        ages_from="delivery__received_at",
        fields={
            **each(_gone_technical, "id", "delivery", "number", "kind", "external_id", "local_id", "field"),
            "before": _gone.called(_("Before")),
            "after": _gone.called(_("After")),
        },
    ),
    Table(
        model="dms.LeftOutRow",
        title=_("Rows of such files that were left out"),
        ages_from="delivery__received_at",
        fields={
            **each(_gone_technical, "id", "delivery", "number", "place", "why", "column"),
            "cells": _gone.called(_("The row as it was in the file")),
            "cell": _gone.called(_("The cell that could not be read")),
        },
    ),
)
