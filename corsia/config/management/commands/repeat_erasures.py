"""`corsia repeat_erasures FILE`: after restoring a backup, erase again whom it brought back."""

from argparse import ArgumentParser, FileType
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from corsia.kernel import scope
from corsia.privacy.services import repeat_erasure


class Command(BaseCommand):
    help = "Erase again the customers of an erasure journal (erasures.txt) that a restored backup brought back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("journal", type=FileType(encoding="utf-8"))

    def handle(self, *_args: Any, **options: Any) -> None:
        again = 0
        with scope.system("repeat_erasures"):
            for line in options["journal"]:
                ids = [int(word) for word in line.split()[1:]]
                again += repeat_erasure(customer_ids=ids, now=timezone.now()) if ids else 0
        self.stdout.write(f"{again} erased again")
