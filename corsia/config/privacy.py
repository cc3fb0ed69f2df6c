"""The privacy classes of the tables that libraries bring: sign-in, sessions, jobs."""

from django.utils.translation import gettext_lazy as _

from corsia.kernel.own_privacy import SECURITY, SHORT
from corsia.kernel.privacy import Class, Erase, Kind, Table, Term, Whose, declare, each, plain
from corsia.organisation.privacy import EMPLOYMENT

SESSIONS = Term(key="sessions", title=_("Ended sessions"), days=30, counts_from=_("the end of the session"))

_account = Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=EMPLOYMENT, whose=Whose.STAFF)
_address = Class(kind=Kind.CONTACT, purpose=SECURITY, kept=EMPLOYMENT, whose=Whose.STAFF)
_session = Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=SESSIONS, erase=Erase.DELETE, whose=Whose.STAFF)
# Jobs carry ids only (kernel/jobs.py), so nobody can be read out of them.
_job = Class(kind=Kind.TECHNICAL, purpose=SECURITY, kept=SHORT, whose=Whose.STAFF)

declare(
    Table(
        model="auth.Permission",
        title=_("Django's permissions, not in use"),
        fields=plain("id", "name", "content_type", "codename"),
    ),
    Table(
        model="auth.Group_permissions",
        title=_("Django's permissions, not in use"),
        fields=plain("id", "group", "permission"),
    ),
    Table(
        model="auth.Group",
        title=_("Django's permissions, not in use"),
        fields=plain("id", "name"),
    ),
    Table(
        model="contenttypes.ContentType",
        title=_("Names of tables"),
        fields=plain("id", "app_label", "model"),
    ),
    Table(
        model="sessions.Session",
        title=_("Sessions"),
        ages_from="expire_date",
        fields=each(_session, "session_key", "session_data", "expire_date"),
    ),
    Table(
        model="account.EmailAddress",
        title=_("Addresses to sign in with"),
        fields={**plain("id"), **each(_account, "user", "verified", "primary"), "email": _address},
    ),
    Table(
        model="account.EmailConfirmation",
        title=_("Confirmations of addresses"),
        fields={**plain("id"), **each(_account, "email_address", "created", "sent", "key")},
    ),
    Table(
        model="mfa.Authenticator",
        title=_("Second factors"),
        fields={**plain("id"), **each(_account, "user", "type", "data", "created_at", "last_used_at")},
    ),
    Table(
        model="socialaccount.SocialApp",
        title=_("Sign-in by the company's account"),
        fields=plain("id", "provider", "provider_id", "name", "client_id", "secret", "key", "settings"),
    ),
    Table(
        model="socialaccount.SocialAccount",
        title=_("Sign-in by the company's account"),
        fields={
            **plain("id", "provider"),
            **each(_account, "user", "uid", "last_login", "date_joined", "extra_data"),
        },
    ),
    Table(
        model="socialaccount.SocialToken",
        title=_("Sign-in by the company's account"),
        fields={**plain("id", "app"), **each(_account, "account", "token", "token_secret", "expires_at")},
    ),
    Table(
        model="usersessions.UserSession",
        title=_("Devices that are signed in"),
        ages_from="last_seen_at",
        fields={
            **plain("id"),
            **each(_session, "user", "created_at", "ip", "last_seen_at", "session_key", "user_agent", "data"),
        },
    ),
    Table(
        model="procrastinate.ProcrastinateWorker",
        title=_("Workers"),
        fields=plain("id", "last_heartbeat"),
    ),
    Table(
        model="procrastinate.ProcrastinateJob",
        title=_("Jobs"),
        fields={
            **plain("id", "queue_name", "task_name", "priority", "status", "scheduled_at", "attempts"),
            **plain("abort_requested", "worker"),
            **each(_job, "args", "lock", "queueing_lock"),
        },
    ),
    Table(
        model="procrastinate.ProcrastinateEvent",
        title=_("Jobs"),
        fields=plain("id", "job", "type", "at"),
    ),
    Table(
        model="procrastinate.ProcrastinatePeriodicDefer",
        title=_("Jobs"),
        fields=plain("id", "task_name", "defer_timestamp", "job", "periodic_id"),
    ),
)
