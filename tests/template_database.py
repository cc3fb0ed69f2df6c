"""One migrated database, cloned for each test process: migrations run once per change, not once per process."""

import hashlib
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1] / "corsia"


KEPT = 6  # other checkouts on the same server may use the newer ones at this moment


def template_name() -> str:
    """Return a name that changes with every migration."""
    state = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("migrations/*.py")):
        state.update(path.read_bytes())
    return f"corsia_template_{state.hexdigest()[:16]}"


def make_template(settings: dict[str, Any]) -> str:
    """Migrate the template unless it is there, drop those of long ago, and return its name."""
    import psycopg
    from django.core.management import call_command
    from django.db import connections

    name = template_name()
    server = psycopg.connect(
        dbname="postgres",
        host=settings["HOST"],
        port=settings["PORT"] or None,
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        autocommit=True,
    )
    with server:
        # Two test runs at once: the second waits for the first one's template.
        server.execute("SELECT pg_advisory_lock(hashtext('corsia_template'))")
        rows = server.execute(
            "SELECT datname FROM pg_database WHERE datname ~ '^corsia_template_[0-9a-f]{16}$' ORDER BY oid"
        ).fetchall()
        known = [row[0] for row in rows]
        if name not in known:
            server.execute(f'DROP DATABASE IF EXISTS "{name}_new"')
            server.execute(f"CREATE DATABASE \"{name}_new\" TEMPLATE template0 ENCODING 'UTF8'")
            connection = connections["default"]
            original = connection.settings_dict["NAME"]
            connection.settings_dict["NAME"] = f"{name}_new"
            try:
                call_command("migrate", verbosity=0)
            finally:
                connections.close_all()
                connection.settings_dict["NAME"] = original
            server.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
        for old in [other for other in known if other != name][:-KEPT]:
            server.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
        server.execute("SELECT pg_advisory_unlock(hashtext('corsia_template'))")
    return name
