"""Find the mails in files and folders: single mails, mbox, Maildir, whole trees of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_MAIL_NAMES = frozenset({".eml", ".box", ".mbox", ".mail", ".email"})
_FIELD = re.compile(rb"^[!-9;-~]{1,76}[ \t]*:", re.MULTILINE)
_TELLING = re.compile(
    rb"^(?:from|to|subject|date|received|message-id|mime-version|return-path|delivered-to|content-type)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_FROM_LINE = re.compile(rb"^From [^\r\n]*\d{4}[^\r\n]*\r?\n", re.MULTILINE)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_HEAD = 8192


@dataclass(frozen=True)
class MailFile:
    """One mail and where it was found; mails of an mbox are numbered: `inbox.mbox#3`."""

    file: str
    raw: bytes


@dataclass(frozen=True)
class Unreadable:
    """A path that cannot be read, and why."""

    file: str
    why: str


def mails_in(paths: Sequence[str]) -> Iterator[MailFile | Unreadable]:
    """Yield the mails of files and folders in a steady order. What a path names is taken; in folders only mails are."""
    for name in paths:
        path = Path(name)
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    yield from _mails_of(file, is_named=_is_maildir(file.parent))
        else:
            yield from _mails_of(path, is_named=True)


def _mails_of(path: Path, *, is_named: bool) -> Iterator[MailFile | Unreadable]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        yield Unreadable(str(path), error.strerror or str(error))
        return
    if not is_named and path.suffix.lower() not in _MAIL_NAMES and not _looks_like_mail(raw):
        return
    if raw.startswith(b"From "):
        parts = split_mbox(raw)
        for number, mail in enumerate(parts, start=1):
            yield MailFile(f"{path}#{number}" if len(parts) > 1 else str(path), mail)
    else:
        yield MailFile(str(path), raw)


def split_mbox(raw: bytes) -> list[bytes]:
    """Return the mails of an mbox. A From line counts at the start and after an empty line, as programs write it."""
    starts = [
        found
        for found in _FROM_LINE.finditer(raw)
        if found.start() == 0 or raw[: found.start()].endswith((b"\n\n", b"\r\n\r\n"))
    ]
    if not starts or starts[0].start() != 0:
        return [raw.split(b"\n", 1)[1] if b"\n" in raw else b""]
    ends = [found.start() for found in starts[1:]] + [len(raw)]
    return [_QUOTED_FROM.sub(rb"\1", raw[found.end() : end]) for found, end in zip(starts, ends, strict=True)]


def _is_maildir(folder: Path) -> bool:
    return folder.name in ("cur", "new") and (folder.parent / "cur").is_dir() and (folder.parent / "new").is_dir()


def _looks_like_mail(raw: bytes) -> bool:
    """Whether a file begins like a mail: header fields from the first line on, one of them telling."""
    if raw.startswith(b"From "):
        return bool(_FROM_LINE.match(raw))
    head = re.split(rb"\r?\n\r?\n", raw[:_HEAD].lstrip(b"\r\n"), maxsplit=1)[0]
    return bool(_FIELD.match(head)) and bool(_TELLING.search(head))
