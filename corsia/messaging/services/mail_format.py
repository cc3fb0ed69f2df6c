"""What an outgoing row looks like on the wire: headers, plain text, and an HTML part in a layout of our own."""

import re
from collections.abc import Sequence
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.html import escape, urlize

from corsia.messaging.models import Outgoing
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.rules.reply_marks import own_mark, reply_address
from corsia.messaging.rules.templates import one_line
from corsia.messaging.vocabulary import TO_COLLEAGUES, SentReason

_LAYOUT = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
    '<body style="margin:0;padding:24px 16px;background:#f5f6f8;color:#131926;'
    'font:15px/1.55 -apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif">'
    '<div style="max-width:600px;margin:0 auto;padding:24px 28px;background:#ffffff;border:1px solid #e5e8ee;'
    'border-radius:8px">{paragraphs}</div></body></html>'
)


def wire_mail(
    row: Outgoing, *, files: Sequence[NewFile], language: str, connection: BaseEmailBackend | None
) -> EmailMultiAlternatives:
    """Return the mail of an outgoing row.

    The envelope sender carries the case's mark, so that even a bounce without any reference finds its case.
    """
    if row.mailbox is None and row.reason not in TO_COLLEAGUES:
        raise ValueError("An outgoing mail without mailbox cannot be written.")
    name, address = (
        (one_line(row.mailbox.name), row.mailbox.address) if row.mailbox else parseaddr(settings.DEFAULT_FROM_EMAIL)
    )
    case_id = row.message.case_id if row.message else None
    marked = reply_address(address, case_id) if case_id else address
    text = row.secret_body or row.body
    headers = {
        "From": formataddr((name, address)),
        "Message-ID": f"<{row.header_id}>",
        "Reply-To": formataddr((name, marked)),
    }
    if row.in_reply_to:
        headers["In-Reply-To"] = f"<{one_line(row.in_reply_to)}>"
    if row.references:
        headers["References"] = " ".join(f"<{one_line(each)}>" for each in row.references.split())
    if row.reason != SentReason.REPLY:
        # Robots must not answer robots (RFC 3834), Exchange included. By the mark we know it again should it come back.
        headers["Auto-Submitted"] = "auto-replied" if row.reason == SentReason.ACKNOWLEDGEMENT else "auto-generated"
        headers["X-Auto-Response-Suppress"] = "All"
        headers["X-Corsia-Reason"] = row.reason
        headers["X-Corsia-Mark"] = own_mark(row.header_id)
    if row.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{one_line(row.unsubscribe_url)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=one_line(row.subject),
        body=text,
        from_email=marked,
        to=[formataddr((one_line(row.to_name), row.to_address)) if row.to_name else row.to_address],
        cc=row.cc_addresses.split(),
        headers=headers,
        connection=connection,
    )
    mail.attach_alternative(html_part(text, language=language), "text/html")
    for file in files:
        mail.attach(file.name, file.content, file.media_type)
    return mail


def html_part(text: str, *, language: str) -> str:
    """Return plain text as a small HTML page: every character escaped, links clickable, paragraphs kept."""
    blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    paragraphs = "".join(
        f'<p style="margin:0 0 14px">{urlize(escape(block), nofollow=False).replace(chr(10), "<br>")}</p>'
        for block in blocks
    )
    return _LAYOUT.format(language="en" if language == "en" else "it", paragraphs=paragraphs)
