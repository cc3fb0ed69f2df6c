"""Months of closed work orders of the invented group: what was sold and how long it took, who asked where their car is.

Minutes come from how fast each technician works and how a day goes, one work after the other: every figure of the
workshop's numbers is counted from these rows like that of any other group.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from corsia.cases.models import Cause
from corsia.cases.queries.definitions import definition, startable_process
from corsia.cases.vocabulary import NEVER, VEHICLE_STATE, EndKind, Holder, Origin
from corsia.config.demo.copying import Table, analyze
from corsia.config.demo.driving import all_driven
from corsia.config.demo.group import DemoGroup
from corsia.config.demo.past_rows import PastRows
from corsia.config.demo.workshop import PAST_DAYS
from corsia.messaging.rules.incoming import preview
from corsia.organisation.queries import day_in, tree
from corsia.organisation.working_time import between
from corsia.workshop.models import Bay, CapacityDay, Clocking, CourtesyCar, Order, OrderLine, Technician, Workshop
from corsia.workshop.rules.pricing import cents_of_parts, split_price
from corsia.workshop.rules.promise import PAPERS
from corsia.workshop.services.capacity_days import Present, rows_of
from corsia.workshop.vocabulary import LineKind, LineState, OrderStage, VisitState

LINK_SINCE = timedelta(days=30)  # the rules that send the visit link were written so long ago
_SEED = 82
_CALLED, _CALLED_WITH_LINK = 0.075, 0.028  # customers of an open order who ask where their car is
_WORDS = (
    "Buongiorno, volevo sapere a che punto è la mia macchina.",
    "Salve, la mia auto è pronta? Nessuno mi ha chiamato.",
    "Scusi, quando posso passare a ritirarla?",
    "Mi dica solo se per stasera è finita.",
)
_ANSWERS = ("È sul ponte: dovrebbe essere pronta per le 17.", "È pronta, può passare quando vuole.", "Manca la prova.")


class Last(dict[tuple[int, int], int]):
    """The number of the last order of each unit and year."""

    def __missing__(self, key: tuple[int, int]) -> int:
        return 0


_VISITS = """
    SELECT v.id, v.unit_id, v.customer_id, v.vehicle_id, v.drop_off_at, v.promised_at, v.made_at, c.display_name,
        c.language
    FROM workshop_visit v JOIN customers_customer c ON c.id = v.customer_id
    WHERE v.state = %s AND v.vehicle_id IS NOT NULL AND v.drop_off_at < %s ORDER BY v.drop_off_at, v.id
"""
_JOBS = """
    SELECT t.visit_id, t.id, t.job_id, j.name_it, j.name_en, t.price_cents, a.technician_id, a.starts_at, s.minutes
    FROM workshop_visitjob t JOIN workshop_job j ON j.id = t.job_id JOIN workshop_visit v ON v.id = t.visit_id
    JOIN workshop_allocation a ON a.visit_job_id = t.id JOIN workshop_jobstep s ON s.id = a.step_id
    WHERE v.state = %s AND v.drop_off_at < %s ORDER BY t.visit_id, t.position, a.starts_at
"""
_PARTS = "SELECT job_id, name, code, quantity, price_cents FROM workshop_jobpart ORDER BY id"


@dataclass
class _Piece:
    """A step that somebody did."""

    visit_id: int
    visit_job_id: int
    job_id: int
    name: str
    name_en: str
    cents: int
    technician_id: int
    starts_at: datetime
    minutes: int
    begun: datetime | None = None
    done: datetime | None = None


@dataclass
class _Extra:
    """What may be found on a vehicle: text, reason, cents and minutes."""

    text: str
    reason: str
    cents: int
    minutes: int


def load(
    group: DemoGroup, *, extras: Sequence[tuple[str, str, int, int]], before: datetime, now: datetime
) -> tuple[int, Last]:
    """Write the orders of visits done before an instant; return how many, and the last number of each workshop."""
    past = _Past(group, [_Extra(*one) for one in extras], now=now)
    return past.write(before), past.last


class _Past:
    """The rows of past orders on their way into the tables."""

    def __init__(self, group: DemoGroup, extras: Sequence[_Extra], *, now: datetime) -> None:
        self.rng = random.Random(f"{_SEED}|{now.date().isoformat()}")
        self.group, self.extras, self.now = group, extras, now
        self.last = Last()
        self.zones = {unit_id: tree().time_zone(unit_id) for unit_id in tree().units}
        self.driven = all_driven()
        self.pace: dict[int, float] = {}  # minutes needed for one that is sold
        self.parts: dict[int, list[tuple[str, str, Any, int]]] = defaultdict(list)
        self._orders = Table(
            Order, "unit", "number", "year", "visit", "customer", "vehicle", "stage", "wish", "km", "fuel_pct",
            "promised_at", "first_promised_at", "received_at", "signed_name", "ready_at", "closed_at",
            "invoice_reference",
        )  # fmt: skip
        self._lines = Table(
            OrderLine, "order", "position", "kind", "state", "job", "text", "text_en", "part_code", "quantity",
            "minutes", "price_cents", "is_extra", "reason", "proposed_at", "decided_at", "done_at",
        )  # fmt: skip
        self._clockings = Table(
            Clocking, "order", "line", "technician", "started_at", "ended_at", "start_key", "end_key"
        )
        self._calls = _Calls(group)

    def write(self, before: datetime) -> int:
        """Write everything and return how many orders there are."""
        with connection.cursor() as cursor:
            cursor.execute(_PARTS)
            for job_id, *part in cursor.fetchall():
                self.parts[job_id].append(tuple(part))
            cursor.execute(_JOBS, [VisitState.DONE, before])
            pieces = [_Piece(*row) for row in cursor.fetchall()]
            cursor.execute(_VISITS, [VisitState.DONE, before])
            visits = cursor.fetchall()
        self._work(pieces)
        of_visit: dict[int, list[_Piece]] = defaultdict(list)
        for piece in pieces:
            of_visit[piece.visit_id].append(piece)
        for visit in visits:
            if visit[0] in of_visit:
                self._order(visit, of_visit[visit[0]])
        written = self._orders.write()
        for table in (self._lines, self._clockings):
            table.write()
        self._calls.write()
        analyze(Order, OrderLine, Clocking)
        return written

    def _work(self, pieces: Sequence[_Piece]) -> None:
        """Let everybody do one work after the other, each as fast as they are and as the vehicle lets them."""
        free: dict[int, datetime] = {}
        for piece in sorted(pieces, key=lambda one: (one.technician_id, one.starts_at)):
            pace = self.pace.setdefault(piece.technician_id, self.rng.lognormvariate(0.02, 0.07))
            starts = piece.starts_at + timedelta(minutes=self.rng.randint(-2, 5), seconds=self.rng.randrange(60))
            before = free.get(piece.technician_id)
            piece.begun = max(starts, before + timedelta(seconds=90)) if before else starts
            needed = piece.minutes * pace * self.rng.lognormvariate(-0.02, 0.2)
            piece.done = piece.begun + timedelta(seconds=round(max(4.0, needed) * 60))
            free[piece.technician_id] = piece.done

    def _order(self, visit: tuple[Any, ...], pieces: list[_Piece]) -> None:
        rng = self.rng
        visit_id, unit_id, customer_id, vehicle_id, drop_off, promised, made, name, language = visit
        work_ends = max(piece.done or drop_off for piece in pieces)
        ready = work_ends + timedelta(minutes=rng.randint(2, 14))
        if rng.random() < 0.03:  # a part that came the day after
            ready += timedelta(hours=rng.randint(18, 30))
        arrives, driven = drop_off.astimezone(self.zones[unit_id]), self.driven.get(vehicle_id)
        year = arrives.year
        self.last[unit_id, year] += 1
        number = self.last[unit_id, year]
        closed = max(ready, promised) + timedelta(minutes=rng.randint(5, 90))
        if rng.random() < 0.1:  # fetched the day after
            closed += timedelta(hours=rng.randint(15, 22))
        ready, closed = min(ready, self.now - timedelta(minutes=9)), min(closed, self.now - timedelta(minutes=4))
        order_id = self._orders.add(
            unit_id, number, year, visit_id, customer_id, vehicle_id, OrderStage.CLOSED, "",
            driven.km_on(arrives.date()) if driven else None, rng.randrange(10, 100, 5),
            promised, promised, drop_off, name, ready, closed,
            f"F-{year}-{number:04d}",
        )  # fmt: skip
        position = self._labour(order_id, pieces, made, ready)
        if rng.random() < 0.22:
            self._found(order_id, position, drop_off + PAPERS, ready)
        has_link = closed > self.now - LINK_SINCE
        if rng.random() < (_CALLED_WITH_LINK if has_link else _CALLED):
            at = drop_off + (closed - drop_off) * rng.uniform(0.4, 0.98)
            self._calls.add(unit_id, customer_id, vehicle_id, language, at=at, rng=rng)

    def _labour(self, order_id: int, pieces: Sequence[_Piece], made: datetime, ready: datetime) -> int:
        position = 0
        for visit_job_id in dict.fromkeys(piece.visit_job_id for piece in pieces):
            mine = [piece for piece in pieces if piece.visit_job_id == visit_job_id]
            done = min(max(piece.done or ready for piece in mine), ready)
            first, parts = mine[0], self.parts[mine[0].job_id]
            of_parts = [cents_of_parts([(quantity, cents)]) for _text, _code, quantity, cents in parts]
            labour, of_parts = split_price(first.cents, of_parts)
            line_id = self._lines.add(
                order_id, position, LineKind.LABOUR, LineState.DONE, first.job_id, first.name, first.name_en, "", 1,
                sum(piece.minutes for piece in mine), labour, False, "", None, made, done,
            )  # fmt: skip
            position += 1
            for (text, code, quantity, _cents), price in zip(parts, of_parts, strict=True):
                self._lines.add(
                    order_id, position, LineKind.PART, LineState.DONE, first.job_id, text, "", code, quantity, 0, price,
                    False, "", None, made, done,
                )  # fmt: skip
                position += 1
            for piece in mine:
                self._clockings.add(
                    order_id, line_id, piece.technician_id, piece.begun, piece.done, self._key(), self._key()
                )
        return position

    def _found(self, order_id: int, position: int, at: datetime, ready: datetime) -> None:
        """Propose something that was found, not clocked on its own: it is done with the other work."""
        extra, is_wanted = self.rng.choice(self.extras), self.rng.random() < 0.68
        self._lines.add(
            order_id, position, LineKind.LABOUR, LineState.DONE if is_wanted else LineState.DECLINED, None, extra.text,
            "", "", 1, extra.minutes // 5, extra.cents, True, extra.reason, min(at, ready), min(at, ready),
            ready if is_wanted else None,
        )  # fmt: skip

    def _key(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)


class _Calls(PastRows):
    """Cases of customers who asked where their car is, each with the question and our answer."""

    def __init__(self, group: DemoGroup) -> None:
        super().__init__()
        process = startable_process(chain=[group.root.pk], key="information")
        if process is None:
            raise LookupError("The process of information requests is not installed.")
        version = definition(process.version_id)
        self.version_id = version.id
        self.end = version.end_phase(EndKind.SOLVED) or version.phases[-1]
        self.working = next(phase for phase in version.phases if not phase.end_kind and not phase.holder)
        self.cause = Cause.objects.filter(key=VEHICLE_STATE).order_by("pk").first()
        self.made: list[int] = []

    def add(
        self, unit_id: int, customer_id: int, vehicle_id: int, language: str, *, at: datetime, rng: random.Random
    ) -> None:
        """Write one case, closed within the hour."""
        answered = at + timedelta(minutes=rng.randint(1, 40))
        words, answer, name = rng.choice(_WORDS), rng.choice(_ANSWERS), self.cause.name_it if self.cause else ""
        case_id = self._cases.add(
            unit_id, self.version_id, self.end.id, customer_id, vehicle_id, None, "Dov'è la mia auto?",
            Origin.PHONE.value, 2, language, Holder.US.value, "", name, "", at, answered, answered, NEVER, NEVER,
            answered, EndKind.SOLVED.value, self.working.id, 0,
        )  # fmt: skip
        self.made.append(case_id)
        self._segments.add(case_id, Holder.US.value, at, answered, self._worked(unit_id, at, answered), "")
        for direction, said, when in (("in", words, at), ("out", answer, answered)):
            self._messages.add(
                case_id, unit_id, direction, "phone", customer_id, None, "", "", "", "", "Dov'è la mia auto?", said,
                "", "", "", "", False, False, "", when,
            )  # fmt: skip
        self._threads.add(case_id, "phone", answered, "out", preview(answer), 2, 0, "", None)
        self._log(case_id, unit_id, at, None, "opened", process="information", origin="phone")
        self._log(case_id, unit_id, answered, None, "closed", end_kind="solved")

    def _worked(self, unit_id: int, at: datetime, until: datetime) -> int:
        return int(between(tree().hours(unit_id), at, until).total_seconds())

    def write(self) -> None:
        """Copy the rows, and write the cause on the cases."""
        self._flush()
        if self.cause is not None:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE cases_case SET cause_id = %s WHERE id = ANY(%s)", [self.cause.pk, self.made])


def count_capacity(*, now: datetime) -> int:
    """Write down the days of technicians, bays and courtesy cars since the workshops have visits."""
    table = Table(CapacityDay, "unit", "day", "technician", "bay", "car", "open_seconds")
    for workshop in Workshop.objects.order_by("unit_id"):
        here = {"unit_id": workshop.unit_id, "is_active": True}
        there = [
            *(Present(technician_id=pk, person_id=who) for pk, who in _ids(Technician, here, "pk", "person_id")),
            *(Present(bay_id=pk) for (pk,) in _ids(Bay, here, "pk")),
            *(Present(car_id=pk) for (pk,) in _ids(CourtesyCar, here, "pk")),
        ]
        until = day_in(workshop.unit_id, now)
        for row in rows_of(workshop.unit_id, there, first=until - timedelta(days=PAST_DAYS), until=until):
            table.add(row.unit_id, row.day, row.technician_id, row.bay_id, row.car_id, row.open_seconds)
    return table.write()


def _ids(model: Any, here: dict[str, Any], *names: str) -> list[tuple[int, ...]]:
    return list(model.objects.filter(**here).order_by("pk").values_list(*names))


def first_instant(day: date) -> datetime:
    """Return the midnight, in UTC, with which a day begins."""
    return datetime.combine(day, time.min, UTC)
