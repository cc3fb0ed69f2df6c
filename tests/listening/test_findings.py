"""Findings of all instruments ranked together, and mystery visits, which are kept once and leave findings."""

from datetime import date

import pytest

from corsia.listening.models import Finding, MysteryVisit, Touchpoint, VisitItem
from corsia.listening.queries.findings import findings
from corsia.listening.queries.visits import grids, visit_of
from corsia.listening.rules.grids import Seen, kept_pct
from corsia.listening.services import FindingData, VisitData, VisitItemData, add_finding, add_visit, install_touchpoints
from corsia.listening.services.findings import FindingSettled, settle_finding
from corsia.listening.services.visits import PhotoUnusable, VisitUnusable
from tests.conftest import NOON
from tests.factories.cases import ROBOT

TODAY = date(2026, 3, 10)
KEY = "0123456789abcdef"
JPEG = b"\xff\xd8\xff\xe0" + bytes(40)
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def journey(group):
    install_touchpoints(unit_id=group.root.pk, by=ROBOT, now=NOON)
    return group


def point(key: str) -> int:
    return int(Touchpoint.objects.get(key=key).pk)


def found(unit, title: str, severity: int, *, key: str = "reception", sign: str = "minus", **more) -> Finding:
    fields = {"instrument": "focus", "found_on": TODAY} | more
    data = FindingData(touchpoint_id=point(key), sign=sign, severity=severity, title=title, **fields)
    return add_finding(unit_id=unit.pk, data=data, by=ROBOT, now=NOON)


def test_the_same_matter_of_several_instruments_counts_together(journey) -> None:
    found(journey.brescia, "Attesa al banco", 3, instrument="focus", quote="Mezz'ora in piedi")
    found(journey.verona, "attesa  al banco", 4, instrument="interview")
    found(journey.brescia, "Fattura poco chiara", 5, key="handback")
    found(journey.brescia, "Cortesia", 5, sign="plus")

    ranking = findings(now=NOON)

    assert [(one.place, one.title, one.weight.value) for one in ranking.ranked] == [
        (1, "attesa  al banco", 7.0),
        (2, "Fattura poco chiara", 5.0),
        (3, "Cortesia", 5.0),
    ]
    first = ranking.ranked[0]
    assert (first.weight.times, first.weight.severity, first.bar, len(first.units)) == (2, 3.5, 100, 2)
    assert [row.quote for row in first.quotes] == ["Mezz'ora in piedi"]
    balance = {one.touchpoint.key: (one.plus, one.minus) for one in ranking.balance}
    assert balance == {"reception": (1, 2), "handback": (0, 1)}


def test_what_is_settled_leaves_the_ranking_and_cannot_be_settled_again(journey) -> None:
    row = found(journey.brescia, "Attesa", 5)
    settle_finding(finding_id=row.pk, by=ROBOT, now=NOON)

    ranking = findings(now=NOON)

    assert (list(ranking.ranked), ranking.minus, ranking.settled) == ([], 0, 1)
    with pytest.raises(FindingSettled):
        settle_finding(finding_id=row.pk, by=ROBOT, now=NOON)


def test_filters_and_the_year(journey) -> None:
    found(journey.brescia, "Vecchio", 5, found_on=date(2025, 3, 9))
    found(journey.brescia, "Nuovo", 1, found_on=date(2025, 3, 12))
    found(journey.brescia, "Bravi", 1, sign="plus", instrument="mystery")

    assert {one.title for one in findings(now=NOON).ranked} == {"Nuovo", "Bravi"}
    assert [one.title for one in findings(now=NOON, sign="plus").ranked] == ["Bravi"]
    assert [one.title for one in findings(now=NOON, instrument="focus").ranked] == ["Nuovo"]


def visited(unit, *, key: str = KEY, items=None, grid: str = "showroom") -> MysteryVisit:
    seen = {
        "greeted": VisitItemData(seen=Seen(yes=True)),
        "quotation": VisitItemData(seen=Seen(yes=False), note="Me lo mandano, dicono", photo=JPEG),
        "courtesy": VisitItemData(seen=Seen(score=5)),
        "competence": VisitItemData(seen=Seen(score=3)),
    }
    data = VisitData(
        key=key,
        grid=grid,
        touchpoint_id=point("quotation"),
        visited_on=TODAY,
        items=seen if items is None else items,
    )
    return add_visit(unit_id=unit.pk, data=data, by=ROBOT, now=NOON)


def test_a_visit_leaves_what_failed_and_what_could_not_be_better_among_the_findings(journey) -> None:
    visit = visited(journey.brescia)

    rows = Finding.objects.filter(instrument="mystery", source_id=visit.pk).order_by("sign")
    assert [(row.sign, row.severity, row.title, row.quote) for row in rows] == [
        ("minus", 5, "Preventivo scritto consegnato o inviato in giornata: no", "Me lo mandano, dicono"),
        ("plus", 3, "Cortesia", ""),
    ]
    shown = visit_of(visit.pk)
    # 3 of 3, 0 of 5, 3 of 3, half of 4: 8 of 15.
    assert (shown.pct, shown.failed, shown.photos) == (53, 1, 1)


def test_a_visit_sent_twice_is_one(journey) -> None:
    first, second = visited(journey.brescia), visited(journey.brescia)

    assert first.pk == second.pk
    assert (MysteryVisit.objects.count(), VisitItem.objects.count(), Finding.objects.count()) == (1, 4, 2)


@pytest.mark.parametrize(
    "items",
    [
        {"no-such-line": VisitItemData(seen=Seen(yes=True))},
        {"greeted": VisitItemData(seen=Seen(score=3))},
        {"courtesy": VisitItemData(seen=Seen(score=6))},
        {"courtesy": VisitItemData(seen=Seen(yes=True))},
    ],
)
def test_answers_that_a_line_does_not_take_are_refused_whole(journey, items) -> None:
    with pytest.raises(VisitUnusable):
        visited(journey.brescia, items=items)

    assert MysteryVisit.objects.count() == 0


def test_a_photo_must_be_a_picture(journey) -> None:
    with pytest.raises(PhotoUnusable):
        visited(journey.brescia, items={"greeted": VisitItemData(seen=Seen(yes=True), photo=b"<script>")})

    assert MysteryVisit.objects.count() == 0


def test_nothing_seen_is_no_score(journey) -> None:
    grid = grids()["workshop"]

    assert kept_pct(grid, {}) is None
    assert kept_pct(grid, {"courtesy": Seen(score=1)}) == 0
    assert kept_pct(grid, {"courtesy": Seen(score=5), "on-time": Seen(yes=True)}) == 100
