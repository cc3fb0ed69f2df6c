"""corsia bench: measure what the product is judged by, on a database of its own."""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from corsia.config.bench import (
    Figure,
    booking,
    dms_import,
    fjsp,
    hooks,
    intake,
    invitations,
    night,
    pages,
    replan,
    streams,
    submissions,
    surveys,
    warehouse,
    workshop_month,
)
from corsia.config.bench.data import build, built_size
from corsia.config.bench.database import drop_database, ensure_database, is_built, run_inside

NAMES = ("intake", "pages", "surveys", "submissions", "invitations", "streams", "hooks", "warehouse")
IMPORTING = "dms-import"  # into a database of its own, made anew each time, and only when it is named
DIARIES = ("suggestion", "booking")  # on a database of workshops, and only when they are named
PLANNING = ("fjsp", "replan", "night", "workshop-month")  # without a database, and only when they are named


class Command(BaseCommand):
    help = (
        "Measure intake, pages, surveys, submissions, invitations, streams, webhooks and the warehouse, and when named "
        "the planning of workshops. One JSON object a line with --json. The database is made once and kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        others = ", ".join((*DIARIES, *PLANNING, IMPORTING))
        named = f"which: {', '.join(NAMES)} (default: these); {others}; after fjsp, the folder of instances"
        parser.add_argument("names", nargs="*", metavar="NAME", help=named)
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--cases", type=int, default=100_000, help="how many cases are loaded (default: 100000)")
        parser.add_argument("--mails", type=int, default=4_000)
        parser.add_argument("--streams", type=int, default=1_000)
        parser.add_argument("--rows", type=int, default=dms_import.ROWS, help="of dms-import (default: 1000000)")
        parser.add_argument("--contacts", type=int, default=warehouse.CONTACTS)
        parser.add_argument("--drop", action="store_true", help="remove the database of that size and stop")
        parser.add_argument(
            "--inside",
            action="store_true",
            help="in the database in use: measure NAME, else build",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        name = f"corsia_bench_{options['cases']}"
        if options["drop"]:
            drop_database(name)
            return
        if options["inside"]:
            self._inside(options)
            return
        if set(options["names"]) & set(PLANNING):
            self._print(self._planned(options["names"]), as_json=options["json"])
            return
        if options["names"] == [IMPORTING]:
            drop_database(dms_import.DATABASE)
            ensure_database(dms_import.DATABASE)
            arguments = ["bench", IMPORTING, "--inside", "--rows", str(options["rows"])]
            code = run_inside(dms_import.DATABASE, [*arguments, *(["--json"] if options["json"] else [])])
            drop_database(dms_import.DATABASE)
            raise SystemExit(code)
        if set(options["names"]) & set(DIARIES):
            self._diaries(options)
            return
        ensure_database(name)
        if not is_built(name):
            drop_database(name)
            ensure_database(name)
        self._say(f"database {name}")
        for part in ("", *(options["names"] or NAMES)):
            arguments = ["bench", *([part] if part else []), "--inside", *(["--json"] if options["json"] else [])]
            for option in ("cases", "mails", "streams", "contacts"):
                arguments += [f"--{option}", str(options[option])]
            # Pages are measured as the web processes serve them.
            code = run_inside(name, arguments, as_web=part in ("pages", "surveys"))
            if code:
                raise SystemExit(code)

    def _diaries(self, options: dict[str, Any]) -> None:
        ensure_database(booking.DATABASE)
        if not is_built(booking.DATABASE):
            drop_database(booking.DATABASE)
            ensure_database(booking.DATABASE)
            options["names"] = ["diaries", *options["names"]]
        for part in options["names"]:
            arguments = ["bench", part, "--inside", *(["--json"] if options["json"] else [])]
            if code := run_inside(booking.DATABASE, arguments):
                raise SystemExit(code)

    def _inside(self, options: dict[str, Any]) -> None:
        if options["names"] == ["diaries"]:
            booking.build(self._say)
            return
        if not options["names"]:
            call_command("migrate", verbosity=0)
            if built_size() != options["cases"]:
                build(count=options["cases"], progress=self._say)
            return
        self._print(self._figures(options), as_json=options["json"])

    def _print(self, figures: Iterator[Figure], *, as_json: bool) -> None:
        for figure in figures:
            if as_json:
                self.stdout.write(figure.line())
            else:
                goal = f"  (goal {figure.goal})" if figure.goal else ""
                self.stdout.write(f"{figure.bench:8} {figure.figure:45} {figure.value:>10} {figure.unit}{goal}")
            self.stdout.flush()

    def _figures(self, options: dict[str, Any]) -> Iterator[Figure]:
        wanted = options["names"]
        if "pages" in wanted:
            yield from pages.measure(count=options["cases"])
        if "surveys" in wanted:
            yield from surveys.measure(progress=self._say)
        if "submissions" in wanted:
            yield from submissions.measure(progress=self._say)
        if "invitations" in wanted:
            yield from invitations.measure(progress=self._say)
        if "streams" in wanted:
            yield from streams.measure(streams=options["streams"], progress=self._say)
        if "suggestion" in wanted:
            yield from booking.measure_suggestion()
        if "booking" in wanted:
            yield from booking.measure_booking()
        if IMPORTING in wanted:
            yield from dms_import.measure(rows=options["rows"], progress=self._say)
        if "hooks" in wanted:
            yield from hooks.measure(progress=self._say)
        if "warehouse" in wanted:
            yield from warehouse.measure(progress=self._say, contacts=options["contacts"])
        if "intake" in wanted:
            yield from intake.measure(count=options["cases"], mails=options["mails"], progress=self._say)

    def _planned(self, names: list[str]) -> Iterator[Figure]:
        folders = [name for name in names if name not in PLANNING]
        if len(folders) != ("fjsp" in names):
            raise CommandError("Say which folder of instances to solve: corsia bench fjsp FOLDER. Others take none.")
        if "fjsp" in names:
            yield from fjsp.measure(folder=Path(folders[0]), progress=self._say)
        if "replan" in names:
            yield from replan.measure(progress=self._say)
        if "night" in names:
            yield from night.measure(progress=self._say)
        if "workshop-month" in names:
            yield from workshop_month.measure(progress=self._say)

    def _say(self, line: str) -> None:
        self.stderr.write(f"[{os.getpid()}] {line}")
