"""A server: keys from the environment, cookies only over HTTPS. Start-up fails when one is missing."""

import os

from corsia.config.settings.base import *  # noqa: F403

SECRET_KEY = os.environ["CORSIA_SECRET_KEY"]
CORSIA_FIELD_KEYS = os.environ["CORSIA_FIELD_KEYS"].split(",")  # newest first: old values stay readable
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
