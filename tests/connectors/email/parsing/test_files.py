"""Names and types of attachments: safe to show, and true."""

import io
import zipfile

import pytest

from corsia.connectors.email.parsing.media_type import media_type
from corsia.connectors.email.parsing.names import clean_name


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("fattura.pdf", "fattura.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Documenti\\fattura.pdf", "fattura.pdf"),
        ("foto\u202egnp.exe", "fotognp.exe"),
        ("a\u200b.ht\u200daccess", "a.htaccess"),
        (".htaccess", "htaccess"),
        ("riga\r\nrotta\x00.txt", "rigarotta.txt"),
        ("  doppio   spazio.pdf ", "doppio spazio.pdf"),
        ("citta\u0300.pdf", "città.pdf"),
        ("", "attachment-3.pdf"),
        ("/", "attachment-3.pdf"),
        ("\u200b\u200b", "attachment-3.pdf"),
        ("...", "attachment-3.pdf"),
    ],
)
def test_a_name_is_never_a_path_never_invisible_never_empty(written: str, shown: str) -> None:
    assert clean_name(written, media_type="application/pdf", position=3) == shown


def test_a_long_name_keeps_its_extension() -> None:
    name = clean_name("è" * 500 + ".pdf", media_type="application/pdf", position=1)

    assert name.endswith("è.pdf")
    assert len(name.encode()) <= 200


def _zip(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, "0" * 100)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "declared", "kind"),
    [
        (b"%PDF-1.7", "image/png", "application/pdf"),
        (b"\n\njunk %PDF-1.7", "text/plain", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "application/pdf", "image/png"),
        (b"<html><script>", "image/png", "text/html"),
        (b"  <!DOCTYPE HTML>", "text/plain", "text/html"),
        (b"<svg xmlns='x'>", "image/png", "image/svg+xml"),
        (b"<?xml version='1.0'?><svg>", "image/png", "image/svg+xml"),
        (b"<?xml version='1.0'?><a/>", "text/plain", "application/xml"),
        (b"a;b\n1;2", "text/csv", "text/csv"),
        (b"a;b\n1;2", "image/png", "text/plain"),
        (b"a;b", "text/html", "text/plain"),
        (b"BEGIN:VCALENDAR", "text/plain", "text/calendar"),
        (b"MZ\x00\x00\x01\x02\x03\x04" * 20, "image/png", "application/x-msdownload"),
        (b"\x00\x01\x02", "image/png", "application/octet-stream"),
        (b"\x30\x80\x06", "application/pkcs7-mime", "application/pkcs7-mime"),
        (b"", "image/png", "application/octet-stream"),
        (_zip("a.txt"), "image/png", "application/zip"),
        (
            _zip("word/document.xml"),
            "application/octet-stream",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ],
)
def test_the_type_comes_from_the_content(content: bytes, declared: str, kind: str) -> None:
    assert media_type(content, declared) == kind
