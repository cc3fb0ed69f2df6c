"""`corsia dms-import`: take files of a source in at once."""  # noqa: N999 (the command has a dash)

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from corsia.connectors.dms.models import Delivery, Source
from corsia.connectors.dms.rules.mapping import read_mapping
from corsia.connectors.dms.services import by_hand
from corsia.connectors.dms.vocabulary import DeliveryState
from corsia.kernel import scope
from corsia.kernel.errors import Refused


class Command(BaseCommand):
    help = "Take files of a source in at once, in the order in which they refer to each other."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="SOURCE", help="name of the source, as on its page")
        parser.add_argument("files", nargs="+", metavar="FILE", help="files, or one folder")

    def handle(self, *_: Any, **options: Any) -> None:
        with scope.system("dms-import"):
            source = Source.objects.filter(name=options["source"]).first()
            if source is None:
                known = ", ".join(Source.objects.order_by("name").values_list("name", flat=True)) or "none"
                raise CommandError(f"There is no source “{options['source']}”. Known: {known}.")
            version = source.mappings.order_by("-number").first()
            if version is None:
                raise CommandError("This source has no mapping yet.")
            mapping = read_mapping(version.toml)
            failed = 0
            for path in by_hand.in_order(files_of(options["files"]), mapping):
                if mapping.tables_of(path.name):
                    failed += self._take_in(source, path)
        if failed:
            raise CommandError(f"{failed} of the files could not be read.")

    def _take_in(self, source: Source, path: Path) -> bool:
        try:
            content = path.read_bytes()
            done = by_hand.take_in_file(source=source, file_name=path.name, content=content, now=timezone.now())
        except (OSError, Refused) as wrong:
            raise CommandError(f"{path.name}: {wrong}") from None
        self.stdout.write(line_of(done))
        return done.state == DeliveryState.FAILED


def files_of(names: list[str]) -> list[Path]:
    """Return the files that were named, or those of a folder."""
    paths = [Path(name) for name in names]
    return [one for path in paths for one in (sorted(path.iterdir()) if path.is_dir() else [path]) if one.is_file()]


def line_of(done: Delivery) -> str:
    """Return what became of a file in one line."""
    if done.state == DeliveryState.FAILED:
        return f"{done.file_name:24} {done.error}"
    return (
        f"{done.file_name:24} {done.rows:>9,} rows: {done.new:,} new, {done.changed:,} changed, "
        f"{done.same:,} unchanged, {done.left_out:,} left out"
    )
