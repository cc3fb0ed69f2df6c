"""Messages chosen for later give way when the customer writes first."""

from datetime import datetime

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.cases.services.telling import later
from corsia.messaging.vocabulary import OutboxState
from corsia.organisation.services import notify

_TITLE = _("Your message on #%(case)s was not sent: the customer wrote first")


def cancel_waiting(*, case_id: int, now: datetime) -> int:
    """Cancel what waits on the case for a later time, and tell its writers; return how many were cancelled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_outgoing o SET state = %s FROM messaging_message m WHERE m.id = o.message_id"
            " AND m.case_id = %s AND o.state = %s AND o.cancel_if_customer_writes AND o.send_after > %s"
            " RETURNING o.id, m.author_id",
            [OutboxState.CANCELLED, case_id, OutboxState.WAITING, now],
        )
        cancelled = cursor.fetchall()
    for outgoing_id, author_id in cancelled:
        if author_id is not None:
            notify(
                [author_id],
                kind="messaging.cancelled",
                title=later(_TITLE, case=case_id),
                text=_("Read what they wrote; your text is still on the case."),
                url=reverse("cases:case", args=[case_id]),
                dedupe_key=f"cancelled:{outgoing_id}",
                now=now,
            )
    return len(cancelled)
