"""corsia warehouse: bring the numbers up to date now, or build them from nothing."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from corsia.kernel import scope


class Command(BaseCommand):
    help = "Write what changed since the last refresh into the warehouse; --anew builds it from nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anew", action="store_true", help="from nothing, for example after a backup came back")

    def handle(self, *_: Any, **options: Any) -> None:
        from corsia.analytics import services

        with scope.system("warehouse"):
            done = services.refresh(now=timezone.now(), anew=options["anew"])
        if done is None:
            self.stdout.write("Another refresh is running.")
            return
        for name, keys in done.keys.items():
            self.stdout.write(f"{name}: {'built from nothing' if keys is None else f'{keys} keys'}")
        self.stdout.write(f"{done.rows} rows, generation {done.generation}")
