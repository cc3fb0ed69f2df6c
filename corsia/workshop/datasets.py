"""What the workshop publishes to the warehouse: hours, orders, visits and what capacity was used; nobody's name.

Every instant belongs to a day of the workshop's own clock. A time that was clocked counts when it ended, and belongs to
the day it began, also over midnight; one that still runs does not count yet.
"""

from django.utils.translation import gettext_lazy as _

from corsia.cases.vocabulary import VEHICLE_STATE
from corsia.customers.privacy import CARE
from corsia.kernel.datasets import Column, Dataset, Follow, Type, WorkingTime
from corsia.kernel.privacy import ANONYMOUS, Class, Kind
from corsia.organisation.privacy import STAFF_TECHNICAL
from corsia.workshop.privacy import ORDERS
from corsia.workshop.vocabulary import LAPSED

_number = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=ORDERS, reason=ANONYMOUS)

_UNIT = Column(name="unit_id", type=Type.INTEGER, meaning=_("Unit of the workshop"))
_ORDER = Column(name="order_id", type=Type.INTEGER, meaning=_("Number of the order's record"), privacy=_number)
_GROUP = Column(name="job_group", type=Type.TEXT, meaning=_("Kind of its first job, empty without a job"))
_MAKE = Column(name="make", type=Type.TEXT, meaning=_("Make of the vehicle, empty where none is known"))
_BOOKED_BY = Column(name="booked_by", type=Type.TEXT, meaning=_("How it was booked, empty where it was not"))

_SECONDS = "floor(extract(epoch FROM {until} - {since}))::bigint"
_WORKED = _SECONDS.format(until="c.ended_at", since="c.started_at")

# Hours sold on a line are shared among those who clocked on it, by their seconds, so that they add up again exactly.
# The days on which technicians were there stand beside the orders, with the other sign: no order has a negative number.
_HOURS = f"""
    WITH clocked AS (
        SELECT c.line_id, c.technician_id, sum({_WORKED})::bigint AS worked
        FROM workshop_clocking c WHERE {{in c.order_id}} AND c.ended_at IS NOT NULL GROUP BY c.line_id, c.technician_id
    ), shared AS (
        SELECT l.order_id, l.job_id, k.technician_id, COALESCE(k.worked, 0) AS worked,
            CASE WHEN l.state = 'done' AND l.kind = 'labour' THEN l.minutes::bigint * 60 ELSE 0 END AS sold,
            sum(k.worked) OVER (PARTITION BY l.id ORDER BY k.technician_id)::bigint AS so_far,
            sum(k.worked) OVER (PARTITION BY l.id)::bigint AS together,
            row_number() OVER (PARTITION BY l.id ORDER BY k.technician_id) AS place
        FROM workshop_orderline l LEFT JOIN clocked k ON k.line_id = l.id
        WHERE {{in l.order_id}}
            AND (k.line_id IS NOT NULL OR (l.state = 'done' AND l.kind = 'labour' AND l.minutes > 0))
    )
    SELECT s.order_id AS piece_id, s.order_id, o.unit_id, t.person_id, COALESCE(j.code, '') AS job,
        COALESCE(j."group", '') AS job_group, COALESCE(v.make, '') AS make,
        (o.closed_at AT TIME ZONE z.zone)::date AS day, TRUE AS is_of_order,
        CASE WHEN s.together > 0 THEN s.sold * s.so_far / s.together - s.sold * (s.so_far - s.worked) / s.together
            WHEN s.place = 1 THEN s.sold ELSE 0 END AS sold_seconds,
        s.worked AS spent_seconds, 0::bigint AS attended_seconds, 0::bigint AS worked_seconds
    FROM shared s
    JOIN workshop_order o ON o.id = s.order_id AND o.closed_at IS NOT NULL
    JOIN vehicles_vehicle v ON v.id = o.vehicle_id
    JOIN {{zones}} z(unit_id, zone) ON z.unit_id = o.unit_id
    LEFT JOIN workshop_technician t ON t.id = s.technician_id
    LEFT JOIN workshop_job j ON j.id = s.job_id
    UNION ALL
    SELECT d.minus_id, NULL, d.unit_id, t.person_id, '', '', '', d.day, FALSE, 0, 0, d.open_seconds,
        COALESCE(w.worked, 0)
    FROM (SELECT *, id * -1 AS minus_id FROM workshop_capacityday WHERE technician_id IS NOT NULL) d
    JOIN workshop_technician t ON t.id = d.technician_id
    JOIN {{zones}} z(unit_id, zone) ON z.unit_id = d.unit_id
    LEFT JOIN LATERAL (
        SELECT sum({_WORKED})::bigint AS worked FROM workshop_clocking c
        WHERE c.technician_id = d.technician_id AND c.ended_at IS NOT NULL
            AND c.started_at >= d.day::timestamp AT TIME ZONE z.zone
            AND c.started_at < (d.day + 1)::timestamp AT TIME ZONE z.zone
    ) w ON TRUE
    WHERE {{in d.minus_id}}
"""

HOURS = Dataset(
    name="workshop.hours",
    title=_("Hours sold, worked and attended"),
    key="piece_id",
    day="day",
    select=_HOURS,
    bounds="""
        SELECT min(least), max(most) FROM (
            SELECT min(id) AS least, max(id) AS most FROM workshop_order
            UNION ALL SELECT -max(id), -min(id) FROM workshop_capacityday
        ) AS bounds
    """,
    follows=(
        Follow("workshop_order", "id"),
        Follow("workshop_orderline", "order_id"),
        Follow("workshop_clocking", "order_id"),
        Follow("workshop_job", "orders with its lines"),
        Follow("vehicles_vehicle", "its orders", noted_as="vehicles_vehicle_orders"),
        Follow("workshop_clocking", "minus the technician's days", noted_as="workshop_clocking_days"),
        Follow("workshop_capacityday", "minus its id", noted_as="workshop_capacityday_hours"),
    ),
    columns=(
        Column(
            name="piece_id",
            type=Type.INTEGER,
            meaning=_("Number of the order's record; with a minus, of a technician's day"),
            privacy=_number,
        ),
        _ORDER,
        _UNIT,
        Column(
            name="person_id",
            type=Type.INTEGER,
            meaning=_("Number of the technician, empty where nobody clocked"),
            privacy=STAFF_TECHNICAL,
        ),
        Column(name="job", type=Type.TEXT, meaning=_("Code of the job, empty without one")),
        Column(name="job_group", type=Type.TEXT, meaning=_("Kind of the job, empty without one")),
        _MAKE,
        Column(name="day", type=Type.DAY, meaning=_("Day the order was closed; of a technician's day, that day")),
        Column(name="is_of_order", type=Type.FLAG, meaning=_("Work on a closed order, not the day of a technician")),
        Column(
            name="sold_seconds",
            type=Type.INTEGER,
            meaning=_("Seconds sold: of the line's time, the technician's share of the time clocked on it"),
        ),
        Column(name="spent_seconds", type=Type.INTEGER, meaning=_("Seconds clocked on the line of the closed order")),
        Column(
            name="attended_seconds",
            type=Type.INTEGER,
            meaning=_("Seconds the technician was there that day, by calendar and absences"),
        ),
        Column(
            name="worked_seconds",
            type=Type.INTEGER,
            meaning=_("Seconds of the times clocked that the technician began that day, on whatever order"),
        ),
    ),
)

_AGREED = "NOT l.is_extra AND l.state <> 'declined'"
_GIVEN = "l.state = 'done'"
_EXTRA = "l.is_extra AND l.state IN ('approved', 'done')"
COME_BACK_DAYS = 30
# A vehicle came back where a later order has work of a kind that an earlier one, closed a short time before, had done.
_CAME_BACK = f"""EXISTS (
        SELECT FROM workshop_order x
        JOIN workshop_orderline xl ON xl.order_id = x.id AND xl.state {{its_state}}
        JOIN workshop_job xj ON xj.id = xl.job_id
        JOIN workshop_orderline ol ON ol.order_id = o.id AND ol.state {{own_state}}
        JOIN workshop_job oj ON oj.id = ol.job_id AND oj."group" = xj."group"
        WHERE x.vehicle_id = o.vehicle_id AND x.id <> o.id AND {{first}}.closed_at <= {{then}}.received_at
            AND {{first}}.closed_at > {{then}}.received_at - interval '{COME_BACK_DAYS} days'
    )"""
_IS_COMEBACK = _CAME_BACK.format(first="x", then="o", its_state="= 'done'", own_state="<> 'declined'")
_HAS_COME_BACK = _CAME_BACK.format(first="o", then="x", its_state="<> 'declined'", own_state="= 'done'")

# What a customer with several orders open says counts for the one received last.
_ORDERS = f"""
    SELECT o.id AS order_id, o.unit_id, COALESCE(f.job_group, '') AS job_group, COALESCE(v.make, '') AS make,
        COALESCE(b.source, '') AS booked_by,
        o.received_at, (o.received_at AT TIME ZONE z.zone)::date AS received_on,
        o.ready_at, (o.ready_at AT TIME ZONE z.zone)::date AS ready_on,
        (o.closed_at AT TIME ZONE z.zone)::date AS closed_on,
        o.first_promised_at IS NOT NULL AS is_promised,
        COALESCE(o.ready_at <= o.first_promised_at, FALSE) AS is_kept,
        {_SECONDS.format(until="o.ready_at", since="o.received_at")} AS shop_seconds,
        {_SECONDS.format(until="o.closed_at", since="o.ready_at")} AS pick_up_seconds,
        a.agreed_cents, a.sold_cents, a.agreed_seconds, a.sold_seconds,
        a.extra_decided, a.extra_approved, a.extra_cents,
        {_IS_COMEBACK} AS is_comeback, {_HAS_COME_BACK} AS has_come_back, m.contacts, m.status_contacts
    FROM workshop_order o
    JOIN {{zones}} z(unit_id, zone) ON z.unit_id = o.unit_id
    JOIN vehicles_vehicle v ON v.id = o.vehicle_id
    LEFT JOIN workshop_visit b ON b.id = o.visit_id
    LEFT JOIN LATERAL (
        SELECT j."group" AS job_group FROM workshop_orderline l JOIN workshop_job j ON j.id = l.job_id
        WHERE l.order_id = o.id ORDER BY l.position LIMIT 1
    ) f ON TRUE
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(l.price_cents) FILTER (WHERE {_AGREED}), 0)::bigint AS agreed_cents,
            COALESCE(sum(l.price_cents) FILTER (WHERE {_GIVEN}), 0)::bigint AS sold_cents,
            COALESCE(sum(l.minutes * 60) FILTER (WHERE {_AGREED}), 0)::bigint AS agreed_seconds,
            COALESCE(sum(l.minutes * 60) FILTER (WHERE {_GIVEN}), 0)::bigint AS sold_seconds,
            count(*) FILTER (WHERE l.is_extra AND l.state <> 'proposed') AS extra_decided,
            count(*) FILTER (WHERE {_EXTRA}) AS extra_approved,
            COALESCE(sum(l.price_cents) FILTER (WHERE {_EXTRA}), 0)::bigint AS extra_cents
        FROM workshop_orderline l WHERE l.order_id = o.id
    ) a
    CROSS JOIN LATERAL (
        SELECT count(*) AS contacts, count(*) FILTER (WHERE k.key = '{VEHICLE_STATE}') AS status_contacts
        FROM messaging_message m
        JOIN cases_case c ON c.id = m.case_id
        LEFT JOIN cases_cause k ON k.id = c.cause_id
        WHERE m.customer_id = o.customer_id AND m.direction = 'in' AND NOT m.is_automatic
            AND m.at >= o.received_at AND (o.closed_at IS NULL OR m.at < o.closed_at)
            AND NOT EXISTS (
                SELECT FROM workshop_order y WHERE y.customer_id = o.customer_id
                    AND (y.received_at, y.id) > (o.received_at, o.id) AND y.received_at <= m.at
                    AND (y.closed_at IS NULL OR m.at < y.closed_at)
            )
    ) m
    WHERE {{in o.id}}
"""

ORDER = Dataset(
    name="workshop.order",
    title=_("Work orders"),
    key="order_id",
    day="received_on",
    select=_ORDERS,
    bounds="SELECT min(id), max(id) FROM workshop_order",
    follows=(
        Follow("workshop_order", "orders of its vehicle and its customer", noted_as="workshop_order_kin"),
        Follow("workshop_orderline", "orders of its order's vehicle", noted_as="workshop_orderline_kin"),
        Follow("workshop_job", "orders with its lines"),
        Follow("vehicles_vehicle", "its orders", noted_as="vehicles_vehicle_orders"),
        Follow("messaging_message", "orders of its customer", noted_as="messaging_message_orders"),
        Follow("cases_case", "orders of its messages' customers", noted_as="cases_case_orders"),
    ),
    columns=(
        _ORDER,
        _UNIT,
        _GROUP,
        _MAKE,
        _BOOKED_BY,
        Column(name="received_at", type=Type.INSTANT, meaning=_("Received"), privacy=_number),
        Column(name="received_on", type=Type.DAY, meaning=_("Day on which it was received"), privacy=_number),
        Column(name="ready_at", type=Type.INSTANT, meaning=_("When the vehicle was ready"), privacy=_number),
        Column(name="ready_on", type=Type.DAY, meaning=_("Day on which it was ready"), privacy=_number),
        Column(name="closed_on", type=Type.DAY, meaning=_("Day on which it was closed"), privacy=_number),
        Column(name="is_promised", type=Type.FLAG, meaning=_("An hour was promised at reception")),
        Column(name="is_kept", type=Type.FLAG, meaning=_("Ready by the hour that was promised first")),
        Column(name="shop_seconds", type=Type.INTEGER, meaning=_("Seconds from reception to ready")),
        Column(name="pick_up_seconds", type=Type.INTEGER, meaning=_("Seconds from ready to delivered")),
        Column(
            name="agreed_cents",
            type=Type.INTEGER,
            meaning=_("Cents of its lines but those found while working and those declined"),
        ),
        Column(name="sold_cents", type=Type.INTEGER, meaning=_("Cents of its lines that were done")),
        Column(name="agreed_seconds", type=Type.INTEGER, meaning=_("Seconds sold with the lines agreed at reception")),
        Column(name="sold_seconds", type=Type.INTEGER, meaning=_("Seconds sold with the lines that were done")),
        Column(
            name="extra_decided", type=Type.INTEGER, meaning=_("Lines of extra work that were approved or declined")
        ),
        Column(name="extra_approved", type=Type.INTEGER, meaning=_("Lines of extra work that were approved")),
        Column(name="extra_cents", type=Type.INTEGER, meaning=_("Cents of extra work that was approved")),
        Column(
            name="is_comeback",
            type=Type.FLAG,
            meaning=_("Within 30 days of another order of the vehicle with work of the same kind"),
        ),
        Column(
            name="has_come_back",
            type=Type.FLAG,
            meaning=_("Followed within 30 days by another order of the vehicle for work of the same kind"),
        ),
        Column(
            name="contacts", type=Type.INTEGER, meaning=_("What the customer said by any channel while it was open")
        ),
        Column(
            name="status_contacts",
            type=Type.INTEGER,
            meaning=_("Those of them whose case says that they asked how the vehicle stands"),
        ),
    ),
    counted=(
        WorkingTime(
            name="shop_working_seconds",
            start="received_at",
            end="ready_at",
            meaning=_("Seconds of working time from reception to ready"),
        ),
    ),
)

LATE_HOURS = 24
# A slot that was only held and let go is no visit.
_VISITS = f"""
    SELECT s.id AS visit_id, s.unit_id, s.state, s.source AS booked_by, COALESCE(f.job_group, '') AS job_group,
        COALESCE(v.make, '') AS make, (s.drop_off_at AT TIME ZONE z.zone)::date AS drop_off_on,
        GREATEST({_SECONDS.format(until="s.drop_off_at", since="s.made_at")}, 0) AS lead_seconds,
        s.state = 'cancelled' AND s.ended_at > s.drop_off_at - interval '{LATE_HOURS} hours' AS is_cancelled_late
    FROM workshop_visit s
    JOIN {{zones}} z(unit_id, zone) ON z.unit_id = s.unit_id
    LEFT JOIN vehicles_vehicle v ON v.id = s.vehicle_id
    LEFT JOIN LATERAL (
        SELECT j."group" AS job_group FROM workshop_visitjob l JOIN workshop_job j ON j.id = l.job_id
        WHERE l.visit_id = s.id ORDER BY l.position LIMIT 1
    ) f ON TRUE
    WHERE {{in s.id}} AND s.state <> 'held' AND NOT (s.state = 'cancelled' AND s.end_reason = '{LAPSED}')
"""

VISIT = Dataset(
    name="workshop.visit",
    title=_("Workshop visits"),
    key="visit_id",
    day="drop_off_on",
    select=_VISITS,
    bounds="SELECT min(id), max(id) FROM workshop_visit",
    follows=(
        Follow("workshop_visit", "id"),
        Follow("workshop_visitjob", "visit_id"),
        Follow("workshop_job", "visits with it", noted_as="workshop_job_visits"),
        Follow("vehicles_vehicle", "its visits", noted_as="vehicles_vehicle_visits"),
    ),
    columns=(
        Column(name="visit_id", type=Type.INTEGER, meaning=_("Number of the visit"), privacy=_number),
        _UNIT,
        Column(name="state", type=Type.TEXT, meaning=_("Booked, here, done, cancelled or missed")),
        _BOOKED_BY,
        _GROUP,
        _MAKE,
        Column(name="drop_off_on", type=Type.DAY, meaning=_("Day for which it was booked last"), privacy=_number),
        Column(name="lead_seconds", type=Type.INTEGER, meaning=_("Seconds from the booking to the hour it is for")),
        Column(
            name="is_cancelled_late", type=Type.FLAG, meaning=_("Cancelled less than 24 hours before, or afterwards")
        ),
    ),
)


def _used(table: str, column: str, values: str, *, join: str = "") -> str:
    """Return the statement of what was used: each stretch of `table`, cut to each day of its unit that it touches."""
    return f"""
    SELECT d.id, d.unit_id, d.day, {values},
        GREATEST(a.starts_at, d.day::timestamp AT TIME ZONE z.zone),
        LEAST(a.ends_at, (d.day + 1)::timestamp AT TIME ZONE z.zone)
    FROM {table} a
    JOIN {{zones}} z(unit_id, zone) ON z.unit_id = a.unit_id
    CROSS JOIN LATERAL generate_series(
        (a.starts_at AT TIME ZONE z.zone)::date, ((a.ends_at - interval '1 microsecond') AT TIME ZONE z.zone)::date,
        interval '1 day'
    ) AS g(day)
    JOIN workshop_capacityday d ON d.{column} = a.{column} AND d.day = g.day::date
    {join}
    WHERE {{in d.id}}"""


# A day of somebody or something, then each stretch of it that was used; the working time of a stretch is counted later.
_CAPACITY = " UNION ALL ".join(
    (
        """
    SELECT d.id AS capacity_id, d.unit_id, d.day, t.person_id, COALESCE(y.kind, '') AS bay_kind,
        CASE WHEN d.bay_id IS NOT NULL THEN 'bay' WHEN d.car_id IS NOT NULL THEN 'car' ELSE 'technician' END
            AS resource,
        d.open_seconds, d.open_seconds > 0 AS is_open_day, FALSE AS is_turn,
        NULL::timestamptz AS used_from, NULL::timestamptz AS used_until
    FROM workshop_capacityday d
    LEFT JOIN workshop_technician t ON t.id = d.technician_id
    LEFT JOIN workshop_bay y ON y.id = d.bay_id
    WHERE {in d.id}""",
        _used(
            "workshop_allocation",
            "technician_id",
            "t.person_id, '', 'technician', 0, FALSE, FALSE",
            join="JOIN workshop_technician t ON t.id = d.technician_id",
        ),
        _used(
            "workshop_allocation",
            "bay_id",
            "NULL, y.kind, 'bay', 0, FALSE, d.day = (a.starts_at AT TIME ZONE z.zone)::date",
            join="JOIN workshop_bay y ON y.id = d.bay_id",
        ),
        _used("workshop_loan", "car_id", "NULL, '', 'car', 0, FALSE, FALSE"),
    )
)

CAPACITY = Dataset(
    name="workshop.capacity",
    title=_("Days of technicians, bays and courtesy cars"),
    key="capacity_id",
    day="day",
    select=_CAPACITY,
    bounds="SELECT min(id), max(id) FROM workshop_capacityday",
    follows=(
        Follow("workshop_capacityday", "id"),
        Follow("workshop_allocation", "days of its technician and bay"),
        Follow("workshop_loan", "days of its car"),
    ),
    columns=(
        Column(name="capacity_id", type=Type.INTEGER, meaning=_("Number of the day of one of them")),
        _UNIT,
        Column(name="day", type=Type.DAY, meaning=_("The day")),
        Column(
            name="person_id",
            type=Type.INTEGER,
            meaning=_("Number of the technician, empty for bays and cars"),
            privacy=STAFF_TECHNICAL,
        ),
        Column(name="bay_kind", type=Type.TEXT, meaning=_("Kind of the bay, empty for technicians and cars")),
        Column(name="resource", type=Type.TEXT, meaning=_("technician, bay or car")),
        Column(name="open_seconds", type=Type.INTEGER, meaning=_("Seconds it was there that day, 0 in rows of use")),
        Column(name="is_open_day", type=Type.FLAG, meaning=_("The row of a day on which it was there at all")),
        Column(name="is_turn", type=Type.FLAG, meaning=_("The row of a planned work that began in the bay that day")),
        Column(name="used_from", type=Type.INSTANT, meaning=_("Since when it was used; empty in rows of days")),
        Column(name="used_until", type=Type.INSTANT, meaning=_("Until when that day")),
    ),
    counted=(
        WorkingTime(
            name="used_seconds",
            start="used_from",
            end="used_until",
            meaning=_("Seconds of working time that it was planned or lent"),
        ),
    ),
)

DATASETS = (HOURS, ORDER, VISIT, CAPACITY)
