"""What is counted beforehand says the same as the rows, to the last digit, whoever asks and however."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from corsia.analytics.queries import METRICS, Filters, Metric, Period, binding, breakdown, crossed, figure, trend
from corsia.analytics.queries.manifest import Manifest, Part, Shelf, home, read_manifest, write_manifest
from corsia.analytics.queries.running import forget
from corsia.analytics.rules.tallies import TOLD, line_for
from corsia.analytics.services import refresh
from corsia.analytics.services.source import stored_schema
from corsia.analytics.services.storing import Storing
from corsia.analytics.vocabulary import Dimension, Statistic
from corsia.kernel import scope
from corsia.kernel.actors import Actor
from corsia.kernel.datasets import Dataset, Type, datasets
from corsia.organisation.vocabulary import Role
from tests.factories.agreements import an_agreement
from tests.factories.cases import a_case, ready_group
from tests.factories.organisation import Group, actor_in, small_group

pytestmark = pytest.mark.django_db

FIRST = date(2026, 1, 1)
NOBODY_AGREED, BRESCIA_AGREED, ALL_AGREED = date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)
PERIODS = (
    Period.month(2026, 3),
    Period(date(2026, 2, 11), date(2026, 3, 4)),
    Period(date(2026, 2, 2), date(2026, 4, 20)),
    Period(date(2025, 10, 1), date(2026, 6, 1)),
    Period(date(2025, 9, 17), date(2026, 5, 9)),
)
# Numbers that are the same modulo many things: who marks people by them must not take two for one.
PEOPLE = (3, 4, 65, 66, 127, 128, 189, 190, 1302, 1303)
FILTERS: tuple[dict[Dimension, list], ...] = (
    {},
    {},
    {Dimension.PROCESS: ["complaint"]},
    {Dimension.MAKE: ["", "Fiat"]},
    {Dimension.CHANNEL: ["email"]},
    {Dimension.COMPLAINT: [True], Dimension.MAKE: ["Jeep"]},
)
OF_WORKSHOP = (Dimension.JOB_GROUP, Dimension.BOOKED_BY, Dimension.BAY_KIND)
WORDS = {
    "process": ("complaint", "information"),
    "cause": ("", "", "Ricambio in ritardo"),
    "make": ("", "Fiat", "Jeep"),
    "channel": ("email", "phone"),
    "culprit": ("us", "part"),
    "direction": ("in", "out"),
    "end_kind": ("solved", "cancelled", ""),
    "job_group": ("", "service", "tyres"),
    "booked_by": ("", "desk", "web"),
    "state": ("done", "missed", "cancelled"),
    "bay_kind": ("", "lift"),
    "resource": ("bay", "car", "technician"),
}


@pytest.fixture
def office(db) -> Group:
    with scope.system("test"):
        group = small_group()
        an_agreement(group.brescia, starts_on=BRESCIA_AGREED)
        an_agreement(group.root, starts_on=ALL_AGREED)
        yield group


def a_row(dataset: Dataset, number: int, rng: random.Random, units: list[int], people: int) -> dict[str, Any]:
    """Return a row as no context would publish it: every column has any value that its type allows."""
    row: dict[str, Any] = {}
    for column in dataset.columns:
        if column.name == "unit_id":
            row[column.name] = rng.choice(units)
        elif column.name in ("agent_id", "assignee_id", "person_id"):
            row[column.name] = rng.choice((None, *PEOPLE[:people]))
        elif column.type is Type.TEXT:
            row[column.name] = rng.choice(WORDS.get(column.name, ("",)))
        elif column.type is Type.FLAG:
            row[column.name] = rng.random() < 0.5
        elif column.type is Type.DAY:
            is_known = column.name == dataset.day or rng.random() < 0.8
            row[column.name] = FIRST + timedelta(days=rng.randrange(130)) if is_known else None
        elif column.type is Type.INSTANT:
            row[column.name] = datetime(2026, 1, 1, tzinfo=UTC)
        elif column.name == "score":
            row[column.name] = rng.choice((None, *range(11)))
        elif column.name.endswith("_seconds"):
            row[column.name] = an_amount(rng)
        else:
            row[column.name] = number
    for column in dataset.columns:  # nothing ends in a month before the one in which it begins
        if column.type is Type.DAY and row[column.name] is not None:
            row[column.name] = max(row[column.name], row[dataset.day].replace(day=1))
    row |= {counted.name: an_amount(rng) for counted in dataset.counted}
    row |= {"reopened_times": rng.randrange(2), "limit_minutes": 30} if "process" in row else {}
    return row


def an_amount(rng: random.Random) -> int | None:
    return rng.choice((None, 0, 1, 2, -3, 1800, rng.randrange(100), int(rng.lognormvariate(8, 3))))


def stored(dataset: Dataset, rows: list[dict[str, Any]]) -> None:
    """Write rows as a warehouse, by month."""
    storing, parts = Storing(erased=[]), {}
    (home() / dataset.name).mkdir(parents=True, exist_ok=True)
    for month in sorted({f"{row[dataset.day]:%Y-%m}" for row in rows}):
        mine = [row for row in rows if f"{row[dataset.day]:%Y-%m}" == month]
        file = f"{dataset.name}/{month}.{random.getrandbits(60):x}.parquet"  # never a name used before
        schema = stored_schema(dataset)
        utc = [{k: v.replace(tzinfo=None) if isinstance(v, datetime) else v for k, v in row.items()} for row in mine]
        pq.write_table(pa.Table.from_pylist(utc, schema), home() / file)
        parts[month] = storing.tallied(dataset, Part(file=file, rows=len(mine)))
    shelves = {dataset.name: Shelf(shape="random", tallied="random", parts=parts)}
    write_manifest(Manifest(build="random", generation=1, horizon=0, refreshed_at=datetime.now(UTC), shelves=shelves))
    forget()


def told(metric: Metric, *, period: Period, filters: Filters, actor: Actor, today: date) -> list[Any]:
    """Return all that can be asked of a metric without naming persons."""
    ask: dict[str, Any] = {"period": period, "filters": filters, "actor": actor, "today": today}
    answers: list[Any] = [figure(metric, **ask), figure(metric, compare=False, **ask), trend(metric, **ask)]
    for by in (Dimension.UNIT, Dimension.REASON, Dimension.MAKE, Dimension.CHANNEL, Dimension.HOLDER, *OF_WORKSHOP):
        if by in metric.dimensions:
            answers.append(breakdown(metric, by=by, **ask))
    if not metric.about_staff and Dimension.PROCESS in metric.dimensions:
        answers.append(crossed(metric, by=Dimension.PROCESS, other=Dimension.MAKE, **ask))
    return answers


@given(
    seed=st.integers(0, 2**32),
    dataset=st.sampled_from([one for one in datasets() if one.name in TOLD]),
    rows=st.sampled_from((1, 12, 150)),
    people=st.integers(1, len(PEOPLE)),
    period=st.sampled_from(PERIODS),
    values=st.sampled_from(FILTERS),
    today=st.sampled_from((NOBODY_AGREED, BRESCIA_AGREED, ALL_AGREED)),
)
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a smaller seed is no simpler
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_tallies_say_what_the_rows_say(office, monkeypatch, seed, dataset, rows, people, period, values, today) -> None:
    rng = random.Random(seed)
    units = [office.brescia_care.pk, office.verona_care.pk]
    stored(dataset, [a_row(dataset, number, rng, units, people) for number in range(rows)])
    manager = actor_in(office.root, Role.CARE_MANAGER)
    metrics = [metric for metric in METRICS.values() if metric.dataset == dataset.name]

    for metric in rng.sample(metrics, min(3, len(metrics))):
        filters = Filters(values={name: wanted for name, wanted in values.items() if name in metric.dimensions})
        ask = {"period": period, "filters": filters, "actor": manager, "today": today}
        counted_beforehand = told(metric, **ask)
        with monkeypatch.context() as patch:
            patch.setattr(binding, "line_for", lambda *_: None)
            forget()
            assert counted_beforehand == told(metric, **ask), metric.key


def test_the_dashboard_needs_no_rows(office) -> None:
    from corsia.analytics.web.dashboard import CARDS

    for key in (*CARDS, "answer_working_median", "over_limit", "cases_opened"):
        metric = METRICS[key]
        known = {Dimension.UNIT, Dimension.PROCESS, Dimension.CHANNEL, Dimension.MAKE} & metric.dimensions
        assert line_for(metric, sorted(known)) is not None, key


@pytest.mark.parametrize("by", [Dimension.AGENT, Dimension.TAG, Dimension.MODEL, Dimension.PHASE])
def test_what_is_not_told_is_asked_of_the_rows(by: Dimension) -> None:
    assert line_for(METRICS["closing_median"], [by]) is None
    assert line_for(METRICS["closing_median"], [Dimension.PROCESS]) is not None


def test_every_sum_and_median_of_the_register_can_be_counted_beforehand() -> None:
    rows_only = {
        key for key, metric in METRICS.items() if metric.dataset in TOLD and line_for(metric, [Dimension.UNIT]) is None
    }

    # Ages change every day.
    assert rows_only == {"backlog_age_mean", "backlog_age_median"}
    assert METRICS["backlog_age_mean"].statistic is Statistic.MEAN


@pytest.mark.django_db(transaction=True)
def test_tallies_follow_their_months_and_leave_with_them(office) -> None:
    now = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
    ready_group(office, now=now)
    a_case(office.brescia_care, now=now)
    a_case(office.brescia_care, now=now - timedelta(days=70))
    refresh(now=now)
    before = read_manifest()
    a_case(office.brescia_care, now=now)
    refresh(now=now)
    after = read_manifest()
    refresh(now=now)

    months = [shelf.shelves["cases.case"].parts for shelf in (before, after)]
    assert months[0]["2025-12"] == months[1]["2025-12"]
    assert {months[0]["2026-03"].days, months[0]["2026-03"].months}.isdisjoint(after.files())
    assert all((home() / file).exists() for file in after.files())


@pytest.mark.django_db(transaction=True)
def test_tallies_of_other_metrics_are_made_again_from_the_rows_that_are_there(office) -> None:
    now = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
    ready_group(office, now=now)
    a_case(office.brescia_care, now=now)
    refresh(now=now)
    built = read_manifest()
    shelves = {name: Shelf(shape=one.shape, tallied="old", parts=one.parts) for name, one in built.shelves.items()}
    write_manifest(Manifest(**{**vars(built), "shelves": shelves}))

    refresh(now=now)

    again = read_manifest().shelves["cases.case"]
    was = built.shelves["cases.case"]
    assert again.tallied == was.tallied
    assert [part.file for part in again.parts.values()] == [part.file for part in was.parts.values()]
    assert {part.days for part in again.parts.values()}.isdisjoint({part.days for part in was.parts.values()})
