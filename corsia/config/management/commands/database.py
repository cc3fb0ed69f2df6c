"""corsia database: say which database is used, or stop the embedded one."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from corsia.config.database import stop_embedded


class Command(BaseCommand):
    help = "Show the database in use; --stop stops the embedded server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stop", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["stop"]:
            stop_embedded(settings.VAR)
            return
        database = settings.DATABASES["default"]
        self.stdout.write(f"{database['NAME']} at {database['HOST']}")
