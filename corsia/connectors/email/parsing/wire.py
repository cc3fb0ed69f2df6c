"""`ParsedMail` as bytes between processes: JSON for the words, then the attachments as they are. Never pickle: the
child read hostile bytes, and unpickling what it sends would hand them the parent.
"""

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from corsia.connectors.email.parsing.parsed import (
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

_ADDRESS_FIELDS = ("from_", "reply_to", "to", "cc", "original_from", "delivered_to")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _record(value: Any) -> dict[str, Any]:
    return {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.name != "content"}


def encode(mail: ParsedMail) -> tuple[bytes, list[bytes]]:
    """Return the JSON of a mail and the contents of its attachments, in the same order as in the JSON."""
    record: dict[str, Any] = {one.name: _plain(getattr(mail, one.name)) for one in fields(mail)}
    for name in _ADDRESS_FIELDS:
        record[name] = [(address.name, address.email) for address in record[name]]
    record["attachments"] = [{**_record(one), "size": one.size} for one in mail.attachments]
    record["bounces"] = [_record(one) for one in mail.bounces]
    record["invitations"] = [_record(one) for one in mail.invitations]
    record["pec"] = _record(mail.pec) if mail.pec else None
    record["flags"] = {**_record(mail.flags), "bounce": _record(mail.flags.bounce) if mail.flags.bounce else None}
    # Lone surrogates cannot be stored by PostgreSQL; they die here at the latest.
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace"), [one.content for one in mail.attachments]


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def decode(record_bytes: bytes, contents: memoryview) -> ParsedMail:
    """Return the mail that `encode` wrote.

    Raises:
        ValueError, KeyError, TypeError: the bytes are not what `encode` writes; the child is broken.
    """
    record: dict[str, Any] = json.loads(record_bytes)
    for name in _ADDRESS_FIELDS:
        record[name] = tuple(Address(name=who, email=email) for who, email in record[name])
    attachments: list[Attachment] = []
    position = 0
    for one in record["attachments"]:
        size = one.pop("size")
        attachments.append(Attachment(**one, content=bytes(contents[position : position + size])))
        position += size
    if position != len(contents):
        raise ValueError("attachments do not fill the frame")
    record["attachments"] = tuple(attachments)
    record["bounces"] = tuple(Bounce(**one) for one in record["bounces"])
    record["invitations"] = tuple(
        Invitation(**{**one, "start": _instant(one["start"]), "end": _instant(one["end"])})
        for one in record["invitations"]
    )
    if pec := record["pec"]:
        stated_at, recipients = _instant(pec["stated_at"]), tuple(pec["recipients"])
        record["pec"] = Pec(**{**pec, "stated_at": stated_at, "recipients": recipients})
    flags = record["flags"]
    record["flags"] = Flags(**{**flags, "bounce": Bounce(**flags["bounce"]) if flags["bounce"] else None})
    record["outcome"] = Outcome(record["outcome"])
    record["reason"] = Reason(record["reason"]) if record["reason"] else None
    record["date"] = _instant(record["date"])
    for name in ("in_reply_to", "references", "notes"):
        record[name] = tuple(record[name])
    record["headers"] = tuple((name, value) for name, value in record["headers"])
    return ParsedMail(**record)
