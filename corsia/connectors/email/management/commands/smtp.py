"""`corsia smtp`: receive mail."""

import asyncio
import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from corsia.connectors.email.receiver import listen
from corsia.connectors.email.services.encryption import CertificateUnusable, Encryption


class Command(BaseCommand):
    help = "Receive mail for the mailboxes of the units. Each mail is on disk before it is acknowledged."
    requires_system_checks: list[str] = []  # it must be back at once after a restart; the web checks everything

    def add_arguments(self, parser: CommandParser) -> None:
        host, port = settings.SMTP_RECEIVER
        parser.add_argument("--host", default=host, help=f"address to listen on ({host})")
        parser.add_argument("--port", type=int, default=port, help=f"port to listen on ({port})")

    def handle(self, *_: Any, **options: Any) -> None:
        encryption = _encryption()
        try:
            asyncio.run(self._run(options["host"], options["port"], encryption))
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} on {options['host']} cannot be opened ({error.strerror or error}). "
                "Another program may use it: stop that one, or choose another port with --port."
            ) from error

    async def _run(self, host: str, port: int, encryption: Encryption | None) -> None:
        stop, ready = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        receiving = asyncio.create_task(
            listen(
                host=host,
                port=port,
                max_bytes=settings.MAX_MAIL_BYTES,
                encryption=encryption,
                requires_tls=settings.RECEIVER_REQUIRES_TLS,
                ready=ready,
                stop=stop,
            )
        )
        announced = asyncio.create_task(ready.wait())
        await asyncio.wait({receiving, announced}, return_when=asyncio.FIRST_COMPLETED)
        if ready.is_set():
            self.stdout.write(f"Receiving mail on {host}:{port}{' with STARTTLS' if encryption else ''}")
            self.stdout.flush()
        announced.cancel()
        await receiving


def _encryption() -> Encryption | None:
    """Return the certificate that the settings name, None when they name none."""
    certificate, key = settings.RECEIVER_CERTIFICATE, settings.RECEIVER_KEY
    if not certificate and not key:
        if settings.RECEIVER_REQUIRES_TLS:
            raise CommandError(
                "CORSIA_RECEIVER_REQUIRE_TLS is on, but there is no certificate. Name one in "
                "CORSIA_RECEIVER_CERTIFICATE and CORSIA_RECEIVER_KEY, or switch it off."
            )
        return None
    try:
        return Encryption(certificate=Path(certificate), key=Path(key or certificate))
    except CertificateUnusable as problem:
        raise CommandError(
            f"The certificate of the receiver cannot be used: {problem}. Check CORSIA_RECEIVER_CERTIFICATE and "
            "CORSIA_RECEIVER_KEY: two PEM files that this user may read and that belong together."
        ) from problem
