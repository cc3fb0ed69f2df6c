"""One mail, from bytes to `ParsedMail`. Pure: no settings, no clock, no network, no database."""

import hashlib
from dataclasses import replace

from corsia.connectors.email.parsing import automatic, bounces, calendar, headers, html, names, pec, replies
from corsia.connectors.email.parsing.bodies import Bodies, collect
from corsia.connectors.email.parsing.charsets import decode
from corsia.connectors.email.parsing.media_type import media_type
from corsia.connectors.email.parsing.parsed import (
    Address,
    Attachment,
    Bounce,
    Flags,
    Outcome,
    ParsedMail,
    Pec,
    Reason,
    quarantined,
)
from corsia.connectors.email.parsing.parts import OWN_MARK, LimitReached, Parts, split

_DELIVERED_TO = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "apparently-to",
    "x-forwarded-to",
)
_TRACED = (
    "return-path",
    "received-spf",
    "x-mailer",
    "user-agent",
    "x-originating-ip",
    "x-spam-status",
    "x-spam-flag",
    "importance",
)


def parse_mail(raw: bytes) -> ParsedMail:
    """Return what a mail says. Never raises: bytes that cannot be read come back `quarantined` with a reason.

    It can still take long or much memory on hostile bytes: mails from outside go through `child.parse_in_child`.
    """
    if not raw.strip(b"\r\n\t \x00"):
        return quarantined(Reason.EMPTY)
    try:
        return _parse(raw)
    except LimitReached as limit:
        return quarantined(limit.reason)
    except RecursionError:
        return quarantined(Reason.TOO_DEEP)
    except MemoryError:
        return quarantined(Reason.TOO_MUCH_MEMORY)
    except Exception as error:  # noqa: BLE001
        # The one place where everything is caught: the promise is that no mail stops the queue. It is not swallowed:
        # the mail goes to quarantine, on a page people look at, with the kind of the error for the log.
        return quarantined(Reason.UNREADABLE, detail=f"{type(error).__name__}: {error}"[:500])


def _parse(raw: bytes) -> ParsedMail:
    parts = split(raw)
    subject = headers.decode_header(parts.header("subject"))
    envelope = pec.envelope(parts, subject=subject)
    if envelope is not None and envelope.kind in ("messaggio", "anomalia"):
        inner = pec.inner_mail(parts)
        if inner is not None and inner.content.strip():
            return _certified(parts, envelope, inner.content)
    return _ordinary(parts, subject=subject, envelope=envelope)


def _certified(parts: Parts, envelope: Pec, inner: bytes) -> ParsedMail:
    """Return the certified mail inside, with the envelope's identity and files: answers refer to the envelope's id."""
    # Bytes inside an envelope never count as an envelope again: one level, whatever a sender nests.
    inside = split(inner)
    shown = _ordinary(inside, subject=headers.decode_header(inside.header("subject")), envelope=None)
    outer = _ordinary(parts, subject=envelope.envelope_subject, envelope=envelope)
    inner_id = shown.message_id or envelope.inner_message_id
    return replace(
        shown,
        message_id=outer.message_id or shown.message_id,
        references=tuple(dict.fromkeys((*shown.references, *((inner_id,) if inner_id else ())))),
        date=shown.date or outer.date,
        from_=shown.from_ or outer.reply_to or outer.from_,
        to=shown.to or outer.to,
        delivered_to=outer.delivered_to,
        attachments=(*shown.attachments, *outer.attachments),
        flags=replace(shown.flags, pec=envelope.kind),
        pec=replace(envelope, inner_message_id=inner_id),
        headers=outer.headers,
        own_mark=shown.own_mark or outer.own_mark,
        notes=tuple(dict.fromkeys((*shown.notes, *outer.notes))),
    )


def _ordinary(parts: Parts, *, subject: str, envelope: Pec | None) -> ParsedMail:
    bodies = collect(parts.leaves)
    text = bodies.text()
    source = "\n".join(bodies.html)
    safe = html.clean(source) if source.strip() else ""
    if source.strip() and not safe and html.is_too_large(source):
        bodies.notes.append("html_too_large")
    if any(
        headers.is_cut(value)
        for name in ("subject", "from", "to", "cc", "references")
        for value in parts.headers.get(name, [])
    ):
        bodies.notes.append("header_cut")
    found = _bounces(parts, envelope, subject=subject, text=text)
    return ParsedMail(
        outcome=Outcome.PARSED,
        message_id=(headers.message_ids(parts.header("message-id")) or ("",))[0],
        in_reply_to=headers.message_ids(parts.header("in-reply-to")),
        references=headers.message_ids(" ".join(parts.headers.get("references", []))),
        date=headers.date(parts.header("date")),
        from_=headers.addresses(parts.header("from")) or headers.addresses(parts.header("sender")),
        reply_to=headers.addresses(parts.header("reply-to")),
        to=_all_addresses(parts, "to"),
        cc=_all_addresses(parts, "cc"),
        original_from=headers.addresses(parts.header("x-original-from"))
        or headers.addresses(parts.header("x-original-sender")),
        delivered_to=tuple(dict.fromkeys(address for name in _DELIVERED_TO for address in _all_addresses(parts, name))),
        subject=subject,
        text=text,
        reply=replies.reply_text(text),
        html=safe,
        attachments=_attachments(bodies, source),
        flags=Flags(
            auto_reply=automatic.is_auto_reply(parts, subject=subject) or bool(found) or _is_receipt(envelope),
            list=automatic.is_list(parts),
            pec=envelope.kind if envelope else None,
            bounce=found[0] if found else None,
            bulk=automatic.is_bulk(parts),
            no_reply=automatic.takes_no_reply(parts),
        ),
        bounces=found,
        pec=envelope,
        invitations=tuple(event for text_ in bodies.calendars[:5] for event in calendar.invitations(text_)),
        headers=_trace(parts),
        own_mark=parts.header(OWN_MARK).strip()[:64],
        notes=tuple(dict.fromkeys(bodies.notes)),
    )


def _is_receipt(envelope: Pec | None) -> bool:
    return envelope is not None and envelope.kind in pec.RECEIPTS


def _bounces(parts: Parts, envelope: Pec | None, *, subject: str, text: str) -> tuple[Bounce, ...]:
    if envelope is not None:
        return pec.failed_delivery(parts, envelope)
    return bounces.find(parts, subject=subject, human=text)


def _all_addresses(parts: Parts, name: str) -> tuple[Address, ...]:
    found = [address for value in parts.headers.get(name, [])[:20] for address in headers.addresses(value)]
    return tuple(dict.fromkeys(found))[: headers.MAX_ADDRESSES]


def _attachments(bodies: Bodies, source: str) -> tuple[Attachment, ...]:
    attachments: list[Attachment] = []
    for position, (part, name, content) in enumerate(bodies.files, start=1):
        declared = part.media_type if part else "application/octet-stream"
        kind = media_type(content, declared)
        if not name.strip() and declared == "message/rfc822":
            name = _subject_of(content)
        content_id = part.content_id if part else ""
        attachments.append(
            Attachment(
                name=names.clean_name(name, media_type=kind, position=position),
                media_type=kind,
                declared_type=declared,
                sha256=hashlib.sha256(content).hexdigest(),
                content=content,
                content_id=content_id,
                inline=bool(content_id and f"cid:{content_id}" in source),
            )
        )
    return tuple(attachments)


def _subject_of(mail: bytes) -> str:
    """Return a file name for a forwarded mail: its subject."""
    top = mail[:16384].replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].replace(b"\n ", b" ").replace(b"\n\t", b" ")
    for line in top.split(b"\n"):
        if line[:8].lower() == b"subject:":
            subject = headers.decode_header(decode(line[8:])).replace("/", "-").replace("\\", "-")
            return f"{subject[:80]}.eml" if subject else ""
    return ""


def _trace(parts: Parts) -> tuple[tuple[str, str], ...]:
    found = list(headers.authentication_results(parts.headers.get("authentication-results", [])))
    found += [(name, headers.decode_header(parts.header(name))[:500]) for name in _TRACED if parts.header(name).strip()]
    return tuple(found)
