"""Attachment names that are safe to show and to offer for download, and never empty."""

import unicodedata

_MAX_BYTES = 200  # file systems take 255; leave room for a counter
_EXTENSIONS = {
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/tiff": ".tif",
    "image/svg+xml": ".svg",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/xml": ".xml",
    "video/mp4": ".mp4",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "application/pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/octet-stream": ".bin",
}


def _visible(character: str) -> bool:
    # Cc: control; Cf: zero width and direction overrides ("gpj.exe" shown as "exe.jpg"); Cs, Co, Cn: no character.
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _shorten(name: str) -> str:
    if len(name.encode()) <= _MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        stem, extension = name, ""
    else:
        extension = "." + extension
    kept = stem.encode()[: _MAX_BYTES - len(extension.encode())].decode(errors="ignore")
    return kept.rstrip() + extension


def clean_name(name: str, *, media_type: str, position: int) -> str:
    """Return a name without path, control and zero-width characters; made from type and position when nothing is left.

    Args:
        position: 1 for the first attachment of the mail.
    """
    name = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    name = "".join(character for character in unicodedata.normalize("NFC", name[:2000]) if _visible(character))
    name = " ".join(name.split()).strip(" .'\"") if name.strip(" .'\"") else ""
    if name:
        return _shorten(name)
    extension = _EXTENSIONS.get(media_type, ".bin")
    return f"attachment-{position}{extension}"
