"""The certificate of our SMTP receiver: read, renewed while it runs, and looked at before it expires."""

import logging
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

logger = logging.getLogger("corsia.smtp")


class CertificateUnusable(Exception):
    """The certificate or its key cannot be used; the sentence says why."""


@dataclass(frozen=True)
class _Seen:
    """How the two files looked when they were read: another time or size means that somebody renewed them."""

    certificate: tuple[int, int]
    key: tuple[int, int]


class Encryption:
    """Certificate and key of the receiver, in the PEM files that renewing programs write.

    Each new connection gets the newest pair that works, so that a renewed certificate needs no restart. A pair that
    does not work, or is only half written yet, leaves the one before it in use.

    Raises:
        CertificateUnusable: on construction, when the files cannot be used at all.
    """

    def __init__(self, *, certificate: Path, key: Path) -> None:
        self._certificate, self._key = certificate, key
        self._seen = self._look()
        self._context = self._read()

    def context(self) -> ssl.SSLContext:
        """Return the context for a connection that begins now."""
        try:
            seen = self._look()
            if seen != self._seen:
                # Remembered even when it does not work: the same broken pair is tried and logged once.
                self._seen = seen
                self._context = self._read()
                logger.info("The certificate was renewed.")
        except CertificateUnusable as problem:
            logger.warning("The certificate in use stays: %s", problem)
        return self._context

    def _look(self) -> _Seen:
        return _Seen(*(_looks(path) for path in (self._certificate, self._key)))

    def _read(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except (ssl.SSLError, ValueError, OSError) as error:
            raise CertificateUnusable(f"{self._certificate} with {self._key}: {error}") from error
        return context


def expires_at(certificate: Path) -> datetime:
    """Return when the first of the certificates in a PEM file expires.

    Raises:
        CertificateUnusable: the file is missing or holds no certificate.
    """
    try:
        found = x509.load_pem_x509_certificates(certificate.read_bytes())
    except (ValueError, OSError) as error:
        raise CertificateUnusable(f"{certificate}: {error}") from error
    return min(one.not_valid_after_utc for one in found)


def _looks(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except OSError as error:
        raise CertificateUnusable(f"{path}: {error.strerror or error}") from error
    return state.st_mtime_ns, state.st_size


def _no_password() -> str:
    # Without this, OpenSSL asks at the terminal, and a service waits for ever.
    raise ValueError("the key is locked with a password; store it without one, readable by this service alone")
