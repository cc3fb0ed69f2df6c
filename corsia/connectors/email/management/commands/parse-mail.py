"""`corsia parse-mail`: what the parser makes of mail files; nothing is stored."""  # noqa: N999 (the command has a dash)

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from corsia.connectors.email.parsing.listing import parse_files


class Command(BaseCommand):
    help = "Show what the parser makes of mail files, one JSON line each with --json. Nothing is stored."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *_: Any, **options: Any) -> None:
        missing = parse_files(options["files"], json=options["json"], out=sys.stdout, errors=sys.stderr)
        if missing:
            sys.exit(1)
