"""Each benchmark runs on a database of its own beside the real one, made once for each size and kept."""

import os
import subprocess
import sys
from urllib.parse import quote

import psutil
import psycopg
from django.conf import settings
from django.db import connection

from corsia.kernel.row_security import APP_ROLE


def url_of(name: str) -> str:
    """Return the URL of a database on the server that is in use."""
    database = settings.DATABASES["default"]
    secret = f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else ""
    port = f"&port={database['PORT']}" if database["PORT"] else ""
    return f"postgresql://{quote(database['USER'])}{secret}@/{name}?host={quote(database['HOST'], safe='')}{port}"


def ensure_database(name: str) -> None:
    """Create the database unless it is there."""
    with psycopg.connect(url_of("postgres"), autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")


def is_built(name: str) -> bool:
    """Tell whether a benchmark's database was filled to the end; a half-filled one is of no use."""
    with psycopg.connect(url_of(name), autocommit=True) as database:
        row = database.execute("SELECT to_regclass('bench_size') IS NOT NULL").fetchone()
        return bool(row and row[0])


def drop_database(name: str) -> None:
    """Remove a database and whoever is connected to it."""
    with psycopg.connect(url_of("postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def environment_of(name: str) -> dict[str, str]:
    """Return the environment of a process that works on that database, in the sandbox: nothing leaves the machine."""
    return {**os.environ, "DATABASE_URL": url_of(name), "CORSIA_SANDBOX": "1"}


def run_inside(name: str, arguments: list[str], *, as_web: bool = False) -> int:
    """Run `corsia ARGUMENTS` on that database and return its exit code; `as_web`: behind the second wall."""
    environment = environment_of(name) | ({"CORSIA_APP_ROLE": APP_ROLE} if as_web else {})
    return subprocess.run([sys.executable, "-m", "corsia", *arguments], env=environment, check=False).returncode


def busy_seconds(pid: int) -> float:
    """Return the processor time so far of a process with its children, and of the connections to this database.

    Said beside what was measured by the clock: on a machine with other work it is what can be compared.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        pids = {int(row[0]) for row in cursor.fetchall()}
    process = psutil.Process(pid)
    pids |= {pid, *(child.pid for child in process.children(recursive=True))}
    return sum(_busy(one) for one in pids)


def _busy(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:  # it has ended meanwhile
        return 0.0
    return float(times.user + times.system)
