"""The catalogue that managers keep: what changes, what stays as it was agreed, and who may."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from corsia.kernel.errors import NotAllowed
from corsia.kernel.models import AuditEntry
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Clocking, Job, JobPart, OrderLine, Package, VisitJob
from corsia.workshop.queries.catalogue import bundle, choices
from corsia.workshop.queries.keeping import job_data, jobs_kept, measured, package_data
from corsia.workshop.rules.catalogue import FitData, JobData, PackageData, PartData, StepData
from corsia.workshop.services import catalogue
from corsia.workshop.services.booking import bundle_of
from corsia.workshop.services.catalogue import CodeTaken, InPackages, JobUnknown, Unusable
from corsia.workshop.services.reception import Reception, receive
from corsia.workshop.services.work import ClockOff, clock_off, finish_line
from tests.factories.cases import ROBOT
from tests.factories.customers import car, person
from tests.factories.organisation import actor_in, person_in, signed_in, small_group
from tests.factories.workshop import BRAKES, DIAGNOSIS, SERVICE, TYRES, Shop, shop_of, visit_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

NOW = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
NINE = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
AT = {"by": ROBOT, "now": NOW}
CLUTCH = JobData(
    code="FRIZ",
    name_it="Frizione",
    name_en="",
    group="repair",
    price_cents=52_000,
    steps=(
        StepData(skill="diagnosis", level=1, bay_kind="diagnosis", minutes=20),
        StepData(skill="engine", level=2, bay_kind="lift", minutes=240),
    ),
    parts=(PartData(code="KF-210", name="Kit frizione", quantity=Decimal("1.5"), price_cents=10_000),),
    fits=(FitData(make="Fiat"),),
)


@pytest.fixture
def shop() -> Shop:
    return shop_of(small_group())


def test_a_job_is_written_priced_and_booked_as_it_was_typed(shop: Shop) -> None:
    root = shop.unit.parent.parent
    job = catalogue.save_job(job_id=None, unit_id=root.pk, data=CLUTCH, **AT)

    assert job_data([job.pk])[job.pk] == replace(
        CLUTCH, name_en="Frizione", parts=(replace(CLUTCH.parts[0], quantity=Decimal("1.50")),)
    )
    work = bundle(job_ids=[job.pk])
    assert (work.price_cents, work.minutes) == (67_000, 260)
    assert [one.row.code for one in choices(text="frizione")[1]] == ["FRIZ"]
    with pytest.raises(CodeTaken):
        catalogue.save_job(job_id=None, unit_id=root.pk, data=CLUTCH, **AT)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name_it": " "}, "Italian name"),
        ({"steps": ()}, "one step"),
        ({"steps": (replace(CLUTCH.steps[0], minutes=0),)}, "standard time"),
        ({"steps": (replace(CLUTCH.steps[0], skill="ballet"),)}, "skill"),
        ({"parts": CLUTCH.parts * 2}, "twice"),
        ({"parts": (replace(CLUTCH.parts[0], quantity=Decimal(0)),)}, "quantity"),
        ({"price_cents": -1}, "price"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_kept(shop: Shop, wrong: dict, says: str) -> None:
    with pytest.raises(Unusable) as refusal:
        catalogue.save_job(job_id=None, unit_id=shop.unit.parent.parent.pk, data=replace(CLUTCH, **wrong), **AT)

    with translation.override("en"):
        assert says in str(refusal.value)
    assert not Job.objects.filter(code="FRIZ").exists()


def test_a_changed_job_leaves_visits_and_orders_as_they_were_agreed(shop: Shop) -> None:
    root = shop.unit.parent.parent
    job = shop.jobs[SERVICE]
    JobPart.unscoped.create(job=job, code="OLIO", name="Olio", quantity=4, price_cents=1_000)
    visit = visit_in(shop, person(root), car(root), at=NINE)
    agreed = bundle_of(visit)
    before = job_data([job.pk])[job.pk]
    wanted = replace(before, name_it="Altro", steps=(replace(before.steps[0], minutes=200),), parts=())

    catalogue.save_job(job_id=job.pk, unit_id=0, data=wanted, **AT)

    assert job_data([job.pk])[job.pk] == wanted
    kept = bundle_of(visit)
    assert [(line.job.name_it, line.price_cents, line.parts) for line in kept.lines] == [
        ("Lavoro TAG30", agreed.price_cents, (("OLIO", Decimal(4)),))
    ]
    assert kept.minutes == agreed.minutes == 75
    allocation = visit.allocations.get()
    assert (allocation.step.minutes, allocation.step.job.replaced_by_id) == (75, job.pk)
    assert [one.row.name_it for one in choices(text="TAG30")[1]] == ["Altro"]
    order = receive(data=Reception(), visit_id=visit.pk, by=ROBOT, now=NINE)
    assert list(order.lines.order_by("position").values_list("text", "minutes")) == [("Lavoro TAG30", 75), ("Olio", 0)]
    changes = AuditEntry.objects.get(verb="job_changed").data["changes"]
    assert changes["name_it"] == ["Lavoro TAG30", "Altro"]
    assert set(changes) == {"name_it", "steps", "parts"}

    catalogue.save_job(job_id=job.pk, unit_id=0, data=replace(wanted, price_cents=1), **AT)
    catalogue.save_job(job_id=job.pk, unit_id=0, data=replace(wanted, price_cents=1), **AT)
    assert Job.objects.filter(replaced_by=job).count() == 1
    assert AuditEntry.objects.filter(verb="job_changed").count() == 2


def test_a_used_job_is_switched_off_and_an_unused_one_goes(shop: Shop) -> None:
    root = shop.unit.parent.parent
    visit_in(shop, person(root), car(root), at=NINE, code=DIAGNOSIS, bay="D", technician="anna")

    assert catalogue.remove_job(job_id=shop.jobs[TYRES].pk, **AT)
    assert not catalogue.remove_job(job_id=shop.jobs[DIAGNOSIS].pk, **AT)
    with pytest.raises(InPackages) as refusal:
        catalogue.remove_job(job_id=shop.jobs[BRAKES].pk, **AT)
    data = job_data([shop.jobs[BRAKES].pk])[shop.jobs[BRAKES].pk]
    with pytest.raises(InPackages):
        catalogue.save_job(job_id=shop.jobs[BRAKES].pk, unit_id=0, data=replace(data, is_active=False), **AT)

    assert refusal.value.data == {"packages": "P30"}
    assert not Job.objects.filter(code=TYRES).exists()
    assert not Job.objects.get(code=DIAGNOSIS).is_active
    assert VisitJob.objects.get().job.code == DIAGNOSIS


def test_a_package_holds_jobs_of_its_catalogue_in_their_order(shop: Shop) -> None:
    root = shop.unit.parent.parent
    package = catalogue.save_package(
        package_id=None,
        unit_id=shop.unit.pk,
        data=PackageData(code="PX", name_it="Prova", name_en="", price_cents=9_900, jobs=(TYRES, SERVICE)),
        **AT,
    )

    assert package_data([package.pk])[package.pk].jobs == (TYRES, SERVICE)
    work = bundle(job_ids=[], package_id=package.pk)
    assert ([line.job.code for line in work.lines], work.price_cents) == ([TYRES, SERVICE], 9_900)
    with pytest.raises(JobUnknown):
        catalogue.save_package(
            package_id=shop.package.pk,
            unit_id=root.pk,
            data=replace(package_data([shop.package.pk])[shop.package.pk], jobs=("NIENTE",)),
            **AT,
        )
    assert package_data([shop.package.pk])[shop.package.pk].jobs == (SERVICE, BRAKES)
    assert catalogue.remove_package(package_id=package.pk, **AT)
    assert not Package.objects.filter(code="PX").exists()


def test_a_branch_uses_the_jobs_of_its_group_and_changes_a_copy(shop: Shop) -> None:
    manager = person_in(shop.unit.parent, Role.BRANCH_MANAGER)
    by = actor_in(shop.unit.parent, Role.BRANCH_MANAGER)
    job = shop.jobs[SERVICE]
    data = job_data([job.pk])[job.pk]

    with pytest.raises(NotAllowed):
        catalogue.save_job(job_id=job.pk, unit_id=job.unit_id, data=replace(data, price_cents=1), by=by, now=NOW)
    with pytest.raises(NotAllowed):
        catalogue.duplicate_job(job_id=job.pk, unit_id=job.unit_id, code="MIO", by=by, now=NOW)
    client = signed_in(manager)
    page = client.get(f"/workshop/catalogue/jobs/{job.pk}/").content.decode()
    assert "disabled" in page
    copied = client.post(f"/workshop/catalogue/jobs/{job.pk}/copy/", {"unit": shop.unit.parent_id, "code": "MIO"})

    own = Job.objects.get(code="MIO")
    assert copied["Location"] == f"/workshop/catalogue/jobs/{own.pk}/"
    assert job_data([own.pk])[own.pk] == replace(data, code="MIO", is_online=False)
    assert own.unit_id == shop.unit.parent_id
    assert Job.objects.get(pk=job.pk).price_cents == 12_000


def test_the_page_saves_rows_in_their_order_and_keeps_what_was_typed(shop: Shop) -> None:
    client = signed_in(person_in(shop.unit.parent.parent, Role.BRANCH_MANAGER))
    job = shop.jobs[TYRES]
    typed = {
        "name_it": "Cambio gomme", "name_en": "Tyre change", "group": "tyres", "price": "45,50", "is_active": "on",
        "step_skill": ["engine", "", ""], "step_level": ["2", "1", "1"], "step_bay": ["lift", "tyres", "lift"],
        "step_minutes": ["15", "30", ""], "part_code": ["VALV", ""], "part_name": ["Valvola", ""],
        "part_quantity": ["4", ""], "part_price": ["2,5", ""], "fit_make": ["Fiat"], "fit_model": [""],
        "fit_fuel": ["diesel"],
    }  # fmt: skip

    wrong = client.post(f"/workshop/catalogue/jobs/{job.pk}/", typed | {"step_minutes": ["quindici", "30", ""]})
    saved = client.post(f"/workshop/catalogue/jobs/{job.pk}/", typed)

    assert wrong.status_code == 422
    assert "quindici" in wrong.content.decode()
    assert saved.status_code == 302
    assert job_data([job.pk])[job.pk] == JobData(
        code=TYRES,
        name_it="Cambio gomme",
        name_en="Tyre change",
        group="tyres",
        price_cents=4_550,
        steps=(
            StepData(skill="engine", level=2, bay_kind="lift", minutes=15),
            StepData(skill="", level=1, bay_kind="tyres", minutes=30),
        ),
        parts=(PartData(code="VALV", name="Valvola", quantity=Decimal(4), price_cents=250),),
        fits=(FitData(make="Fiat", fuel="diesel"),),
    )


def test_the_list_finds_by_code_and_both_names_and_costs_the_same_for_more(shop: Shop) -> None:
    def found(**asked: str) -> list[str]:
        wanted = {"text": "", "group": "", "make": "", "show": ""} | asked
        return [one.row.code for one in jobs_kept(**wanted, now=NOW)]

    catalogue.save_job(job_id=None, unit_id=shop.unit.parent.parent.pk, data=replace(CLUTCH, is_online=True), **AT)
    assert found(text="fren") == [BRAKES]
    assert found(text="job tag") == [SERVICE]
    assert found(group="repair") == [DIAGNOSIS, BRAKES, "FRIZ"]
    assert "FRIZ" in found(make="fiat")
    assert "FRIZ" not in found(make="Jeep")
    assert found(show="online") == [SERVICE, "FRIZ"]
    with CaptureQueriesContext(connection) as one:
        found(text="FRIZ")
    with CaptureQueriesContext(connection) as many:
        assert len(found()) == 6
    assert (len(one), len(many)) == (7, 7)


def test_a_standard_time_stands_beside_the_median_of_what_was_clocked(shop: Shop) -> None:
    """Clocked: 60, 70, 80, 90, 500 minutes of five works; the standard time says 75."""
    root = shop.unit.parent.parent
    job = shop.jobs[SERVICE]
    for number, minutes in enumerate((60, 70, 80, 90, 500)):
        start = NINE + timedelta(days=7 * number)
        visit = visit_in(shop, person(root), car(root, plate=f"GA10{number}AA"), at=start)
        order = receive(data=Reception(), visit_id=visit.pk, by=ROBOT, now=start)
        line = order.lines.get()
        first = minutes // 2
        for begins, ends in ((0, first), (first + 10, minutes + 10)):
            at = start + timedelta(minutes=ends)
            clock_off(
                data=ClockOff(
                    key=uuid4(),
                    start_key=uuid4(),
                    line_id=line.pk,
                    technician_id=shop.technicians["luca"].pk,
                    started_at=start + timedelta(minutes=begins),
                    at=at,
                ),
                by=ROBOT,
                now=at,
            )
        assert job.pk not in measured({job.pk: 75}, now=at) or number > 0
        finish_line(line_id=line.pk, at=at, by=ROBOT, now=at)
        if number == 2:
            data = job_data([job.pk])[job.pk]
            catalogue.save_job(
                job_id=job.pk,
                unit_id=0,
                data=replace(data, steps=(replace(data.steps[0], minutes=100),)),
                by=ROBOT,
                now=at,
            )
        if number == 3:
            few = measured({job.pk: 100}, now=at)[job.pk]
            assert (few.works, few.minutes, few.off_pct) == (4, None, None)

    one = measured({job.pk: 100}, now=at)[job.pk]
    assert (one.works, one.minutes, one.off_pct) == (5, 80, -20)
    assert measured({job.pk: 100}, now=at + timedelta(days=400)) == {}
    assert (Clocking.objects.count(), OrderLine.objects.filter(state="done").count()) == (10, 5)
