"""The pages of numbers say what the queries say, to whom they may be said; built numbers are like shipped ones."""

import csv
import io
import re

import pytest
import time_machine
from django.db import transaction
from django.test import Client, override_settings

from corsia.analytics import queries
from corsia.analytics.models import BuiltMetric
from corsia.analytics.queries import METRICS, Filters, Period
from corsia.analytics.services import refresh
from corsia.analytics.vocabulary import Dimension
from corsia.analytics.web import drawing
from corsia.kernel import scope
from corsia.organisation.actors import actor_of
from corsia.organisation.vocabulary import Role
from tests.analytics.world import NOW, a_world
from tests.factories.organisation import person_in, signed_in, small_group

pytestmark = pytest.mark.django_db
YEAR = "days=365"


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """A world and its warehouse, made once: each test sees them unchanged."""
    folder = tmp_path_factory.mktemp("numbers")
    numbers = override_settings(WAREHOUSE=folder)
    with django_db_blocker.unblock(), transaction.atomic(), numbers, scope.system("test"):
        group = small_group()
        a_world(group, cases=160, seed=7)
        boss = person_in(group.root, Role.CARE_MANAGER, first_name="Elena", last_name="Conti")
        refresh(now=NOW)
        yield boss, folder
        transaction.set_rollback(True)


@pytest.fixture
def manager(made, db, settings):
    boss, settings.WAREHOUSE = made
    with time_machine.travel(NOW, tick=False):
        yield boss


@pytest.fixture
def browser(manager) -> Client:
    return signed_in(manager)


def figure_of(key: str, manager) -> queries.Figure:
    actor = actor_of(manager, today=NOW.date())
    with scope.system("test"):
        return queries.figure(
            METRICS[key],
            period=Period.last_days(365, until=NOW.date()),
            filters=Filters(),
            actor=actor,
            today=NOW.date(),
        )


def test_the_dashboard_shows_each_number_with_its_n_and_a_way_to_its_formula(browser, manager) -> None:
    page = browser.get(f"/analytics/?{YEAR}").content.decode()

    for key in ("contacts", "backlog", "reopened_share"):
        figure = figure_of(key, manager)
        assert drawing.spoken(figure) in page
        assert f"n = {figure.n}" in page
        assert f"/analytics/metrics/{key}/" in page
    assert str(METRICS["backlog"].name) in page


def test_a_metric_says_formula_period_and_n_beside_the_number(browser, manager) -> None:
    page = browser.get(f"/analytics/metrics/closing_median/?{YEAR}").content.decode()
    figure = figure_of("closing_median", manager)

    assert figure.value is not None
    assert drawing.spoken(figure) in page
    assert f">{figure.n}<" in page
    for kin in ("closing_mean", "closing_p90", "closing_working_median"):
        assert f"/analytics/metrics/{kin}/" in page


def test_the_cases_behind_a_number_are_as_many_as_it_counts(browser, manager) -> None:
    counted = figure_of("cases_closed", manager).n
    found: set[str] = set()
    address = f"/analytics/metrics/cases_closed/cases/?{YEAR}"
    for _page in range(20):
        page = browser.get(address).content.decode()
        found |= set(re.findall(r'href="/cases/(\d+)/"', page))
        following = re.search(r"after=(\d+\.\d+)", page)
        if not following:
            break
        address = f"/analytics/metrics/cases_closed/cases/?{YEAR}&after={following[1]}"

    assert len(found) == counted


def test_the_export_holds_the_same_numbers_unrounded(browser, manager) -> None:
    answer = browser.get(f"/analytics/metrics/cases_opened/export/?{YEAR}&by=process&form=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))

    actor = actor_of(manager, today=NOW.date())
    with scope.system("test"):
        found = queries.breakdown(
            METRICS["cases_opened"],
            by=Dimension.PROCESS,
            period=Period.last_days(365, until=NOW.date()),
            filters=Filters(),
            actor=actor,
            today=NOW.date(),
        )
    assert {(row[0], int(row[3])) for row in rows[2:]} == {(row.label, row.figure.n) for row in found.rows}
    assert int(rows[1][3]) == found.total.n


@pytest.mark.parametrize(("form", "start"), [("xlsx", b"PK"), ("pdf", b"%PDF-")])
def test_the_other_exports_are_files_of_their_kind(browser, form, start) -> None:
    answer = browser.get(f"/analytics/metrics/nps/export/?{YEAR}&form={form}")

    assert answer.status_code == 200
    assert answer.content.startswith(start)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_single_persons_are_not_shown_without_an_agreement_but_everybody_sees_their_own(browser, manager) -> None:
    page = browser.get(f"/analytics/metrics/cases_per_agent/?{YEAR}&by=agent").content.decode()
    assert "accordo" in page
    assert browser.get("/analytics/mine/").status_code == 200


PARTS = {
    "name_it": "Reclami chiusi",
    "dataset": "cases.case",
    "day": "closed_on",
    "statistic": "count",
    "better": "up",
    "minimum_n": "0",
}


def test_a_manager_builds_a_number_sees_it_first_and_it_is_like_every_other(browser, manager) -> None:
    unit = manager.memberships.get().unit_id
    preview = browser.post("/analytics/metrics/new/", PARTS | {"unit": unit, "preview": "1"})
    assert preview.status_code == 200
    assert not BuiltMetric.unscoped.exists()

    kept = browser.post("/analytics/metrics/new/", PARTS | {"unit": unit}, follow=True)

    row = BuiltMetric.unscoped.get()
    assert kept.redirect_chain[-1][0] == f"/analytics/metrics/{row.key}/"
    assert "Reclami chiusi" in browser.get("/analytics/metrics/").content.decode()
    assert browser.get(f"/analytics/metrics/{row.key}/export/?form=csv").status_code == 200

    browser.post(f"/analytics/metrics/{row.key}/retire/")
    assert browser.get(f"/analytics/metrics/{row.key}/").status_code == 404


def test_parts_that_do_not_fit_are_refused_with_a_reason(browser, manager) -> None:
    unit = manager.memberships.get().unit_id
    answer = browser.post("/analytics/metrics/new/", PARTS | {"unit": unit, "statistic": "mean"})

    assert answer.status_code == 422
    assert not BuiltMetric.unscoped.exists()


def test_another_branch_sees_its_own_numbers_only(browser, manager) -> None:
    with scope.system("test"):
        unit = manager.memberships.get().unit
        verona = next(child for child in unit.children.all() if "Verona" in child.name)
        theirs = person_in(verona, Role.BRANCH_MANAGER)
    everything = figure_of("cases_opened", manager).n
    page = signed_in(theirs).get(f"/analytics/metrics/cases_opened/?{YEAR}").content.decode()
    shown = int(re.search(r"<dt>n</dt><dd class=\"tn\">(\d+)<", page)[1])

    assert 0 < shown < everything
    assert signed_in(theirs).get(f"/analytics/metrics/cases_opened/?unit={unit.pk}").status_code == 200
    agent = person_in(verona, Role.AGENT)
    assert signed_in(agent).get("/analytics/").status_code == 403


def test_before_the_first_refresh_the_pages_say_so(db, settings, tmp_path) -> None:
    settings.WAREHOUSE = tmp_path / "none"
    boss = person_in(small_group(code="ospiti").root, Role.CARE_MANAGER)
    for address in ("/analytics/", "/analytics/mine/", "/analytics/metrics/nps/"):
        answer = signed_in(boss).get(address)
        assert answer.status_code == 200
        assert "si stanno preparando" in answer.content.decode()
