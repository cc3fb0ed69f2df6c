"""Bytes to text, whatever the mail claims about its charset."""

import codecs

# Names seen in real mails, and the superset that really reads them: senders write the name of the small
# set and use the characters of the large one.
_SUPERSETS = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "cp1255",
    "iso-8859-8-e": "cp1255",
    "iso-8859-6-i": "cp1256",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-unknown": "utf-8",
    "unknown-8bit": "utf-8",
    "default": "utf-8",
    "utf8mb4": "utf-8",
    "cp-850": "cp850",
}
# Codecs of Python that are no charset of any mail and that can be made to run for very long.
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_ONE_BYTE_WESTERN = frozenset({"cp1252", "cp1254", "cp1250", "cp850", "mac-roman", "iso8859-15", "iso8859-2"})


def _codec(name: str) -> str:
    """Return the Python codec for a declared charset, or "" when there is none that is safe."""
    wanted = name.strip().strip("\"'<>").lower().replace(" ", "")[:40]
    wanted = _SUPERSETS.get(wanted, wanted)
    try:
        info = codecs.lookup(wanted)
    except (LookupError, ValueError, UnicodeError):
        return ""
    if info.name in _REFUSED or not getattr(info, "_is_text_encoding", True):
        return ""
    return info.name


def _decode_western(data: bytes) -> str:
    # Five bytes have no meaning in cp1252: only they become U+FFFD.
    return data.decode("cp1252", "replace")


def decode(data: bytes, declared: str = "") -> str:
    """Return the text of `data`. Never raises; what cannot be read becomes U+FFFD.

    UTF-8 goes before a western declaration: valid multi-byte UTF-8 is never by chance anything else,
    while mails that say latin-1 and are UTF-8 come in every day.
    """
    if data[:3] == codecs.BOM_UTF8:
        return data[3:].decode("utf-8", "replace")
    if not declared and data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16", "replace")
    codec = _codec(declared) if declared else "utf-8"
    western = codec in _ONE_BYTE_WESTERN or not codec
    for candidate in ("utf-8", codec) if western and b"\x1b" not in data else (codec, "utf-8"):
        if not candidate:
            continue
        try:
            return data.decode(candidate)
        except (UnicodeError, ValueError):
            continue
    if b"\x1b$" in data:  # only the Japanese switch sets by escape
        return data.decode("iso2022_jp_ext", "replace")
    if codec and not western:
        text = data.decode(codec, "replace")
        broken = text.count("\ufffd")
        # A few broken characters among many right ones: the charset is right, and the mail was cut or damaged.
        right = sum(character > "\x7f" for character in text) - broken
        if broken * 3 <= right:
            return text
    return _decode_western(data)
