"""What `corsia parse-mail` prints: one JSON line per file, or a few lines for people."""

import json as json_format
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from corsia.connectors.email.parsing.child import parse_in_child
from corsia.connectors.email.parsing.parsed import Address, ParsedMail


def to_json(file: str, parsed: ParsedMail) -> str:
    """Return one JSON object in one line: file, outcome, from, to, subject, text, reply, attachments, flags.

    `from` is the address alone ("" when the mail names nobody), `from_name` the name beside it, `to` the list of
    addresses; a quarantined mail has `reason` and `sentence` as well.
    """
    bounce = parsed.flags.bounce
    record: dict[str, Any] = {
        "file": file,
        "outcome": parsed.outcome.value,
        "from": parsed.from_[0].email if parsed.from_ else "",
        "from_name": parsed.from_[0].name if parsed.from_ else "",
        "to": [address.email for address in parsed.to],
        "subject": parsed.subject,
        "text": parsed.text,
        "reply": parsed.reply,
        "attachments": [
            {"name": one.name, "size": one.size, "type": one.media_type, "sha256": one.sha256}
            for one in parsed.attachments
        ],
        "flags": {
            "auto_reply": parsed.flags.auto_reply,
            "bounce": {"recipient": bounce.recipient, "status": bounce.status, "hard": bounce.hard} if bounce else None,
            "list": parsed.flags.list,
            "pec": parsed.flags.pec,
        },
    }
    if parsed.reason is not None:
        record["reason"], record["sentence"] = parsed.reason.value, parsed.sentence
    return json_format.dumps(record, ensure_ascii=False).encode("utf-8", "replace").decode()


def _for_people(file: str, parsed: ParsedMail) -> str:
    if parsed.reason is not None:
        return f"{file}: {parsed.sentence}\n"
    sender = parsed.from_[0] if parsed.from_ else Address(name="", email="?")
    lines = [f"{file}: {parsed.subject or '-'}", f"  {sender.name} <{sender.email}>"]
    marks = [name for name in ("auto_reply", "list", "bulk", "no_reply") if getattr(parsed.flags, name)]
    if parsed.flags.pec:
        marks.append(f"pec {parsed.flags.pec}")
    if parsed.flags.bounce:
        bounce = parsed.flags.bounce
        marks.append(f"bounce {'hard' if bounce.hard else 'soft'} {bounce.status} {bounce.recipient}".rstrip())
    lines += [f"  [{', '.join(marks)}]"] if marks else []
    lines += [f"  | {line}" for line in parsed.reply.splitlines()]
    lines += [f"  + {one.name} ({one.media_type}, {one.size} bytes)" for one in parsed.attachments]
    return "\n".join(lines) + "\n"


def parse_files(paths: Iterable[Path | str], *, json: bool, out: TextIO, errors: TextIO = sys.stderr) -> int:
    """Print what the parser makes of each file; nothing is stored. Returns the number of files that cannot be opened.

    Files that cannot be opened are named on `errors` and skipped, so that the other lines stay whole.
    """
    missing = 0
    for path in paths:
        try:
            raw = Path(path).read_bytes()
        except OSError as error:
            errors.write(f"{path} cannot be read: {error.strerror}. Check the path and its permissions.\n")
            missing += 1
            continue
        parsed = parse_in_child(raw)
        out.write(to_json(str(path), parsed) + "\n" if json else _for_people(str(path), parsed))
        out.flush()
    return missing
