"""Tests: the same database engine, fast passwords, mail kept in memory."""

import os

from corsia.config.settings.base import *  # noqa: F403
from corsia.config.settings.base import DATABASES, STORAGES, VAR

SECRET_KEY = "only-for-tests"  # noqa: S105
CORSIA_FIELD_KEYS = ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # what processes started by a test expect
]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CORSIA_LOG_READINGS = False  # counts of statements are the pages' own; tests/privacy/test_readings.py switches it on
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
DATABASES["default"]["TEST"] = {"NAME": "test_corsia" + os.environ.get("CORSIA_TEST_SUFFIX", "")}
DATABASES["default"]["OPTIONS"].pop("pool", None)
# Who waits for a lock longer than any test may says so, and tests/who_waits.py who holds it.
_options = DATABASES["default"]["OPTIONS"].get("options", "")
DATABASES["default"]["OPTIONS"]["options"] = f"{_options} -c lock_timeout=90s".strip()
DATABASES["default"]["CONN_MAX_AGE"] = 0  # a worker run inside a test must not keep the test database in use
_process = os.environ.get("CORSIA_TEST_SUFFIX", "") + os.environ.get("PYTEST_XDIST_WORKER", "")
WAREHOUSE = VAR / f"warehouse_test{_process}"
