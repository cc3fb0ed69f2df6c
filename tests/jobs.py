"""Run the jobs that are due, as a worker would, inside the test's own transaction."""

from django.db import connection
from procrastinate.contrib.django import app


def waiting_jobs() -> list[tuple[str, dict]]:
    """Return name and arguments of the jobs that wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        rows = cursor.fetchall()
    import json

    return [(name, json.loads(args) if isinstance(args, str) else args) for name, args in rows]


def run_jobs(limit: int = 200) -> int:
    """Run waiting jobs one after the other until none is left; return how many ran."""
    import json

    ran = 0
    while ran < limit:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM procrastinate_jobs"
                " WHERE id = (SELECT min(id) FROM procrastinate_jobs WHERE status = 'todo') RETURNING task_name, args"
            )
            row = cursor.fetchone()
        if row is None:
            return ran
        name, args = row
        app.tasks[name].func(**(json.loads(args) if isinstance(args, str) else args))
        ran += 1
    raise AssertionError(f"more than {limit} jobs: a circle?")
