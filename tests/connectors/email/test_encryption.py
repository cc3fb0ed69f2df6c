"""STARTTLS at our own door: with a certificate that is renewed while it runs, demanded when the settings say so."""

import contextlib
import os
import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command

from corsia.config.health import State, findings
from corsia.connectors.email.receiver import Receiver
from corsia.connectors.email.services.encryption import CertificateUnusable, Encryption, expires_at
from corsia.kernel import scope
from corsia.messaging.models import Inbound
from tests.conftest import NOON
from tests.connectors.email.test_receiver import TO, receiving
from tests.factories.messaging import Desk, a_desk, raw_mail


def write_pair(folder: Path, *, name: str = "mail.bellandi.example", ends: datetime | None = None, lock: bytes = b""):
    """Write a self-signed certificate and its key; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(ends or datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    locking = serialization.BestAvailableEncryption(lock) if lock else serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locking)
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    # Two files written within one tick of the file system's clock look alike: the next pair must not.
    later = (folder / "key.pem").stat().st_mtime_ns + 10_000_000 * (len(list(folder.iterdir())) + hash(name) % 97)
    os.utime(folder / "certificate.pem", ns=(later, later))
    return folder / "certificate.pem", folder / "key.pem"


def encrypted(folder: Path, **fields) -> Encryption:
    certificate, key = write_pair(folder, **fields)
    return Encryption(certificate=certificate, key=key)


@pytest.fixture
def desk(transactional_db, group) -> Desk:
    with scope.system("test"):
        return a_desk(group, now=NOON)


@contextlib.contextmanager
def greeted(port: int) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.ehlo()
        yield client


def trusting(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
    context.check_hostname = False
    return context


def shown_name(client: smtplib.SMTP) -> str:
    """Return the name in the certificate that the receiver shows."""
    client.starttls(context=unverified())
    shown = x509.load_der_x509_certificate(client.sock.getpeercert(binary_form=True))
    return shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.django_db(transaction=True)
def test_a_mail_arrives_over_an_encrypted_connection_that_the_sender_verified(desk: Desk, tmp_path) -> None:
    with receiving(encryption=encrypted(tmp_path)) as port, greeted(port) as client:
        client.starttls(context=trusting(tmp_path))
        client.sendmail("giulia.ferri@example.com", TO, raw_mail())

    assert bytes(Inbound.objects.get().raw) == raw_mail()


@pytest.mark.django_db(transaction=True)
def test_who_cannot_encrypt_still_delivers_unless_encryption_is_demanded(desk: Desk, tmp_path) -> None:
    encryption = encrypted(tmp_path)
    with receiving(encryption=encryption) as port, greeted(port) as client:
        assert client.has_extn("starttls")
        client.sendmail("giulia.ferri@example.com", TO, raw_mail())
    with receiving(encryption=encryption, requires_tls=True) as port:
        with greeted(port) as client:
            assert client.docmd("MAIL", "FROM:<giulia.ferri@example.com>")[0] == 530
        with greeted(port) as client:
            client.starttls(context=trusting(tmp_path))
            client.sendmail("giulia.ferri@example.com", TO, raw_mail(header_id="<second@x>"))
    with receiving() as port, greeted(port) as client:
        assert not client.has_extn("starttls")

    assert Inbound.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_never(desk: Desk, tmp_path) -> None:
    with receiving(encryption=encrypted(tmp_path, name="old.example")) as port:
        with greeted(port) as client:
            assert shown_name(client) == "old.example"
        write_pair(tmp_path, name="new.example")
        with greeted(port) as client:
            assert shown_name(client) == "new.example"
        (tmp_path / "certificate.pem").write_text("half writ")
        with greeted(port) as client:
            assert shown_name(client) == "new.example"
        (tmp_path / "certificate.pem").unlink()
        with greeted(port) as client:
            assert shown_name(client) == "new.example"
        write_pair(tmp_path, name="newest.example")
        with greeted(port) as client:
            assert shown_name(client) == "newest.example"


@pytest.mark.django_db(transaction=True)
def test_every_connection_is_counted_once_whatever_becomes_of_its_encryption(desk: Desk, tmp_path) -> None:
    """A count that only grows would end in "too busy" for everybody."""
    before = Receiver.open_connections
    with receiving(encryption=encrypted(tmp_path)) as port:
        with greeted(port) as client:
            client.starttls(context=trusting(tmp_path))
            client.ehlo()
            assert Receiver.open_connections == before + 1
        with greeted(port) as client:
            client.docmd("STARTTLS")
            client.sock.sendall(b"this is no handshake\r\n" * 20)  # the receiver hangs up
            with contextlib.suppress(OSError):
                assert client.sock.recv(4096) is not None
        with greeted(port) as client, pytest.raises(ssl.SSLError):
            client.starttls(context=ssl.create_default_context())  # does not trust us
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.recv(100)
        with greeted(port):
            pass

    assert Receiver.open_connections == before


@pytest.mark.django_db(transaction=True)
def test_what_is_slipped_in_before_the_encryption_does_not_count_after_it(desk: Desk, tmp_path) -> None:
    with receiving(encryption=encrypted(tmp_path)) as port, socket.create_connection(("127.0.0.1", port)) as plain:
        plain.settimeout(20)
        plain.recv(1000)
        plain.sendall(b"HELO x\r\n")
        plain.recv(1000)
        plain.sendall(b"STARTTLS\r\nMAIL FROM:<evil@example.net>\r\n")
        assert plain.recv(1000).startswith(b"220")
        with contextlib.suppress(ssl.SSLError, OSError), trusting(tmp_path).wrap_socket(plain) as safe:
            safe.sendall(f"EHLO y\r\nRCPT TO:<{TO}>\r\n".encode())
            said = b""
            while b"\r\n503" not in said and b"RCPT" not in said and len(said) < 4000:
                said += safe.recv(4000)
            assert b"503" in said  # no MAIL was ever said

    assert Inbound.objects.count() == 0


@pytest.mark.parametrize("wrong", ["missing", "junk", "other key", "locked"])
def test_files_that_cannot_be_used_are_named_and_nothing_starts(tmp_path, settings, wrong: str) -> None:
    certificate, key = write_pair(tmp_path, lock=b"secret" if wrong == "locked" else b"")
    if wrong == "missing":
        key.unlink()
    elif wrong == "junk":
        certificate.write_text("no certificate")
    elif wrong == "other key":
        other = tmp_path / "other"
        other.mkdir()
        key.write_bytes(write_pair(other)[1].read_bytes())
    settings.RECEIVER_CERTIFICATE, settings.RECEIVER_KEY = str(certificate), str(key)

    with pytest.raises(CommandError, match=r"cannot be used: .*(certificate|key)\.pem") as refusal:
        call_command("smtp", port=0)

    assert "Check CORSIA_RECEIVER_CERTIFICATE" in str(refusal.value)
    with pytest.raises(CertificateUnusable):
        Encryption(certificate=certificate, key=key)


def test_encryption_cannot_be_demanded_without_a_certificate(settings) -> None:
    settings.RECEIVER_REQUIRES_TLS = True

    with pytest.raises(CommandError, match="there is no certificate"):
        call_command("smtp", port=0)


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (timedelta(days=15), State.OK),
        (timedelta(days=14), State.WARN),
        (timedelta(seconds=1), State.WARN),
        (timedelta(0), State.BAD),
        (-timedelta(days=3), State.BAD),
    ],
)
def test_the_doctor_warns_fourteen_days_before_the_end(db, tmp_path, settings, left: timedelta, state: State) -> None:
    certificate, _key = write_pair(tmp_path, ends=NOON + left)
    settings.RECEIVER_CERTIFICATE = str(certificate)

    [found] = [each for each in findings(now=NOON) if "SMTP" in each.name]

    assert expires_at(certificate) == NOON + left
    assert found.state is state
    assert (NOON + left).date().isoformat() in found.detail
    assert bool(found.advice) == (state is not State.OK)


def test_the_doctor_says_when_the_file_is_gone_and_nothing_where_none_is_used(db, tmp_path, settings) -> None:
    assert not [each for each in findings(now=NOON) if "SMTP" in each.name]
    settings.RECEIVER_CERTIFICATE = str(tmp_path / "gone.pem")

    [found] = [each for each in findings(now=NOON) if "SMTP" in each.name]
    assert found.state is State.BAD
    assert "gone.pem" in found.detail
