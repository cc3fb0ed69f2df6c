"""The signed mark of a case in a reply address or subject: how an answer finds its case whoever sends it."""

import re

from corsia.kernel.tokens import is_signed, sign

_PURPOSE = "messaging.reply"
_OWN = "messaging.own"  # what signs the automatic mails of this house
_IN_ADDRESS, _IN_SUBJECT = 16, 10  # hex digits of the signature
_ADDRESS = re.compile(r"^(?P<mailbox>[^@+]+(?:\+[^@]*?)??)\+c(?P<case>\d{1,18})-(?P<sig>[0-9a-f]{16})@(?P<domain>.+)$")
_CHAIN = re.compile(r"^(?:\s*(?:re|r|fwd?|fw|i|aw|wg|tr|rif)\s*:)+", re.IGNORECASE)
_SUBJECT = re.compile(r"\[#(?P<case>\d{1,18})-(?P<sig>[0-9a-f]{10})\]", re.IGNORECASE)


def reply_address(mailbox: str, case_id: int) -> str:
    """Return the mailbox's address with the signed mark of a case: `care+c1042-0123456789abcdef@example.it`."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+c{case_id}-{sign(_PURPOSE, str(case_id), length=_IN_ADDRESS)}@{domain}"


def subject_mark(case_id: int) -> str:
    """Return the signed mark for a subject: `[#1042-0123456789]`."""
    return f"[#{case_id}-{sign(_PURPOSE, str(case_id), length=_IN_SUBJECT)}]"


def marked_case(*, addresses: tuple[str, ...], subject: str) -> int | None:
    """Return the case whose mark is in one of the addresses or in the subject; None when no mark is genuine."""
    for address in addresses:
        found = _ADDRESS.match(address.strip().lower())
        if found and is_signed(_PURPOSE, found["case"], found["sig"], length=_IN_ADDRESS):
            return int(found["case"])
    for found in _SUBJECT.finditer(subject):
        if is_signed(_PURPOSE, found["case"], found["sig"], length=_IN_SUBJECT):
            return int(found["case"])
    return None


def without_mark(subject: str) -> str:
    """Return a subject without our mark and without the chain of Re: and Fwd: before it, for the title of a case."""
    plain = _SUBJECT.sub("", subject)
    return re.sub(
        r"^(?:\s*(?:re|r|fwd?|fw|i|aw|wg|tr|rif)\s*:)+", "", " ".join(plain.split()), flags=re.IGNORECASE
    ).strip()


def own_mark(header_id: str) -> str:
    """Return the mark by which a mail that we sent by ourselves is known when it comes back to us."""
    return sign(_OWN, header_id, length=32)


def is_own_mark(mark: str, header_id: str) -> bool:
    """Tell whether the mark was made by us for the mail with this Message-ID; anybody can write a header."""
    return bool(header_id) and is_signed(_OWN, header_id, mark, length=32)


def mailbox_part(address: str) -> str:
    """Return an address without its +tag, lower case: the mailbox it belongs to."""
    local, at, domain = address.strip().lower().rpartition("@")
    return f"{local.split('+', 1)[0]}@{domain}" if at else local
