"""What we do most: closed cases by process, deliveries, and work orders by their kind, counted by service.

A service is named by a key: "case.<process>", "event.vehicle_delivered", "event.order_closed.<kind in small letters>".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from corsia.cases.models import Process
from corsia.cases.vocabulary import EndKind
from corsia.customers.vocabulary import MilestoneKind
from corsia.kernel.statements import Statement
from corsia.listening.rules.panels import vital_few
from corsia.organisation.queries import tree
from corsia.ui.templatetags.ui import local_name

# What was done is over: a case that ended other than cancelled, a vehicle handed over, an order closed. What lies in
# between (a car is ready, an invoice went out) is a part of these.
DONE = f"""
    SELECT 'case.' || p.key AS service, 2 * c.id AS row_id, c.unit_id, c.customer_id, c.vehicle_id,
        c.closed_at AS reached_at
    FROM cases_case c JOIN cases_processversion v ON v.id = c.version_id JOIN cases_process p ON p.id = v.process_id
    WHERE c.closed_at >= %(since)s AND c.closed_at < %(until)s AND c.merged_into_id IS NULL
        AND c.end_kind <> '{EndKind.CANCELLED}'
    UNION ALL
    SELECT 'event.' || m.kind || CASE WHEN m.kind = '{MilestoneKind.ORDER_CLOSED}' AND btrim(m.detail) <> ''
        THEN '.' || lower(btrim(m.detail)) ELSE '' END, 2 * m.id + 1, m.unit_id, m.customer_id, m.vehicle_id,
        m.reached_at
    FROM customers_milestone m
    WHERE m.kind IN ('{MilestoneKind.VEHICLE_DELIVERED}', '{MilestoneKind.ORDER_CLOSED}')
        AND m.reached_at >= %(since)s AND m.reached_at < %(until)s
"""
_COUNTED = Statement(
    f"SELECT e.service, count(*) FROM ({DONE}) e WHERE {{within}} AND e.unit_id = ANY(%(below)s::bigint[])"
    " GROUP BY 1 ORDER BY 2 DESC, 1",
    column="e.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class ServiceVolume:
    """How often one service was done.

    Attributes:
        share, reached: its part of all, and that of it and those before it together, in per cent.
        is_typical: it is among the few that make 80 %.
    """

    key: str
    label: str
    count: int
    share: float
    reached: float
    is_typical: bool


@dataclass(frozen=True, kw_only=True)
class Volumes:
    """The services of a period at a unit and below it, the commonest first."""

    lines: Sequence[ServiceVolume]
    total: int

    @property
    def typical(self) -> list[ServiceVolume]:
        """Those that make 80 % together."""
        return [line for line in self.lines if line.is_typical]

    @property
    def rest(self) -> int:
        """How often something else was done."""
        return sum(line.count for line in self.lines if not line.is_typical)


def volumes(*, since: date, until: date, unit_id: int) -> Volumes:
    """Count what was done from a day to another, both included, and draw the line at 80 %."""
    places = tree()
    below = [unit.pk for unit in places.units.values() if unit.path.startswith(places.unit(unit_id).path)]
    starts, ends = instants(since, until, unit_id)
    rows = _COUNTED.rows(since=starts, until=ends, below=below)
    total, few, before, lines = sum(count for _key, count in rows), vital_few([row[1] for row in rows]), 0, []
    names = service_names(key for key, _count in rows)
    for place, (key, count) in enumerate(rows):
        before += count
        lines.append(
            ServiceVolume(
                key=key,
                label=names[key],
                count=count,
                share=100 * count / total,
                reached=100 * before / total,
                is_typical=place < few,
            )
        )
    return Volumes(lines=lines, total=total)


def instants(since: date, until: date, unit_id: int) -> tuple[datetime, datetime]:
    """Return when a period begins and ends where a unit is."""
    zone = tree().time_zone(unit_id)
    return datetime.combine(since, time(), tzinfo=zone), datetime.combine(
        until + timedelta(days=1), time(), tzinfo=zone
    )


def service_names(keys: Iterable[str]) -> dict[str, str]:
    """Return what services are called, by their keys; a process that is gone is called by its key."""
    wanted = set(keys)
    processes = {key.removeprefix("case.") for key in wanted if key.startswith("case.")}
    named = {row.key: local_name(row) for row in Process.objects.filter(key__in=processes).order_by("-pk")}
    return {key: _name(key, named) for key in wanted}


def _name(key: str, processes: dict[str, str]) -> str:
    source, _dot, rest = key.partition(".")
    if source == "case":
        return processes.get(rest, rest)
    kind, _dot, detail = rest.partition(".")
    label = str(MilestoneKind(kind).label) if kind in MilestoneKind.values else key  # written by a newer version
    return f"{label} · {detail[:1].upper()}{detail[1:]}" if detail else label
