"""What every way of running shares. Values of one machine come from the environment; see docs/operations.md."""

import os
from pathlib import Path

import allauth
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from corsia.config.database import database_settings

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "corsia"
VAR = Path(os.environ.get("CORSIA_VAR", ROOT / "var"))
WAREHOUSE = Path(
    os.environ.get("CORSIA_WAREHOUSE", VAR / "warehouse")
)  # the numbers' own files, made from the database
DELIVERIES = Path(os.environ.get("CORSIA_DELIVERIES", VAR / "deliveries"))  # folders of dealers' systems
WAREHOUSE_THREADS = int(os.environ.get("CORSIA_WAREHOUSE_THREADS", "2"))
WAREHOUSE_MEMORY = os.environ.get("CORSIA_WAREHOUSE_MEMORY", "1GB")  # of each process that reads or writes numbers
NODE = ROOT / "node_modules"

DEBUG = False
ALLOWED_HOSTS = [host for host in os.environ.get("CORSIA_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if host]
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("CORSIA_ORIGINS", "").split(",") if origin]
# Addresses or networks of our proxies, and the one header in which they name the client: from nobody else is a header
# about the client's address or scheme read (the first middleware takes it away).
CORSIA_TRUSTED_PROXIES = [name for name in os.environ.get("CORSIA_TRUSTED_PROXIES", "").split(",") if name]
CORSIA_PROXY_HEADER = os.environ.get("CORSIA_PROXY_HEADER", "x-forwarded-for").lower()
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
PUBLIC_URL = os.environ.get("CORSIA_PUBLIC_URL", "http://127.0.0.1:8000")
CORSIA_SUBSCRIPTIONS = "corsia.config.subscriptions.SUBSCRIPTIONS"
CORSIA_DATASETS = "corsia.config.datasets.DATASETS"
CORSIA_PANELS = "corsia.config.panels.PANELS"
CORSIA_RAIL = "corsia.config.rail.RAIL"
CORSIA_WORKLOAD = "corsia.config.ports.WORKLOAD"
CORSIA_POST = "corsia.config.ports.POST"
CORSIA_NOTICE_KINDS = "corsia.config.notice_kinds.NOTICE_KINDS"
CORSIA_CASES_CLOSING = "corsia.config.ports.CLOSING"
CORSIA_IMPROVEMENT_CRITICALITIES = "corsia.config.ports.CRITICALITIES"
CORSIA_IMPROVEMENT_OUTCOMES = "corsia.config.ports.OUTCOMES"
CORSIA_IMPROVEMENT_TOUCHPOINTS = "corsia.config.ports.TOUCHPOINTS"
CORSIA_CUSTOMERS_SEGMENTS = "corsia.config.ports.SEGMENTS"
CORSIA_LISTENING_DIALLER = "corsia.config.ports.DIALLER"
CORSIA_KNOWLEDGE_PROCESSES = "corsia.config.ports.PROCESSES"

# Procrastinate finds the tasks of every context in its jobs.py; the kernel's own stand in named modules.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_IMPORT_PATHS = ["corsia.kernel.facts", "corsia.kernel.audit", "corsia.kernel.maintenance"]

# A sandbox: nothing leaves the machine, every outgoing message lands on a page that shows it.
SANDBOX = os.environ.get("CORSIA_SANDBOX", "") == "1"

ROOT_URLCONF = "corsia.config.urls"
ASGI_APPLICATION = "corsia.config.asgi.application"
AUTH_USER_MODEL = "organisation.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "anymail",
    "procrastinate.contrib.django",
    "corsia.kernel",
    "corsia.ui",
    "corsia.organisation",
    "corsia.vehicles",
    "corsia.knowledge",
    "corsia.customers",
    "corsia.cases",
    "corsia.messaging",
    "corsia.conversations",
    "corsia.listening",
    "corsia.improvement",
    "corsia.workshop",
    "corsia.privacy",
    "corsia.analytics",
    "corsia.connectors.email",
    "corsia.connectors.whatsapp",
    "corsia.connectors.sms",
    "corsia.connectors.telegram",
    "corsia.connectors.meta",
    "corsia.connectors.webchat",
    "corsia.connectors.telephony",
    "corsia.connectors.dms",
    "corsia.portal",
    "corsia.config",
]

MIDDLEWARE = [
    "corsia.kernel.client_address.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "corsia.organisation.middleware.PersonMiddleware",
    "corsia.ui.uploads.UploadMiddleware",
    "corsia.ui.middleware.RefusalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the apps: our sign-in pages take the place of allauth's.
        "DIRS": [PACKAGE / "ui" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "corsia.ui.templatetags.ui",
                "django.templatetags.static",
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "django.templatetags.tz",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "corsia.organisation.web.shell.shell",
            ],
        },
    }
]

# Who looked at whose data is written down with each page that shows any; see kernel/reading.py.
CORSIA_LOG_READINGS = True

# The role of the web processes, behind row security; `corsia web` sets it where the database has it.
CORSIA_APP_ROLE = os.environ.get("CORSIA_APP_ROLE", "")
DATABASES = {"default": database_settings(VAR)}
# allauth counts failed sign-ins in the cache: in memory, each process would count for itself.
CACHES = {"default": {"BACKEND": "corsia.kernel.cache.SharedCache"}}
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# ---- sign-in: by e-mail, nobody signs up by themselves ----
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses are entered by an administrator
ACCOUNT_ADAPTER = "corsia.organisation.web.sign_in.StaffAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers who ask for a password get no mail, and the same answer
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "5/30m/ip,5/30m/key", "reset_password": "2/h/key,20/h/ip"}
# allauth's own writes its copy of the person's address when anybody opens a link with their number.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105  (a class)
MFA_ADAPTER = "corsia.organisation.web.sign_in.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Corsia"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
USERSESSIONS_TRACK_ACTIVITY = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "corsia.ui.middleware.csrf_failure"

LANGUAGE_CODE = "it"
LANGUAGES = [("it", _("Italian")), ("en", _("English"))]
TIME_ZONE = "Europe/Rome"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["corsia.config.formats"]

# ---- assets: an allow-list of files from node_modules, no bundler ----
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("CORSIA_STATIC", ROOT / "staticfiles"))
STATICFILES_DIRS = [PACKAGE / "ui" / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder", "corsia.ui.assets.NodeFinder"]
NODE_ASSETS = {  # public path: file in node_modules
    "vendor/tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "vendor/bootstrap/bootstrap.bundle.min.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "vendor/bootstrap/bootstrap.bundle.min.js.map": "bootstrap/dist/js/bootstrap.bundle.min.js.map",
    "vendor/htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/sortable/Sortable.min.js": "sortablejs/Sortable.min.js",
    "vendor/ec/event-calendar.min.css": "@event-calendar/build/dist/event-calendar.min.css",
    "vendor/ec/event-calendar.min.js": "@event-calendar/build/dist/event-calendar.min.js",
    "vendor/ec/event-calendar.min.js.map": "@event-calendar/build/dist/event-calendar.min.js.map",
    "vendor/inter/inter-latin-wght-normal.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
}
# Passkeys and recovery codes: the scripts of allauth's own pages, out of its package.
_ALLAUTH = Path(allauth.__file__).parent
for _app, _script in (("account", "onload"), ("mfa", "webauthn-json"), ("mfa", "webauthn"), ("mfa", "recovery_codes")):
    NODE_ASSETS[f"{_app}/js/{_script}.js"] = str(_ALLAUTH / _app / "static" / _app / "js" / f"{_script}.js")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "corsia.ui.assets.AssetStorage"},
}
MEDIA_ROOT = VAR / "media"  # nothing is stored there: blobs live in the database
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", "woff2", "png", "jpg", "jpeg", "webp", "zip", "gz", "br")

# ---- headers: no nonce, no unsafe-*, no third-party host ----
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Tabler's stylesheet embeds its chevrons as data:
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "media-src": [SELF],
        "frame-src": [SELF],  # the sandboxed frame that shows the HTML of a mail
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Hosts ("idp.intern:8443") that our own requests may reach although they are not on the public internet.
FETCH_ALLOWED = frozenset(filter(None, os.environ.get("CORSIA_FETCH_ALLOW", "").lower().split(",")))
# Where the providers of channels are asked; another address takes one that speaks the same way.
WHATSAPP_API = os.environ.get("CORSIA_WHATSAPP_API", "https://graph.facebook.com/v23.0")
MESSENGER_API = os.environ.get("CORSIA_MESSENGER_API", "https://graph.facebook.com/v23.0")
INSTAGRAM_API = os.environ.get("CORSIA_INSTAGRAM_API", "https://graph.instagram.com/v23.0")
TELEGRAM_API = os.environ.get("CORSIA_TELEGRAM_API", "https://api.telegram.org")
VOICE_API = os.environ.get("CORSIA_VOICE_API", "https://api.twilio.com")
SMS_API = os.environ.get("CORSIA_SMS_API", "https://api.twilio.com")
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
MAX_UPLOAD_BYTES = 32 * 1024 * 1024  # of one request: 20 MB of files and the longest texts leave room
DATA_UPLOAD_MAX_MEMORY_SIZE = 30 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# ---- mail out: SMTP, or any provider that django-anymail knows ----
EMAIL_BACKEND = os.environ.get("CORSIA_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = os.environ.get("CORSIA_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = int(os.environ.get("CORSIA_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("CORSIA_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("CORSIA_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("CORSIA_SMTP_TLS", "") == "1"
EMAIL_TIMEOUT = 30
MAIL_FROM = os.environ.get("CORSIA_MAIL_FROM", "")  # sender of mails about accounts; "": the mailbox of the unit
# Mails about accounts wait in our outbox like all others; EMAIL_BACKEND is what empties it.
ACCOUNT_MAIL_BACKEND = "corsia.messaging.web.account_mail.OutboxBackend"
MAIL_DOMAIN = os.environ.get("CORSIA_MAIL_DOMAIN", "corsia.example")  # right part of our Message-IDs
DEFAULT_FROM_EMAIL = MAIL_FROM or f"Corsia <corsia@{MAIL_DOMAIN}>"
SMTP_RECEIVER = (
    os.environ.get("CORSIA_RECEIVER_HOST", "127.0.0.1"),
    int(os.environ.get("CORSIA_RECEIVER_PORT", "8025")),
)
# The receiver's certificate for STARTTLS: PEM files, read again when they change.
RECEIVER_CERTIFICATE = os.environ.get("CORSIA_RECEIVER_CERTIFICATE", "")
RECEIVER_KEY = os.environ.get("CORSIA_RECEIVER_KEY", "")  # "": the key stands in the same file
RECEIVER_REQUIRES_TLS = os.environ.get("CORSIA_RECEIVER_REQUIRE_TLS", "") == "1"
MAX_MAIL_BYTES = 40 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "corsia": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "procrastinate": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
