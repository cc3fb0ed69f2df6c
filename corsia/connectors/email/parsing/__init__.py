"""The mail parser: bytes of a mail in, a frozen `ParsedMail` out. Runs without Django."""

from corsia.connectors.email.parsing.mail import parse_mail
from corsia.connectors.email.parsing.parsed import (
    SENTENCES,
    Address,
    Attachment,
    Bounce,
    Flags,
    Invitation,
    Outcome,
    ParsedMail,
    Pec,
    Reason,
)

__all__ = [
    "SENTENCES",
    "Address",
    "Attachment",
    "Bounce",
    "Flags",
    "Invitation",
    "Outcome",
    "ParsedMail",
    "Pec",
    "Reason",
    "parse_mail",
]
