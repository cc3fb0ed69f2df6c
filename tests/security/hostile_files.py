"""Files made to hurt: what their sender hopes for, and whether they are a picture that a page may show."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

SCRIPT = b"<script>alert(document.domain)</script>"
HTML = b"<!DOCTYPE html><html><body>" + SCRIPT + b"</body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + b"\x00" * 44 + b"\x80\x00\x00\x00" + b"\x00" * 64
ELF = b"\x7fELF\x02\x01\x01" + b"\x00" * 60
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600


@dataclass(frozen=True)
class HostileFile:
    """One file as a stranger names and fills it."""

    name: str
    content: bytes
    is_picture: bool = False  # a real picture of a kind that pages show, whatever hides in it or in its name


def png(width: int = 2, height: int = 2, *, tail: bytes = b"") -> bytes:
    """Return a grey PNG; however many points it says, it stays a few kilobytes or megabytes of zeros."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\x00" * (width // 8 + 2)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"") + tail


def gif(*, tail: bytes = b"", width: int = 1) -> bytes:
    picture = struct.pack("<6sHHBBB", b"GIF89a", width, width, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    return picture + b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;" + tail


def jpeg(*, comment: bytes = b"", width: int = 8, height: int = 8) -> bytes:
    said = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + said + frame + b"\xff\xd9"


def webp(*, width: int = 1, height: int = 1) -> bytes:
    body = b"WEBPVP8L" + struct.pack("<IBI", 5, 0x2F, (width - 1) | (height - 1) << 14)
    return b"RIFF" + struct.pack("<I", len(body)) + body + b"\x00"


def zipped(*names: str, content: bytes = b"x", link_to: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if link_to:
                entry.external_attr = 0o120777 << 16
            archive.writestr(entry, link_to or content)
    return file.getvalue()


def bomb() -> bytes:
    """Return 50 KB that would be 50 MB."""
    return zipped("0.txt", content=b"0" * 50_000_000)


_MACRO = zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin", content=OLE)
_SHEET = zipped("[Content_Types].xml", "xl/workbook.xml", "xl/externalLinks/externalLink1.xml")

HOSTILE: list[HostileFile] = [
    # ---- documents that run in a browser, under true and false names ----
    HostileFile("foto.svg", SVG),
    HostileFile("foto.png", SVG),
    HostileFile("foto.svg", b"<?xml version='1.0'?>\n<!-- x -->\n" + SVG),
    HostileFile("foto.svgz", zlib.compress(SVG)),
    HostileFile("foto.svg", b"\xef\xbb\xbf" + SVG),
    HostileFile("pagina.html", HTML),
    HostileFile("pagina.htm", b"   \n\t" + HTML),
    HostileFile("foto.jpg", HTML),
    HostileFile("foto.gif", HTML),
    HostileFile(
        "pagina.xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>"
    ),
    HostileFile("pagina.xml", b'<?xml version="1.0"?><?xml-stylesheet href="//evil.example/x.xsl"?><a/>'),
    HostileFile("entita.xml", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    HostileFile("pagina.mht", b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + HTML),
    HostileFile("pagina.shtml", b'<!--#exec cmd="id" -->'),
    HostileFile("pagina", HTML),
    HostileFile("programma.js", b"alert(1)"),
    HostileFile("programma.mjs", b"export default alert(1)"),
    HostileFile("stile.css", b"*{background:url(//evil.example)}"),
    HostileFile("lavoro.wasm", b"\x00asm\x01\x00\x00\x00"),
    HostileFile("cache.manifest", b"CACHE MANIFEST\n/ //evil.example/"),
    HostileFile("crossdomain.xml", b"<cross-domain-policy><allow-access-from domain='*'/></cross-domain-policy>"),
    HostileFile("film.swf", b"FWS\x09" + b"\x00" * 40),
    # ---- two kinds at once ----
    HostileFile("foto.gif", gif(tail=SCRIPT), is_picture=True),
    HostileFile("foto.html", gif(tail=HTML), is_picture=True),
    HostileFile("foto.js", b"GIF89a/*" + b"\x00" * 8 + b"*/=1;alert(1)"),
    HostileFile("foto.png", png(tail=HTML), is_picture=True),
    HostileFile("foto.php.png", png(tail=b"<?php system($_GET[0]); ?>"), is_picture=True),
    HostileFile("foto.jpg", jpeg(comment=SCRIPT), is_picture=True),
    HostileFile("foto.svg", png(tail=SVG), is_picture=True),
    HostileFile("foto.pdf", PDF + HTML),
    HostileFile("foto.jar", gif(tail=zipped("META-INF/MANIFEST.MF")), is_picture=True),
    HostileFile("fattura.pdf", PDF),
    # ---- pictures that are huge once unpacked, and heads of pictures without one ----
    HostileFile("grande.png", png(20_000, 20_000)),
    HostileFile("grande.gif", gif(width=60_000)),
    HostileFile("grande.jpg", jpeg(width=65_000, height=65_000)),
    HostileFile("grande.webp", webp(width=16_384, height=16_384)),
    HostileFile("niente.png", b"\x89PNG\r\n\x1a\n" + HTML),
    HostileFile("niente.jpg", b"\xff\xd8\xff\xe0" + HTML),
    HostileFile("niente.webp", b"RIFF\x00\x00\x00\x00WEBP" + HTML),
    # ---- programs and documents with programs ----
    HostileFile("fattura.pdf", EXE),
    HostileFile("fattura.pdf.exe", EXE),
    HostileFile("fattura.pdf" + " " * 60 + ".scr", EXE),
    HostileFile("avvio.desktop", b"[Desktop Entry]\nExec=sh -c id\n"),
    HostileFile("avvio.sh", b"#!/bin/sh\nid\n"),
    HostileFile("avvio", ELF),
    HostileFile("avvio.bat", b"@echo off\r\ndel /q *\r\n"),
    HostileFile("avvio.hta", b"<script>new ActiveXObject('WScript.Shell')</script>"),
    HostileFile("collegamento.lnk", b"L\x00\x00\x00\x01\x14\x02\x00" + b"\x00" * 60),
    HostileFile("collegamento.url", b"[InternetShortcut]\r\nURL=file://evil.example/x\r\n"),
    HostileFile("offerta.docm", _MACRO),
    HostileFile("offerta.docx", _MACRO),
    HostileFile("conti.xlsx", _SHEET),
    HostileFile("conti.xls", OLE),
    HostileFile("conti.csv", b"=cmd|' /C calc'!A0,@SUM(1)\r\n"),
    HostileFile("lettera.rtf", b"{\\rtf1{\\object\\objocx{\\*\\objdata 01}}}"),
    # ---- archives ----
    HostileFile("bomba.zip", bomb()),
    HostileFile("annidato.zip", zipped("dentro.zip", content=bomb())),
    HostileFile("fuori.zip", zipped("../../etc/cron.d/x", "/etc/passwd", "..\\..\\x")),
    HostileFile("collegamento.zip", zipped("passwd", link_to="/etc/passwd")),
    # ---- names ----
    HostileFile(".htaccess", b"AddType application/x-httpd-php .txt\n"),
    HostileFile(".ht\u200baccess", b"AddType application/x-httpd-php .txt\n"),
    HostileFile("\u200b.user.ini", b"auto_prepend_file=x\n"),
    HostileFile("../../../../etc/cron.d/corsia", b"* * * * * root id\n"),
    HostileFile("..\\..\\..\\Windows\\x.txt", b"x"),
    HostileFile("/etc/passwd", b"x"),
    HostileFile("foto\u202egnp.exe", EXE),
    HostileFile("fattura.txt\x00.exe", b"x"),
    HostileFile('a"; filename="b.html', HTML),
    HostileFile("a\r\nContent-Type: text/html\r\n\r\n<script>.txt", b"x"),
    HostileFile("%2e%2e%2fetc%2fpasswd.txt", b"x"),
    HostileFile("CON.txt", b"x"),
    HostileFile("file.txt::$DATA", b"x"),
    HostileFile("<img src=x onerror=alert(1)>.txt", b"x"),
    HostileFile("\u3164", b"x"),
    HostileFile("", b"x"),
    HostileFile("...", b"x"),
    HostileFile("x" * 800 + ".txt", b"x"),
    HostileFile("\U000e0041\u2066\u2069.txt", b"x"),
]
