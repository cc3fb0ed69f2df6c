"""Say which port is taken before anything starts."""

import socket

from django.core.management.base import CommandError


def demand_free(port: int, *, what: str, option: str, host: str = "127.0.0.1") -> None:
    """Raise a CommandError that names the taken port and the option that chooses another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise CommandError(
                f"Port {port} ({what}) is taken by another program. Stop it, or choose another port with "
                f"{option}, for example {option} {port + 10}."
            ) from None
