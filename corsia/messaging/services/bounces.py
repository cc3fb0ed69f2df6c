"""Mail of ours that came back: the message says so, the address is marked, and nobody is answered."""

from datetime import datetime

from corsia.customers.services import mark_bouncing
from corsia.events import messaging as facts
from corsia.kernel.facts import publish
from corsia.kernel.live import tell
from corsia.messaging.models import Outgoing
from corsia.messaging.queries.threading import bounced_outgoing
from corsia.messaging.rules.incoming import Filed, IncomingMessage, ReportedBounce, preview
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.threads import waits_again
from corsia.messaging.vocabulary import OutboxState, Outcome, SendProblem


def file_bounce(incoming: IncomingMessage, *, case_id: int | None) -> Filed:
    """Write down what a mail server reports about mails of ours.

    Only an address that we wrote to is marked, and only by a hard bounce: anybody can send a report about anybody.
    """
    filed = Filed(outcome=Outcome.BOUNCE, case_id=case_id)
    for report in incoming.bounces:
        outgoing = bounced_outgoing(
            original_id=report.original_id,
            recipient=report.recipient.strip().casefold(),
            case_id=case_id,
            at=incoming.at,
        )
        if outgoing is None:
            continue
        message = outgoing.message
        filed = Filed(
            outcome=Outcome.BOUNCE,
            case_id=message.case_id if message else case_id,
            message_id=message.pk if message else None,
            reason=one_line(report.diagnostic)[:200],
        )
        if report.is_hard:
            came_back(outgoing, report, now=incoming.at)
    return filed


def came_back(outgoing: Outgoing, report: ReportedBounce, *, now: datetime) -> None:
    """Mark a mail as bounced and its address as bouncing; the customer waits for us again."""
    if outgoing.state == OutboxState.BOUNCED:
        return
    detail = one_line(" ".join(filter(None, [report.status, report.diagnostic])))
    outgoing.state = OutboxState.BOUNCED
    outgoing.last_error = f"{SendProblem.BOUNCED}: {detail}"[:500]
    outgoing.save(update_fields=["state", "last_error"])
    address = _address(outgoing, report)
    mark_bouncing(email=address, reason=detail[:200], now=now)
    message = outgoing.message
    if message is None:
        return
    waits_again(case_id=message.case_id)
    publish(
        facts.MessageBounced(
            unit_id=outgoing.unit_id,
            occurred_at=now,
            message_id=message.pk,
            case_id=message.case_id,
            customer_id=message.customer_id,
            channel=message.channel,
            preview=preview(message.text),
            address=address,
            is_hard=True,
        )
    )
    tell("messaging.message", unit_id=outgoing.unit_id, case=message.case_id, message=message.pk)


def _address(outgoing: Outgoing, report: ReportedBounce) -> str:
    """Return which of our recipients failed; a server behind a forwarding names one that we never wrote to."""
    named = report.recipient.strip().casefold()
    return named if named in outgoing.cc_addresses.casefold().split() else outgoing.to_address
