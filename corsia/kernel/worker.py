"""Run jobs. The worker fetches them on a connection of its own, while the jobs defer others on Django's.

Procrastinate's way for Django replaces the connector of the whole application while a worker runs; then a fact told
inside a job would queue its reactions on another connection, outside the transaction that makes it true.
"""

import asyncio
import os
from collections.abc import Sequence

import procrastinate
from asgiref.sync import sync_to_async
from django.db import connections
from procrastinate.contrib.django import app


def run_worker(*, queues: Sequence[str] | None, concurrency: int, wait: bool = True) -> None:
    """Run jobs until told to stop, or, with `wait` False, until none is left.

    Args:
        queues: names of queues; None means all.
        concurrency: how many jobs run at the same time, each in a thread.
    """
    asyncio.run(_run(queues, concurrency, wait))


async def _run(queues: Sequence[str] | None, concurrency: int, wait: bool) -> None:
    # Tasks outside a jobs.py; the fetching application would not find them.
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    fetching = procrastinate.App(connector=connector, worker_defaults=app.worker_defaults)
    fetching.tasks = app.tasks
    fetching.periodic_registry = app.periodic_registry
    try:
        async with fetching.open_async():
            await fetching.run_worker_async(
                queues=queues,  # type: ignore[arg-type]  # None means all, says its documentation
                name=f"worker-{os.getpid()}",
                concurrency=concurrency,
                wait=wait,
                fetch_job_polling_interval=0.5,  # the notification is quicker; this catches what it missed
                shutdown_graceful_timeout=10.0,
                delete_jobs="successful",
                install_signal_handlers=wait,
            )
    finally:
        # The periodic jobs are deferred on Django's connection in asgiref's own thread.
        await sync_to_async(connections.close_all)()
