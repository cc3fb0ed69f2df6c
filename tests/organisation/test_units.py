"""Found, change, move and close units."""

import threading

import pytest
from django.db import connection, transaction

from corsia.events.organisation import UnitMoved
from corsia.kernel.actors import Actor, system
from corsia.kernel.errors import Invalid, NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Unit, UnitMove
from corsia.organisation.public_holidays import NoSuchDay, UnknownHolidays
from corsia.organisation.services import UnitDetails, add_unit, change_unit, close_unit, move_unit, reopen_unit
from corsia.organisation.services.units import NameMissing, UnitInsideItself, UnitStillUsed, WrongLevel
from corsia.organisation.vocabulary import Role, UnitKind
from corsia.organisation.working_time import UnknownZone
from tests.conftest import NOON
from tests.factories.organisation import actor_in, person_in
from tests.facts import stated_facts


@pytest.fixture
def boss(group) -> Actor:
    return actor_in(group.root, Role.ADMINISTRATOR)


def test_a_new_unit_stands_last_under_its_parent_with_a_code_of_its_own(group, boss) -> None:
    one, two = (
        add_unit(
            parent_id=group.brescia.pk, kind=UnitKind.TEAM, details=UnitDetails(name="Usato è bello"), by=boss, now=NOON
        )
        for _ in range(2)
    )

    assert (one.code, two.code) == ("usato-e-bello", "usato-e-bello-2")
    assert two.path == f"{group.brescia.path}{two.pk}/"
    assert two.position > one.position
    assert AuditEntry.objects.filter(object_kind="organisation.unit", object_id=one.pk).get().verb == "added"


@pytest.mark.parametrize(
    ("refusal", "details"),
    [
        (NameMissing, {"name": "  "}),
        (UnknownZone, {"name": "X", "time_zone": "Rome"}),
        (UnknownHolidays, {"name": "X", "subdivision": "ZZ"}),
        (UnknownHolidays, {"name": "X", "country": "XX"}),
        (NoSuchDay, {"name": "X", "patron_day": 31, "patron_month": 2}),
        (NoSuchDay, {"name": "X", "patron_day": 7}),
    ],
)
def test_details_that_cannot_be_are_refused_and_nothing_is_written(
    group, boss, refusal: type[Invalid], details: dict
) -> None:
    with pytest.raises(refusal):
        add_unit(parent_id=group.root.pk, kind=UnitKind.BRANCH, details=UnitDetails(**details), by=boss, now=NOON)
    with pytest.raises(refusal):
        change_unit(unit_id=group.verona.pk, details=UnitDetails(**details), by=boss, now=NOON)

    assert Unit.objects.count() == 5
    assert Unit.objects.get(pk=group.verona.pk).name == "Verona"


def test_a_province_is_checked_in_the_country_inherited_from_above(group, boss) -> None:
    change_unit(unit_id=group.verona.pk, details=UnitDetails(name="Lugano", country="CH"), by=boss, now=NOON)

    change_unit(unit_id=group.verona_care.pk, details=UnitDetails(name="Care", subdivision="TI"), by=boss, now=NOON)
    with pytest.raises(UnknownHolidays):
        change_unit(unit_id=group.verona_care.pk, details=UnitDetails(name="Care", subdivision="MI"), by=boss, now=NOON)


def test_a_change_is_audited_with_old_and_new_values_and_none_when_nothing_changed(group, boss) -> None:
    details = UnitDetails(name="Verona Sud", city="Verona")

    change_unit(unit_id=group.verona.pk, details=details, by=boss, now=NOON)
    change_unit(unit_id=group.verona.pk, details=details, by=boss, now=NOON)

    entry = AuditEntry.objects.get(object_kind="organisation.unit", object_id=group.verona.pk)
    assert entry.data == {"before": {"name": "Verona", "city": ""}, "after": {"name": "Verona Sud", "city": "Verona"}}


def test_moving_a_unit_takes_everything_below_along_and_is_remembered(group, boss) -> None:
    move_unit(unit_id=group.brescia_care.pk, parent_id=group.verona.pk, by=boss, now=NOON)
    team = add_unit(
        parent_id=group.brescia_care.pk, kind=UnitKind.TEAM, details=UnitDetails(name="Sera"), by=boss, now=NOON
    )
    move = move_unit(unit_id=group.brescia_care.pk, parent_id=group.root.pk, by=boss, now=NOON)

    assert Unit.objects.get(pk=team.pk).path == f"{group.root.path}{group.brescia_care.pk}/{team.pk}/"
    assert move == UnitMove.objects.get(pk=move.pk)
    assert (move.old_parent_id, move.new_parent_id, move.moved_by_id, move.moved_at) == (
        group.verona.pk,
        group.root.pk,
        boss.id,
        NOON,
    )
    assert stated_facts(UnitMoved)[-1] == UnitMoved(
        unit_id=group.brescia_care.pk, old_parent_id=group.verona.pk, new_parent_id=group.root.pk, occurred_at=NOON
    )


def test_a_new_order_among_siblings_is_no_move(group, boss) -> None:
    moved = move_unit(unit_id=group.verona.pk, parent_id=group.root.pk, before_id=group.brescia.pk, by=boss, now=NOON)

    order = Unit.objects.filter(parent=group.root).order_by("position").values_list("name", flat=True)
    assert moved is None
    assert list(order) == ["Verona", "Brescia"]
    assert stated_facts(UnitMoved) == []
    assert not UnitMove.objects.exists()


@pytest.mark.parametrize("below", ["itself", "child"])
def test_a_unit_cannot_move_below_itself(group, boss, below: str) -> None:
    target = group.brescia if below == "itself" else group.brescia_care

    with pytest.raises(UnitInsideItself) as refusal:
        move_unit(unit_id=group.brescia.pk, parent_id=target.pk, by=boss, now=NOON)

    assert refusal.value.data == {"unit": "Brescia", "parent": target.name}
    assert Unit.objects.get(pk=group.brescia.pk).path == group.brescia.path


def test_a_branch_cannot_stand_under_a_branch(group, boss) -> None:
    with pytest.raises(WrongLevel):
        move_unit(unit_id=group.brescia.pk, parent_id=group.verona.pk, by=boss, now=NOON)


def test_only_who_manages_both_places_may_move(group) -> None:
    of_brescia = actor_in(group.brescia, Role.CARE_MANAGER)
    agent = actor_in(group.root, Role.AGENT)

    for actor in (of_brescia, agent):
        with pytest.raises(NotAllowed):
            move_unit(unit_id=group.brescia_care.pk, parent_id=group.verona.pk, by=actor, now=NOON)
    assert Unit.objects.get(pk=group.brescia_care.pk).parent_id == group.brescia.pk


def test_a_unit_in_use_is_not_closed_and_an_empty_one_can_be_opened_again(group, boss) -> None:
    person_in(group.verona_care)

    with pytest.raises(UnitStillUsed) as refusal:
        close_unit(unit_id=group.verona_care.pk, by=boss, now=NOON)
    close_unit(unit_id=group.brescia_care.pk, by=boss, now=NOON)

    assert refusal.value.data == {"unit": "Assistenza", "people": 1, "units": 0}
    assert not Unit.objects.get(pk=group.brescia_care.pk).is_active
    assert reopen_unit(unit_id=group.brescia_care.pk, by=boss, now=NOON).is_active


def test_an_unknown_unit_is_not_found(boss) -> None:
    with pytest.raises(NotFound):
        move_unit(unit_id=999_999, parent_id=999_998, by=boss, now=NOON)


@pytest.mark.django_db(transaction=True)
def test_two_opposite_moves_at_once_never_close_a_circle() -> None:
    from tests.factories.organisation import small_group

    group = small_group()
    boss = system("test")
    agencies = [
        add_unit(parent_id=group.root.pk, kind=kind, details=UnitDetails(name=kind), by=boss, now=NOON)
        for kind in (UnitKind.AGENCY, UnitKind.DEPARTMENT)
    ]
    one, other = (unit.pk for unit in agencies)  # each may stand under the other
    start = threading.Barrier(2, timeout=20)
    outcomes: list[str] = []

    def move(unit_id: int, parent_id: int) -> None:
        try:
            start.wait()
            move_unit(unit_id=unit_id, parent_id=parent_id, by=boss, now=NOON)
            outcomes.append("moved")
        except UnitInsideItself:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == ["moved", "refused"]
    with transaction.atomic():
        for unit in Unit.objects.all():
            parent = unit.parent.path if unit.parent else "/"
            assert unit.path == f"{parent}{unit.pk}/"
