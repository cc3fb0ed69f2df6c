"""`corsia dms-check`: what files would do, by a mapping; nothing is written."""  # noqa: N999 (the command has a dash)

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from corsia.connectors.dms.models import Source
from corsia.connectors.dms.rules.mapping import Mapping, MappingUnusable, read_mapping
from corsia.connectors.dms.rules.records import FileUnreadable
from corsia.connectors.dms.rules.refusals import unreadable
from corsia.connectors.dms.rules.rows import Fault
from corsia.connectors.dms.services import by_hand
from corsia.connectors.dms.services.running import Found
from corsia.connectors.dms.vocabulary import Wrong
from corsia.kernel import scope
from corsia.organisation.models import Unit


class Command(BaseCommand):
    help = "Say what a file would do by a mapping, line by line; nothing is written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("mapping", metavar="MAPPING", help="a TOML file")
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--source", metavar="NAME", help="compare with what this source handed over before")
        parser.add_argument("--unit", metavar="CODE", help="the unit whose files these are (default: the top)")
        parser.add_argument("--lines", type=int, default=40, help="how many differences are shown (default: 40)")

    def handle(self, *_: Any, **options: Any) -> None:
        mapping = self._mapping(Path(options["mapping"]))
        with scope.system("dms-check"):
            source = Source.objects.filter(name=options["source"]).first() if options["source"] else None
            if options["source"] and source is None:
                raise CommandError(f"There is no source “{options['source']}”.")
            units = Unit.objects.filter(code=options["unit"]) if options["unit"] else Unit.objects.filter(parent=None)
            unit_id = source.unit_id if source else units.order_by("pk").values_list("pk", flat=True).first()
            if unit_id is None:
                raise CommandError("There is no such unit.")
            path = Path(options["file"])
            try:
                counts, found = by_hand.rehearse_file(
                    mapping=mapping,
                    unit_id=unit_id,
                    source_id=source.pk if source else by_hand.OF_NOTHING,
                    file_name=path.name,
                    content=path.read_bytes(),
                    now=timezone.now(),
                )
            except OSError as wrong:
                raise CommandError(f"{path}: {wrong.strerror}") from None
            except FileUnreadable as wrong:
                raise CommandError(unreadable(wrong.why, wrong.detail)) from None
        for line in [line for one in found for line in _lines(one)][: options["lines"]]:
            self.stdout.write(line)
        self.stdout.write(
            f"{counts.rows:,} rows: {counts.new:,} new, {counts.changed:,} changed, {counts.same:,} unchanged,"
            f" {counts.left_out:,} left out"
        )

    def _mapping(self, path: Path) -> Mapping:
        try:
            return read_mapping(path.read_text(encoding="utf-8"))
        except OSError as wrong:
            raise CommandError(f"{path}: {wrong.strerror}") from None
        except MappingUnusable as wrong:
            told = [f"{path.name}:{one.line}: {one.words}" if one.line else one.words for one in wrong.problems]
            raise CommandError("\n".join(told)) from None


def _lines(one: Found) -> list[str]:
    if isinstance(one.outcome, Fault):
        return [f"{one.number:>8}  {one.key:16} {one.outcome.why.label}: {one.outcome.column} “{one.outcome.cell}”"]
    if one.outcome.why:
        why = Wrong(one.outcome.why).label
        return [f"{one.number:>8}  {one.key:16} {why}: {one.outcome.field} “{one.outcome.cell}”"]
    return [
        f"{one.number:>8}  {one.key:16} {name}: “{before}” -> “{after}”"
        for name, before, after in one.outcome.differences
    ]
