"""The tables of messages, by noun."""

from corsia.messaging.models.inbound import Inbound, Mailbox
from corsia.messaging.models.message import Attachment, Message, Thread
from corsia.messaging.models.outbox import AutomaticSend, Outgoing
from corsia.messaging.models.template import Template, TemplateText

__all__ = [
    "Attachment",
    "AutomaticSend",
    "Inbound",
    "Mailbox",
    "Message",
    "Outgoing",
    "Template",
    "TemplateText",
    "Thread",
]
