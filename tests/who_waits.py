"""Say who holds what a test waits for, and end the transactions that a module leaves open.

A wait that ends by its limit would otherwise tell only where it stood. Inside Playwright's loop Django gives the tests
another connection than outside, and servers in threads have theirs: a transaction that one of them leaves open would
keep every later module of the process waiting for its rows.
"""

import warnings
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from corsia.config.bench.database import url_of

_OTHERS = """
    FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.xact_start IS NOT NULL
        AND a.pid <> pg_backend_pid()
"""
_WHO = f"""
    SELECT a.pid, a.state, now() - a.xact_start, a.wait_event, pg_blocking_pids(a.pid), left(a.query, 300) {_OTHERS}
    ORDER BY a.xact_start
"""
_END = f"SELECT pg_terminate_backend(a.pid), left(a.query, 300) {_OTHERS} AND a.pid <> %s"
_ENDED_BY_A_LIMIT = ("Timeout (", "lock timeout")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo):
    """Add the open transactions of the test's database to the report of what waited too long."""
    outcome = yield
    if call.excinfo is None or not any(sign in str(call.excinfo.value) for sign in _ENDED_BY_A_LIMIT):
        return
    with _beside() as beside:
        told = "\n".join(
            f"{pid} {state}, {since}, waits for {event}, blocked by {by}: {query}"
            for pid, state, since, event, by, query in beside.execute(_WHO).fetchall()
        )
    outcome.get_result().sections.append(("open transactions of this database", told))


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """End what the module left open, and tell which module it was."""
    yield
    if not connection.settings_dict["NAME"].startswith("test_"):  # no test has asked for the database so far
        return
    own = connection.connection.info.backend_pid if connection.connection is not None else 0
    with _beside() as beside:
        for _ended, query in beside.execute(_END, [own]).fetchall():
            warnings.warn(f"{request.node.nodeid} left a transaction open, last: {query}", stacklevel=1)


def _beside() -> psycopg.Connection:
    return psycopg.connect(url_of(connection.settings_dict["NAME"]), autocommit=True)
