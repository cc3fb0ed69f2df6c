"""corsia doctor: what works, what does not, and what to do about it."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from corsia.config.health import State, findings

SIGNS = {State.OK: "✓", State.WARN: "!", State.BAD: "✗"}


class Command(BaseCommand):
    help = (
        "Look at database, workers, mail, due work, reactions, disk and audit trail; exit with 1 when something is bad."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        found = findings(now=timezone.now())
        for finding in found:
            if options["json"]:
                self.stdout.write(json.dumps(asdict(finding), ensure_ascii=False))
                continue
            self.stdout.write(f"{SIGNS[finding.state]} {finding.name}: {finding.detail}")
            if finding.advice:
                self.stdout.write(f"    {finding.advice}")
        if any(finding.state is State.BAD for finding in found):
            sys.exit(1)
