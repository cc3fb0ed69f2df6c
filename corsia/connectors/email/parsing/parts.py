"""Bytes to a flat list of parts, with caps that hold while the parser runs and not only after it."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email._policybase import Compat32
from email.feedparser import BytesFeedParser
from email.message import Message

from corsia.connectors.email.parsing import headers
from corsia.connectors.email.parsing.parsed import Reason

MAX_BYTES = 60 * 1024 * 1024
MAX_PARTS = 200
MAX_DEPTH = 20
_MAX_HEADER_LINES = 2000
# Headers of our own name grant nothing when they come from outside: they are dropped here. Only the signed mark of our
# automatic mails is read on, and counts once its signature was checked (messaging.rules.reply_marks).
_OURS = "x-corsia-"
OWN_MARK = "x-corsia-mark"

# A file that has none of these at the top is not a mail but a text somebody saved or pasted as one.
_KNOWN_HEADER = re.compile(
    rb"^(?:from|to|cc|subject|date|received|return-path|delivered-to|message-id|mime-version|content-type|reply-to|"
    rb"sender|in-reply-to|references|content-transfer-encoding|content-disposition|x-[a-z-]+|resent-[a-z-]+)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_LINE = re.compile(rb"[\x21-\x39\x3b-\x7e]+[ \t]*:|[ \t]|From |>From ")
_LINE_END = re.compile(rb"\r\n|\r|\n")


class LimitReached(Exception):
    """The mail is larger than what is read; carries the reason of its quarantine."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class _Part(Message):
    """A message whose message/* parts stay bytes.

    The parser would otherwise open each forwarded mail and recurse: 1,000 nested forwards end in RecursionError,
    and the bytes of the forwarded mail, which are what people want to download, would be lost.
    """

    def stored(self) -> str:
        """Return the body as parsed, 8-bit bytes as surrogates: `get_payload` would replace them by U+FFFD."""
        payload = vars(self)["_payload"]
        return payload if isinstance(payload, str) else ""

    def get_content_maintype(self) -> str:
        kind = super().get_content_maintype()
        return "application" if kind == "message" else kind

    def get_content_type(self) -> str:
        kind = super().get_content_type()
        return "application/octet-stream" if kind.startswith("message/") else kind


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a mail. `content` is decoded from its transfer encoding, not from its charset."""

    headers: dict[str, list[str]]  # raw values by lower-case name, in the order of the mail
    media_type: str  # as declared, lower case, "text/plain" when missing or senseless
    parameters: dict[str, str]
    disposition: str  # "attachment", "inline" or ""
    file_name: str  # as declared, decoded, not cleaned
    content_id: str
    content: bytes
    within: tuple[str, ...]  # media types of the multiparts around it, outermost first
    sibling: int  # position among the parts of its nearest multipart

    def header(self, name: str) -> str:
        return self.headers.get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class Parts:
    headers: dict[str, list[str]]
    media_type: str
    parameters: dict[str, str]
    leaves: tuple[Part, ...]

    def header(self, name: str) -> str:
        return self.headers.get(name, [""])[0]


def header_values(message: Message) -> dict[str, list[str]]:
    """Return raw values by lower-case name: `raw_items` spares the decoding that `items` does behind one's back."""
    values: dict[str, list[str]] = {}
    for position, (given, value) in enumerate(message.raw_items()):
        if position == _MAX_HEADER_LINES:
            break
        name = given.lower().strip()
        if not name.startswith(_OURS) or name == OWN_MARK:
            values.setdefault(name, []).append(str(value))
    return values


def _is_bare_text(raw: bytes) -> bool:
    end = re.search(rb"\r?\n\r?\n", raw)
    top = raw[: min(end.start(), 65536)] if end else raw[:65536]
    if not _KNOWN_HEADER.search(top):
        return True
    # "From: " in the middle of the first paragraph of a text: a mail's first line is a header line.
    return _HEADER_LINE.match(top) is None and b"\x00" not in top and not top.startswith(b"\xff\xfe")


def _parse(raw: bytes) -> Message:
    count = 0

    def new_part(policy: Compat32 | None = None) -> _Part:
        nonlocal count
        count += 1
        if count > MAX_PARTS:
            raise LimitReached(Reason.TOO_MANY_PARTS)
        return _Part(policy) if policy is not None else _Part()

    parser: BytesFeedParser[Message] = BytesFeedParser(new_part, policy=Compat32())
    if _is_bare_text(raw):
        parser.feed(b"\n")
    for start in range(0, len(raw), 65536):
        parser.feed(raw[start : start + 65536])
    return parser.close()


_BASE64_JUNK = re.compile(rb"[^A-Za-z0-9+/=]+")


def _base64(data: bytes) -> bytes:
    """Decode base64 that may be cut, lack padding, hold junk, or be several pieces one after the other."""
    try:
        return binascii.a2b_base64(data, strict_mode=False)
    except binascii.Error:
        clean = _BASE64_JUNK.sub(b"", data).rstrip(b"=")
        clean = clean[: len(clean) - (len(clean) % 4 == 1)]
        try:
            return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
        except binascii.Error:
            return data


_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n", re.MULTILINE)
_UU_END = re.compile(rb"^(?:end|====)[ \t]*\r?$", re.MULTILINE)


def _uu_lines(body: bytes) -> bytes:
    decoded: list[bytes] = []
    for line in body.splitlines():
        if not line.strip() or line in (b"`", b"end"):
            continue
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Encoders that leave trailing blanks out or add a checksum: decode what the length byte announces.
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                decoded.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                continue
    return b"".join(decoded)


def split_uuencoded(body: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Return a text without its uuencoded files, and the (name, content) of these.

    A block counts only with its end line and when something comes out: "begin 644" is also what people write.
    """
    kept: list[bytes] = []
    files: list[tuple[str, bytes]] = []
    position = 0
    for begin in _UU_BEGIN.finditer(body):
        if begin.start() < position or len(files) >= MAX_PARTS:
            continue
        end = _UU_END.search(body, begin.end())
        if end is None:
            break
        block = body[begin.end() : end.start()]
        content = _base64(block) if begin[0].startswith(b"begin-base64") else _uu_lines(block)
        if content:
            kept.append(body[position : begin.start()])
            files.append((headers.decode_header(begin[1].decode("utf-8", "surrogateescape")), content))
            position = end.end()
    return (b"".join([*kept, body[position:]]), files) if files else (body, [])


def _content(message: Message, encoding: str) -> bytes:
    payload = message.stored() if isinstance(message, _Part) else ""
    data = payload.encode("utf-8", "surrogateescape")
    if encoding.startswith("base64"):
        return _base64(data)
    if encoding.startswith("quoted"):
        return binascii.a2b_qp(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        files = split_uuencoded(data)[1]
        return files[0][1] if files else data
    return data


def _leaf(message: Message, within: tuple[str, ...], sibling: int) -> Part:
    values = header_values(message)
    kind, parameters = headers.parameters(values.get("content-type", [""])[0])
    disposition, placed = headers.parameters(values.get("content-disposition", [""])[0])
    if not re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+_-]+", kind):
        kind = "text/plain" if not kind or kind.startswith("text") or "/" not in kind else "application/octet-stream"
    encoding = headers.decode_header(values.get("content-transfer-encoding", [""])[0]).lower().strip(" ;\"'")
    if kind.startswith("multipart/") and not message.is_multipart():
        kind = "text/plain"  # a multipart without its boundary: what is there is best read as text
    location = headers.decode_header(values.get("content-location", [""])[0])
    file_name = placed.get("filename") or parameters.get("name") or ""
    if not file_name and location and not kind.startswith("text/"):
        file_name = location.split("?", 1)[0]
    return Part(
        headers=values,
        media_type=kind,
        parameters=parameters,
        disposition=disposition
        if disposition in ("attachment", "inline")
        else ("attachment" if disposition and file_name else ""),
        file_name=file_name,
        content_id=headers.decode_header(values.get("content-id", [""])[0]).strip("<> "),
        content=_content(message, encoding),
        within=within,
        sibling=sibling,
    )


def _leaves(message: Message, within: tuple[str, ...], sibling: int) -> Iterator[Part]:
    if len(within) > MAX_DEPTH:
        raise LimitReached(Reason.TOO_DEEP)
    # Asked first: on a text `get_payload` would decode it, and raise for a charset that is broken enough.
    if message.is_multipart():
        kind = message.get_content_type()
        for position, child in enumerate(message.get_payload()):
            if isinstance(child, Message):
                yield from _leaves(child, (*within, kind), position)
        return
    yield _leaf(message, within, sibling)


def split(raw: bytes) -> Parts:
    """Return the parts of a mail.

    Raises:
        LimitReached: the mail is over the caps on size, parts or depth.
    """
    if len(raw) > MAX_BYTES:
        raise LimitReached(Reason.TOO_LARGE)
    # Some exports put a byte order mark or blank lines before the first header, which would end the headers there.
    message = _parse(raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
    values = header_values(message)
    kind, parameters = headers.parameters(values.get("content-type", [""])[0])
    return Parts(headers=values, media_type=kind, parameters=parameters, leaves=tuple(_leaves(message, (), 0)))
