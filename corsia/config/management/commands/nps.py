"""corsia nps: the score of each group in a CSV, with its standard error and interval; nothing is stored."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from corsia.listening.rules.nps import SHOWN_FROM, Tally, net_promoter_score, standard_error
from corsia.listening.rules.scores_file import ENCODINGS, Groups, NoColumn, NotATable, count_groups

_COLUMNS = ("n", "promoters", "passives", "detractors", "nps", "se", "low", "high")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Command(BaseCommand):
    help = (
        "Count the net promoter score of each group in a CSV (; or , between columns; UTF-8 or Windows-1252), in "
        "points, with its standard error (Wald) and its 95 %% interval (adjusted Wald). One JSON object a group with "
        "--json. Rows without a readable score are skipped and counted on the error stream."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--score", required=True, metavar="COLUMN", help="column of the scores from 0 to 10")
        parser.add_argument("--by", metavar="COLUMN", help="column of the groups; without it all is one group")
        parser.add_argument("--json", action="store_true", help="one JSON object a line, unrounded")

    def handle(self, *_: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            with _text_of(path) as text:
                found = count_groups(text, score=options["score"], by=options["by"])
        except OSError as wrong:
            raise CommandError(f"{path} cannot be read: {wrong.strerror}.") from None
        except NoColumn as wrong:
            there = ", ".join(f"“{name}”" for name in wrong.there)
            raise CommandError(f"{path} has no column “{wrong.wanted}”. It has: {there}.") from None
        except NotATable as wrong:
            raise CommandError(f"{path} cannot be read as a CSV: {wrong}.") from None
        rows = [(group if options["by"] else None, *line) for group, line in _lines(found)]
        if options["json"]:
            for row in rows:
                self.stdout.write(json.dumps(dict(zip(("group", *_COLUMNS), row, strict=True)), ensure_ascii=False))
        elif rows:
            self._table(rows)
        self._skipped(found)
        if not rows:
            raise CommandError(f"{path} has no readable score in “{options['score']}”.")

    def _table(self, rows: list[tuple[Any, ...]]) -> None:
        shown: list[tuple[str, ...]] = [("group", *_COLUMNS)]
        for group, *numbers in rows:
            counts, points = numbers[:4], numbers[4:]
            name = "(all)" if group is None else group or "(empty)"
            shown.append((name, *map(str, counts), *(f"{value:.1f}" for value in points)))
        widths = [max(len(row[place]) for row in shown) for place in range(len(shown[0]))]
        for row in shown:
            cells = [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
            self.stdout.write("  ".join(cells).rstrip())
        if any(row[1] < SHOWN_FROM for row in rows):
            self.stdout.write(f"Under {SHOWN_FROM} answers a score says little: Corsia's own pages do not show it.")

    def _skipped(self, found: Groups) -> None:
        if found.empty:
            self.stderr.write(f"{found.empty} rows skipped: the score is empty.")
        if found.unreadable:
            named = "; ".join(f"line {line}: “{cell}”" for line, cell in found.examples)
            self.stderr.write(f"{found.unreadable} rows skipped: no number from 0 to 10 ({named}).")


def _lines(found: Groups) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Yield what is said of each group, by its name."""
    for group, answers in sorted(found.tallies.items(), key=lambda pair: (pair[0].casefold(), pair[0])):
        yield group, _numbers(answers)


def _numbers(answers: Tally) -> tuple[float, ...]:
    score = net_promoter_score(answers)
    counts = (answers.answers, answers.promoters, answers.passives, answers.detractors)
    return (*counts, score.points, standard_error(answers), score.low, score.high)


def _text_of(path: Path) -> TextIO:
    """Open a file in the encoding in which it can be read: UTF-16 with its mark, UTF-8, else Windows-1252."""
    with path.open("rb") as raw:
        if raw.read(2) in _UTF_16:
            return path.open(encoding="utf-16", newline="")
    with path.open(encoding=ENCODINGS[0], newline="") as text:
        try:
            while text.read(1 << 20):
                pass
        except UnicodeDecodeError:
            return path.open(encoding=ENCODINGS[1], errors="replace", newline="")
    return path.open(encoding=ENCODINGS[0], newline="")
