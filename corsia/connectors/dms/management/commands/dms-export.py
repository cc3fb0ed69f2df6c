"""`corsia dms-export`: customers, vehicles and orders as CSV, with the mapping that reads them."""  # noqa: N999 (a dash)

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from corsia.connectors.dms.queries.exporting import tables_of
from corsia.kernel import scope
from corsia.kernel.tables import csv_file
from corsia.organisation.models import Unit
from corsia.organisation.queries import group_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Command(BaseCommand):
    help = (
        "Write customers, vehicles and work orders of a dealer group into a folder, with the mapping that reads them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR")
        parser.add_argument("--unit", metavar="CODE", help="a unit of the group (default: the top of the tree)")

    def handle(self, *_: Any, **options: Any) -> None:
        folder = Path(options["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        units = Unit.objects.filter(code=options["unit"]) if options["unit"] else Unit.objects.filter(parent=None)
        unit = units.order_by("pk").first()
        if unit is None:
            raise CommandError("There is no such unit.")
        with scope.system("dms-export"):
            for target, header, rows in tables_of(group_id=group_of(unit.pk).pk):
                listed = list(rows)
                (folder / f"{target}.csv").write_bytes(csv_file(header, listed))
                self.stdout.write(f"{target:10} {len(listed):>9,}")
        (folder / "corsia.toml").write_text((EXAMPLES / "corsia.toml").read_text(encoding="utf-8"), encoding="utf-8")
