"""The same person on other channels: the open conversations that may be one with this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from corsia.cases.models import Case

MOST = 5


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Another open conversation of the customer.

    Attributes:
        is_waiting: the customer waits for an answer there.
        may_join: it can go on in the shown one: the same customer or none, and the shown case is open.
    """

    case_id: int
    subject: str
    channel: str
    preview: str
    at: datetime
    is_waiting: bool
    assignee: str
    may_join: bool


def elsewhere(*, case: Case, record_ids: Sequence[int]) -> list[Elsewhere]:
    """Return the customer's other open conversations within the scope, the latest first, in one statement.

    Args:
        record_ids: the records that stand for the customer.
    """
    rows = (
        Case.objects.filter(customer_id__within=list(record_ids), closed_at=None, merged_into=None)
        .filter(thread__isnull=False)
        .exclude(pk=case.pk)
        .select_related("thread", "assignee")
        .order_by("-thread__last_message_at")[:MOST]
    )
    return [
        Elsewhere(
            case_id=row.pk,
            subject=row.subject,
            channel=row.thread.channel,
            preview=row.thread.preview,
            at=row.thread.last_message_at,
            is_waiting=row.thread.waiting_since is not None,
            assignee=row.assignee.full_name if row.assignee else "",
            may_join=case.closed_at is None and row.customer_id == case.customer_id,
        )
        for row in rows
    ]
