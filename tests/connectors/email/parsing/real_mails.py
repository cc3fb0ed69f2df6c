"""Where the real mails are: outside the repository, written by nobody here, absent on most machines."""

import os
from pathlib import Path

import pytest


def _fixtures() -> Path | None:
    if named := os.environ.get("CORSIA_FIXTURES"):
        return Path(named)
    for folder in Path(__file__).resolve().parents:
        if (folder / "shared" / "fixtures" / "email").is_dir():
            return folder / "shared" / "fixtures"
    return None


FIXTURES = _fixtures()
EMAIL = (FIXTURES or Path("absent")) / "email"
needs_real_mails = pytest.mark.skipif(
    not EMAIL.is_dir(), reason="the real mails are not here: set CORSIA_FIXTURES to the folder that holds email/"
)


def normal(text: str) -> str:
    """White space counts once: the twins of the fixtures differ from ours only by blank lines."""
    return " ".join(text.split())


def files_under(*parts: str) -> list[Path]:
    folder = EMAIL.joinpath(*parts)
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in ("SOURCE.txt", "LICENSE"))
