"""Customers who keep writing while somebody looks."""

import random
from datetime import datetime, timedelta

from corsia.cases.models import Case
from corsia.config.demo.phrases import Facts, customers_answer, first_message, subject, topics
from corsia.customers.models import ContactPoint, Customer, Holding
from corsia.customers.vocabulary import ContactKind, VehicleRole
from corsia.kernel import scope
from corsia.messaging import services as messaging
from corsia.messaging.models import Mailbox, Message
from corsia.messaging.rules.incoming import Filed
from corsia.messaging.vocabulary import Channel, Direction

_DAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì")


def live_tick(now: datetime, rng: random.Random) -> Filed | None:
    """Let one customer write: most often a new mail, sometimes an answer on an open case.

    Returns:
        What became of it; None when nobody could be found who writes.
    """
    with scope.system("demonstration"):
        return (_answers(now, rng) if rng.random() < 0.4 else None) or _writes(now, rng)


def _writes(now: datetime, rng: random.Random) -> Filed | None:
    held = Holding.objects.filter(until=None, role=VehicleRole.OWNER).select_related("vehicle", "customer")
    held = held.filter(customer__contact_points__kind=ContactKind.EMAIL)
    last = held.order_by("-pk").values_list("pk", flat=True).first()
    holding = held.filter(pk__gte=rng.randint(1, last)).order_by("pk").first() if last else None
    mailboxes = list(Mailbox.objects.filter(is_active=True).order_by("pk"))
    if holding is None or not mailboxes:
        return None
    customer, email = holding.customer, _email_of(holding.customer)
    if not email:
        return None
    known = [topic for topic in topics() if topic.language == customer.language]
    topic = rng.choices(known, [topic.weight for topic in known])[0]
    fitting = [mailbox for mailbox in mailboxes if mailbox.address.startswith(topic.department)] or mailboxes
    mailbox = rng.choice(fitting)
    about = Facts(
        name=customer.display_name,
        vehicle=str(holding.vehicle),
        plate=holding.vehicle.plate,
        km=holding.vehicle.odometer_km or 0,
        branch=mailbox.name.removeprefix("Gruppo Bellandi "),
        day=rng.choice(_DAYS),
        agent="",
    )
    return messaging.file_message(
        messaging.IncomingMessage(
            channel=Channel.EMAIL,
            at=now,
            unit_id=mailbox.unit_id,
            process_key=topic.process,
            mailbox_id=mailbox.pk,
            from_address=email,
            from_name=customer.display_name,
            to_addresses=(mailbox.address,),
            subject=subject(topic, about, rng),
            text=first_message(topic, about, rng),
            header_id=_header(rng),
            vehicle_id=holding.vehicle_id,
            language=customer.language,
        )
    )


def _answers(now: datetime, rng: random.Random) -> Filed | None:
    recent = Case.objects.filter(closed_at=None, last_activity_at__gt=now - timedelta(days=3))
    recent = recent.filter(thread__channel=Channel.EMAIL)
    ids = list(recent.order_by("-last_activity_at").values_list("pk", flat=True)[:60])
    sent = (
        Message.objects.filter(case_id=rng.choice(ids), direction=Direction.OUT, channel=Channel.EMAIL)
        .exclude(header_id="")
        .select_related("case", "customer")
        .order_by("-pk")
        .first()
        if ids
        else None
    )
    if sent is None or sent.customer is None:
        return None
    topic = rng.choice([topic for topic in topics() if topic.language == sent.case.language])
    about = Facts(
        name=sent.customer.display_name, vehicle="", plate="", km=0, branch="", day=rng.choice(_DAYS), agent=""
    )
    return messaging.file_message(
        messaging.IncomingMessage(
            channel=Channel.EMAIL,
            at=now,
            unit_id=sent.unit_id,
            from_address=sent.to_addresses.split("\n")[0],
            from_name=sent.customer.display_name,
            to_addresses=(sent.from_address,),
            subject=sent.subject,
            text=customers_answer(topic, about, rng),
            header_id=_header(rng),
            in_reply_to=(sent.header_id,),
            references=(sent.header_id,),
        )
    )


def _email_of(customer: Customer) -> str:
    points = ContactPoint.objects.filter(customer=customer, kind=ContactKind.EMAIL)
    return points.values_list("value", flat=True).first() or ""


def _header(rng: random.Random) -> str:
    return f"{rng.getrandbits(64):016x}@posta.example"
