"""How long the warehouse takes: a refresh with a million new rows, and dashboards over forty million contacts."""

import os
import random
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from corsia.config.bench import Figure, machine, percentile
from corsia.kernel import scope
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Membership, Person, Unit
from corsia.organisation.vocabulary import Role, UnitKind

CONTACTS = 40_000_000
MONTHS = 24
PER_CASE = 5
NEW_ROWS = 1_000_000
FIRST = date(2024, 12, 1)
TODAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
_AGAIN = 5
_PAGES = 6
_LENGTHS = (1, 3, 6, 12, MONTHS)  # months

Progress = Callable[[str], None]


def measure(*, progress: Progress, contacts: int = CONTACTS) -> Iterator[Figure]:
    """Yield the figures of the refresh, then those of dashboards; both in folders of their own."""
    home = Path(settings.VAR) / "bench"
    settings.WAREHOUSE = home / "refresh"
    shutil.rmtree(settings.WAREHOUSE, ignore_errors=True)
    with scope.system("bench"):
        yield from _refresh(progress)
        settings.WAREHOUSE = home / f"contacts-{contacts}"
        yield from _dashboards(progress, contacts)


def _refresh(progress: Progress) -> Iterator[Figure]:
    from corsia.analytics.services import refresh

    began = time.perf_counter()
    first = refresh(now=NOW)
    if first is None:
        raise RuntimeError("Another refresh is running.")
    progress(f"{first.rows:,} rows built from nothing in {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    _more_rows(first.rows)
    progress(f"new rows inserted in {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    second = refresh(now=NOW)
    took = time.perf_counter() - began
    if second is None:
        raise RuntimeError("Another refresh is running.")
    conditions = f"{machine()}; {first.rows:,} rows before, {second.rows - first.rows:,} new in 24 months of 3 datasets"
    yield Figure("warehouse", "refresh", round(took, 1), "s", "<= 60", conditions)
    rate = (second.rows - first.rows) / took
    yield Figure("warehouse", "refresh, rows a second", round(rate), "rows/s", "", conditions)


def _more_rows(rows: int) -> None:
    """Insert the cases that are there again and again, with their messages and clocks, as other cases."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM cases_case")
        shift = cursor.fetchone()[0]
        for table, key in (
            ("cases_case", "id"),
            ("cases_segment", "case_id"),
            ("cases_deadline", "case_id"),
            ("messaging_message", "case_id"),
        ):
            cursor.execute(
                "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
                " WHERE table_name = %s AND column_name NOT IN ('id', %s)",
                [table, key],
            )
            columns = cursor.fetchone()[0]
            copies = -(-NEW_ROWS // rows)
            cursor.execute(
                f"INSERT INTO {table} ({key}, {columns}) SELECT {key} + n * %s, {columns}"
                f" FROM {table}, generate_series(1, %s) n WHERE {key} <= %s",
                [shift, copies, shift],
            )


def _dashboards(progress: Progress, contacts: int) -> Iterator[Figure]:
    units = list(Unit.objects.filter(kind=UnitKind.DEPARTMENT).order_by("pk"))
    manager = Person.objects.get(email="p0@bench.example")
    began = time.perf_counter()
    if _generate(contacts, [unit.pk for unit in units]):
        progress(f"{contacts:,} contacts generated in {time.perf_counter() - began:.0f} s")
    people = {"manufacturer": actor_of(manager, today=TODAY)}
    for name, person, branches in (("group", "p2", 5), ("branch", "p1", 1)):
        reader = Person.objects.get(email=f"{person}@bench.example")
        Membership.objects.filter(person=reader).delete()
        for unit in units[:branches]:
            Membership.objects.create(person=reader, unit=unit, role=Role.BRANCH_MANAGER, since=FIRST)
        people[name] = actor_of(reader, today=TODAY)
    conditions = f"{machine()}; {contacts:,} contacts, {contacts // PER_CASE:,} cases, {len(units)} branches, {MONTHS}"
    conditions += f" months; nothing kept from before; load {os.getloadavg()[0]:.0f}"
    rng = random.Random(5)
    every: list[float] = []
    for months in _LENGTHS:
        for name, actor in people.items():
            pages = [_page(actor, months, rng) for _ in range(_PAGES)]
            took, busy = [page[0] for page in pages], [page[1] for page in pages]
            every += took
            figure = f"dashboard of {months} months ({name})"
            slowest, usual = round(max(took), 2), round(percentile(took, 0.5), 2)
            yield Figure("warehouse", f"{figure}, median", usual, "s", "<= 1.5", conditions)
            yield Figure("warehouse", f"{figure}, slowest of {_PAGES}", slowest, "s", "<= 1.5", conditions)
            busy_for = round(percentile(busy, 0.5), 2)
            yield Figure("warehouse", f"{figure}, processor time, median", busy_for, "s", "", conditions)
    load = f"{conditions}, {os.getloadavg()[0]:.0f} at the end"
    figure = f"dashboards, p95 of {len(every)}"
    yield Figure("warehouse", figure, round(percentile(every, 0.95), 2), "s", "<= 1.5", load)
    yield Figure("warehouse", "dashboards, median", round(percentile(every, 0.5), 2), "s", "<= 1.5", load)
    yield from _by_hand(conditions, people["manufacturer"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    yield Figure("warehouse", "memory of the process, highest", round(peak, 2), "GB", "< 4", conditions)


def _page(actor: Any, months: int, rng: random.Random) -> tuple[float, float]:
    """Ask for everything that the dashboard shows; return its seconds and those of the processor for it.

    Nothing is kept from before.
    """
    from corsia.analytics.queries import Period
    from corsia.analytics.queries.running import forget
    from corsia.analytics.web.asked import Asked
    from corsia.analytics.web.dashboard import body

    start = rng.randint(0, MONTHS - months)
    period = Period(_month(start), _month(start + months))
    chosen = rng.choice((None, ("channel", "email"), ("channel", "phone"), ("process", "complaint"), ("make", "Fiat")))
    values = dict([chosen] if chosen else [])
    forget()
    began, was_busy = time.perf_counter(), time.process_time()
    body(actor, Asked(period=period, days=0, unit_id=None, values=values, today=TODAY))
    return time.perf_counter() - began, time.process_time() - was_busy


def _by_hand(conditions: str, actor: Any) -> Iterator[Figure]:
    """Compare metrics as Ibis compiles them with SQL written by hand for the same question."""
    from corsia.analytics import queries
    from corsia.analytics.queries.engine import quoted, reader
    from corsia.analytics.queries.manifest import home, read_manifest
    from corsia.analytics.queries.running import forget
    from corsia.analytics.vocabulary import Dimension

    manifest = read_manifest()
    if manifest is None:
        raise RuntimeError("The files of the benchmark are gone.")
    period = queries.Period(_month(0), _month(MONTHS))
    units = ", ".join(str(unit) for unit in sorted(queries.visible_units(actor, queries.Filters())))
    for key, dataset, sql in (
        (
            "answer_median",
            "messaging.contact",
            "SELECT count(answer_seconds), median(answer_seconds) FROM {files} WHERE is_question",
        ),
        (
            "complaint_share",
            "messaging.contact",
            "SELECT count(*), avg(is_complaint::int) FROM {files} WHERE direction = 'in'",
        ),
        (
            "closing_working_mean",
            "cases.case",
            (
                "SELECT count(*), avg(closing_working_seconds) FROM {files} WHERE NOT is_merged AND NOT is_internal"
                " AND end_kind <> 'cancelled' AND closed_on IS NOT NULL"
            ),
        ),
    ):
        parts = manifest.shelves[dataset].parts.values()
        listed = ", ".join(quoted(str(home() / part.file)) for part in parts)
        metric = queries.METRICS[key]
        day = metric.day
        by_hand = sql.format(files=f"read_parquet([{listed}])")
        by_hand += f" AND {day} >= DATE '{period.first}' AND {day} < DATE '{period.end}' AND unit_id IN ({units})"
        # Told apart by its source a metric is counted row by row, as by hand; else from what was counted beforehand.
        for how, more, values in (
            ("row by row", " AND origin = 'email'", {Dimension.SOURCE: ["email"]}),
            ("counted beforehand", "", {}),
        ):
            filters = queries.Filters(values=values)
            plain: list[float] = []
            ours: list[float] = []
            for _ in range(_AGAIN):
                with reader() as engine:
                    began = time.perf_counter()
                    row = engine.execute(by_hand + more).fetchone()
                    plain.append(time.perf_counter() - began)
                forget()
                began = time.perf_counter()
                found = queries.figure(metric, period=period, filters=filters, actor=actor, today=TODAY, compare=False)
                ours.append(time.perf_counter() - began)
                if row is None or (found.n, found.value) != (row[0], row[1]):
                    raise RuntimeError(f"{key}: {found} against {row} by hand")
            ratio = percentile(ours, 0.5) / percentile(plain, 0.5)
            seconds = f"{conditions}; by hand {percentile(plain, 0.5):.2f} s, median of {_AGAIN}"
            figure = f"{key}, {how}: metric against SQL by hand"
            yield Figure("warehouse", figure, round(ratio, 2), "times", "<= 1.3", seconds)


def _month(number: int) -> date:
    year, month = divmod(FIRST.year * 12 + FIRST.month - 1 + number, 12)
    return date(year, month + 1, 1)


def _generate(contacts: int, units: list[int]) -> bool:
    """Write invented contacts, cases, clocks and surveys as the refresh lays them out; False where they are there."""
    from corsia.analytics.queries.engine import connect
    from corsia.analytics.queries.manifest import Manifest, Part, Shelf, home, read_manifest, write_manifest
    from corsia.analytics.services.refreshing import shape_of
    from corsia.analytics.services.source import stored_schema
    from corsia.analytics.services.storing import Storing, tallied_as
    from corsia.kernel.datasets import datasets

    shapes = {dataset.name: (shape_of(dataset), tallied_as(dataset)) for dataset in datasets()}
    there = read_manifest()
    if there is not None and {name: (one.shape, one.tallied) for name, one in there.shelves.items()} == shapes:
        return False
    for old in home().glob("*/*.parquet"):
        old.unlink()
    (home() / "tmp").mkdir(parents=True, exist_ok=True)
    engine, storing = connect(), Storing(erased=[])
    shelves = {}
    for dataset in datasets():
        parts: dict[str, Part] = {}
        made = _MADE.get(dataset.name)
        for month in range(MONTHS if made else 0):
            file = f"{dataset.name}/{_month(month):%Y-%m}.parquet"
            (home() / file).parent.mkdir(exist_ok=True)
            rows = contacts // MONTHS // _SHARE[dataset.name]
            names = ", ".join(stored_schema(dataset).names)
            sql = str(made).format(
                rows=rows,
                base=month * (contacts // MONTHS),
                first=f"DATE '{_month(month)}'",
                days=(_month(month + 1) - _month(month)).days,
                units=units,
            )
            engine.execute(
                f"COPY (SELECT {names} FROM ({sql}) ORDER BY {dataset.day}, unit_id, {dataset.key})"
                f" TO '{home() / file}' (FORMAT parquet, COMPRESSION zstd)"
            )
            parts[f"{_month(month):%Y-%m}"] = storing.tallied(dataset, Part(file=file, rows=rows))
        shelves[dataset.name] = Shelf(shape=shapes[dataset.name][0], tallied=shapes[dataset.name][1], parts=parts)
    write_manifest(Manifest(build="bench", generation=1, horizon=0, refreshed_at=NOW, shelves=shelves))
    return True


_SHARE = {
    "messaging.contact": 1,
    "cases.case": PER_CASE,
    "cases.clock": PER_CASE // 2,
    "listening.survey": PER_CASE,
}
_KIND = """
    ['information', 'complaint', 'spare-parts', 'warranty', 'return', 'administration'][1 + c % 6] AS process,
    c % 6 = 1 AS is_complaint, c % 6 = 5 AND c % 7 = 0 AS is_internal,
    ['email', 'web_form', 'phone', 'counter'][1 + c % 4] AS origin,
    ['Fiat', 'Jeep', 'Lancia', 'Alfa Romeo', 'Opel', ''][1 + c // 18 % 6] AS make, 'Model ' || c % 40 AS model,
    CASE WHEN c % 6 = 1 THEN ['Ricambio in ritardo', 'Promessa non mantenuta', 'Errore di fattura'][1 + c // 6 % 3]
        ELSE '' END AS cause,
    {units}[1 + c % len({units})] AS unit_id"""
_MADE = {
    "messaging.contact": f"""
        SELECT *, said_at::DATE AS said_on, said_at + to_seconds(answer_seconds) AS answered_at,
            answer_seconds // 3 AS answer_working_seconds
        FROM (
            SELECT {{base}} + i AS message_id, c AS case_id, 1 + c % 200000 AS customer_id,
                CASE WHEN i % 2 = 0 THEN 'in' ELSE 'out' END AS direction,
                ['email', 'phone', 'web_form', 'counter', 'whatsapp', 'chat'][1 + (c + i) % 6] AS channel, {_KIND},
                {{first}} + to_seconds((i * {{days}} * 86400) // {{rows}}) AS said_at,
                i % 2 = 0 AS is_question, i % {PER_CASE} = 0 AND i % 2 = 0 AS is_first_question,
                1 + c % 190 AS agent_id,
                CASE WHEN i % 2 = 0 AND h % 10 <> 0
                    THEN CAST(exp(6 + h / 150000.0) AS BIGINT) END AS answer_seconds
            FROM (SELECT i, ({{base}} + i) // {PER_CASE} AS c, CAST(hash(i) % 1000000 AS BIGINT) AS h
                FROM range({{rows}}) t(i))
        )""",
    "cases.case": f"""
        SELECT *, opened_at::DATE AS opened_on, closed_at::DATE AS closed_on, closing_seconds // 3 AS
            closing_working_seconds, closing_seconds // 5 AS our_working_seconds
        FROM (
            SELECT *, opened_at + to_seconds(closing_seconds) AS closed_at,
                CASE WHEN closing_seconds IS NULL THEN '' WHEN c % 30 = 0 THEN 'cancelled' ELSE 'solved' END AS end_kind
            FROM (
                SELECT c, c AS case_id, 1 + c % 200000 AS customer_id, 1 + c % 190 AS assignee_id, {_KIND},
                    'new' AS phase,
                    1 + c % 4 AS priority, 'it' AS language, 'us' AS holder, '' AS purchase_channel, '' AS tags,
                    CASE WHEN c % 25 = 0 THEN 1 ELSE 0 END AS reopened_times, FALSE AS is_merged,
                    {{first}} + to_seconds((i * {{days}} * 86400) // {{rows}}) AS opened_at,
                    CASE WHEN h % 500 <> 0 THEN CAST(exp(8 + h / 180000.0) AS BIGINT) END AS closing_seconds
                FROM (SELECT i, {{base}} // {PER_CASE} + i AS c, CAST(hash(i) % 1000000 AS BIGINT) AS h
                    FROM range({{rows}}) t(i))
            )
        )""",
    "cases.clock": f"""
        SELECT c AS clock_id, c AS case_id, 1 + c % 190 AS assignee_id, {_KIND},
            ['first_answer', 'solution'][1 + c % 2] AS clock, 480 AS limit_minutes, started_at,
            started_at + to_hours(3) AS ended_at, started_at::DATE AS ended_on, h % 20 = 0 AS is_broken,
            ['us', 'customer', 'part', 'manufacturer'][1 + c % 4] AS culprit,
            CAST(exp(6 + h / 200000.0) AS BIGINT) AS working_seconds
        FROM (SELECT {{base}} // {PER_CASE} + i AS c, CAST(hash(i) % 1000000 AS BIGINT) AS h,
            {{first}} + to_seconds((i * {{days}} * 86400) // {{rows}}) AS started_at FROM range({{rows}}) t(i))""",
    "listening.survey": f"""
        SELECT c AS invitation_id, c AS case_id, 1 + c % 200000 AS customer_id, 1 + c % 190 AS assignee_id, {_KIND},
            sent_at, sent_at::DATE AS sent_on, answered_at, answered_at::DATE AS answered_on,
            CASE WHEN answered_at IS NOT NULL THEN h % 11 END AS score
        FROM (SELECT *, CASE WHEN h % 2 = 0 THEN sent_at + to_hours(30) END AS answered_at FROM (
            SELECT {{base}} // {PER_CASE} + i AS c, CAST(hash(i) % 1000000 AS BIGINT) AS h,
                {{first}} + to_seconds((i * {{days}} * 86400) // {{rows}}) AS sent_at FROM range({{rows}}) t(i)))""",
}
