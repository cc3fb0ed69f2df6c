"""This machine: a desk, a demonstration, a developer. Keys are made once and kept under var/."""

import os

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key

from corsia.config.settings.base import *  # noqa: F403
from corsia.config.settings.base import VAR

VAR.mkdir(parents=True, exist_ok=True)


def _kept(name: str, made: str) -> str:
    path = VAR / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(made)
    return path.read_text()


# A port forwarded to this desk ends here; nobody else can reach it by a loopback address.
CORSIA_TRUSTED_PROXIES = [name for name in os.environ.get("CORSIA_TRUSTED_PROXIES", "127.0.0.1,::1").split(",") if name]
SECRET_KEY = _kept("secret_key", get_random_secret_key())
CORSIA_FIELD_KEYS = [_kept("field_key", Fernet.generate_key().decode())]
