"""Changed rows lead to their keys by plans that no wrong count of a table can turn into a loop; see watching.py."""

from django.db import migrations

from corsia.analytics.watching import watch_otherwise

# The days that something touches, one by one: equality can be hashed, a range cannot.
_DAYS = (
    "CROSS JOIN LATERAL generate_series(0, (COALESCE(r.{until}, r.{since}) AT TIME ZONE 'UTC')::date"
    " - (r.{since} AT TIME ZONE 'UTC')::date + 2) AS g(n)"
    " JOIN workshop_capacityday d ON d.{of} = r.{of} AND d.day = (r.{since} AT TIME ZONE 'UTC')::date - 1 + g.n"
)
_CASE_OF_PROCESS = "JOIN cases_processversion v ON v.process_id = r.id JOIN cases_case c ON c.version_id = v.id"
_ORDERS_MEANWHILE = (
    "JOIN workshop_order o ON o.customer_id = r.customer_id AND o.received_at <= r.at"
    " AND (o.closed_at IS NULL OR r.at < o.closed_at)"
)
_ORDERS_OF_WRITERS = (
    "JOIN messaging_message m ON m.case_id = r.id"
    " JOIN workshop_order o ON o.customer_id = m.customer_id AND o.received_at <= m.at"
)
_ORDERS_OF_THE_VEHICLE = (
    "JOIN workshop_order x ON x.id = r.order_id JOIN workshop_order a ON a.vehicle_id = x.vehicle_id"
)


class Migration(migrations.Migration):
    dependencies = [("analytics", "0007_watch_workshop")]

    operations = [
        watch_otherwise("cases_process", key="c.id", join=_CASE_OF_PROCESS, only="key, is_complaint, is_internal"),
        watch_otherwise("cases_cause", key="c.id", join="JOIN cases_case c ON c.cause_id = r.id", only="name_it"),
        watch_otherwise(
            "vehicles_vehicle", key="c.id", join="JOIN cases_case c ON c.vehicle_id = r.id", only="make, model"
        ),
        watch_otherwise("messaging_outgoing", key="m.case_id", join="JOIN messaging_message m ON m.id = r.message_id"),
        watch_otherwise(
            "listening_response", key="i.case_id", join="JOIN listening_invitation i ON i.id = r.invitation_id"
        ),
        watch_otherwise(
            "listening_listeningplan",
            key="a.id",
            join="JOIN listening_response a ON a.plan_id = r.id",
            only="instrument",
        ),
        watch_otherwise(
            "workshop_job", key="l.order_id", join="JOIN workshop_orderline l ON l.job_id = r.id", only="code, group"
        ),
        watch_otherwise(
            "vehicles_vehicle_orders", key="o.id", join="JOIN workshop_order o ON o.vehicle_id = r.id", only="make"
        ),
        watch_otherwise(
            "workshop_clocking_days",
            key="d.id * -1",
            join=_DAYS.format(of="technician_id", since="started_at", until="started_at"),
        ),
        watch_otherwise(
            "workshop_order_kin",
            key="r.id",
            also=[
                ("a.id", "JOIN workshop_order a ON a.vehicle_id = r.vehicle_id"),
                ("b.id", "JOIN workshop_order b ON b.customer_id = r.customer_id"),
            ],
        ),
        watch_otherwise("workshop_orderline_kin", key="r.order_id", also=[("a.id", _ORDERS_OF_THE_VEHICLE)]),
        watch_otherwise("messaging_message_orders", key="o.id", join=_ORDERS_MEANWHILE),
        watch_otherwise("cases_case_orders", key="o.id", join=_ORDERS_OF_WRITERS, only="cause_id"),
        watch_otherwise(
            "workshop_job_visits", key="l.visit_id", join="JOIN workshop_visitjob l ON l.job_id = r.id", only="group"
        ),
        watch_otherwise(
            "vehicles_vehicle_visits", key="s.id", join="JOIN workshop_visit s ON s.vehicle_id = r.id", only="make"
        ),
        watch_otherwise(
            "workshop_allocation",
            key="d.id",
            join=_DAYS.format(of="technician_id", since="starts_at", until="ends_at"),
            also=[("d.id", _DAYS.format(of="bay_id", since="starts_at", until="ends_at"))],
        ),
        watch_otherwise(
            "workshop_loan", key="d.id", join=_DAYS.format(of="car_id", since="starts_at", until="ends_at")
        ),
    ]
