"""Files taken in or only looked at from the console, where no page waits for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from corsia.connectors.dms.models import Delivery, Source
from corsia.connectors.dms.rules.mapping import Mapping
from corsia.connectors.dms.rules.summary import Counts
from corsia.connectors.dms.services.deliveries import keep_delivery
from corsia.connectors.dms.services.processing import apply_at_once
from corsia.connectors.dms.services.running import Found, Run
from corsia.connectors.dms.vocabulary import Target, Way
from corsia.kernel.actors import system

CONSOLE = system("console")
OF_NOTHING = 0  # the id of a source that is none: nothing of it was ever taken in


def in_order(files: Iterable[Path], mapping: Mapping) -> list[Path]:
    """Return files in the order in which they are taken in: customers before their vehicles, orders before lines."""
    order = list(Target)

    def place(path: Path) -> tuple[int, str]:
        tables = mapping.tables_of(path.name)
        return (min((order.index(one.target) for one in tables), default=len(order)), path.name)

    return sorted(files, key=place)


def take_in_file(*, source: Source, file_name: str, content: bytes, now: datetime) -> Delivery:
    """Take a file in at once."""
    kept, _is_new = keep_delivery(
        source_id=source.pk, file_name=file_name, content=content, way=Way.COMMAND, by=CONSOLE, now=now
    )
    return apply_at_once(delivery_id=kept.pk, now=now)


def rehearse_file(
    *, mapping: Mapping, unit_id: int, source_id: int, file_name: str, content: bytes, now: datetime
) -> tuple[Counts, list[Found]]:
    """Return what a file would do; nothing is written.

    Args:
        source_id: whose rows of before are compared; OF_NOTHING for a source that is not there yet.
    """
    told: list[Found] = []

    def tell(found: Sequence[Found], _counts: Counts, _done: int) -> None:
        told.extend(found)

    run = Run(
        source_id=source_id,
        unit_id=unit_id,
        mapping=mapping,
        facts_since=now,
        is_rehearsal=True,
        by=CONSOLE,
        now=now,
        tell=tell,
    )
    return run.go(file_name=file_name, content=content), told
