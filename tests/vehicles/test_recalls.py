"""Recalls: VINs find their vehicles, a vehicle is open until its work is done, the list matches what was done."""

from datetime import date

import pytest

from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.organisation.vocabulary import Role
from corsia.vehicles import queries, services
from corsia.vehicles.models import Due, Recall, Vehicle, VehicleRecall
from corsia.vehicles.rules.vin_list import read_vins
from corsia.vehicles.services import EndsBeforeItOpens, NoVins, RecallData, RecallKnown, VehicleData
from corsia.vehicles.vocabulary import DueKind, DueState
from tests.conftest import NOON
from tests.factories.customers import ROBOT, car
from tests.factories.organisation import actor_in, small_group

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]
VINS = [f"ZFA3120000012345{number}" for number in range(4)]
R1 = RecallData(code="6341", title_it="Airbag lato guida", title_en="Driver airbag", opened_on=date(2026, 1, 12))


@pytest.fixture
def recall(group) -> Recall:
    return services.save_recall(recall_id=None, unit_id=group.brescia.pk, data=R1, by=ROBOT, now=NOON)


def add(recall: Recall, text: str):
    return services.add_vins(recall_id=recall.pk, text=text, by=ROBOT, now=NOON)


def open_dues() -> list[int]:
    rows = Due.objects.filter(kind=DueKind.RECALL, state=DueState.OPEN).order_by("vehicle_id")
    return list(rows.values_list("vehicle_id", flat=True))


@pytest.mark.parametrize(
    ("text", "vins", "unreadable"),
    [
        ("zfa31200000123450\nZFA 31200000123451", ("ZFA31200000123450",), ("31200000123451",)),
        ('VIN;Targa\r\n"ZFA31200000123450";AB123CD', ("ZFA31200000123450",), ()),
        ("ZFA31200000123450,ZFA31200000123450", ("ZFA31200000123450",), ()),
        ("ZFA3120000O123450 ZFA3120000012345", (), ("ZFA3120000O123450", "ZFA3120000012345")),
        ("targa telaio 12/03/2026", (), ()),
        ("\x00", (), ()),
    ],
)
def test_a_list_is_read_cell_by_cell(text, vins, unreadable) -> None:
    read = read_vins(text)
    assert (read.vins, read.unreadable) == (vins, unreadable)


def test_known_vins_open_a_due_and_unknown_ones_are_reported(group, recall) -> None:
    panda, tipo = car(group.brescia, vin=VINS[0]), car(group.verona, "EF456GH", vin=VINS[1])
    imported = add(recall, "\n".join([*VINS[:3], "ZFA31200000I23459"]))
    assert (imported.new, imported.known_before) == (3, 0)
    assert (imported.unknown, imported.unreadable) == ((VINS[2],), ("ZFA31200000I23459",))
    assert open_dues() == [panda.pk, tipo.pk]
    again = add(recall, "\n".join(VINS))
    assert (again.new, again.known_before, again.unknown) == (1, 3, (VINS[3],))
    assert VehicleRecall.objects.count() == 4
    [row] = queries.recalls_with_progress(limit=5)
    assert (row.known, row.open, row.closed, row.unknown, row.done_pct) == (2, 2, 0, 2, 0)


def test_a_vehicle_that_comes_later_shows_its_recall(group, recall) -> None:
    add(recall, VINS[0])
    assert open_dues() == []
    late = car(group.verona, vin=VINS[0])
    assert open_dues() == [late.pk]


def test_a_corrected_vin_loosens_the_recall_and_finds_its_own(group, recall) -> None:
    add(recall, "\n".join(VINS[:1]))
    panda = car(group.brescia, vin=VINS[0])
    services.edit_vehicle(
        vehicle_id=panda.pk, data=VehicleData(vin=VINS[3], make="Fiat", model="Panda"), by=ROBOT, now=NOON
    )
    assert (open_dues(), VehicleRecall.objects.get().vehicle) == ([], None)
    services.edit_vehicle(
        vehicle_id=panda.pk, data=VehicleData(vin=VINS[0], make="Fiat", model="Panda"), by=ROBOT, now=NOON
    )
    assert open_dues() == [panda.pk]


def test_the_work_closes_it_and_the_list_matches_the_work_orders(group, recall) -> None:
    cars = [car(group.brescia, f"AB{number}00CD", vin=vin) for number, vin in enumerate(VINS)]
    add(recall, "\n".join(VINS))
    for number, vehicle in enumerate(cars[:3]):
        services.record_service_event(
            vehicle_id=vehicle.pk,
            kind="recall",
            done_on=date(2026, 3, number + 1),
            reference=f"OL-{number}",
            closes=["6341"],
            by=ROBOT,
            now=NOON,
        )
    closed = VehicleRecall.objects.exclude(closed_on=None).order_by("vin")
    assert list(closed.values_list("vin", "closed_on", "closing_reference")) == [
        (vin, date(2026, 3, number + 1), f"OL-{number}") for number, vin in enumerate(VINS[:3])
    ]
    assert open_dues() == [cars[3].pk]
    done = Due.objects.filter(kind=DueKind.RECALL, state=DueState.DONE).order_by("vehicle_id")
    assert [due.closed_on for due in done] == [date(2026, 3, number + 1) for number in range(3)]
    page = queries.recall_page(recall_id=recall.pk, after_id=None, is_closed=True, limit=2)
    assert ([one.vin for one in page.vins], page.row.done_pct) == (VINS[:2], 75)
    rest = queries.recall_page(recall_id=recall.pk, after_id=page.vins[-1].pk, is_closed=True, limit=2)
    assert [one.vin for one in rest.vins] == [VINS[2]]


def test_an_ended_campaign_is_due_no_more(group, recall) -> None:
    car(group.brescia, vin=VINS[0])
    add(recall, VINS[0])
    data = RecallData(code="6341", title_it="Airbag", opened_on=date(2026, 1, 12), ended_on=date(2026, 3, 10))
    services.save_recall(recall_id=recall.pk, unit_id=group.root.pk, data=data, by=ROBOT, now=NOON)
    assert open_dues() == []
    assert Due.objects.get(kind=DueKind.RECALL).state == DueState.LAPSED


def test_a_code_once_a_group_and_days_the_right_way_round(group, recall) -> None:
    with pytest.raises(RecallKnown):
        services.save_recall(recall_id=None, unit_id=group.verona.pk, data=R1, by=ROBOT, now=NOON)
    with pytest.raises(EndsBeforeItOpens):
        services.save_recall(
            recall_id=None,
            unit_id=group.root.pk,
            data=RecallData(code="x", title_it="x", opened_on=date(2026, 1, 2), ended_on=date(2026, 1, 1)),
            by=ROBOT,
            now=NOON,
        )
    with pytest.raises(NoVins):
        add(recall, "niente")
    other = small_group("altro")
    services.save_recall(recall_id=None, unit_id=other.root.pk, data=R1, by=ROBOT, now=NOON)
    assert Recall.objects.count() == 2


def test_another_groups_vehicle_is_not_found(group, recall) -> None:
    car(small_group("altro").brescia, vin=VINS[0])
    assert add(recall, VINS[0]).unknown == (VINS[0],)
    assert Vehicle.objects.count() == 1


def test_only_managers_of_the_group_write_campaigns(group, recall) -> None:
    with pytest.raises(NotAllowed):
        services.add_vins(recall_id=recall.pk, text=VINS[0], by=actor_in(group.brescia_care, Role.AGENT), now=NOON)
    other = small_group("altro")
    units = frozenset({other.root.pk})
    with scope.entered(scope.Scope(units=units, shared=units)), pytest.raises(NotFound):
        services.add_vins(recall_id=recall.pk, text=VINS[0], by=actor_in(other.root, Role.CARE_MANAGER), now=NOON)
    assert VehicleRecall.objects.count() == 0
