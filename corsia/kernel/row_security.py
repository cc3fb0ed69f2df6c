"""The second wall: PostgreSQL itself refuses rows outside the scope to the web processes.

They connect as the role `corsia_app`, which owns nothing, and every scope they enter is announced to the session. A
query that forgot the scoped manager then finds no row instead of somebody else's. Jobs and commands work as the owner.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.operations.special import RunSQL

APP_ROLE = "corsia_app"
EVERYTHING = "*"


def protect(table: str, *, column: str = "unit_id", is_shared: bool = False) -> RunSQL:
    """Return the migration step that shows a table's rows only to sessions whose scope holds their unit.

    Args:
        column: the unit's column.
        is_shared: rows are shared with everything below their unit.
    """
    setting = "corsia.shared" if is_shared else "corsia.units"
    # The subquery is evaluated once per statement, not once per row.
    mine = f"(SELECT string_to_array(NULLIF(current_setting('{setting}', true), ''), ',')::bigint[])"
    everything = f"(SELECT current_setting('corsia.everything', true)) = '{EVERYTHING}'"
    return _policy(table, f"{everything} OR {column} = ANY ({mine}::bigint[])")


def protect_through(table: str, *, column: str, parent: str) -> RunSQL:
    """Return the step that shows a table's rows only where the protected parent row is visible."""
    return _policy(table, f"EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{column})")


def _policy(table: str, condition: str) -> RunSQL:
    return RunSQL(
        f"CREATE POLICY {table}_scope ON {table} TO {APP_ROLE} USING ({condition}) WITH CHECK ({condition});"
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY; DROP POLICY {table}_scope ON {table};",
    )


def has_app_role() -> bool:
    """Tell whether the role is there, may be taken by the connected user, and was given this database's tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_roles r WHERE rolname = %s AND pg_has_role(current_user, r.oid, 'MEMBER')"
            " AND (SELECT count(*) FROM pg_class WHERE relname IN ('kernel_auditentry', 'procrastinate_jobs')"
            "  AND has_table_privilege(r.oid, pg_class.oid, 'INSERT')) = 2)",
            [APP_ROLE],
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def announced(*, units: frozenset[int], shared: frozenset[int], everything: bool) -> Iterator[None]:
    """Tell the database session which scope holds for the block, where the session is behind the wall."""
    if not settings.CORSIA_APP_ROLE:
        yield
        return
    before = _announce(_listed(units), _listed(shared), EVERYTHING if everything else "")
    try:
        yield
    finally:
        try:
            _announce(*before)
        except DatabaseError:
            # Within a failed transaction nothing can be said; its rollback takes back what was said in it.
            if not connection.in_atomic_block:
                raise


def _listed(ids: frozenset[int]) -> str:
    return ",".join(map(str, sorted(ids)))


def _announce(units: str, shared: str, everything: str) -> tuple[str, str, str]:
    """Set the session's scope and return the one that held before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT before.*, set_config('corsia.units', %s, false), set_config('corsia.shared', %s, false),"
            " set_config('corsia.everything', %s, false)"
            " FROM (SELECT COALESCE(current_setting('corsia.units', true), '') AS u,"
            "  COALESCE(current_setting('corsia.shared', true), '') AS s,"
            "  COALESCE(current_setting('corsia.everything', true), '') AS e OFFSET 0) AS before",
            [units, shared, everything],
        )
        row = cursor.fetchone()
    return row[0], row[1], row[2]
