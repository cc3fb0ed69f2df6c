"""Which parts of a mail are its text, which its HTML, and which are files."""

import re
from dataclasses import dataclass, field

from corsia.connectors.email.parsing import html, tnef
from corsia.connectors.email.parsing.charsets import decode
from corsia.connectors.email.parsing.parts import Part, split_uuencoded

MAX_TEXT = 2_000_000  # characters of text kept; the original has all
_BLANK_LINES = re.compile(r"\n{4,}")


@dataclass(slots=True)
class Bodies:
    """The words of a mail while they are collected."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    files: list[tuple[Part | None, str, bytes]] = field(default_factory=list)  # (part, name, content)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return the plain text: as sent, or made from the HTML when there is none worth the name."""
        plain = "\n\n".join(text.strip("\n") for text in self.plain if text.strip())
        if not plain.strip() and self.html:
            source = "\n".join(self.html)
            if len(source) > 4 * MAX_TEXT:
                self.notes.append("text_cut")
            plain = html.to_text(source[: 4 * MAX_TEXT])
        if len(plain) > MAX_TEXT:
            self.notes.append("text_cut")
            plain = plain[:MAX_TEXT]
        return plain


def _flowed(text: str, *, delete_space: bool) -> str:
    """Undo format=flowed (RFC 3676): a line that ends with a space goes on in the next of the same quote depth."""
    lines: list[str] = []
    depth_before, open_line = 0, False
    for raw in text.split("\n"):
        content = raw.lstrip(">")
        depth = len(raw) - len(content)
        content = content.removeprefix(" ")  # space-stuffing
        signature = content == "-- "
        flows = content.endswith(" ") and not signature
        kept = content[:-1] if flows and delete_space else content
        if open_line and depth == depth_before and not signature:
            lines[-1] += kept
        else:
            lines.append(f"{'>' * depth} {kept}" if depth else kept)
        depth_before, open_line = depth, flows
    return "\n".join(lines)


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").replace("\ufeff", "")


def _is_body(part: Part) -> bool:
    if part.media_type not in (
        "text/plain",
        "text/html",
        "text/enriched",
        "text/richtext",
        "text/x-amp-html",
        "text/watch-html",
    ):
        return False
    if part.disposition == "attachment":
        return False
    # Inside multipart/mixed a named text is a file, even when the sender's program shows it inline.
    if part.file_name:
        return False
    return not (
        part.content_id and "multipart/related" in part.within and part.sibling > 0 and part.media_type != "text/html"
    )


def _within_alternative(part: Part) -> bool:
    return "multipart/alternative" in part.within


def _add_plain(bodies: Bodies, part: Part) -> None:
    content, files = split_uuencoded(part.content)
    bodies.files += [(None, name, data) for name, data in files]
    text = _clean(decode(content, part.parameters.get("charset", "")))
    if part.parameters.get("format", "").lower() == "flowed":
        text = _flowed(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    bodies.plain.append(text)


def _add_tnef(bodies: Bodies, part: Part) -> bool:
    files, text, source = tnef.unpack(part.content)
    bodies.files += [(None, name, data) for name, data in files]
    if text.strip() and not any(one.strip() for one in bodies.plain):
        bodies.plain.append(_clean(text))
    if source.strip() and not bodies.html:
        bodies.html.append(source)
    return bool(files or text or source)


def collect(leaves: tuple[Part, ...]) -> Bodies:
    """Sort the parts of a mail into text, HTML, calendars and files. Every part ends up somewhere: nothing is lost."""
    bodies = Bodies()
    report = any("multipart/report" in part.within for part in leaves)
    for part in leaves:
        if part.media_type == "text/calendar" or (part.media_type == "application/ics" and part.content):
            bodies.calendars.append(decode(part.content, part.parameters.get("charset", "")))
            bodies.files.append((part, part.file_name or "invite.ics", part.content))
        elif part.media_type in tnef.TYPES or tnef.is_tnef(part.content):
            if not _add_tnef(bodies, part):
                bodies.files.append((part, part.file_name or "winmail.dat", part.content))
        elif _is_body(part):
            if part.media_type == "text/html":
                bodies.html.append(
                    _clean(decode(part.content, part.parameters.get("charset", "") or _charset_within(part.content)))
                )
                # A mail of text and HTML side by side (Apple Mail writes them) would lose the HTML one's words.
                if not _within_alternative(part) and bodies.plain and not report and part.within:
                    bodies.plain.append(html.to_text(bodies.html[-1][: 4 * MAX_TEXT]))
            elif part.media_type == "text/plain":
                _add_plain(bodies, part)
            elif part.media_type in ("text/enriched", "text/richtext"):
                bodies.html.append(
                    re.sub(
                        r"<(/?)(?:bold)>", r"<\1b>", _clean(decode(part.content, part.parameters.get("charset", "")))
                    )
                )
        elif part.content or part.file_name or part.media_type not in ("application/octet-stream", "text/plain"):
            bodies.files.append((part, part.file_name, part.content))
    return bodies


_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,40})", re.IGNORECASE)


def _charset_within(content: bytes) -> str:
    found = _META_CHARSET.search(content[:4096])
    return found[1].decode("ascii") if found else ""
