"""The type of an attachment, read from its content: what the sender declares is only a hint."""

import re

import filetype

_TEXT_STARTS = (
    (re.compile(rb"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE), "text/html"),
    (
        re.compile(rb"\s*<\?xml[^>]*>\s*(?:<!--.{0,500}?-->\s*)?(?:<!DOCTYPE svg|<svg)", re.IGNORECASE | re.DOTALL),
        "image/svg+xml",
    ),
    (re.compile(rb"\s*<svg[\s>]", re.IGNORECASE), "image/svg+xml"),
    (re.compile(rb"\s*<\?xml\s", re.IGNORECASE), "application/xml"),
    (re.compile(rb"\s*BEGIN:VCALENDAR", re.IGNORECASE), "text/calendar"),
    (re.compile(rb"\s*BEGIN:VCARD", re.IGNORECASE), "text/vcard"),
)
_PDF_WITHIN = 1024  # Adobe readers accept leading junk up to here, so must we
# Text that only its declaration can tell from plain text, and that no browser runs.
_HINTED_TEXT = frozenset({
    "text/csv", "text/rtf", "text/markdown", "text/tab-separated-values", "application/json", "message/rfc822",
    "message/delivery-status", "text/rfc822-headers", "message/feedback-report", "message/disposition-notification",
    "application/pgp-signature", "application/pgp-keys", "text/x-diff", "text/x-patch",
})  # fmt: skip
# Binary kinds without a signature of their own.
_HINTED_BINARY = frozenset({
    "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pkcs7-mime",
    "application/x-pkcs7-mime", "application/ms-tnef",
    "application/vnd.ms-outlook", "application/timestamp-reply", "application/pkcs7-tsd",
})  # fmt: skip
_OFFICE = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)
    return controls <= len(head) // 100


def media_type(content: bytes, declared: str) -> str:
    """Return the media type of `content`; nothing is unpacked, only the first kilobytes are looked at.

    Args:
        declared: lower-case type from the mail; believed only where the content cannot contradict it.
    """
    head = content[:8192]
    if not head:
        return declared if declared in _HINTED_TEXT else "application/octet-stream"
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return "application/pdf"
    for start, kind in _TEXT_STARTS:
        if start.match(head):
            return kind
    text = _is_text(head)
    if text and declared in _HINTED_TEXT:
        return declared
    kind = filetype.guess_mime(head)
    if kind == "application/zip":
        return next((office for folder, office in _OFFICE.items() if folder in head), "application/zip")
    if kind:
        return str(kind)
    if text:
        return "text/plain"
    return declared if declared in _HINTED_BINARY else "application/octet-stream"
