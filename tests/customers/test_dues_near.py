"""Owners are told of all dues of a window at once, and of each due once."""

from datetime import date, timedelta

import pytest

from corsia.customers import services
from corsia.customers.models import DueTold, Milestone
from corsia.customers.services import in_words, state_dues_near
from corsia.customers.vocabulary import MilestoneKind, VehicleRole
from corsia.events.customers import MilestoneReached
from corsia.kernel import scope
from corsia.messaging.models import Outgoing, PlannedContact
from corsia.messaging.reactions import plan_contacts
from corsia.messaging.services.planned import RuleData, make_due_contacts, save_rule
from corsia.messaging.vocabulary import FollowUp, PlannedState
from corsia.vehicles import services as vehicles
from corsia.vehicles.models import Due, Vehicle
from corsia.vehicles.queries import due_rows
from corsia.vehicles.services import PlanData, RecallData, VehicleData
from corsia.vehicles.vocabulary import DueKind, DueState
from tests.conftest import NOON
from tests.factories.customers import ROBOT, car, gives, person
from tests.factories.messaging import a_desk
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]
DAY = timedelta(days=1)
TODAY = NOON.date()
VIN = "ZFA31200000123450"


@pytest.fixture
def giulia(group):
    return person(group.root, "Giulia Ferri", emails=["giulia@example.com"])


@pytest.fixture
def panda(group, giulia) -> Vehicle:
    """Due for inspection on 31 March 2026, and for service on 20 April."""
    vehicles.save_plan(unit_id=group.root.pk, data=PlanData(make="Fiat", interval_months=12), by=ROBOT, now=NOON)
    vehicle = car(group.brescia, plate="GA123BC", vin=VIN)
    gives(giulia, vehicle)
    data = VehicleData(vin=VIN, make="Fiat", model="Panda", first_registered_on=date(2022, 3, 12))
    vehicles.edit_vehicle(vehicle_id=vehicle.pk, data=data, by=ROBOT, now=NOON)
    done(vehicle, "service", date(2025, 4, 20), place_id=group.brescia_care.pk)
    return vehicle


def done(vehicle: Vehicle, kind: str, on: date, now=NOON, **fields) -> None:
    vehicles.record_service_event(vehicle_id=vehicle.pk, kind=kind, done_on=on, by=ROBOT, now=now, **fields)


def told() -> list[str]:
    return [fact.detail for fact in stated_facts(MilestoneReached) if fact.kind == MilestoneKind.DUES_NEAR]


def test_several_dues_are_one_milestone_in_words(group, giulia, panda) -> None:
    assert state_dues_near(now=NOON) == 1
    [milestone] = Milestone.objects.all()
    assert (milestone.customer_id, milestone.vehicle_id, milestone.unit_id) == (
        giulia.pk,
        panda.pk,
        group.brescia_care.pk,
    )
    assert milestone.detail == "Fiat Panda GA 123 BC: Revisione entro il 31/03/2026; Tagliando entro il 20/04/2026"
    assert told() == [milestone.detail]
    assert set(DueTold.objects.values_list("due__kind", flat=True)) == {DueKind.INSPECTION, DueKind.SERVICE}


def test_never_twice_for_the_same_dues_even_when_their_day_moves(panda) -> None:
    state_dues_near(now=NOON)
    Due.objects.update(due_on=TODAY + 5 * DAY)
    assert [state_dues_near(now=NOON + days * DAY) for days in range(4)] == [0, 0, 0, 0]
    assert Milestone.objects.count() == 1


def test_the_next_round_is_told_again(panda) -> None:
    state_dues_near(now=NOON)
    done(panda, "service", TODAY)
    done(panda, "inspection", TODAY)
    assert state_dues_near(now=NOON + DAY) == 0
    later = NOON + 340 * DAY
    vehicles.recompute_all(now=later)
    assert state_dues_near(now=later) == 1
    assert told()[1] == "Fiat Panda GA 123 BC: Tagliando entro il 10/03/2027"


def test_what_comes_after_the_lead_alone_waits(panda) -> None:
    done(panda, "inspection", TODAY)
    assert state_dues_near(now=NOON) == 0  # the service is 41 days away: within the window, no reason by itself
    assert state_dues_near(now=NOON + 11 * DAY) == 1


def test_what_was_missed_long_ago_is_left_to_a_person(panda) -> None:
    done(panda, "inspection", TODAY)
    Due.objects.filter(kind=DueKind.SERVICE).update(due_on=TODAY - 31 * DAY)
    assert state_dues_near(now=NOON) == 0
    Due.objects.filter(kind=DueKind.SERVICE).update(due_on=TODAY - 30 * DAY)
    assert state_dues_near(now=NOON) == 1


def test_a_recall_is_always_a_reason_and_takes_the_others_along(group, panda) -> None:
    done(panda, "inspection", TODAY)
    recall = vehicles.save_recall(
        recall_id=None,
        unit_id=group.root.pk,
        data=RecallData(code="R-1", title_it="Airbag", title_en="Airbag", opened_on=date(2020, 1, 1)),
        by=ROBOT,
        now=NOON,
    )
    vehicles.add_vins(recall_id=recall.pk, text=VIN, by=ROBOT, now=NOON)
    assert state_dues_near(now=NOON) == 1
    assert told() == ["Fiat Panda GA 123 BC: Richiamo R-1: Airbag; Tagliando entro il 20/04/2026"]


def test_two_vehicles_of_one_owner_are_one_milestone_in_their_language(group, panda, giulia) -> None:
    giulia.language = "en"
    giulia.save()
    tipo = car(group.brescia, "EF456GH", model="Tipo")
    gives(giulia, tipo)
    done(tipo, "tyres", date(2025, 11, 3))
    Due.objects.filter(kind=DueKind.TYRES).update(due_on=TODAY + 2 * DAY)
    assert state_dues_near(now=NOON) == 1
    [milestone] = Milestone.objects.all()
    assert milestone.vehicle_id is None
    assert milestone.detail == (
        "Fiat Tipo EF 456 GH: Change of tyres by 12/03/2026; "
        "Fiat Panda GA 123 BC: Inspection by 31/03/2026; Service by 20/04/2026"
    )


def test_merged_records_are_one_owner_who_heard_it_already(group, panda, giulia) -> None:
    state_dues_near(now=NOON)
    twin = person(group.root, "Giulia Ferri", emails=["g.ferri@example.com"])
    services.merge_customers(survivor_id=twin.pk, absorbed_id=giulia.pk, by=ROBOT, now=NOON)
    assert state_dues_near(now=NOON + DAY) == 0


def test_a_new_owner_hears_it_and_a_driver_does_not(group, panda, giulia) -> None:
    state_dues_near(now=NOON)
    driver, buyer = person(group.root, "Ugo Bo"), person(group.root, "Ada Re")
    gives(driver, panda, VehicleRole.DRIVER)
    assert state_dues_near(now=NOON) == 0
    gives(buyer, panda, since=TODAY)
    assert state_dues_near(now=NOON) == 1
    assert Milestone.objects.order_by("-pk").first().customer_id == buyer.pk


def test_what_does_not_fit_into_a_line_is_counted(panda) -> None:
    rows = due_rows(Due.objects.filter(state=DueState.OPEN).order_by("due_on"), on=TODAY)
    assert in_words(rows, most=300) == (
        "Fiat Panda GA 123 BC: Revisione entro il 31/03/2026; Tagliando entro il 20/04/2026"
    )
    short = in_words(rows, most=75)
    assert short == "Fiat Panda GA 123 BC: Revisione entro il 31/03/2026; e un’altra"
    assert len(short) <= 75


def test_a_managers_rule_sends_one_message_for_all_of_them(group, panda) -> None:
    a_desk(group, now=NOON)
    rule = RuleData(
        name="Scadenze",
        occasion="customers.dues_near",
        follow_up=FollowUp.MESSAGE,
        process_key="contact",
        template_key="dues-near",
    )
    save_rule(rule_id=None, unit_id=group.root.pk, data=rule, by=ROBOT, now=NOON)
    state_dues_near(now=NOON)
    for fact in stated_facts(MilestoneReached):
        plan_contacts(fact, now=NOON)
    make_due_contacts(now=NOON)
    [planned] = PlannedContact.objects.all()
    [mail] = Outgoing.objects.all()
    assert planned.state == PlannedState.MADE
    assert "Revisione entro il 31/03/2026; Tagliando entro il 20/04/2026" in mail.body
    state_dues_near(now=NOON + DAY)
    make_due_contacts(now=NOON + DAY)
    assert Outgoing.objects.count() == 1


def test_nobody_is_told_outside_the_job_s_whole_tree(panda, group) -> None:
    """A scope of one unit sees its own dues only: the job opens the whole tree."""
    with scope.entered(scope.Scope(units=frozenset(), shared=frozenset())):
        assert state_dues_near(now=NOON) == 0
