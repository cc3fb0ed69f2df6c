"""corsia web: serve the pages."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from corsia.config.ports_taken import demand_free
from corsia.kernel.row_security import APP_ROLE, has_app_role


class Command(BaseCommand):
    help = "Serve the pages with uvicorn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--processes", type=int, default=1, help="how many web processes (default: 1)")

    def handle(self, *_: Any, **options: Any) -> None:
        demand_free(options["port"], what="web", option="--port", host=options["host"])
        prepared = {"CORSIA_PROCESS": "web", "CORSIA_APP_ROLE": APP_ROLE if has_app_role() else ""}
        if any(os.environ.get(name, "") != value for name, value in prepared.items()):
            # The settings of the database depend on these: begin again with them.
            os.execve(  # noqa: S606  (our own command again)
                sys.executable, [sys.executable, "-m", "corsia", *sys.argv[1:]], {**os.environ, **prepared}
            )
        import uvicorn

        uvicorn.run(
            "corsia.config.asgi:application",
            host=options["host"],
            port=options["port"],
            workers=options["processes"],
            log_level="warning",
            lifespan="on",
            proxy_headers=False,  # kernel.client_address decides whom to believe, with our own list of proxies
            timeout_graceful_shutdown=3,
        )
