"""A dealer's archive of a million rows through a mapping file: the first load, the same once more, 1 % changed."""

import csv
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from corsia.config.bench import Figure, machine
from corsia.config.bench.data import FIRST, LAST, SYLLABLES, Progress
from corsia.config.bench.database import busy_seconds
from corsia.connectors.dms.examples import example
from corsia.connectors.dms.models import Source
from corsia.connectors.dms.services import by_hand, sources
from corsia.connectors.dms.services.sources import SourceData
from corsia.kernel import scope
from corsia.organisation.models import Unit
from corsia.organisation.vocabulary import UnitKind
from corsia.workshop.models import Workshop

DATABASE = "corsia_bench_dms"
ROWS = 1_000_000
BORN = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
_SHARES = {"clienti": 0.30, "veicoli": 0.25, "commesse": 0.15, "righe": 0.30}
_MAKES = ("Fiat", "Volkswagen", "Toyota", "Renault", "Ford", "Peugeot", "Audi", "Jeep")
_FILES = ("clienti.csv", "veicoli.csv", "commesse.csv", "righe.csv")


@dataclass(frozen=True)
class _Sizes:
    """How many rows each file has."""

    customers: int
    vehicles: int
    orders: int
    lines: int


def measure(*, rows: int, progress: Progress) -> Iterator[Figure]:
    """Load an empty database three times, with an archive of so many rows."""
    call_command("migrate", verbosity=0)
    sizes = _Sizes(*(round(rows * share) for share in _SHARES.values()))
    source = _source()
    with tempfile.TemporaryDirectory() as name, scope.system("bench"):
        folder = Path(name)
        _write(folder, sizes, changed=0.0)
        size = sum((folder / file).stat().st_size for file in _FILES)
        progress(f"{rows:,} rows in four CSV files, Windows-1252, {size // 1_000_000} MB")
        conditions = (
            f"{rows:,} rows ({sizes.customers:,} customers, {sizes.vehicles:,} vehicles with plate, owner and "
            f"kilometres, {sizes.orders:,} orders, {sizes.lines:,} lines), CSV in Windows-1252 with decimal commas, "
            f"{size // 1_000_000} MB; {machine()}"
        )
        runs = (("first load", "<= 300", 0.0), ("the same once more", "", 0.0), ("1 % of the rows changed", "", 0.01))
        for run, goal, share in runs:
            if share:
                _write(folder, sizes, changed=share)
            yield from _load(source, folder, run, goal, rows, conditions, progress)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Figure("dms-import", "memory of the process", round(used), "MB", "", conditions)


def _load(
    source: Source, folder: Path, run: str, goal: str, rows: int, conditions: str, progress: Progress
) -> Iterator[Figure]:
    began, busy = time.perf_counter(), busy_seconds(os.getpid())
    told = []
    for file in _FILES:
        at = time.perf_counter()
        done = by_hand.take_in_file(
            source=source,
            file_name=f"{file.removesuffix('.csv')}-{run.replace(' ', '-').replace('%', 'pct')}.csv",
            content=(folder / file).read_bytes(),
            now=BORN,
        )
        told.append(
            f"{file}: {done.new:,} new, {done.changed:,} changed, {done.same:,} same, {done.left_out:,} left out"
        )
        progress(f"{run}: {told[-1]} ({time.perf_counter() - at:.0f} s) {done.error}")
    seconds = time.perf_counter() - began
    worked = busy_seconds(os.getpid()) - busy
    said = f"{conditions}; {worked:.0f} s of processor time; {'; '.join(told)}"
    yield Figure("dms-import", run, round(seconds, 1), "s", goal, said)
    yield Figure("dms-import", f"{run}, rows a second", round(rows / seconds), "rows/s", "", said)
    yield Figure("dms-import", f"{run}, processor time", round(worked), "s", "", said)


def _source() -> Source:
    with scope.system("bench"):
        root = Unit.objects.create(
            parent=None, kind=UnitKind.GROUP, name="Gruppo Prova", code="bench", time_zone="Europe/Rome"
        )
        Unit.objects.filter(pk=root.pk).update(path=f"/{root.pk}/")
        for number, code in enumerate(("bellandi-brescia-officina", "bellandi-verona-officina")):
            unit = Unit.objects.create(parent=root, kind=UnitKind.DEPARTMENT, name=f"Officina {number}", code=code)
            Unit.objects.filter(pk=unit.pk).update(path=f"/{root.pk}/{unit.pk}/")
            Workshop.objects.create(unit_id=unit.pk)
        source = sources.save_source(
            source_id=None,
            unit_id=root.pk,
            data=SourceData(name="Officina", facts_since=BORN - timedelta(days=7)),
            by=by_hand.CONSOLE,
            now=BORN,
        )
        sources.save_mapping(source_id=source.pk, text=example("officina"), by=by_hand.CONSOLE, now=BORN)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return source


def _write(folder: Path, sizes: _Sizes, *, changed: float) -> None:
    """Write the four files; `changed` is the share of rows that say something else than without it."""
    rng, other = random.Random(61), random.Random(62)

    def is_changed() -> bool:
        return other.random() < changed

    _file(
        folder / "clienti.csv", "CODCLI TIPO COGNOME NOME RAGSOC CODFISC PIVA NATO EMAIL TEL1 TEL2 VIA CAP CITTA PROV"
    )(_customer(number, rng, is_changed()) for number in range(sizes.customers))
    _file(folder / "veicoli.csv", "CODVEI TELAIO TARGA MARCA MODELLO ALIM IMMATR CODCLI KM DATAKM")(
        _vehicle(number, sizes, rng, is_changed()) for number in range(sizes.vehicles)
    )
    header = "COMMESSA SEDE CODCLI CODVEI STATO RICHIESTA KM APERTURA CONSEGNA PRONTA CHIUSURA FATTURA"
    _file(folder / "commesse.csv", header)(_order(number, sizes, rng, is_changed()) for number in range(sizes.orders))
    _file(folder / "righe.csv", "COMMESSA RIGA TIPO DESCR OPERAZIONE QTA ORE IMPORTO")(
        _line(number, sizes, rng, is_changed()) for number in range(sizes.lines)
    )


def _file(path: Path, header: str):  # type: ignore[no-untyped-def]  # a writer of rows
    def write(rows: Iterator[list[str]]) -> None:
        with path.open("w", encoding="cp1252", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(header.split())
            writer.writerows(rows)

    return write


def _customer(number: int, rng: random.Random, is_changed: bool) -> list[str]:
    last = LAST[rng.randrange(len(LAST))] if rng.random() < 0.5 else "".join(rng.choices(SYLLABLES, k=3)).title()
    first, code = FIRST[rng.randrange(len(FIRST))], f"C{number}"
    street = f"Via {last} {number % 90 + (100 if is_changed else 0)}"
    place = [street, f"{25000 + number % 999}", "Brescia", "BS"]
    if number % 10 == 0:
        return [code, "A", "", "", f"{last} Perù {number} S.r.l.", "", f"{number:011d}", "", f"c{number}@example.it",
                f"030 {1000000 + number}", "", *place]  # fmt: skip
    tax_code = f"{last[:3].upper():X<3}{first[:3].upper():X<3}80A{number % 28 + 1:02d}H{number % 1000:03d}X"
    born = f"{number % 28 + 1:02d}/01/1980"
    return [code, "P", last, first, "", tax_code if number % 3 else "", "", born, f"c{number}@example.it",
            f"34{number % 10} {1000000 + number}", f"030{2000000 + number}" if number % 4 == 0 else "",
            *(place if number % 2 else ["", "", "", ""])]  # fmt: skip


def _vehicle(number: int, sizes: _Sizes, rng: random.Random, is_changed: bool) -> list[str]:
    letters = "ABCDEFGHJKLMNPRSTVWXYZ"
    plate = "".join(letters[number // 22**power % 22] for power in (3, 2)) + f"{number % 1000:03d}"
    plate += "".join(letters[number // 1000 // 22**power % 22] for power in (1, 0))
    registered = date(2012, 1, 1) + timedelta(days=rng.randrange(5000))
    km = rng.randrange(5_000, 180_000) + (1_000 if is_changed else 0)
    return [
        f"V{number}", f"ZFA{number:014d}", plate, rng.choice(_MAKES), "Modello", rng.choice("BGMIE"),
        f"{registered:%d/%m/%Y}", f"C{number * 7919 % sizes.customers}", f"{km:,}".replace(",", "."), "20/10/2026",
    ]  # fmt: skip


def _order(number: int, sizes: _Sizes, rng: random.Random, is_changed: bool) -> list[str]:
    vehicle = number * 104_729 % sizes.vehicles
    at = BORN - timedelta(days=3 + (sizes.orders - number) * 1400 // sizes.orders, hours=number % 8)
    ready = at + timedelta(hours=rng.randrange(2, 30))
    return [
        f"{number + 1:07d}", f"0{number % 2 + 1}", f"C{vehicle * 7919 % sizes.customers}", f"V{vehicle}",
        "CHIUSA", "Tagliando e freni", f"{rng.randrange(5_000, 180_000)}", f"{at:%d/%m/%Y %H:%M}",
        f"{ready:%d/%m/%Y} 18:00",
        f"{ready:%d/%m/%Y %H:%M}", f"{ready + timedelta(hours=3):%d/%m/%Y %H:%M}",
        f"F{number}{'/B' if is_changed else ''}",
    ]  # fmt: skip


def _line(number: int, sizes: _Sizes, rng: random.Random, is_changed: bool) -> list[str]:
    order = number % sizes.orders
    is_labour = number < sizes.orders
    price = f"{rng.randrange(1_000, 90_000) / 100:.2f}".replace(".", ",")
    return [
        f"{order + 1:07d}", str(number // sizes.orders + 1), "MO" if is_labour else "RI",
        "Tagliando" if is_labour else "Olio motore", "", "1" if is_labour else "4,50", "1,25" if is_labour else "",
        f"1.{price}" if is_changed else price,
    ]  # fmt: skip
