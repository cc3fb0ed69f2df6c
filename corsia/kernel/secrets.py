"""Text encrypted with a key that is not in the database, and a model field of it."""

from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CORSIA_FIELD_KEYS])


def encrypted(text: str) -> str:
    """Return the text as only the running application can read it."""
    return _box().encrypt(text.encode()).decode("ascii")


def decrypted(secret: str) -> str:
    """Return what `encrypted` was given."""
    return _box().decrypt(secret.encode("ascii")).decode()


class EncryptedTextField(models.BinaryField):  # type: ignore[type-arg]  # not generic when it runs
    """Text that only the running application can read: passwords of mailboxes, keys of providers."""

    def get_prep_value(self, value: str | None) -> Any:
        return None if value is None else _box().encrypt(value.encode())

    def from_db_value(self, value: Any, *_: Any) -> str | None:
        return None if value is None else _box().decrypt(bytes(value)).decode()

    def to_python(self, value: Any) -> Any:
        return value
