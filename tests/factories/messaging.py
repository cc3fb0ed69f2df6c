"""A desk that receives and answers mail: processes, texts and a mailbox, made by the product's own services."""

from dataclasses import dataclass
from datetime import datetime

from corsia.cases.services import install_processes
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.messaging.models import Mailbox
from corsia.messaging.rules.incoming import Filed, IncomingMessage
from corsia.messaging.services import file_message, install_templates
from corsia.messaging.vocabulary import Channel
from corsia.organisation.models import Unit
from tests.factories.organisation import Group

ROBOT = system("test")
CUSTOMER = "giulia.ferri@example.com"


@dataclass
class Desk:
    """A group whose branch in Brescia has a mailbox."""

    group: Group
    unit: Unit
    mailbox: Mailbox


def a_desk(group: Group, *, now: datetime, **fields) -> Desk:
    """Install processes and texts at the top of a group and a mailbox at its customer care in Brescia."""
    with scope.system("test"):
        install_processes(unit_id=group.root.pk, by=ROBOT, now=now)
        install_templates(unit_id=group.root.pk, by=ROBOT, now=now)
    return Desk(group, group.brescia_care, a_mailbox(group.brescia_care, **fields))


def a_mailbox(unit: Unit, address: str = "assistenza@bellandi.example", **fields) -> Mailbox:
    """Add a mailbox to a unit."""
    return Mailbox.unscoped.create(unit=unit, address=address, name=f"Bellandi {unit.name}", **fields)


def mail_for(desk: Desk, *, at: datetime, **fields) -> IncomingMessage:
    """Return a customer's mail to the desk, read and ready to be filed."""
    values = {
        "channel": Channel.EMAIL,
        "at": at,
        "unit_id": desk.unit.pk,
        "mailbox_id": desk.mailbox.pk,
        "from_address": CUSTOMER,
        "from_name": "Giulia Ferri",
        "to_addresses": (desk.mailbox.address,),
        "subject": "Spia motore accesa",
        "text": "Buongiorno, da ieri la spia motore resta accesa. Posso passare domani?",
        "header_id": "<first@example.com>",
        **fields,
    }
    return IncomingMessage(**values)


def filed(desk: Desk, *, at: datetime, **fields) -> Filed:
    """File a customer's mail to the desk."""
    return file_message(mail_for(desk, at=at, **fields))


def raw_mail(
    *,
    to: str = "assistenza@bellandi.example",
    sender: str = "Giulia Ferri <giulia.ferri@example.com>",
    subject: str = "Spia motore accesa",
    text: str = "Buongiorno, la spia motore resta accesa.",
    header_id: str = "<first@example.com>",
    extra: str = "",
) -> bytes:
    """Return the bytes of a small mail."""
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Tue, 10 Mar 2026 11:00:00 +0000\r\n"
    head += f"Message-ID: {header_id}\r\n" if header_id else ""
    return f"{head}{extra}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
