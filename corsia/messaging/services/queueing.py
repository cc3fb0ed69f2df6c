"""Put a mail into the outbox: one row, fixed Message-ID, delay as data, one job that looks for what is due."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings

from corsia.events import messaging as facts
from corsia.kernel.facts import publish
from corsia.kernel.jobs import MAIL, app
from corsia.messaging.models import Message
from corsia.messaging.rules.incoming import header_key, preview
from corsia.messaging.rules.reply_marks import subject_mark, without_mark
from corsia.messaging.services.journal import wake_reader

SEND = "messaging.send_due"  # the job that empties the outbox; one waiting is enough
SEND_LATER = "messaging.send_later"  # the same at a later instant: each mail has its own
UNDO_WINDOW = timedelta(seconds=20)


def new_header_id() -> str:
    """Return a fresh Message-ID without brackets. It cannot be guessed: knowing it shows that one had our mail."""
    return f"{uuid.uuid4().hex}@{settings.MAIL_DOMAIN}"


def reply_subject(subject: str, case_id: int) -> str:
    """Return the subject of an answer, with the signed mark of the case, within 300 characters."""
    return f"Re: {without_mark(subject)[:250].strip()} {subject_mark(case_id)}"


def marked_subject(subject: str, case_id: int) -> str:
    """Return the subject of a mail that we begin, with the signed mark of the case."""
    return f"{without_mark(subject)[:250].strip()} {subject_mark(case_id)}"


def thread_ids(case_id: int, *, limit: int = 12) -> tuple[str, str]:
    """Return In-Reply-To and References (ids without brackets, by blanks) for the next mail of a case."""
    rows = list(
        Message.unscoped.filter(case_id=case_id)
        .exclude(header_id="")
        .exclude(is_automatic=True)
        .order_by("-pk")
        .values_list("header_id", "direction")[:limit]
    )
    last = next((header_id for header_id, direction in rows if direction == "in"), rows[0][0] if rows else "")
    return header_key(last), " ".join(header_key(header_id) for header_id, _direction in reversed(rows))


def wake_sender(*, send_after: datetime, now: datetime) -> None:
    """Queue the sending job for when the mail is due; the tick of each minute catches what this misses."""
    if send_after <= now:
        wake_reader(SEND)
    else:
        app.configure_task(SEND_LATER, queue=MAIL, schedule_at=send_after).defer()


def tell_sent(message: Message) -> None:
    """State that a message of ours was handed to the outbox."""
    publish(
        facts.MessageSent(
            unit_id=message.unit_id,
            occurred_at=message.at,
            message_id=message.pk,
            case_id=message.case_id,
            customer_id=message.customer_id,
            channel=message.channel,
            preview=preview(message.text),
        )
    )
