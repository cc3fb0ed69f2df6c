"""corsia serve: web, workers and SMTP receiver together, each started again when it ends."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from corsia.config.database import tend
from corsia.config.running import parts
from corsia.config.supervisor import Supervisor


class Command(BaseCommand):
    help = "Run web, workers and SMTP receiver together. In production each is a service of its own; see docs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--smtp-port", type=int, default=settings.SMTP_RECEIVER[1])
        parser.add_argument("--processes", type=int, default=2, help="web processes")

    def handle(self, *_: Any, **options: Any) -> None:
        running = parts(
            host=options["host"],
            port=options["port"],
            receiver_port=options["smtp_port"],
            processes=options["processes"],
            environment={"CORSIA_PUBLIC_URL": settings.PUBLIC_URL},
        )
        call_command("migrate", verbosity=0)
        self.stdout.write(f"Corsia is at http://{options['host']}:{options['port']}/ (Ctrl+C stops it)")
        Supervisor(running, tend=lambda: tend(settings.VAR)).run()
