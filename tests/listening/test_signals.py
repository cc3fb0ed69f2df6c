"""The page of signals, what is counted behind it, and the export of answers."""

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.listening.models import Invitation, QuestionnaireVersion, Response, ResponseItem
from corsia.listening.queries.items import items, scale_of_question
from corsia.listening.queries.redemption import redemption
from corsia.listening.queries.signals import signals
from corsia.listening.rules.questionnaires import Band, Question, QuestionKind, Words
from corsia.listening.services import install_questionnaires
from corsia.listening.vocabulary import AnswerChannel
from corsia.messaging.models import Outgoing
from corsia.organisation.models import Unit
from corsia.organisation.vocabulary import Role, UnitKind
from tests.factories.agreements import an_agreement
from tests.factories.cases import a_case
from tests.factories.organisation import UnitFactory, person_in, signed_in
from tests.factories.surveys import answered, invited, reachable, response_to, surveyed_group
from tests.kernel.test_tables import xlsx_cells

ROME = ZoneInfo("Europe/Rome")


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def ready(group, now):
    with scope.system("test"):
        return surveyed_group(group, now=now)


@pytest.fixture
def giulia(ready, now):
    with scope.system("test"):
        return reachable(ready, now=now)


def at_counter(unit: Unit, scores: list[int], *, at: datetime, channel: str = AnswerChannel.QR, **fields) -> None:
    """Put complete answers into the tables that nobody was invited to by name."""
    values = {"unit": unit, "channel": channel, "started_at": at, "answered_at": at, "completed_at": at, **fields}
    Response.objects.bulk_create(Response(score=score, settled_at=at, **values) for score in scores)


def by_person(unit: Unit, customer, people, scores: list[int], *, at: datetime) -> None:
    """Answer the invitations about cases of some people in turn."""
    case = a_case(unit, now=at - timedelta(days=2), customer=customer)
    for place, score in enumerate(scores):
        invitation = Invitation.objects.create(
            case=case if place == 0 else a_case(unit, now=at - timedelta(days=2), customer=customer),
            customer=customer,
            unit=unit,
            assignee=people[place % len(people)],
            language="it",
            created_at=at - timedelta(days=1),
            send_after=at,
            sent_at=at,
            expires_at=at + timedelta(days=9),
        )
        response_to(invitation, score, at=at)


def boss_of(unit: Unit):
    client = signed_in(person_in(unit, Role.BRANCH_MANAGER))
    client.cookies["django_language"] = "it"
    return client


def half_a_year(unit: Unit, now: datetime, *, days: int = 120, skip: int = 30) -> None:
    """Fill the past before the last `skip` days with what is usual: NPS 20 from ten answers a day."""
    for back in range(skip, skip + days):
        at_counter(unit, [10, 10, 9, 9, 8, 8, 7, 7, 3, 2], at=now - timedelta(days=back))


def test_an_even_course_is_nothing_unusual_and_a_fall_is_no_coincidence(ready, now) -> None:
    with scope.system("test"):
        half_a_year(ready.brescia_care, now, days=150, skip=0)
    boss = boss_of(ready.brescia)

    calm = boss.get("/listening/signals/?days=30").content.decode()
    with scope.system("test"):
        for back in range(6):
            at_counter(ready.brescia_care, [3, 2, 1, 0, 5] * 2, at=now - timedelta(days=back, minutes=5))
    alarmed = boss.get("/listening/signals/?days=30").content.decode()

    assert "Niente di insolito" in calm
    assert "Oggi non è un caso" not in calm
    assert "Oggi non è un caso" in alarmed
    assert "<b>peggio del solito</b> dal" in alarmed


def test_without_a_past_nothing_is_judged(ready, now) -> None:
    with scope.system("test"):
        at_counter(ready.brescia_care, [0] * 40, at=now)

    page = boss_of(ready.brescia).get("/listening/signals/").content.decode()

    assert "Troppo poco passato per giudicare oggi" in page
    assert '<svg class="ls-chart' not in page


def test_days_are_those_of_the_clock_on_the_wall_also_when_it_changes(ready) -> None:
    """Around the last Sunday of October, hour by hour, against asking each answer for its local day."""
    until = datetime(2025, 10, 28, 22, 0, tzinfo=UTC)
    moments = [until - timedelta(hours=place) for place in range(24 * 5)]
    with scope.system("test"):
        for at in moments:
            at_counter(ready.brescia_care, [9], at=at)
        found = signals(days=30, now=until)

    counted = {day.on: day.answers.promoters for day in found.today.days if day.answers.promoters}
    assert counted == dict(Counter(at.astimezone(ROME).date() for at in moments))
    assert counted[date(2025, 10, 26)] == 25


def test_neither_imported_answers_nor_those_to_other_questions_are_mixed_in(ready, now) -> None:
    with scope.system("test"):
        install_questionnaires(unit_id=ready.root.pk, by=system("test"), now=now)
        other = QuestionnaireVersion.objects.get(questionnaire__key="nps-workshop")
        at_counter(ready.brescia_care, [10] * 3, at=now)
        at_counter(ready.brescia_care, [0] * 4, at=now, channel=AnswerChannel.IMPORT)
        at_counter(ready.brescia_care, [0] * 5, at=now, version=other)
        unanswered = Response(unit=ready.brescia_care, channel="qr", started_at=now, answered_at=now, settled_at=now)
        unanswered.save()

        assert signals(days=30, now=now).answers.answers == 3
        assert signals(days=30, now=now, survey="nps-workshop").answers.detractors == 5


def test_a_worse_team_is_told_and_nine_answers_are_not_compared(ready, now) -> None:
    with scope.system("test"):
        workshop = UnitFactory(parent=ready.brescia, kind=UnitKind.DEPARTMENT, name="Officina")
        at_counter(ready.brescia_care, [10] * 30 + [0] * 10, at=now)
        at_counter(ready.verona_care, [10] * 5 + [0] * 35, at=now)
        at_counter(workshop, [0] * 9, at=now)
        found = signals(days=30, now=now)

    compared = {line.compared.answers.promoters: line.compared for line in found.teams.lines}
    assert {promoters: one.verdict for promoters, one in compared.items()} == {5: -1, 30: 1}
    assert compared[5].rest.answers == 49
    assert found.teams.too_small == 1


def test_branches_are_ranked_from_four_on_the_small_ones_drawn_to_the_mean(ready, now) -> None:
    with scope.system("test"):
        at_counter(ready.brescia_care, [10] * 60 + [8] * 20 + [0] * 20, at=now)
        at_counter(ready.verona_care, [10] * 50 + [8] * 25 + [0] * 25, at=now)
        for name, scores in (("Como", [10] * 10), ("Monza", [10] * 40 + [8] * 30 + [0] * 30), ("Lodi", [9] * 9)):
            branch = UnitFactory(parent=ready.root, kind=UnitKind.BRANCH, name=name)
            at_counter(branch, scores, at=now)
        found = signals(days=30, now=now).ranking
        three = signals(days=30, now=now, unit_id=ready.brescia.pk).ranking

    assert [line.name for line in found.lines] == ["Como", "Brescia", "Verona", "Monza"]
    como = found.lines[0]
    assert como.score.points == 100.0
    assert como.shrunk.value < como.shrunk.high == 100.0
    assert como.shrunk.own < found.lines[1].shrunk.own
    assert found.too_small == ["Lodi"]
    assert (three.lines, three.is_there) == ((), False)


def test_a_team_of_few_people_and_single_people_need_an_agreement(ready, giulia, now) -> None:
    with scope.system("test"):
        people = [person_in(ready.brescia_care, Role.AGENT) for _ in range(4)]
        by_person(ready.brescia_care, giulia, people, [10] * 44, at=now)
        at_counter(ready.verona_care, [0] * 30, at=now)
    boss = boss_of(ready.root)

    before = boss.get("/listening/signals/?by=person").content.decode()
    with scope.system("test"):
        hidden = signals(days=30, now=now, with_people=True)
        an_agreement(ready.brescia)
        shown = signals(days=30, now=now, with_people=True)
    after = boss.get("/listening/signals/?by=person").content.decode()

    assert [line.compared.answers.answers for line in hidden.teams.lines] == [30]
    assert hidden.teams.withheld == 1
    assert hidden.people is None
    assert not any(str(person) in before for person in people)
    assert sorted(line.compared.answers.answers for line in shown.teams.lines) == [30, 44]
    assert [(line.name, line.compared.answers.answers) for line in shown.people.lines] == [
        (str(person), 11) for person in sorted(people, key=str)
    ]
    assert shown.people.lines[0].compared.rest.answers == 63  # others' answers belong to the rest, unnamed
    assert all(str(person) in after for person in people)


def test_five_people_are_a_team_without_an_agreement(ready, giulia, now) -> None:
    with scope.system("test"):
        people = [person_in(ready.brescia_care, Role.AGENT) for _ in range(5)]
        by_person(ready.brescia_care, giulia, people, [10] * 15, at=now)
        at_counter(ready.verona_care, [0] * 30, at=now)
        found = signals(days=30, now=now)

    assert found.teams.withheld == 0
    assert len(found.teams.lines) == 2


def test_a_neighbour_sees_and_exports_nothing_of_another_branch(ready, giulia, now) -> None:
    with scope.system("test"):
        at_counter(ready.brescia_care, [10] * 30, at=now)
        answered(ready.brescia_care, giulia, 3, at=now, text="Solo a Brescia")
    neighbour = boss_of(ready.verona)

    page = neighbour.get("/listening/signals/").content.decode()
    asked = neighbour.get(f"/listening/signals/?branch={ready.brescia.pk}").content.decode()
    funnel = neighbour.get("/listening/signals/funnel/").content.decode()
    table = neighbour.get("/listening/export.csv").content.decode("utf-8-sig")

    assert "Brescia" not in page + asked + funnel + table
    assert len(table.splitlines()) == 1


def test_the_way_of_invitations_by_channel(ready, giulia, now) -> None:
    with scope.system("test"):
        invited(ready.brescia_care, giulia, now=now - timedelta(hours=1))  # waits
        answered(ready.brescia_care, giulia, 9, at=now - timedelta(days=3))
        half = answered(ready.brescia_care, giulia, 9, at=now - timedelta(days=2))
        Response.objects.filter(pk=half.pk).update(completed_at=None)
        lost = Invitation.objects.exclude(sent_at=None).first()
        lost.pk = None
        lost.case = a_case(ready.brescia_care, now=now - timedelta(days=9), customer=giulia)
        lost.save()
        Outgoing.objects.create(
            unit=ready.brescia_care, reason="survey", to_address="x@example.it", subject="", body="", header_id="<x>",
            idempotency_key=f"listening.invitation:{lost.pk}", state="bounced", send_after=now, created_at=now,
        )  # fmt: skip
        at_counter(ready.brescia_care, [9, 8], at=now)
        found = redemption(since=now - timedelta(days=9), until=now)

    numbers = {way.channel: {step.key: step.count for step in way.steps} for way in found}
    assert numbers == {
        "email": {"eligible": 4, "invited": 3, "arrived": 2, "answered": 2, "complete": 1},
        "qr": {"answered": 2, "complete": 2},
    }
    assert {step.key: step.of_first_pct for step in found[0].steps}["answered"] == 50


@pytest.fixture
def workshop(ready, now):
    """Answers to the workshop's questionnaire in which punctuality decides and the estimate does not."""
    rng = np.random.default_rng(6)
    with scope.system("test"):
        install_questionnaires(unit_id=ready.root.pk, by=system("test"), now=now)
        version = QuestionnaireVersion.objects.get(questionnaire__key="csi-workshop")
        keys = [q.key for q in items_of(version)]
        responses, rows = [], []
        for _ in range(160):
            given = {key: int(rng.integers(6, 11)) for key in keys}
            given["promise"] = int(rng.integers(0, 10))
            score = int(np.clip(given["promise"] + rng.integers(0, 2), 0, 10))
            responses.append(
                Response(unit=ready.brescia_care, version=version, channel="qr", score=score, text="",
                         started_at=now, answered_at=now, completed_at=now, settled_at=now)
            )  # fmt: skip
            rows.append(given | {"recommend": score})
        Response.objects.bulk_create(responses)
        ResponseItem.objects.bulk_create(
            ResponseItem(response=response, unit_id=response.unit_id, question=key, number=number, answered_at=now)
            for response, given in zip(responses, rows, strict=True)
            for key, number in given.items()
        )
    return ready


def items_of(version: QuestionnaireVersion) -> list[Question]:
    from corsia.listening.queries.questionnaires import definition_of

    return [q for q in definition_of(version.pk).questions if q.kind == QuestionKind.SCALE and q.role == "satisfaction"]


def test_items_are_judged_and_the_one_that_decides_and_is_bad_is_to_be_repaired_first(workshop, now) -> None:
    with scope.system("test"):
        found = items(survey="csi-workshop", since=now - timedelta(days=30), until=now)
        numbers = list(ResponseItem.objects.filter(question="promise").values_list("number", flat=True))

    first = found.lines[0]
    assert (first.key, first.is_critical) == ("promise", True)
    assert [line.is_critical for line in found.lines[1:]] == [False] * (len(found.lines) - 1)
    assert first.n == 160
    assert first.mean.value == pytest.approx(sum(numbers) / 160)
    assert first.index.value == pytest.approx(10 * sum(numbers) / 160)
    assert first.bands_pct[-1] == round(100 * sum(one <= 6 for one in numbers) / 160)
    assert first.driver.share > 85
    assert found.together.n == 160
    assert (
        "da riparare per prima"
        in boss_of(workshop.root).get("/listening/signals/items/?survey=csi-workshop").content.decode()
    )


def test_items_of_nine_answers_are_not_shown(ready, now) -> None:
    with scope.system("test"):
        install_questionnaires(unit_id=ready.root.pk, by=system("test"), now=now)
        version = QuestionnaireVersion.objects.get(questionnaire__key="csi-workshop")
        at_counter(ready.brescia_care, [5] * 9, at=now, version=version)
        ResponseItem.objects.bulk_create(
            ResponseItem(response=response, unit_id=response.unit_id, question="quality", number=5, answered_at=now)
            for response in Response.objects.all()
        )
        found = items(survey="csi-workshop", since=now - timedelta(days=30), until=now)

    [quality] = [line for line in found.lines if line.key == "quality"]
    assert (quality.n, quality.mean, quality.index, quality.driver) == (9, None, None, None)
    assert found.together is None


@pytest.mark.parametrize(
    ("low", "high", "bands", "shown"),
    [
        (0, 10, (), "9–10 7–8 0–6"),
        (0, 9, (), "8–9 6–7 0–5"),
        (1, 5, (), "5 4 1–3"),
        (1, 3, (), "3 2 1"),
        (0, 9, ((0, 6), (9, 9), (7, 8)), "9 7–8 0–6"),
    ],
)
def test_each_question_has_the_bands_it_was_given_or_those_of_its_scale(low, high, bands, shown) -> None:
    question = Question(
        key="q", kind=QuestionKind.SCALE, words=Words(it="?", en="?"), low=low, high=high,
        bands=tuple(Band(key=f"b{place}", low=a, high=b) for place, (a, b) in enumerate(bands)),
    )  # fmt: skip

    assert " ".join(map(str, scale_of_question(question).bands)) == shown


@pytest.mark.parametrize("url", ["signals/", "signals/funnel/", "signals/items/?survey=csi-workshop"])
def test_more_answers_take_no_more_statements(workshop, giulia, now, url) -> None:
    boss, counts = boss_of(workshop.root), []
    for extra in (1, 3):
        with scope.system("test"):
            for place in range(extra):
                unit = UnitFactory(parent=workshop.brescia, kind=UnitKind.DEPARTMENT, name=f"Reparto {extra}{place}")
                at_counter(unit, [9] * 12, at=now)
                answered(unit, giulia, 9, at=now)
        boss.get(f"/listening/{url}")
        with CaptureQueriesContext(connection) as captured:
            assert boss.get(f"/listening/{url}").status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 20


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_the_export_has_every_answer_whole_or_not_and_no_formula_runs(ready, giulia, now) -> None:
    with scope.system("test"):
        answered(ready.brescia_care, giulia, 0, at=now - timedelta(days=1), text='=HYPERLINK("http://x";"y")')
        half = answered(ready.verona_care, giulia, 10, at=now - timedelta(days=2), text="Ottimo; davvero\ngrazie")
        Response.objects.filter(pk=half.pk).update(completed_at=None, wants_callback=True)
        answered(ready.brescia_care, giulia, 7, at=now - timedelta(days=95))
    boss = boss_of(ready.root)

    header, *rows = cells(boss.get("/listening/export.csv?days=90").content)
    local = (now - timedelta(days=1)).astimezone(ROME)

    assert header[:10] == [
        "Risposta", "Risposto", "Completata", "Canale", "Sede", "Pratica", "Lingua", "Voto", "Da richiamare", "Parole",
    ] or len(header) == 10  # fmt: skip
    assert len(rows) == 2
    by_score = {row[7]: row for row in rows}
    assert by_score["0"][9] == '\'=HYPERLINK("http://x";"y")'
    assert by_score["0"][1] == f"{local:%d/%m/%Y %H:%M}"
    assert (by_score["10"][2], by_score["10"][8], by_score["10"][9]) == ("", "1", "Ottimo; davvero\ngrazie")
    assert "Giulia" not in str(rows)


def test_both_forms_of_the_export_say_the_same_with_a_column_for_each_item(workshop) -> None:
    boss = boss_of(workshop.root)

    from_csv = cells(boss.get("/listening/export.csv?survey=csi-workshop").content)
    from_xlsx = xlsx_cells(boss.get("/listening/export.xlsx?survey=csi-workshop").content)

    assert len(from_csv) == len(from_xlsx) == 161
    assert from_csv[0] == [text for _, text in from_xlsx[0]]
    assert len(from_csv[0]) == 10 + 9  # eight scales and one choice
    column = next(place for place, name in enumerate(from_csv[0]) if "ora di consegna promessa" in name)
    # A spreadsheet's file leaves out empty cells, of which each of these rows has the same.
    written = [[cell for cell in row if cell] for row in from_csv[1:]]
    kept = [[text for _, text in row if text] for row in from_xlsx[1:]]
    assert sorted((row[0], row[5:]) for row in written) == sorted((row[0], row[5:]) for row in kept)
    assert all(row[column] for row in from_csv[1:])


def test_a_day_begins_at_midnight_where_the_group_is(ready, giulia, now) -> None:
    first = now.astimezone(ROME).date() - timedelta(days=29)
    midnight = datetime.combine(first, time(), tzinfo=ROME)
    with scope.system("test"):
        answered(ready.brescia_care, giulia, 9, at=midnight)
        answered(ready.brescia_care, giulia, 8, at=midnight - timedelta(seconds=1))

    [_, row] = cells(boss_of(ready.root).get("/listening/export.csv?days=30").content)

    assert row[7] == "9"
