"""The warehouse holds what the database holds: nothing missed, nothing twice, whatever stops a refresh on its way."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from corsia.analytics.models import Build, ChangedRow
from corsia.analytics.queries.manifest import home, read_manifest
from corsia.analytics.services import refresh
from corsia.cases.models import Case
from corsia.cases.services import add_tag, close_case, merge_cases, reopen_case
from corsia.config.bench.database import url_of
from corsia.kernel import scope
from corsia.kernel.datasets import datasets
from corsia.listening.models import ListeningPlan, Response, Touchpoint
from corsia.privacy.models import Erasure
from corsia.privacy.services.erasures import run_erasure
from corsia.vehicles.models import Vehicle
from tests.analytics.rows import everything_stored, stored
from tests.factories.cases import ROBOT, a_case, a_customer, ready_group
from tests.factories.organisation import Group, small_group
from tests.running import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def office(db) -> Group:
    """A group with its processes, everything of it committed."""
    with scope.system("test"):
        yield ready_group(small_group(), now=NOON)


def numbers(dataset: str = "cases.case") -> list[int]:
    return sorted(row["case_id"] for row in stored(dataset))


def test_refreshes_hold_the_same_as_a_build_from_nothing(office, tmp_path, settings) -> None:
    refresh(now=NOON)
    giulia = a_customer(office, now=NOON)
    one = a_case(office.brescia_care, now=NOON - 70 * 24 * HOUR, customer=giulia)
    two = a_case(office.verona_care, now=NOON, customer=giulia)
    three = a_case(office.verona_care, now=NOON + HOUR, customer=giulia)
    refresh(now=NOON)
    close_case(case_id=one.pk, by=ROBOT, now=NOON + 2 * HOUR)
    add_tag(case_id=two.pk, label="freni", by=ROBOT, now=NOON)
    refresh(now=NOON)
    reopen_case(case_id=one.pk, reason="again", by=ROBOT, now=NOON + 3 * HOUR)
    merge_cases(survivor_id=two.pk, absorbed_id=three.pk, by=ROBOT, now=NOON + 4 * HOUR)
    refresh(now=NOON)
    kept = everything_stored()

    settings.WAREHOUSE = tmp_path / "other"
    refresh(now=NOON)

    assert everything_stored() == kept
    assert [(row["case_id"], row["tags"], row["is_merged"], row["reopened_times"]) for row in kept["cases.case"]] == [
        (one.pk, "", False, 1),
        (two.pk, "freni", False, 0),
        (three.pk, "", True, 0),
    ]


def test_a_late_commit_with_a_lower_number_is_not_missed(office) -> None:
    refresh(now=NOON)
    a_case(office.brescia_care, now=NOON)
    refresh(now=NOON)
    like = Case.objects.get()
    with psycopg.connect(url_of(connection.settings_dict["NAME"])) as slow:
        late = _copy_of(like.pk, slow)  # takes its number and its transaction now, and commits after the next ones
        early = a_case(office.brescia_care, now=NOON)
        assert late < early.pk
        refresh(now=NOON)
        seen_meanwhile = numbers()
        slow.commit()

    done = refresh(now=NOON)

    # Whoever began after the slow one waits with it: nothing above the horizon is taken as read.
    assert late not in seen_meanwhile
    assert numbers() == sorted([like.pk, late, early.pk])
    assert done.keys["cases.case"] == 2


def test_what_was_rolled_back_never_appears(office) -> None:
    like = a_case(office.brescia_care, now=NOON)
    with psycopg.connect(url_of(connection.settings_dict["NAME"])) as doubtful:
        _copy_of(like.pk, doubtful)
        refresh(now=NOON)
        doubtful.rollback()
    refresh(now=NOON)

    assert numbers() == [like.pk]


def test_a_refresh_without_changes_writes_no_file(office) -> None:
    a_case(office.brescia_care, now=NOON)
    first = refresh(now=NOON)
    files = read_manifest().files()

    second = refresh(now=NOON + HOUR)

    assert second.generation == first.generation
    assert read_manifest().files() == files
    assert read_manifest().refreshed_at == NOON + HOUR
    assert ChangedRow.objects.count() == 0


def test_a_bulk_load_that_switches_triggers_off_is_seen(office) -> None:
    like = a_case(office.brescia_care, now=NOON)
    refresh(now=NOON)
    with psycopg.connect(url_of(connection.settings_dict["NAME"])) as loader:
        loader.execute("SET session_replication_role = replica")
        loaded = _copy_of(like.pk, loader)

    refresh(now=NOON)

    assert numbers() == [like.pk, loaded]


def test_a_changed_vehicle_changes_its_cases(office) -> None:
    vehicle = Vehicle.objects.create(unit=office.root, make="Fiat", model="Panda")
    a_case(office.brescia_care, now=NOON, vehicle_id=vehicle.pk)
    refresh(now=NOON)
    Vehicle.objects.filter(pk=vehicle.pk).update(plate="AB123CD")
    plate_only = refresh(now=NOON)
    Vehicle.objects.filter(pk=vehicle.pk).update(model="500")

    refresh(now=NOON)

    assert [(row["make"], row["model"]) for row in stored("cases.case")] == [("Fiat", "500")]
    assert plate_only.keys["cases.case"] == 0


def test_an_erased_customer_leaves_at_the_next_refresh(office, settings, tmp_path) -> None:
    settings.VAR = tmp_path
    giulia, paolo = a_customer(office, now=NOON), a_customer(office, now=NOON, name="Paolo Neri")
    old = a_customer(office, now=NOON, name="G. Ferri", merged_into=giulia)
    for customer, at in ((giulia, NOON - 90 * 24 * HOUR), (paolo, NOON), (old, NOON)):
        a_case(office.brescia_care, now=at, customer=customer)
    refresh(now=NOON)
    before = [row["customer_id"] for row in stored("cases.case")]
    erasure = Erasure.objects.create(unit=office.root, customer=giulia, reason="request", asked_at=NOON)
    run_erasure(erasure_id=erasure.pk, now=NOON)

    refresh(now=NOON)

    assert sorted(before) == sorted([giulia.pk, paolo.pk, old.pk])
    assert sorted(row["customer_id"] or 0 for row in stored("cases.case")) == [0, 0, paolo.pk]
    refresh(now=NOON, anew=True)
    assert sorted(row["customer_id"] or 0 for row in stored("cases.case")) == [0, 0, paolo.pk]


def test_readers_of_the_manifest_before_still_find_their_files(office) -> None:
    a_case(office.brescia_care, now=NOON)
    refresh(now=NOON)
    before = read_manifest()
    a_case(office.brescia_care, now=NOON)
    refresh(now=NOON)

    assert before.files() != read_manifest().files()
    assert all((home() / file).exists() for file in before.files())
    a_case(office.brescia_care, now=NOON)
    refresh(now=NOON)
    assert not any((home() / file).exists() for file in before.files() - read_manifest().files())


def test_files_of_another_database_are_built_anew(office) -> None:
    case = a_case(office.brescia_care, now=NOON)
    refresh(now=NOON)
    Build.objects.all().delete()  # as after a backup of the time before the warehouse
    done = refresh(now=NOON)

    assert done.keys["cases.case"] is None
    assert numbers() == [case.pk]


def test_only_one_refresh_runs_at_a_time(office) -> None:
    from corsia.analytics.services.refreshing import _LOCK

    with psycopg.connect(url_of(connection.settings_dict["NAME"])) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        assert refresh(now=NOON) is None


def test_a_refresh_killed_while_it_writes_has_changed_nothing(office, settings, tmp_path) -> None:
    for months in range(30):
        a_case(office.brescia_care, now=NOON - months * 31 * 24 * HOUR)
    refresh(now=NOON)
    before, kept = read_manifest(), everything_stored()
    Case.objects.update(reopened_times=2)

    killed = _killed_at_the_fifth_new_file()

    assert killed, "the refresh ended before it could be killed"
    assert read_manifest() == before
    assert everything_stored() == kept
    refresh(now=NOON)
    assert {row["reopened_times"] for row in stored("cases.case")} == {2}
    after = everything_stored()
    left_over = [path for path in home().rglob("*.parquet*") if path.relative_to(home()).as_posix() not in _named()]
    assert {path.relative_to(home()).as_posix() for path in left_over} <= before.files()
    settings.WAREHOUSE = tmp_path / "other"
    refresh(now=NOON)
    assert everything_stored() == after


def test_every_table_that_a_dataset_follows_notes_its_changes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'analytics_note_update' AND tgenabled = 'A'"
        )
        watched = {row[0] for row in cursor.fetchall()}

    assert {follow.table for dataset in datasets() for follow in dataset.follows} <= watched


def test_every_number_of_a_customer_is_known_as_such() -> None:
    for dataset in datasets():
        named = {column.name for column in dataset.columns if "customer" in column.name}
        assert named == set(dataset.customer_columns), dataset.name


def _named() -> set[str]:
    return read_manifest().files()


def _killed_at_the_fifth_new_file() -> bool:
    """Run a refresh in a process of its own and kill it with -9 in the middle of its writing."""
    had = set(home().rglob("*.parquet"))
    environment = {
        **os.environ,
        "DATABASE_URL": url_of(connection.settings_dict["NAME"]),
        "CORSIA_WAREHOUSE": str(home()),
        "DJANGO_SETTINGS_MODULE": "corsia.config.settings.local",
    }
    process = subprocess.Popen([sys.executable, "-m", "corsia", "warehouse"], cwd=ROOT, env=environment)
    while process.poll() is None:
        if len(set(home().glob("*/*.parquet")) - had) >= 5:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.001)
    return process.wait(timeout=60) == -signal.SIGKILL


def _copy_of(case_id: int, other: psycopg.Connection) -> int:
    """Insert a second case like one, in another connection's transaction, and return its number."""
    columns = [field.column for field in Case._meta.concrete_fields if field.column != "id"]
    listed = ", ".join(columns)
    row = other.execute(
        f"INSERT INTO cases_case ({listed}) SELECT {listed} FROM cases_case WHERE id = %s RETURNING id", [case_id]
    ).fetchone()
    return int(row[0])


def test_answers_to_plans_are_read_anew_by_their_own_number_and_nothing_else_is(office, tmp_path, settings) -> None:
    plan = a_plan(office)
    begun, gone, other = (
        Response.objects.create(
            plan=plan, unit=office.brescia_care, channel="qr", score=score, started_at=NOON, answered_at=NOON
        )
        for score in (None, 3, 9)
    )
    refresh(now=NOON)

    Response.objects.filter(pk=begun.pk).update(score=8, answered_at=NOON + HOUR, completed_at=NOON, settled_at=NOON)
    gone.delete()
    Response.objects.create(unit=office.brescia_care, score=1, started_at=NOON, answered_at=NOON)  # asked by no plan
    done = refresh(now=NOON)

    assert (done.keys["listening.answer"], done.keys["listening.survey"]) == (2, 0)
    kept = everything_stored()
    assert [(row["response_id"], row["score"], row["is_complete"]) for row in kept["listening.answer"]] == [
        (begun.pk, 8, True),
        (other.pk, 9, False),
    ]
    ListeningPlan.objects.filter(pk=plan.pk).update(instrument="phone")
    assert refresh(now=NOON).keys["listening.answer"] == 2
    assert {row["instrument"] for row in stored("listening.answer")} == {"phone"}
    kept = everything_stored()
    settings.WAREHOUSE = tmp_path / "other"
    refresh(now=NOON)
    assert everything_stored() == kept


def a_plan(office: Group) -> ListeningPlan:
    point = Touchpoint.objects.create(unit=office.root, key="desk", name_it="Banco", name_en="Desk", stage="service")
    return ListeningPlan.objects.create(
        unit=office.root, name="Banco", touchpoint=point, starts_on=NOON.date(), changed_at=NOON
    )
