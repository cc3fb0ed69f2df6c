"""corsia nps: any CSV, one JSON object a group; against a naive count and the worked example."""

import csv
import io
import json
import math
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from corsia.listening.rules.nps import Tally
from corsia.listening.rules.scores_file import count_groups
from tests.conftest import fixtures_folder


def run(path: Path, *options: str) -> tuple[list[dict], str]:
    out, errors = io.StringIO(), io.StringIO()
    call_command("nps", str(path), *options, "--json", stdout=out, stderr=errors, no_color=True)
    return [json.loads(line) for line in out.getvalue().splitlines()], errors.getvalue()


def file_of(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "voti.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_one_object_a_group_with_these_keys_unrounded(tmp_path) -> None:
    path = file_of(tmp_path, "sede;voto\nVerona;10\nBrescia;9\nBrescia;7\nBrescia;0\n")

    rows, errors = run(path, "--score", "voto", "--by", "sede")

    assert [list(row) for row in rows] == [
        ["group", "n", "promoters", "passives", "detractors", "nps", "se", "low", "high"]
    ] * 2
    brescia, verona = rows
    assert (brescia["group"], brescia["n"], brescia["nps"]) == ("Brescia", 3, 0.0)
    assert brescia["se"] == pytest.approx(100 * math.sqrt(2 / 3 / 3), abs=1e-12)
    reach = 100 * 1.959963984540054 * math.sqrt((3.5 / 6) / 6)
    assert (brescia["low"], brescia["high"]) == (pytest.approx(-reach), pytest.approx(reach))
    assert (verona["n"], verona["nps"], verona["se"]) == (1, 100.0, 0.0)
    assert errors == ""


def test_the_worked_example_to_the_last_digit(tmp_path) -> None:
    example = json.loads((fixtures_folder("surveys") / "worked_examples.json").read_text())["nps_margin_of_error"]
    scores = [10] * 162 + [8] * 108 + [3] * 54
    path = file_of(tmp_path, "voto,sede\n" + "".join(f"{score},A\n" for score in scores))

    [row], _ = run(path, "--score", "voto", "--by", "sede")

    assert row["n"] == example["n"]
    assert round(row["nps"], 2) == example["nps"]
    assert round(row["se"], 2) == example["standard_error_points"]
    assert round(1.959963984540054 * row["se"], 2) == pytest.approx(example["margin_95_points"], abs=0.005)
    assert round((row["se"] / 100) ** 2 * row["n"], 4) == example["variance"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Città;Voto\nForlì;9,0\nForlì;6,5\n", "cp1252"),
        ("Città,Voto\nForlì,9\nForlì,6\n", "utf-8"),
        ("\ufeffCittà;Voto\r\nForlì;9\r\nForlì;6\r\n", "utf-8"),
        ("sep=;\nCittà;Voto\nForlì;9\nForlì;6\n", "utf-8"),
        ("Città\tVoto\nForlì\t9\nForlì\t6\n", "utf-16"),
        ('"Città";"Voto, da 0 a 10"\n"Forlì";"9,0"\n"Forlì";"6"\n', "cp1252"),
        ('"Città","Voto"\n"Forlì","9,0"\n"Forlì","6,5"\n', "utf-8"),
    ],
)
def test_files_of_any_spreadsheet(tmp_path, text, encoding) -> None:
    column = "Voto, da 0 a 10" if "da 0 a 10" in text else " voto "

    [row], errors = run(file_of(tmp_path, text, encoding), "--score", column, "--by", "CITTÀ")

    assert (row["group"], row["n"], row["promoters"], row["passives"], row["detractors"]) == ("Forlì", 2, 1, 0, 1)
    assert errors == ""


def test_empty_and_unreadable_cells_are_skipped_and_counted(tmp_path) -> None:
    path = file_of(tmp_path, "g;v\na;10\na;\na\n\na;n/d\na;11\na;-1\na;9\n")

    [row], errors = run(path, "--score", "v", "--by", "g")

    assert row["n"] == 2
    assert errors.splitlines() == [
        "2 rows skipped: the score is empty.",
        "3 rows skipped: no number from 0 to 10 (line 6: “n/d”; line 7: “11”; line 8: “-1”).",
    ]


def test_a_missing_column_is_named_with_those_there_are(tmp_path) -> None:
    path = file_of(tmp_path, "sede;voto\nA;9\n")

    with pytest.raises(CommandError, match=r"has no column “punteggio”\. It has: “sede”, “voto”\."):
        run(path, "--score", "punteggio", "--by", "sede")
    with pytest.raises(CommandError, match="has no column “filiale”"):
        run(path, "--score", "voto", "--by", "filiale")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "the file is empty"), (b"g;v\na;\n", "no readable score"), (None, "cannot be read: No such file")],
)
def test_what_cannot_be_counted_says_so(tmp_path, content, message) -> None:
    path = tmp_path / "voti.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CommandError, match=message):
        run(path, "--score", "v", "--by", "g")


def test_without_json_a_table_that_warns_of_small_groups(tmp_path) -> None:
    path = file_of(tmp_path, "sede;voto\n" + "Brescia;10\n" * 11 + "Verona;2\n")
    out = io.StringIO()

    call_command("nps", str(path), "--score", "voto", "--by", "sede", stdout=out, no_color=True)

    assert out.getvalue().splitlines() == [
        "group     n  promoters  passives  detractors     nps   se    low   high",
        "Brescia  11         11         0           0   100.0  0.0   51.1  100.0",
        "Verona    1          0         0           1  -100.0  0.0  -98.5   48.5",
        "Under 10 answers a score says little: Corsia's own pages do not show it.",
    ]


def test_a_real_survey_against_a_naive_count() -> None:
    path = fixtures_folder("surveys", "preppin_040") / "input_01.csv"
    question, by = (
        "On a scale of 0-10, how would you rate Sudzilla?",
        "How would you rate the food at Sudzilla (lunch)?",
    )
    naive = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as text:
        for line in csv.DictReader(text):
            if line[question].strip():
                naive[line[by].strip()].append(int(line[question]))

    rows, _ = run(path, "--score", question, "--by", by)

    assert len(naive) > 2
    assert {row["group"]: (row["n"], row["promoters"], row["detractors"]) for row in rows} == {
        group: (len(scores), sum(one > 8 for one in scores), sum(one < 7 for one in scores))
        for group, scores in naive.items()
    }


@given(
    st.lists(st.tuples(st.sampled_from(["A", "B;C", 'D "e"', "F\ng", "è"]), st.integers(0, 10)), min_size=1),
    st.sampled_from([";", ",", "\t"]),
)
def test_whatever_is_written_is_counted(rows, separator) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([["gruppo", "voto"], *rows])
    text.seek(0)

    found = count_groups(text, score="voto", by="gruppo")

    expected = defaultdict(Tally)
    for group, score in rows:
        band = "promoters" if score > 8 else "passives" if score > 6 else "detractors"
        expected[group] += Tally(**{band: 1})
    assert found.tallies == expected
    assert (found.empty, found.unreadable) == (0, 0)


def test_it_runs_without_a_database(tmp_path) -> None:
    """A file is counted on any machine: no server is started or asked."""
    path = file_of(tmp_path, "sede;voto\nA;9\n")
    command = [sys.executable, "-m", "corsia", "nps", str(path), "--score", "voto", "--by", "sede", "--json"]
    nowhere = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}

    done = subprocess.run(command, env=nowhere, capture_output=True, text=True, check=True)

    assert json.loads(done.stdout)["nps"] == 100.0
