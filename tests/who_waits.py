"""Say who holds what a test waits for: a wait that ends by its limit would otherwise tell only where it stood."""

import psycopg
import pytest
from django.db import connection

from corsia.config.bench.database import url_of

_WHO = """
    SELECT a.pid, a.state, now() - a.xact_start, a.wait_event, pg_blocking_pids(a.pid), left(a.query, 300)
    FROM pg_stat_activity a
    WHERE a.datname = %s AND a.pid <> pg_backend_pid() AND (a.xact_start IS NOT NULL OR a.state = 'active')
    ORDER BY a.xact_start
"""
_ENDED_BY_A_LIMIT = ("Timeout (", "lock timeout")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo):
    """Add the open transactions of the test's database to the report of what waited too long."""
    outcome = yield
    if call.excinfo is None or not any(sign in str(call.excinfo.value) for sign in _ENDED_BY_A_LIMIT):
        return
    name = connection.settings_dict["NAME"]
    with psycopg.connect(url_of(name), autocommit=True) as beside:
        rows = beside.execute(_WHO, [name]).fetchall()
    told = "\n".join(
        f"{pid} {state}, {since}, waits for {event}, blocked by {by}: {query}"
        for pid, state, since, event, by, query in rows
    )
    outcome.get_result().sections.append(("open transactions of this database", told))
