"""Is everything all right, and if not, what to do: for `corsia doctor` and the system page."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from corsia.config.work import queue_states, unread_events
from corsia.connectors.email.services.encryption import CertificateUnusable, expires_at
from corsia.kernel.row_security import has_app_role
from corsia.ui.channels import channel_look


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, how it stands, and what to do when it does not stand well."""

    name: str
    state: State
    detail: str
    advice: str = ""


CERTIFICATE_WARNING = timedelta(days=14)
HEARTBEAT_LIMIT = timedelta(seconds=60)
DISK_WARN_PCT, DISK_BAD_PCT = 75, 85


def findings(*, now: datetime) -> list[Finding]:
    """Return every finding; behind a dead database nothing else can be looked at."""
    database = database_finding()
    if database.state is State.BAD:
        return [database]
    checks: tuple[Callable[[datetime], Iterator[Finding]], ...] = (
        _workers,
        _queues,
        _mail_in,
        _events_in,
        _mail_out,
        _due_work,
        _reactions,
        _disk,
        _audit,
        _second_wall,
        _receiver_certificate,
    )
    return [database, *(finding for check in checks for finding in check(now))]


def database_finding() -> Finding:
    """Tell whether the database answers and keeps what it accepts."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT version(), current_setting('fsync'), current_setting('synchronous_commit')")
            version, fsync, synchronous = cursor.fetchone()
    except (DatabaseError, psycopg.Error) as error:
        return Finding(
            _("Database"),
            State.BAD,
            str(error).strip().splitlines()[0],
            _("Start PostgreSQL, or check DATABASE_URL. Mail is answered with “try again later” meanwhile."),
        )
    safe = fsync == "on" and synchronous not in ("off", "local")
    return Finding(
        _("Database"),
        State.OK if safe else State.BAD,
        version.split(" on ")[0],
        "" if safe else _("fsync or synchronous_commit is off: accepted messages could be lost. Switch them on."),
    )


def _one(sql: str, parameters: list[Any] | None = None) -> tuple[object, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or [])
        return tuple(cursor.fetchone() or ())


def _count(sql: str, parameters: list[Any] | None = None) -> int:
    value = _one(sql, parameters)[0]
    return int(str(value or 0))


def _workers(now: datetime) -> Iterator[Finding]:
    living = _count("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > %s", [now - HEARTBEAT_LIMIT])
    failed = _count("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
    yield Finding(
        _("Workers"),
        State.OK if living else State.BAD,
        _("%(count)s with a heartbeat in the last minute") % {"count": living},
        "" if living else _("Nothing is sent, parsed or timed. Start `corsia worker`, and let the system restart it."),
    )
    yield Finding(
        _("Failed jobs"),
        State.OK if not failed else State.WARN,
        str(failed),
        "" if not failed else _("Look at the failed reactions and at the outbox, repair the cause, then try again."),
    )


def _queues(now: datetime) -> Iterator[Finding]:
    """One line for each queue: a queue whose oldest work is late has no worker, or one that is stuck."""
    for queue in queue_states(now=now):
        advice = ""
        if queue.is_late:
            advice = _("Its oldest work is more than five minutes late: start `corsia worker --queues %(name)s`.")
        elif queue.failed:
            advice = _("Open “Jobs”: each is listed with its queue, to try it again or drop it.")
        yield Finding(
            _("Queue %(name)s") % {"name": queue.name},
            State.BAD if queue.is_late else State.WARN if queue.failed else State.OK,
            _("%(waiting)s waiting, %(running)s running, %(failed)s failed")
            % {"waiting": queue.waiting, "running": queue.running, "failed": queue.failed},
            advice % {"name": queue.name},
        )


def _events_in(now: datetime) -> Iterator[Finding]:
    """One line for each channel from which something waits or failed."""
    for channel, (late, failed) in sorted(unread_events(now=now).items()):
        look = channel_look(channel)
        yield Finding(
            _("Events of %(channel)s") % {"channel": look.label if look else channel},
            State.BAD if late else State.WARN if failed else State.OK,
            _("%(late)s late, %(failed)s failed") % {"late": late, "failed": failed},
            _("Open “Jobs”: what could not be read is kept byte for byte, with a button to try again.")
            if late or failed
            else "",
        )


def _mail_in(now: datetime) -> Iterator[Finding]:
    waiting = _count("SELECT count(*) FROM messaging_inbound WHERE state = 'received'")
    late = _count(
        "SELECT count(*) FROM messaging_inbound WHERE state = 'received' AND received_at < %s",
        [now - timedelta(minutes=2)],
    )
    quarantined = _count("SELECT count(*) FROM messaging_inbound WHERE state = 'quarantined'")
    yield Finding(
        _("Mail in"),
        State.BAD if late else State.OK,
        _("%(waiting)s waiting to be read, %(late)s for more than two minutes") % {"waiting": waiting, "late": late},
        _("Start the mail worker: `corsia worker --queues mail`. What was accepted is stored and not lost.")
        if late
        else "",
    )
    yield Finding(
        _("Quarantine"),
        State.WARN if quarantined else State.OK,
        str(quarantined),
        _("Open the quarantine: each message has its reason and a button to try again.") if quarantined else "",
    )


def _mail_out(now: datetime) -> Iterator[Finding]:
    late = _count(
        "SELECT count(*) FROM messaging_outgoing WHERE state IN ('waiting', 'sending') AND send_after < %s",
        [now - timedelta(minutes=5)],
    )
    failed = _count("SELECT count(*) FROM messaging_outgoing WHERE state = 'failed'")
    yield Finding(
        _("Mail out"),
        State.BAD if late else State.WARN if failed else State.OK,
        _("%(late)s late, %(failed)s failed") % {"late": late, "failed": failed},
        _("Check the SMTP settings and the last error in the outbox.") if late or failed else "",
    )


def _due_work(now: datetime) -> Iterator[Finding]:
    limit = [now - timedelta(minutes=3)]
    deadlines = _count(
        "SELECT count(*) FROM cases_deadline WHERE due_at < %s AND met_at IS NULL AND dropped_at IS NULL "
        "AND missed_at IS NULL",
        [*limit],
    )
    surveys = _count(
        "SELECT count(*) FROM listening_invitation i WHERE send_after < %s AND sent_at IS NULL AND cancelled_at IS NULL"
        " AND NOT EXISTS (SELECT FROM listening_interview c WHERE c.invitation_id = i.id)",
        [*limit],
    )
    yield Finding(
        _("Due work"),
        State.BAD if deadlines or surveys else State.OK,
        _("%(deadlines)s deadlines and %(surveys)s surveys are late") % {"deadlines": deadlines, "surveys": surveys},
        _("Start the worker of the queue “due”. It finds everything by its due instant; nothing is skipped.")
        if deadlines or surveys
        else "",
    )


def _reactions(now: datetime) -> Iterator[Finding]:
    failed = _count("SELECT count(*) FROM kernel_reactionfailure")
    yield Finding(
        _("Failed reactions"),
        State.WARN if failed else State.OK,
        str(failed),
        _("Open “Failed reactions”: each has its error and a button to try again.") if failed else "",
    )


def _disk(now: datetime) -> Iterator[Finding]:
    usage = shutil.disk_usage(settings.VAR if settings.VAR.exists() else settings.ROOT)
    used_pct = round(100 * (usage.total - usage.free) / usage.total)
    state = State.BAD if used_pct >= DISK_BAD_PCT else State.WARN if used_pct >= DISK_WARN_PCT else State.OK
    yield Finding(
        _("Disk"),
        state,
        _("%(used)s %% used, %(free)s GB free") % {"used": used_pct, "free": round(usage.free / 1e9)},
        _("Free space or enlarge the disk before it is full: the database stops at 100 %.")
        if state != State.OK
        else "",
    )


def _audit(now: datetime) -> Iterator[Finding]:
    unsealed = _count(
        "SELECT count(*) FROM kernel_auditentry WHERE at < %s "
        "AND id > COALESCE((SELECT max(last_id) FROM kernel_auditseal), 0)",
        [now - timedelta(minutes=10)],
    )
    yield Finding(
        _("Audit trail"),
        State.WARN if unsealed else State.OK,
        _("%(count)s entries older than ten minutes are not sealed") % {"count": unsealed},
        _("The worker of the queue “due” seals them each minute: start it.") if unsealed else "",
    )


def _second_wall(now: datetime) -> Iterator[Finding]:
    stands = has_app_role()
    yield Finding(
        _("Row security"),
        State.OK if stands else State.WARN,
        _("Web processes see only the rows of their scope") if stands else _("The role corsia_app is not in use"),
        ""
        if stands
        else _("Run `corsia migrate` as a database user who may create roles, then restart the web processes."),
    )


def _receiver_certificate(now: datetime) -> Iterator[Finding]:
    if not settings.RECEIVER_CERTIFICATE:
        return
    name = _("Certificate of the SMTP receiver")
    try:
        end = expires_at(Path(settings.RECEIVER_CERTIFICATE))
    except CertificateUnusable as problem:
        yield Finding(name, State.BAD, str(problem), _("Check the file that CORSIA_RECEIVER_CERTIFICATE names."))
        return
    state = State.BAD if end <= now else State.WARN if end - now <= CERTIFICATE_WARNING else State.OK
    yield Finding(
        name,
        state,
        _("expires on %(day)s") % {"day": end.date().isoformat()},
        _("Renew it: the receiver takes the new file without a restart. Some senders stop delivering when it expires.")
        if state is not State.OK
        else "",
    )
