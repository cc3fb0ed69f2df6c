"""Files that a system puts into a folder of the server: taken once they are whole, moved once they are kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from corsia.connectors.dms.models import Source
from corsia.connectors.dms.rules.mapping import Mapping, MappingUnusable, read_mapping
from corsia.connectors.dms.rules.records import LARGEST_FILE
from corsia.connectors.dms.services.deliveries import MappingMissing, keep_delivery
from corsia.connectors.dms.vocabulary import Target, Way
from corsia.kernel.actors import system
from corsia.kernel.errors import Invalid

QUIET = timedelta(seconds=60)  # a file that changed since is being written
DONE, FAILED = "done", "failed"
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


def collect_folders(*, now: datetime) -> int:
    """Keep the whole files of every folder in use; return of how many."""
    sources = Source.objects.filter(is_active=True).exclude(folder="")
    return sum(collect_folder(source=source, now=now) for source in sources)


def collect_folder(*, source: Source, now: datetime) -> int:
    """Keep the whole files of a source's folder, in the order in which they refer to each other; return of how many.

    A file is moved to `done` after it was kept, or to `failed` where it never can be. Broken off in between, the next
    look finds it known and moves it.
    """
    folder = Path(settings.DELIVERIES) / source.folder
    folder.mkdir(parents=True, exist_ok=True)
    kept = 0
    for path in sorted(_whole(folder, now=now), key=lambda path: _place(path.name, _mapping_of(source))):
        try:
            content = path.read_bytes()
            keep_delivery(
                source_id=source.pk,
                file_name=path.name,
                content=content,
                way=Way.FOLDER,
                by=system(source.name),
                now=now,
            )
        except MappingMissing:
            return kept  # it waits for somebody to write one
        except Invalid:
            _move(path, folder / FAILED, now=now)
        else:
            _move(path, folder / DONE, now=now)
            kept += 1
    return kept


def order_of(names: list[str], source: Source) -> list[str]:
    """Return the names of files in the order in which they are taken in."""
    mapping = _mapping_of(source)
    return sorted(names, key=lambda name: _place(name, mapping))


def _whole(folder: Path, *, now: datetime) -> Iterator[Path]:
    """Yield the files that nobody writes any more. Links lead out of the folder: they are passed over."""
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_file() or path.name.startswith(".") or path.suffix.lower() in _UNFINISHED:
            continue
        state = path.stat()
        # The time at which the entry changed: copying programs set back the one of the content.
        quiet = (now - QUIET).timestamp()
        if state.st_mtime <= quiet and state.st_ctime <= quiet and state.st_size <= LARGEST_FILE:
            yield path


def _mapping_of(source: Source) -> Mapping | None:
    version = source.mappings.order_by("-number").first()
    try:
        return read_mapping(version.toml) if version else None
    except MappingUnusable:
        return None


def _place(name: str, mapping: Mapping | None) -> tuple[int, str]:
    order = list(Target)
    tables = mapping.tables_of(name) if mapping else ()
    return min((order.index(one.target) for one in tables), default=len(order)), name


def _move(path: Path, folder: Path, *, now: datetime) -> None:
    folder.mkdir(exist_ok=True)
    path.replace(folder / f"{now:%Y%m%d-%H%M%S}-{path.name}")
