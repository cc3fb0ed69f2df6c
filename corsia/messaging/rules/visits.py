"""What a visitor of the web chat sent, as the bytes that are kept: one line that says what, then its files."""

import json
from dataclasses import dataclass
from typing import Any

from corsia.messaging.rules.incoming import NewFile

CHANNEL = "chat"  # the key of the channel: the connector brings it, visitors have a door of their own
_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One thing that a visitor sent.

    Attributes:
        visitor: their name here, made from their key: it opens nothing.
        key: the page's own name of it: the same thing sent twice carries it twice.
        email: as typed; proves nothing.
        customer: reference of a customer who is signed in on the site: our number, or an address the site vouches for.
        page: address of the page they are on, without its query.
        is_left: written while nobody was there: answered by mail.
    """

    visitor: str
    key: str
    text: str
    language: str
    name: str = ""
    email: str = ""
    customer: str = ""
    page: str = ""
    is_left: bool = False
    files: tuple[NewFile, ...] = ()

    def to_bytes(self) -> bytes:
        """Return it as it is kept: a line of JSON, then the bytes of the files one after the other."""
        fields = {
            "version": _VERSION,
            "visitor": self.visitor,
            "key": self.key,
            "text": self.text,
            "language": self.language,
            "name": self.name,
            "email": self.email,
            "customer": self.customer,
            "page": self.page,
            "is_left": self.is_left,
            "files": [{"name": file.name, "size": len(file.content)} for file in self.files],
        }
        head = json.dumps(fields, ensure_ascii=True, sort_keys=True).encode("ascii")
        return b"\n".join([head, b"".join(file.content for file in self.files)])


def visit_of(raw: bytes) -> Visit:
    """Return what `Visit.to_bytes` wrote.

    Raises:
        ValueError: these are other bytes.
    """
    head, _line, body = raw.partition(b"\n")
    fields: dict[str, Any] = json.loads(head)
    if not isinstance(fields, dict) or fields.pop("version", None) != _VERSION:
        raise ValueError("not written by this house")
    files, at = [], 0
    for told in fields.pop("files"):
        files.append(NewFile(name=str(told["name"]), content=body[at : at + told["size"]]))
        at += told["size"]
    if at != len(body):
        raise ValueError("files and their sizes disagree")
    try:
        return Visit(files=tuple(files), **fields)
    except TypeError as error:
        raise ValueError(str(error)) from error
