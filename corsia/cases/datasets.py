"""What cases publish to the warehouse: cases, their clocks with a culprit, and customers won back.

A case that moved counts, with all its past, at the unit where it is now.
"""

from django.utils.translation import gettext_lazy as _

from corsia.cases.privacy import CASES
from corsia.customers.privacy import CARE
from corsia.kernel.datasets import Column, Dataset, Follow, Type, WorkingTime
from corsia.kernel.privacy import ANONYMOUS, Class, Erase, Kind
from corsia.organisation.privacy import STAFF_TECHNICAL

# Whatever a case's rows show may change with these, wherever else the dataset looks.
CASE_FOLLOWS = (
    Follow("cases_case", "id"),
    Follow("cases_process", "its cases"),
    Follow("cases_cause", "its cases"),
    Follow("vehicles_vehicle", "its cases"),
)
CASE_BOUNDS = "SELECT min(id), max(id) FROM cases_case"

_number = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, reason=ANONYMOUS)
_who = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, erase=Erase.BLANK)
_words = Class(kind=Kind.CONTENT, purpose=CARE, kept=CASES, erase=Erase.BLANK)

# What says about a case which kind it is; the datasets of higher contexts repeat it, so that nothing is joined later.
KIND_COLUMNS = (
    Column(name="process", type=Type.TEXT, meaning=_("Key of the process")),
    Column(name="is_complaint", type=Type.FLAG, meaning=_("The process is one for complaints")),
    Column(name="is_internal", type=Type.FLAG, meaning=_("The process is among ourselves")),
    Column(name="origin", type=Type.TEXT, meaning=_("Channel by which the case came in")),
    Column(name="make", type=Type.TEXT, meaning=_("Make of the vehicle, empty where none is known")),
    Column(name="model", type=Type.TEXT, meaning=_("Model of the vehicle, empty where none is known")),
    Column(name="cause", type=Type.TEXT, meaning=_("Root cause, empty where nobody wrote it"), privacy=_words),
)

# A case that was merged into another is no contact of its own: the other one counts.
_CASE = """
    SELECT c.id AS case_id, c.unit_id, c.customer_id, c.assignee_id,
        p.key AS process, p.is_complaint, p.is_internal, f.key AS phase, c.origin, c.priority, c.language, c.holder,
        c.purchase_channel, COALESCE(v.make, '') AS make, COALESCE(v.model, '') AS model,
        COALESCE(k.name_it, c.root_cause) AS cause, COALESCE(t.labels, '') AS tags,
        c.end_kind, c.reopened_times, c.merged_into_id IS NOT NULL AS is_merged,
        c.opened_at, (c.opened_at AT TIME ZONE z.zone)::date AS opened_on,
        c.closed_at, (c.closed_at AT TIME ZONE z.zone)::date AS closed_on,
        CASE WHEN c.closed_at IS NOT NULL THEN floor(extract(epoch FROM c.closed_at - c.opened_at))::bigint END
            AS closing_seconds,
        CASE WHEN c.closed_at IS NOT NULL THEN s.working END AS closing_working_seconds,
        CASE WHEN c.closed_at IS NOT NULL THEN s.ours END AS our_working_seconds
    FROM cases_case c
    JOIN cases_processversion n ON n.id = c.version_id
    JOIN cases_process p ON p.id = n.process_id
    JOIN cases_phase f ON f.id = c.phase_id
    JOIN {zones} z(unit_id, zone) ON z.unit_id = c.unit_id
    LEFT JOIN vehicles_vehicle v ON v.id = c.vehicle_id
    LEFT JOIN cases_cause k ON k.id = c.cause_id
    LEFT JOIN (
        SELECT case_id, sum(working_seconds)::bigint AS working,
            COALESCE(sum(working_seconds) FILTER (WHERE holder = 'us'), 0)::bigint AS ours
        FROM cases_segment WHERE {in case_id} GROUP BY case_id
    ) s ON s.case_id = c.id
    LEFT JOIN (
        SELECT case_id, string_agg(label, '|' ORDER BY label) AS labels
        FROM cases_tag WHERE {in case_id} GROUP BY case_id
    ) t ON t.case_id = c.id
    WHERE {in c.id}
"""

CASE = Dataset(
    name="cases.case",
    title=_("Cases"),
    key="case_id",
    day="opened_on",
    select=_CASE,
    bounds=CASE_BOUNDS,
    follows=(
        *CASE_FOLLOWS,
        Follow("cases_segment", "case_id"),
        Follow("cases_tag", "case_id"),
    ),
    columns=(
        Column(name="case_id", type=Type.INTEGER, meaning=_("Number of the case"), privacy=_number),
        Column(name="unit_id", type=Type.INTEGER, meaning=_("Unit of the case")),
        Column(
            name="customer_id",
            type=Type.INTEGER,
            meaning=_("Number of the customer, empty once they were erased"),
            privacy=_who,
            is_customer=True,
        ),
        Column(name="assignee_id", type=Type.INTEGER, meaning=_("Who has the case"), privacy=STAFF_TECHNICAL),
        *KIND_COLUMNS,
        Column(name="phase", type=Type.TEXT, meaning=_("Key of the phase it is in")),
        Column(name="priority", type=Type.INTEGER, meaning=_("From 1, low, to 4, urgent")),
        Column(name="language", type=Type.TEXT, meaning=_("Language of the customer")),
        Column(name="holder", type=Type.TEXT, meaning=_("Who has it in hand at the moment")),
        Column(name="purchase_channel", type=Type.TEXT, meaning=_("Where it was bought, or empty")),
        Column(name="tags", type=Type.TEXT, meaning=_("Tags, in order, with a bar between them"), privacy=_words),
        Column(name="end_kind", type=Type.TEXT, meaning=_("How it ended, empty while it is open")),
        Column(name="reopened_times", type=Type.INTEGER, meaning=_("How often it was opened again")),
        Column(name="is_merged", type=Type.FLAG, meaning=_("It went on in another case, which counts instead")),
        Column(name="opened_at", type=Type.INSTANT, meaning=_("Opened"), privacy=_number),
        Column(name="opened_on", type=Type.DAY, meaning=_("Day on which it was opened"), privacy=_number),
        Column(name="closed_at", type=Type.INSTANT, meaning=_("Closed, for the last time"), privacy=_number),
        Column(name="closed_on", type=Type.DAY, meaning=_("Day on which it was closed"), privacy=_number),
        Column(name="closing_seconds", type=Type.INTEGER, meaning=_("Seconds from opening to closing")),
        Column(
            name="closing_working_seconds",
            type=Type.INTEGER,
            meaning=_("Seconds of working time while it was open, whoever held it"),
        ),
        Column(
            name="our_working_seconds",
            type=Type.INTEGER,
            meaning=_("Seconds of working time while it was open and in our hands"),
        ),
    ),
)

# A clock went over its limit when so much working time passed, whoever had the case in hand; its culprit is who had it
# in hand longest meanwhile, unless our own time alone used the limit up: then the promise is broken, and that is us.
_CLOCK = """
    SELECT d.id AS clock_id, c.id AS case_id, c.unit_id, c.assignee_id, p.key AS process, p.is_complaint, p.is_internal,
        c.origin, COALESCE(v.make, '') AS make, COALESCE(v.model, '') AS model,
        COALESCE(k.name_it, c.root_cause) AS cause, d.clock, d.limit_minutes,
        COALESCE(d.met_at, d.missed_at) AS ended_at,
        (COALESCE(d.met_at, d.missed_at) AT TIME ZONE z.zone)::date AS ended_on,
        d.missed_at IS NOT NULL AS is_broken,
        CASE WHEN d.missed_at IS NOT NULL THEN 'us' ELSE COALESCE(h.holder, 'us') END AS culprit,
        d.started_at
    FROM cases_deadline d
    JOIN cases_case c ON c.id = d.case_id
    JOIN cases_processversion n ON n.id = c.version_id
    JOIN cases_process p ON p.id = n.process_id
    JOIN {zones} z(unit_id, zone) ON z.unit_id = c.unit_id
    LEFT JOIN vehicles_vehicle v ON v.id = c.vehicle_id
    LEFT JOIN cases_cause k ON k.id = c.cause_id
    LEFT JOIN (
        SELECT DISTINCT ON (x.id) x.id, s.holder
        FROM cases_deadline x
        JOIN cases_segment s ON s.case_id = x.case_id
            AND s.started_at < x.met_at AND COALESCE(s.ended_at, x.met_at) > x.started_at
        WHERE {in x.case_id} AND x.met_at IS NOT NULL
        GROUP BY x.id, s.holder
        ORDER BY x.id, sum(LEAST(COALESCE(s.ended_at, x.met_at), x.met_at) - GREATEST(s.started_at, x.started_at)) DESC,
            s.holder
    ) h ON h.id = d.id
    WHERE {in d.case_id} AND COALESCE(d.met_at, d.missed_at) IS NOT NULL AND c.merged_into_id IS NULL
"""

CLOCK = Dataset(
    name="cases.clock",
    title=_("Clocks that ended"),
    key="case_id",
    day="ended_on",
    select=_CLOCK,
    bounds=CASE_BOUNDS,
    follows=(
        *CASE_FOLLOWS,
        Follow("cases_segment", "case_id"),
        Follow("cases_deadline", "case_id"),
    ),
    columns=(
        Column(name="clock_id", type=Type.INTEGER, meaning=_("Number of the promise")),
        Column(name="case_id", type=Type.INTEGER, meaning=_("Number of the case"), privacy=_number),
        Column(name="unit_id", type=Type.INTEGER, meaning=_("Unit of the case")),
        Column(name="assignee_id", type=Type.INTEGER, meaning=_("Who has the case"), privacy=STAFF_TECHNICAL),
        *KIND_COLUMNS,
        Column(name="clock", type=Type.TEXT, meaning=_("Which clock: first answer, next answer, solution or phase")),
        Column(name="limit_minutes", type=Type.INTEGER, meaning=_("Its limit, in minutes of working time")),
        Column(name="started_at", type=Type.INSTANT, meaning=_("When it started")),
        Column(name="ended_at", type=Type.INSTANT, meaning=_("When it was met; when it broke, while it is not met")),
        Column(name="ended_on", type=Type.DAY, meaning=_("The day of that")),
        Column(name="is_broken", type=Type.FLAG, meaning=_("The time in our own hands alone went over the limit")),
        Column(name="culprit", type=Type.TEXT, meaning=_("Who had the case in hand longest; us where we broke it")),
    ),
    counted=(
        WorkingTime(
            name="working_seconds",
            start="started_at",
            end="ended_at",
            meaning=_("Seconds of working time that it took, whoever had the case in hand"),
        ),
    ),
)

_RECOVERY = """
    SELECT i.id AS item_id, i.unit_id, i.recovery_id, i.case_id, p.key AS process, p.is_complaint, p.is_internal,
        c.origin, COALESCE(v.make, '') AS make, COALESCE(v.model, '') AS model,
        COALESCE(k.name_it, c.root_cause) AS cause, i.attempts, i.outcome,
        (i.added_at AT TIME ZONE z.zone)::date AS added_on, (i.ended_at AT TIME ZONE z.zone)::date AS ended_on
    FROM cases_recoveryitem i
    JOIN cases_case c ON c.id = i.case_id
    JOIN cases_processversion n ON n.id = c.version_id
    JOIN cases_process p ON p.id = n.process_id
    JOIN {zones} z(unit_id, zone) ON z.unit_id = i.unit_id
    LEFT JOIN vehicles_vehicle v ON v.id = c.vehicle_id
    LEFT JOIN cases_cause k ON k.id = c.cause_id
    WHERE {in i.case_id}
"""

RECOVERY = Dataset(
    name="cases.recovery",
    title=_("Customers to win back"),
    key="case_id",
    day="added_on",
    select=_RECOVERY,
    bounds=CASE_BOUNDS,
    follows=(*CASE_FOLLOWS, Follow("cases_recoveryitem", "case_id")),
    columns=(
        Column(name="item_id", type=Type.INTEGER, meaning=_("Number of the place on the list")),
        Column(name="unit_id", type=Type.INTEGER, meaning=_("Unit of the case")),
        Column(name="recovery_id", type=Type.INTEGER, meaning=_("Number of the recovery")),
        Column(name="case_id", type=Type.INTEGER, meaning=_("Number of the case"), privacy=_number),
        *KIND_COLUMNS,
        Column(name="attempts", type=Type.INTEGER, meaning=_("How often somebody tried to reach them")),
        Column(name="outcome", type=Type.TEXT, meaning=_("Recovered, lost or unreachable; empty until it ends")),
        Column(name="added_on", type=Type.DAY, meaning=_("Day on which they were put on the list")),
        Column(name="ended_on", type=Type.DAY, meaning=_("Day on which it ended")),
    ),
)

DATASETS = (CASE, CLOCK, RECOVERY)
