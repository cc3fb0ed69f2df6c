"""Delivery reports: which recipient failed, why, and whether the address is dead (hard) or may work again (soft).

Hard means only this: the mailbox or its domain does not exist, has moved, or takes no mail. All else, a full mailbox,
a policy, a blocked sender, a timeout, says nothing about the address and must not cost a customer their mail.
"""

import json
import re

from corsia.connectors.email.parsing import bounce_words as words
from corsia.connectors.email.parsing import headers
from corsia.connectors.email.parsing.charsets import decode
from corsia.connectors.email.parsing.parsed import Bounce
from corsia.connectors.email.parsing.parts import Part, Parts

MAX_RECIPIENTS = 50
_MAX_REPORT = 64 * 1024


def _fields(block: str) -> dict[str, str]:
    unfolded = re.sub(r"\r?\n[ \t]+", " ", block)
    found: dict[str, str] = {}
    for line in unfolded.splitlines():
        name, colon, value = line.partition(":")
        if colon and " " not in name.strip():
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _typed(value: str) -> str:
    """Return the value of a "rfc822; name@example.com" field without its type."""
    kind, semicolon, rest = value.partition(";")
    return (rest if semicolon and "@" not in kind else value).strip()


def _email(value: str) -> str:
    found = words.EMAIL.search(value)
    return found[0] if found else ""


def _report_status(block: dict[str, str], said: str) -> str:
    status = words.STATUS.search(block.get("status", ""))
    within = words.STATUS.search(said)
    if status and not status[1].endswith(".0.0"):
        return status[1]
    # x.0.0 says nothing; the remote server's own words often hold the real one.
    return within[1] if within else (status[1] if status else "")


def _from_report(report: str, human: str) -> list[Bounce]:
    blocks = [_fields(block) for block in re.split(r"\r?\n[ \t]*\r?\n", report[:_MAX_REPORT])]
    bounces: list[Bounce] = []
    for block in blocks:
        if not ({"final-recipient", "original-recipient", "action", "status", "x-actual-recipient"} & block.keys()):
            continue
        if not (
            {"final-recipient", "original-recipient", "x-actual-recipient", "diagnostic-code", "action"} & block.keys()
        ):
            continue
        recipient = next(
            (
                email
                for key in ("final-recipient", "original-recipient", "x-actual-recipient")
                if (email := _email(_typed(block.get(key, ""))))
            ),
            "",
        )
        said = _typed(block.get("diagnostic-code", ""))
        action = block.get("action", "failed").lower().strip()
        status = _report_status(block, said)
        kind = (
            "delay"
            if action.startswith("delay")
            else "delivered"
            if action in ("delivered", "relayed", "expanded")
            else "failure"
        )
        # Reports without a Diagnostic-Code explain themselves only in the text for people.
        near = _said_about(recipient, human)
        explanation = said if re.search(r"[A-Za-z]{3}", said) else f"{said} {near}".strip()
        stage = (
            words.OTHER_STAGE.search(near)
            or words.OTHER_STAGE.search(human)
            or words.AT_RECIPIENT.search(near)
            or words.AT_RECIPIENT.search(human)
        )
        explanation = f"{explanation} ({stage[0]})" if stage else explanation
        hard = kind == "failure" and words.is_hard(status=status, diagnostic=explanation)
        bounces.append(Bounce(recipient, status, hard, kind, explanation[:1000], ""))
        if len(bounces) == MAX_RECIPIENTS:
            break
    return bounces


def _said_about(recipient: str, human: str) -> str:
    """Return what people read about a recipient: six lines from its first mention, or all when it is not named."""
    lines = human.splitlines()
    local = recipient.split("@")[0].lower()
    for position, line in enumerate(lines):
        if local and local in line.lower():
            return " ".join(" ".join(lines[position : position + 6]).split())[:1000]
    return " ".join(human.split())[:1000]


def _segments(human: str, ours: set[str]) -> list[tuple[str, str]]:
    """Return (recipient, what is said up to the next recipient) of a report written for people."""
    found: list[tuple[str, int, int]] = []
    seen: set[str] = set()
    for match in words.EMAIL.finditer(human):
        email = match[0].strip(".'").lower()
        if email in ours or email in seen or words.MAILER_NAMES.match(email):
            continue
        seen.add(email)
        line_start = human.rfind("\n", 0, match.start()) + 1
        found.append((match[0].strip(".'"), line_start, match.end()))
        if len(found) == MAX_RECIPIENTS:
            break
    segments: list[tuple[str, str]] = []
    for position, (email, start, _end) in enumerate(found):
        end = found[position + 1][1] if position + 1 < len(found) else len(human)
        segments.append((email, human[start : max(end, _end)]))
    return segments


def _status_of(text: str) -> str:
    status = words.STATUS.search(text)
    if status:
        return status[1]
    reply = words.REPLY.search(text)
    return f"{reply[1][0]}.0.0" if reply and reply[1][0] in "45" else ""


def _from_text(human: str, *, subject: str, ours: set[str], failed: str) -> list[Bounce]:
    whole = " ".join(human.split())[:4000]
    delayed = bool(words.TEMPORARY.search(subject) or words.TEMPORARY.search(whole))
    segments = _segments(human, ours)
    named = {email.lower() for email in words.EMAIL.findall(failed)}
    if named:
        segments = [segment for segment in segments if segment[0].lower() in named] or [
            (email, human) for email in sorted(named)
        ]
    if len(segments) > 1 and not named:
        # Other addresses stand in every report (help desks, senders); only those with an error beside them failed.
        telling = [
            segment
            for segment in segments
            if words.REPLY.search(segment[1])
            or words.STATUS.search(segment[1])
            or words.UNKNOWN_USER.search(segment[1])
            or words.UNKNOWN_HOST.search(segment[1])
            or words.FULL.search(segment[1])
        ]
        segments = telling or segments[:1]
    bounces: list[Bounce] = []
    for recipient, said in segments or [("", whole)]:
        # The error may stand above the first address; with one recipient all of the report is about it.
        explanation = whole if len(segments) < 2 else " ".join(said.split())[:2000]
        explanation = (
            re.split(
                r"(?:remote\s+host\s+said|host\s+said|server\s+said|said):\s",
                explanation,
                maxsplit=1,
                flags=re.IGNORECASE,
            )[1:]
            or [explanation]
        )[0]
        status = _status_of(explanation) or _status_of(whole)
        hard = not delayed and words.is_hard(status=status, diagnostic=explanation)
        bounces.append(Bounce(recipient, status, hard, "delay" if delayed else "failure", explanation[:1000], ""))
    return bounces


def _complaint(part: Part, message_id: str) -> Bounce:
    block = _fields(decode(part.content))
    recipient = _email(block.get("original-rcpt-to", "") or block.get("removal-recipient", ""))
    return Bounce(recipient, "", False, "complaint", block.get("feedback-type", "abuse")[:200], message_id)


def _notified(human: str) -> list[Bounce]:
    """Return the bounces of Amazon's notifications, which are JSON within a mail; [] for anything else."""
    try:
        # Not strict: mail programs on the way wrap the JSON's lines; what follows it is advertising.
        read = json.JSONDecoder(strict=False).raw_decode
        outer, _ = read(human)
        inner = read(outer.get("Message", ""))[0] if isinstance(outer.get("Message"), str) else outer
        kind = inner.get("notificationType") or inner.get("eventType")
        bounce = inner.get("bounce") or {}
        named = (
            bounce.get("bouncedRecipients", [])
            if kind == "Bounce"
            else [
                {"emailAddress": email}
                for email in (inner.get("delivery") or inner.get("complaint") or {}).get("recipients", [])
            ]
        )
        recipients = [
            (str(one.get("emailAddress", "")), str(one.get("status", "")), str(one.get("diagnosticCode", "")))
            for one in named
        ]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return []
    outcome = {"Bounce": "failure", "Complaint": "complaint"}.get(str(kind), "delivered")
    return [
        Bounce(
            email,
            status,
            outcome == "failure" and words.is_hard(status=status, diagnostic=said),
            outcome,
            said[:1000],
            "",
        )
        for email, status, said in recipients[:MAX_RECIPIENTS]
    ]


def _original_message_id(parts: Parts, human: str) -> str:
    """Return the Message-ID of our mail, from its copy in the report or from where servers repeat it."""
    for part in parts.leaves:
        if part.media_type in ("message/rfc822", "text/rfc822-headers", "message/global", "text/plain"):
            found = re.search(
                rb"^message-id:\s*(<[^<>\s]{1,990}>)", part.content[:_MAX_REPORT], re.IGNORECASE | re.MULTILINE
            )
            if found:
                return found[1].decode("ascii", "replace")
    ids = headers.message_ids(
        parts.header("in-reply-to") or parts.header("references") or parts.header("x-original-message-id")
    )
    if ids:
        return ids[-1]
    quoted = re.search(r"message-?id:?\s*(<[^<>\s]{1,990}>)", human, re.IGNORECASE)
    return quoted[1] if quoted else ""


def is_report(parts: Parts, *, subject: str, human: str) -> bool:
    """Whether a mail server wrote this mail about the delivery of another one."""
    kinds = {part.media_type for part in parts.leaves}
    if "message/delivery-status" in kinds or "message/feedback-report" in kinds:
        return True
    if parts.media_type == "multipart/report" and parts.parameters.get("report-type", "").lower() in (
        "delivery-status",
        "feedback-report",
    ):
        return True
    if "x-failed-recipients" in parts.headers:
        return True
    if parts.header("auto-submitted").lower().startswith("auto-replied") and not words.SUBJECT.search(subject):
        return False
    sender = headers.addresses(parts.header("from"))
    # Old servers write a bare "MAILER-DAEMON" into From, which is no address; no From at all says nothing.
    written = headers.decode_header(parts.header("from"))
    surely_mailer = bool(words.IS_MAILER.match(sender[0].email if sender else written))
    from_mailer = (
        surely_mailer
        or bool(words.MAILER_NAMES.match(sender[0].email if sender else "-"))
        or bool(words.MAILER_DISPLAY.search(sender[0].name if sender else written))
    )
    null_path = "return-path" in parts.headers and not words.EMAIL.search(parts.header("return-path"))
    about_delivery = bool(words.SUBJECT.search(subject))
    if from_mailer and about_delivery:
        return True
    # A mail that nobody can answer and that brings one back is a report, whoever it says it is from.
    returned = bool(kinds & {"message/rfc822", "text/rfc822-headers"})
    if not surely_mailer and not (null_path and (from_mailer or about_delivery or returned)):
        return False
    return any(
        sign.search(human) for sign in (words.REPLY, words.STATUS, words.UNKNOWN_USER, words.FULL, words.UNKNOWN_HOST)
    )


def find(parts: Parts, *, subject: str, human: str) -> tuple[Bounce, ...]:
    """Return one bounce per recipient of a delivery report; () when the mail is none.

    Args:
        human: the text of the mail, as people read it.
    """
    human = human[:_MAX_REPORT]
    if human.lstrip().startswith("{") and "notificationType" in human:
        return tuple(_notified(human.strip()))
    forwarded = next((part for part in parts.leaves if part.media_type == "message/rfc822"), None)
    reporter = (
        re.search(rb"^x-hmxmroriginalrecipient:\s*(\S{3,250})", forwarded.content[:16384], re.IGNORECASE | re.MULTILINE)
        if forwarded
        else None
    )
    if reporter:  # Microsoft's complaints have no feedback-report part, only this header in the mail complained about
        return (
            Bounce(
                _email(reporter[1].decode("ascii", "replace")),
                "",
                False,
                "complaint",
                subject[:200],
                _original_message_id(parts, human),
            ),
        )
    if not is_report(parts, subject=subject, human=human):
        return ()
    message_id = _original_message_id(parts, human)
    complaint = next((part for part in parts.leaves if part.media_type == "message/feedback-report"), None)
    if complaint is not None:
        return (_complaint(complaint, message_id),)
    copy = words.COPY_BEGINS.search(human)
    said = human[: copy.start()] if copy and human[: copy.start()].strip() else human
    bounces: list[Bounce] = []
    for part in parts.leaves:
        if part.media_type in ("message/delivery-status", "message/global-delivery-status") or part.media_type.endswith(
            "/delivery-status"
        ):
            bounces += _from_report(decode(part.content), said)
    if not bounces or not any(bounce.recipient or bounce.status for bounce in bounces):
        ours = {
            address.email.lower()
            for name in ("from", "to", "sender", "reply-to")
            for address in headers.addresses(parts.header(name))
        }
        bounces = _from_text(said, subject=subject, ours=ours, failed=parts.header("x-failed-recipients"))
    return tuple(
        Bounce(one.recipient, one.status, one.hard, one.kind, one.diagnostic, message_id)
        for one in bounces[:MAX_RECIPIENTS]
    )
