"""Empty the database after tests that commit: only the tables that hold rows, without rebuilding all others.

Django's flush truncates every table, which writes new files for some thousand tables and indexes, and then creates the
content types and permissions anew: a second and more for each such test, for a handful of rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test import TransactionTestCase

# What a flush would make again.
KEPT = ("django_content_type", "auth_permission")


def empty() -> list[str]:
    """Delete all rows of all models, past foreign keys and triggers; return the tables that held some."""
    with connection.cursor() as cursor:
        of_models = connection.introspection.django_table_names(only_existing=True, include_views=False)
        tables = [name for name in of_models if name not in KEPT]
        any_row = " UNION ALL ".join(
            f"(SELECT '{name}' FROM {connection.ops.quote_name(name)} LIMIT 1)" for name in tables
        )
        cursor.execute(any_row)
        filled = [row[0] for row in cursor.fetchall()]
        if filled:
            cursor.execute("SET session_replication_role = replica")
            try:
                for name in filled:
                    cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")
            finally:
                cursor.execute("SET session_replication_role = DEFAULT")
    return filled


@contextmanager
def instead_of_flush() -> Iterator[None]:
    """Let Django's transactional tests end by `empty` where the server allows it, by its own flush elsewhere."""
    theirs = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: empty() if _may_pass_triggers() else theirs(self)
    try:
        yield
    finally:
        TransactionTestCase._fixture_teardown = theirs


def _may_pass_triggers() -> bool:
    """Tell whether this user may switch triggers off: a superuser may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        return bool(cursor.fetchone()[0])
