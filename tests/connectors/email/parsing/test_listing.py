"""One JSON line per file: a desk's way to see what the parser makes of a mail."""

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

from corsia.connectors.email.parsing import parse_mail
from corsia.connectors.email.parsing.listing import parse_files, to_json

MAIL = (
    "From: Mario Rossi <m@example.it>\r\nTo: a@example.it, b@example.it\r\nSubject: Città\r\n"
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSì\r\n-- \r\nMario\r\n"
    "--x\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4\r\n--x--"
).encode()


def test_the_line_says_all_that_was_agreed() -> None:
    assert json.loads(to_json("a.eml", parse_mail(MAIL))) == {
        "file": "a.eml",
        "outcome": "parsed",
        "from": "m@example.it",
        "from_name": "Mario Rossi",
        "to": ["a@example.it", "b@example.it"],
        "subject": "Città",
        "text": "Sì\n-- \nMario",
        "reply": "Sì",
        "attachments": [
            {"name": "a.pdf", "size": 8, "type": "application/pdf", "sha256": hashlib.sha256(b"%PDF-1.4").hexdigest()}
        ],
        "flags": {"auto_reply": False, "bounce": None, "list": False, "pec": None},
    }


def test_a_quarantined_mail_says_why() -> None:
    line = json.loads(to_json("a.eml", parse_mail(b"")))

    assert (line["outcome"], line["reason"], line["from"], line["to"]) == ("quarantined", "empty", "", [])
    assert line["sentence"].startswith("The message is empty")


def test_each_file_is_one_line_and_a_missing_one_is_named(tmp_path: Path) -> None:
    good, empty = tmp_path / "a.eml", tmp_path / "b.eml"
    good.write_bytes(MAIL)
    empty.write_bytes(b"")
    out, errors = io.StringIO(), io.StringIO()

    missing = parse_files([good, tmp_path / "none.eml", empty], json=True, out=out, errors=errors)

    assert missing == 1
    assert [json.loads(line)["outcome"] for line in out.getvalue().splitlines()] == ["parsed", "quarantined"]
    assert (
        errors.getvalue()
        == f"{tmp_path / 'none.eml'} cannot be read: No such file or directory. Check the path and its permissions.\n"
    )


def test_people_get_words(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(MAIL)
    out = io.StringIO()

    parse_files([file], json=False, out=out)

    assert out.getvalue() == (
        f"{file}: Città\n  Mario Rossi <m@example.it>\n  | Sì\n  + a.pdf (application/pdf, 8 bytes)\n"
    )


def test_the_module_runs_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(MAIL)
    command = [sys.executable, "-m", "corsia.connectors.email.parsing", "--json", str(file)]

    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[4])

    assert json.loads(done.stdout)["reply"] == "Sì"
