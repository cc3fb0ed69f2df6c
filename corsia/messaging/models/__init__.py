"""The tables of messages, by noun."""

from corsia.messaging.models.certified import CertifiedRecord
from corsia.messaging.models.channel import ChannelAccount, Correspondent
from corsia.messaging.models.contact import ContactRules, CountedContact, HeldBack
from corsia.messaging.models.inbound import Inbound, Mailbox
from corsia.messaging.models.message import Attachment, Message, Thread
from corsia.messaging.models.outbox import AutomaticSend, Outgoing
from corsia.messaging.models.parts import DeliveredPart
from corsia.messaging.models.planned import EventRule, PlannedContact
from corsia.messaging.models.template import Template, TemplateText

__all__ = [
    "Attachment",
    "AutomaticSend",
    "CertifiedRecord",
    "ChannelAccount",
    "ContactRules",
    "Correspondent",
    "CountedContact",
    "DeliveredPart",
    "EventRule",
    "HeldBack",
    "Inbound",
    "Mailbox",
    "Message",
    "Outgoing",
    "PlannedContact",
    "Template",
    "TemplateText",
    "Thread",
]
