"""Compile, check and extract the Italian texts: `python -m corsia.config.translations [--check | --extract]`.

Compiling and checking need no gettext on the machine; extracting new texts from the sources does.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).resolve().parents[1]
LANGUAGE = "it"


def catalogs() -> Iterator[Path]:
    """Yield the path of every context's Italian texts."""
    yield from sorted(PACKAGE.rglob(f"locale/{LANGUAGE}/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    """Return the texts of one context."""
    with path.open("rb") as source:
        return read_po(source, locale=LANGUAGE)


def compile_all() -> int:
    """Write the compiled twin of every catalog that is newer than it; return how many were written."""
    written = 0
    for path in catalogs():
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        with compiled.open("wb") as target:
            write_mo(target, read(path))
        written += 1
    return written


def complaints() -> Iterator[str]:
    """Yield what is not translated, uncertain, or ambiguous, or whose placeholders differ from the source's."""
    known: dict[tuple[object, object], tuple[object, Path]] = {}
    for path in catalogs():
        place = path.relative_to(PACKAGE)
        for message in read(path):
            if not message.id:
                continue
            # Django keeps all catalogs in one: of two Italian texts for the same English one, only one is ever shown.
            before, elsewhere = known.setdefault((message.context, str(message.id)), (message.string, place))
            if before != message.string:
                yield f"{place}: differs from {elsewhere}; say it alike or give it a context: {message.id!r}"
            texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
            if message.fuzzy:
                yield f"{place}: uncertain: {message.id!r}"
            elif not all(texts):
                yield f"{place}: not translated: {message.id!r}"
            for error in message.check():
                yield f"{place}: {error}: {message.id!r}"


def extract_all() -> None:
    """Bring every context's catalog up to date with its sources (needs xgettext and Django's makemessages)."""
    if not shutil.which("xgettext"):
        sys.exit("Extracting texts needs the gettext tools: install the package gettext, then run this again.")
    for path in catalogs():
        # -P: the folder of a context must not stand in for a module of the standard library.
        subprocess.run(
            [sys.executable, "-P", "-m", "django", "makemessages", "-l", LANGUAGE, "--no-location", "--no-obsolete"],
            cwd=path.parents[3],
            check=True,
            stdout=subprocess.DEVNULL,
        )


def complaints_of_sources() -> list[str]:
    """Return the complaints as they would be with the texts of the sources of this moment; files stay as they are."""
    kept = {path: path.read_bytes() for path in catalogs()}
    try:
        extract_all()
        return list(complaints())
    finally:
        for path, content in kept.items():
            path.write_bytes(content)


def main() -> None:
    """Do what the arguments say; without any, compile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="say what is missing and exit with 1")
    parser.add_argument("--extract", action="store_true", help="take new texts from the sources")
    arguments = parser.parse_args()
    if arguments.extract:
        extract_all()
    if arguments.check:
        found = complaints_of_sources() if shutil.which("xgettext") else list(complaints())
        print("\n".join(found) or "Every text has its Italian.")  # noqa: T201
        sys.exit(1 if found else 0)
    compile_all()


if __name__ == "__main__":
    main()
