"""corsia worker: run jobs."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from corsia.kernel.worker import run_worker

POLITENESS = 5  # added to the niceness: where processors are short, taking in and showing go before working off


class Command(BaseCommand):
    help = "Run the jobs of all queues, or of some, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--queues", default="", help="comma-separated; default: all (facts, mail, due, plan)")
        parser.add_argument("--concurrency", type=int, default=2)

    def handle(self, *_: Any, **options: Any) -> None:
        os.nice(POLITENESS)
        queues = [queue for queue in options["queues"].split(",") if queue] or None
        run_worker(queues=queues, concurrency=options["concurrency"])
