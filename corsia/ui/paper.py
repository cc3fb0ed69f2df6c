"""The only writer of PDF: a template shipped in a context (`<context>/papers/<name>.typ`) set with data by typst.

Data travels as JSON and is never part of the markup: what somebody wrote stays text, whatever it looks like. Templates
are set in a child process that cannot open a file or a connection; see paper_worker.py.
"""

import json
import re
import struct
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Refused

WALL_LIMIT = 90  # seconds for one paper
MAX_DATA = 16 * 1024 * 1024  # characters of JSON; more would not fit into the child's memory once it is set
MAX_TEXT = 4 * 1024 * 1024  # characters of one text
ARCHIVE = ("a-2b",)  # PDF/A-2b: fonts inside, nothing fetched, readable in ten years
_PACKAGE = Path(__file__).resolve().parents[1]
_FONTS = Path(__file__).resolve().parent / "fonts"
_SHARED = "ui"
_NAME = re.compile(r"(?P<context>[a-z]+)/(?P<paper>[a-z][a-z_-]*)\.typ")
_MAX_WORD = 40  # letters that fit into the narrowest column
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f")
_ENDS = frozenset("\n\t ")


class PaperTooLarge(Refused):
    code = "ui.paper_too_large"
    message = _("There is too much in it for one document. Ask for less of it, for example without the notes.")


class PaperFailed(Refused):
    code = "ui.paper_failed"
    message = _("The document could not be made. Try again; if it happens again, tell your administrator: %(why)s")


def set_paper(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return a template set with data, as PDF/A-2b.

    Args:
        template: "conversations/dossier.typ" is papers/dossier.typ of the context conversations; it may import
            "/ui/paper.typ", and its own context's papers by "/<context>/<name>.typ".
        data: what the template reads by `json(bytes(sys.inputs.data))`: numbers, texts, lists and mappings.
        at: aware instant written into the document as its making. Equal data at an equal instant give equal bytes.

    Raises:
        PaperTooLarge: there are more words in it than can be set.
        PaperFailed: the child was killed by a limit, or the template does not fit its data.
    """
    found = _NAME.fullmatch(template)
    if found is None:
        raise ValueError(f"{template!r} is no name of a paper: <context>/<name>.typ.")
    told = json.dumps(_settable(data), ensure_ascii=False)
    if len(told) > MAX_DATA:
        raise PaperTooLarge
    sources = {**_papers_of(_SHARED), **_papers_of(found["context"])}
    frame = {
        "sources": {"main.typ": f'#include "/{template}"', **sources},
        "data": told,
        "standards": list(ARCHIVE),
        "timestamp": int(at.timestamp()),
        "fonts": [str(_FONTS)],
    }
    return _set_in_child(json.dumps(frame, ensure_ascii=False).encode())


def _set_in_child(frame: bytes) -> bytes:
    try:
        # An environment of its own: the child needs none of our secrets, and no thread more than one.
        done = subprocess.run(  # noqa: S603  (our own interpreter and module)
            [sys.executable, "-I", "-c", _START],
            input=frame,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "RAYON_NUM_THREADS": "1"},
            close_fds=True,
            timeout=WALL_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PaperTooLarge from None
    if done.stdout.startswith(b"OK\n"):
        return done.stdout[3:]
    if done.returncode < 0:  # killed by a limit: memory or processor time
        raise PaperTooLarge
    raise PaperFailed(why=done.stdout[3:400].decode("utf-8", "replace") or f"code {done.returncode}")


# "-I" ignores the environment's paths, so that nothing beside the project can stand in for a library.
_START = f"import sys; sys.path.insert(0, {str(_PACKAGE.parent)!r}); from corsia.ui.paper_worker import main; main()"


def _papers_of(context: str) -> dict[str, str]:
    folder = _PACKAGE / context / "papers"
    found = {f"{context}/{path.name}": path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.typ"))}
    for name, text in found.items():
        if "@preview" in text or "@local" in text:
            raise ValueError(f"{name} imports a package: papers use what is shipped with them.")
    return found


def _settable(value: Any) -> Any:
    """Return a value of JSON whose texts a typesetter can set, to the last character."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise PaperTooLarge
        return settable(value)
    if isinstance(value, Mapping):
        return {str(key): _settable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_settable(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(f"{type(value).__name__} is no value of a paper.")


def settable(text: str) -> str:
    """Return a text that can be printed with our typeface and loses nothing.

    What the typeface does not have is named in brackets ("[grinning face]"), so that a printed conversation tells what
    was sent. Signs that turn the direction of writing are left out: they make a text read otherwise than it is. Words
    longer than a line may be parted.
    """
    known = drawn()
    out: list[str] = []
    run = 0
    for char in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")):
        if char in _ENDS:
            out.append(char)
            run = 0
            continue
        if char in _INVISIBLE or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co"):
            continue
        shown = char if ord(char) in known else f"[{unicodedata.name(char, f'U+{ord(char):04X}').lower()}]"
        run += len(shown)
        if run > _MAX_WORD:
            out.append("\u200b")
            run = len(shown)
        out.append(shown)
    return "".join(out)


@cache
def drawn() -> frozenset[int]:
    """Return the code points that our typeface draws, read from its own table."""
    return frozenset(_mapped((_FONTS / "Inter-Regular.ttf").read_bytes()))


def _mapped(font: bytes) -> Iterator[int]:
    """Yield the code points of a TrueType font's Unicode map (table cmap, formats 4 and 12)."""
    tables = struct.unpack_from(">H", font, 4)[0]
    entries = (struct.unpack_from(">4sLLL", font, 12 + 16 * number) for number in range(tables))
    start = next(offset for tag, _sum, offset, _length in entries if tag == b"cmap")
    for number in range(struct.unpack_from(">H", font, start + 2)[0]):
        offset = start + struct.unpack_from(">HHL", font, start + 4 + 8 * number)[2]
        kind = struct.unpack_from(">H", font, offset)[0]
        if kind == 4:
            count = struct.unpack_from(">H", font, offset + 6)[0] // 2
            ends = struct.unpack_from(f">{count}H", font, offset + 14)
            starts = struct.unpack_from(f">{count}H", font, offset + 16 + 2 * count)
            for first, last in zip(starts, ends, strict=True):
                yield from range(first, min(last, 0xFFFE) + 1)
        elif kind == 12:
            for group in range(struct.unpack_from(">L", font, offset + 12)[0]):
                first, last, _glyph = struct.unpack_from(">LLL", font, offset + 16 + 12 * group)
                yield from range(first, last + 1)
