"""Answers of other methods: read as their columns say, taken in once, counted apart, compared, and taken back."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from corsia.customers.models import ContactPoint
from corsia.events.listening import SurveyAnswered
from corsia.kernel.access import NotAllowed
from corsia.kernel.tables import xlsx_file
from corsia.listening.models import AnswerFile, AnswerSource, CollectedAnswer, LeftOutLine, Response, ResponseItem
from corsia.listening.queries.collecting import parallel
from corsia.listening.queries.questionnaires import shipped_definition
from corsia.listening.queries.signals import signals
from corsia.listening.rules.collecting import guessed
from corsia.listening.rules.comparing import difference_between
from corsia.listening.rules.nps import Tally, net_promoter_score
from corsia.listening.services import (
    confirm_file,
    discard_file,
    keep_file,
    set_columns,
    settle_left,
    take_back,
    take_in_files,
)
from corsia.listening.services.collecting import ColumnsMissing, FileOver, FileUnreadable, NothingToTake, NotTakenIn
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON, fixtures_folder
from tests.factories.cases import ROBOT
from tests.factories.organisation import actor_in, person_in, signed_in
from tests.factories.surveys import reachable, surveyed_group
from tests.facts import stated_facts
from tests.jobs import run_jobs, waiting_jobs

HEADER = ["ID intervista", "Data", "Sede", "E-mail", "Metodo", "Voto", "Perché"]
SAID = [
    ["1", "01/03/2026", "Brescia", "giulia@example.com", "telefono", "9", "Gentilissimi"],
    ["2", "02/03/2026 18:30", "Verona", "", "telefono", "3", "Mai richiamato"],
    ["3", "03/03/2026", "Brescia", "", "telefono", "8,0", ""],
]
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def ready(group):
    return surveyed_group(group, now=NOON)


def csv_of(rows, header=HEADER) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([header, *rows])
    return out.getvalue().encode("cp1252")


def kept(group, rows=SAID, *, content: bytes | None = None, name="Istituto Alfa", **fields) -> AnswerFile:
    values = {"unit_id": group.root.pk, "source_id": None, "source_name": name, "questionnaire": "case"} | fields
    content = csv_of(rows) if content is None else content
    return keep_file(file_name="marzo.csv", content=content, by=ROBOT, now=NOON, **values)


def taken_in(group, rows=SAID, **fields) -> AnswerFile:
    file = kept(group, rows, **fields)
    confirm_file(file_id=file.pk, by=ROBOT, now=NOON)
    take_in_files(now=NOON)
    file.refresh_from_db()
    return file


def left_out(file) -> list[tuple[int, str, str, str]]:
    rows = LeftOutLine.objects.filter(file=file).order_by("number")
    return list(rows.values_list("number", "reason", "column", "cell"))


def test_a_file_only_says_what_it_would_do(ready) -> None:
    file = kept(ready)

    assert (file.lines, file.takes, file.twice, file.left_out) == (3, 3, 0, 0)
    assert Response.objects.count() == 0
    assert waiting_jobs() == []


def test_what_was_answered_is_kept_as_an_answer_of_today(ready) -> None:
    giulia = reachable(ready, now=NOON)
    ContactPoint.objects.filter(customer=giulia, kind="email").update(value="giulia@example.com")

    file = taken_in(ready)

    first, second, third = Response.objects.order_by("answered_at")
    assert (first.score, first.text, first.customer_id, first.unit.name) == (9, "Gentilissimi", giulia.pk, "Brescia")
    assert (second.score, second.answered_at) == (3, datetime(2026, 3, 2, 17, 30, tzinfo=UTC))
    assert (third.score, third.channel, third.customer_id) == (8, "import", None)
    assert first.completed_at == first.settled_at == first.answered_at
    items = ResponseItem.objects.filter(response=second).order_by("question")
    assert [(row.question, row.number, row.text, row.is_low) for row in items] == [
        ("recommend", 3, "", True),
        ("why_detractor", None, "Mai richiamato", False),
    ]
    assert list(CollectedAnswer.objects.values_list("way", flat=True)) == ["telefono"] * 3
    assert (file.takes, file.recognised, file.content_id) == (3, 1, None)


def test_nobody_is_called_back_for_what_was_collected_elsewhere(ready) -> None:
    taken_in(ready)

    settle_left(now=NOON + timedelta(days=1))

    assert stated_facts(SurveyAnswered) == []


def test_the_same_file_twice_doubles_nothing(ready) -> None:
    taken_in(ready)
    again = kept(ready, [*SAID, ["4", "04/03/2026", "", "", "", "10", ""], ["4", "05/03/2026", "", "", "", "1", ""]])

    assert (again.takes, again.twice) == (1, 4)
    with pytest.raises(NothingToTake):
        confirm_file(file_id=kept(ready).pk, by=ROBOT, now=NOON)
    assert Response.objects.count() == 3


def test_without_numbers_the_whole_line_tells_an_answer(ready) -> None:
    rows = [["01/03/2026", "9"], ["01/03/2026", "9 "], ["01/03/2026", "8"]]

    file = kept(ready, content=csv_of(rows, ["Data", "Voto"]))

    assert (file.takes, file.twice) == (2, 1)


def test_two_confirmed_files_with_the_same_answers_bring_them_once(ready) -> None:
    first, second = kept(ready), kept(ready)
    for file in (first, second):
        confirm_file(file_id=file.pk, by=ROBOT, now=NOON)

    assert run_jobs() >= 1

    assert Response.objects.count() == 3
    second.refresh_from_db()
    assert (second.takes, second.twice, second.finished_at is not None) == (0, 3, True)


def test_each_line_that_is_left_out_says_why(ready) -> None:
    rows = [
        ["1", "ieri", "", "", "", "9", ""],
        ["2", "01/01/2031", "", "", "", "9", ""],
        ["3", "01/03/2026", "Palermo", "", "", "9", ""],
        ["4", "01/03/2026", "", "", "", "11", ""],
        ["5", "01/03/2026", "", "", "", "", ""],
        ["", "", "", "", "", "", ""],
        ["7", "01/03/2026", "", "", "", "9", "", "oltre"],
        ["8", "01/03/2026", "", "", "", "0", ""],
    ]

    file = kept(ready, rows)

    assert left_out(file) == [
        (2, "no_date", "Data", "ieri"),
        (3, "future", "Data", "01/01/2031"),
        (4, "no_unit", "Sede", "Palermo"),
        (5, "not_on_scale", "Voto", "11"),
        (6, "no_answer", "", ""),
        (7, "empty", "", ""),
        (8, "columns", "", ""),
    ]
    assert (file.takes, file.left_out) == (1, 7)


def test_columns_are_told_once_for_a_source(ready) -> None:
    header, rows = ["Quando", "Giudizio", "Cosa"], [["01/03/2026", "9", "bene"]]
    file = kept(ready, content=csv_of(rows, header))
    with pytest.raises(ColumnsMissing):
        confirm_file(file_id=file.pk, by=ROBOT, now=NOON)

    set_columns(file_id=file.pk, columns=["date", "item:recommend", "words"], month_first=False, by=ROBOT, now=NOON)
    later = kept(ready, content=csv_of([["02/03/2026", "2", "male"]], header))

    file.refresh_from_db()
    assert (file.takes, later.takes) == (1, 1)
    assert kept(ready, content=csv_of(rows, header), name="Altra").takes == 0


def test_what_is_guessed_from_names() -> None:
    definition = shipped_definition("case")
    names = ["Timestamp", "Numero intervista", "CANALE", "Che cosa avremmo potuto fare per migliorare il Suo giudizio?"]

    assert guessed([*names, "NPS", "Voto", "Colore"], definition, remembered={}) == [
        "date", "number", "way", "item:why_detractor", "item:recommend", "", "",
    ]  # fmt: skip
    assert guessed(["NPS", "Colore"], definition, remembered={"nps": "", "colore": "unit"}) == ["", "unit"]


def test_an_xlsx_is_taken_in_too(ready) -> None:
    content = xlsx_file(["Data", "Voto"], [[NOON.date() - timedelta(days=2), 10]], title="Risposte")

    taken_in(ready, content=content)

    assert Response.objects.get().score == 10


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"PK\x03\x04"])
def test_what_is_no_table_is_refused_in_words(ready, content) -> None:
    with pytest.raises(FileUnreadable) as refusal:
        kept(ready, content=content)

    assert "file" in str(refusal.value)
    assert AnswerFile.objects.count() == 0


def test_a_file_put_aside_loses_its_content_and_is_over(ready) -> None:
    file = kept(ready, [["1", "ieri", "", "", "", "9", ""]])
    discard_file(file_id=file.pk, by=ROBOT, now=NOON)

    file.refresh_from_db()
    assert (file.content_id, LeftOutLine.objects.count()) == (None, 0)
    with pytest.raises(FileOver):
        confirm_file(file_id=file.pk, by=ROBOT, now=NOON)


def test_answers_can_be_taken_back_and_loaded_again(ready) -> None:
    file = taken_in(ready)

    assert take_back(file_id=file.pk, by=ROBOT, now=NOON) == 3

    assert (Response.objects.count(), CollectedAnswer.objects.count()) == (0, 0)
    with pytest.raises(NotTakenIn):
        take_back(file_id=file.pk, by=ROBOT, now=NOON)
    assert taken_in(ready).takes == 3


def test_a_manager_loads_for_their_branch_alone(ready) -> None:
    boss = actor_in(ready.brescia, Role.BRANCH_MANAGER)

    with pytest.raises(NotAllowed):
        keep_file(
            unit_id=ready.verona.pk, source_id=None, source_name="Altra", questionnaire="case", file_name="a.csv",
            content=csv_of(SAID), by=boss, now=NOON,
        )  # fmt: skip

    own = kept(ready, SAID, unit_id=ready.brescia.pk)
    assert left_out(own) == [(3, "no_unit", "Sede", "Verona")]


def scores(unit, values: list[int], *, days: int = 5) -> None:
    at = NOON - timedelta(days=days)
    Response.objects.bulk_create(
        Response(unit=unit, channel="email", score=score, started_at=at, answered_at=at, completed_at=at, settled_at=at)
        for score in values
    )


def test_both_methods_stand_side_by_side_and_are_never_added_up(ready) -> None:
    scores(ready.brescia, [10] * 20 + [0] * 20)
    scores(ready.verona, [0] * 50)  # the source says nothing about Verona
    rows = [[str(number), "05/03/2026", "Brescia", "", "", "10" if number < 36 else "0", ""] for number in range(40)]
    file = taken_in(ready, [*rows, ["x", "01/03/2026", "Brescia", "", "", "7", ""]])

    found = parallel(file.source)

    assert found is not None
    whole = found.together
    assert (whole.ours, whole.theirs) == (
        Tally(promoters=20, detractors=20),
        Tally(promoters=36, passives=1, detractors=4),
    )
    assert whole.difference == difference_between(whole.theirs, whole.ours)
    assert not whole.difference.is_chance
    assert signals(days=30, now=NOON).answers == Tally(promoters=20, detractors=70)


def test_the_difference_of_two_scores_holds_its_interval() -> None:
    one, other = Tally(promoters=60, passives=20, detractors=20), Tally(promoters=40, passives=30, detractors=30)

    found = difference_between(one, other)

    assert found.points == pytest.approx(30.0)
    half = (found.high - found.low) / 2
    singles = [net_promoter_score(answers).margin for answers in (one, other)]
    assert half == pytest.approx((singles[0] ** 2 + singles[1] ** 2) ** 0.5)
    assert (found.low + found.high) / 2 == pytest.approx(100 * (40 / 103 - 10 / 103))
    assert not found.is_chance
    assert difference_between(one, one).is_chance


def test_real_survey_files_are_read(ready) -> None:
    folder = fixtures_folder("surveys", "preppin_040")
    for name, month_first in (("input_01.csv", True), ("input_02.csv", False)):
        content = (folder / name).read_bytes()
        file = kept(ready, content=content, name=name)
        header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        columns = ["date", "item:recommend", "words", *[""] * (len(header) - 3)]
        set_columns(file_id=file.pk, columns=columns, month_first=month_first, by=ROBOT, now=NOON)
        confirm_file(file_id=file.pk, by=ROBOT, now=NOON)
    take_in_files(now=NOON)

    first, second = AnswerFile.objects.order_by("pk")
    assert (first.takes, first.left_out) == (first.lines, 0)
    assert (second.takes, second.left_out) == (second.lines, 0)
    by_file = {
        file.pk: sorted(Response.objects.filter(collected__file=file).values_list("score", flat=True))
        for file in (first, second)
    }
    assert by_file[first.pk] == by_file[second.pk]
    months = {at.date().month for at in Response.objects.values_list("answered_at", flat=True)}
    assert months == {11}


def test_the_pages_show_what_would_happen_and_then_both_methods(ready) -> None:
    client = signed_in(person_in(ready.root, Role.CARE_MANAGER))
    assert "Carica un file" in client.get("/listening/collected/").text
    upload = SimpleUploadedFile("marzo.csv", csv_of([*SAID, ["9", "ieri", "", "", "", "9", "=1+1"]]))

    shown = client.post(
        "/listening/collected/new/",
        {"name": "Istituto Alfa", "questionnaire": "case", "unit": ready.root.pk, "file": upload},
        follow=True,
    )

    file = AnswerFile.objects.get()
    assert shown.redirect_chain == [(f"/listening/collected/files/{file.pk}/", 302)]
    assert "Gentilissimi" in shown.text
    assert "ieri" in shown.text
    rejected = client.get(f"/listening/collected/files/{file.pk}/left-out/").content.decode("utf-8-sig").splitlines()
    assert len(rejected) == 2
    assert rejected[1].startswith("9;ieri;;;;9;'=1+1;5;")
    client.post(f"/listening/collected/files/{file.pk}/confirm/")
    run_jobs()
    done = client.get(f"/listening/collected/files/{file.pk}/").text
    assert f"/listening/collected/files/{file.pk}/back/" in done
    side = client.get(f"/listening/collected/sources/{file.source_id}/").text
    assert "Istituto Alfa" in side
    assert "n = 3" in side
    client.post(f"/listening/collected/files/{file.pk}/back/")
    assert Response.objects.count() == 0


def test_a_file_without_a_source_is_refused_in_words(ready) -> None:
    client = signed_in(person_in(ready.root, Role.CARE_MANAGER))

    refused = client.post(
        "/listening/collected/new/",
        {"questionnaire": "case", "unit": ready.root.pk, "file": SimpleUploadedFile("a.csv", csv_of(SAID))},
    )

    assert refused.status_code == 422
    assert AnswerSource.objects.count() == 0
