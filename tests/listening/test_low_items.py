"""Questions answered badly become findings of their month, rank with all others, and count once as criticalities."""

from datetime import date, timedelta

import pytest

from corsia.config.improving import HeardInCases
from corsia.improvement.vocabulary import Sign
from corsia.listening.models import Finding, FlaggedAnswer, IntegrityFlag, Response, ResponseItem, Touchpoint
from corsia.listening.queries.findings import findings
from corsia.listening.queries.journey import card_of
from corsia.listening.queries.questionnaires import version_in_force
from corsia.listening.rules.journey import severity_of_low
from corsia.listening.services import find_low_items, install_questionnaires, install_touchpoints, settle_findings
from corsia.listening.services.findings import FindingSettled
from corsia.listening.vocabulary import Instrument
from tests.conftest import NOON
from tests.factories.cases import ROBOT

pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def journey(group):
    install_touchpoints(unit_id=group.root.pk, by=ROBOT, now=NOON)
    install_questionnaires(unit_id=group.root.pk, by=ROBOT, now=NOON)
    return group


def low(unit, item: str, number: int, *, at=NOON, touchpoint="reception", count: int = 1, **fields) -> Response:
    point = Touchpoint.objects.get(key=touchpoint)
    version = version_in_force(unit.pk, "csi-workshop")
    for _ in range(count):
        answer = Response.objects.create(
            unit=unit, touchpoint=point, version_id=version, started_at=at, answered_at=at, settled_at=at,
            **{"channel": "email"} | fields,
        )  # fmt: skip
        ResponseItem.objects.create(
            response=answer, unit=unit, question=item, number=number, is_low=True, answered_at=at
        )
    return answer


def rows() -> list[tuple[str, str, date, int, int]]:
    found = Finding.objects.exclude(item="").order_by("month", "unit__path", "item")
    return [(row.unit.name, row.item, row.month, row.times, row.severity) for row in found]


ITEM = "reception"


def test_bad_answers_are_one_finding_for_each_month_and_unit(journey) -> None:
    low(journey.brescia_care, ITEM, 3, count=3)
    low(journey.brescia_care, ITEM, 1, at=NOON - timedelta(days=12))
    low(journey.verona_care, ITEM, 4)
    low(journey.verona_care, ITEM, 4, channel="import")
    low(journey.verona_care, "recommend", 0)

    assert find_low_items(now=NOON) == 3
    assert find_low_items(now=NOON) == 3

    assert [row[:4] for row in rows()] == [
        ("Assistenza", ITEM, date(2026, 2, 1), 1),
        ("Assistenza", ITEM, date(2026, 3, 1), 3),
        ("Assistenza", ITEM, date(2026, 3, 1), 1),
    ]
    [one] = findings(now=NOON).ranked
    assert (one.weight.times, one.sign, len(one.units), one.instruments) == (
        5,
        "minus",
        2,
        [str(Instrument.SURVEY.label)],
    )
    card = card_of(one.touchpoint.pk, now=NOON)
    assert (card.open_minus, card.worst) == (1, 5)


def test_they_are_criticalities_of_their_own_and_detractors_are_not_counted_twice(journey) -> None:
    low(journey.brescia_care, ITEM, 3, count=4)
    low(journey.brescia_care, "recommend", 2, count=4)
    find_low_items(now=NOON)

    found = HeardInCases().ranked(
        [journey.brescia_care.pk, journey.root.pk], NOON - timedelta(days=30), NOON + timedelta(days=1)
    )

    assert [(one.plus_minus, one.volume, one.key.rpartition(":")[2]) for one in found] == [(Sign.MINUS, 4, ITEM)]


def test_what_is_settled_counts_only_what_comes_after(journey) -> None:
    low(journey.brescia_care, ITEM, 3, count=2, at=NOON - timedelta(days=5))
    find_low_items(now=NOON)
    ids = list(Finding.objects.values_list("pk", flat=True))

    assert settle_findings(finding_ids=ids, by=ROBOT, now=NOON) == 1
    with pytest.raises(FindingSettled):
        settle_findings(finding_ids=ids, by=ROBOT, now=NOON)

    find_low_items(now=NOON)
    assert [row.settled_on is None for row in Finding.objects.all()] == [False]
    low(journey.brescia_care, ITEM, 3, at=NOON + timedelta(days=1))
    find_low_items(now=NOON + timedelta(days=2))
    assert sorted(Finding.objects.values_list("times", "settled_on")) == [(1, None), (2, NOON.date())]


def test_answers_set_aside_are_no_findings(journey) -> None:
    answer = low(journey.brescia_care, ITEM, 3)
    find_low_items(now=NOON)
    flag = IntegrityFlag.objects.create(
        unit=journey.brescia_care, kind="device", key="d", since=NOON, until=NOON, seen=3, found_at=NOON,
        decision="aside", decided_at=NOON, note="x",
    )  # fmt: skip
    FlaggedAnswer.objects.create(flag=flag, unit=flag.unit, response=answer)

    find_low_items(now=NOON)

    assert rows() == []


def test_severity_follows_the_depth_of_the_answer() -> None:
    assert [severity_of_low(mean, low=0, high=10) for mean in (0, 3, 6)] == [5, 4, 3]
    assert [severity_of_low(mean, low=1, high=5) for mean in (1, 2, 3)] == [5, 4, 3]
