"""winmail.dat: the files and the text that Outlook hides in one attachment that no other program opens."""

import struct

from corsia.connectors.email.parsing.charsets import decode

MAX_FILES = 100
TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SIGNATURE = b"\x78\x9f\x3e\x22"


def is_tnef(content: bytes) -> bool:
    return content.startswith(_SIGNATURE)


def unpack(content: bytes) -> tuple[list[tuple[str, bytes]], str, str]:
    """Return ((name, content) of the files, plain text, HTML) of a winmail.dat; all empty when it is broken.

    The compressed RTF body is left alone: it is the one part of the format that grows when it is unpacked.
    """
    # Imported here: it costs 40 ms, and one mail in thousands needs it.
    from tnefparse import TNEF

    try:
        tnef = TNEF(content, do_checksum=False)
        files = [
            (str(one.long_filename() or one.name or ""), bytes(one.data or b"")) for one in tnef.attachments[:MAX_FILES]
        ]
        text, html = _text(getattr(tnef, "body", None)), _text(getattr(tnef, "htmlbody", None))
    except (
        ValueError,
        TypeError,
        AttributeError,
        NameError,
        LookupError,
        ArithmeticError,
        struct.error,
        AssertionError,
    ):
        # The library has no error of its own and trips over broken files in all these ways, an unset variable among
        # them. The attachment is then kept as it came.
        return [], "", ""
    return files, text, html


def _text(body: object) -> str:
    if isinstance(body, list):
        body = body[0] if body else ""
    if isinstance(body, bytes):
        return decode(body.rstrip(b"\x00"))
    return body.rstrip("\x00") if isinstance(body, str) else ""
