"""The workshop's tables note their changes: by order, by visit, and by the day of a technician, a bay or a car."""

from django.db import migrations

from corsia.analytics.watching import watch

_AROUND = "d.day BETWEEN (r.{since} AT TIME ZONE 'UTC')::date - 1 AND (COALESCE(r.{until}, r.{since}) AT TIME ZONE 'UTC')::date + 1"
_DAYS = "JOIN workshop_capacityday d ON d.{of} = r.{of} AND " + _AROUND
_EITHER = "JOIN workshop_capacityday d ON (d.technician_id = r.technician_id OR d.bay_id = r.bay_id) AND " + _AROUND


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0006_watch_plan_answers"),
        ("workshop", "0006_capacity_days"),
        ("messaging", "0001_initial"),
        ("vehicles", "0001_initial"),
        ("cases", "0012_cause_key"),
    ]

    operations = [
        # hours
        watch("workshop_order", key="r.id"),
        watch("workshop_orderline", key="r.order_id"),
        watch("workshop_clocking", key="r.order_id"),
        watch(
            "workshop_job",
            key="l.order_id",
            join="JOIN workshop_orderline l ON l.job_id = r.id",
            only="code, group",
        ),
        watch(
            "vehicles_vehicle",
            key="o.id",
            join="JOIN workshop_order o ON o.vehicle_id = r.id",
            only="make",
            noted_as="vehicles_vehicle_orders",
        ),
        watch(
            "workshop_clocking",
            key="d.id * -1",
            join=_DAYS.format(of="technician_id", since="started_at", until="started_at"),
            noted_as="workshop_clocking_days",
        ),
        watch("workshop_capacityday", key="r.id * -1", noted_as="workshop_capacityday_hours"),
        # orders
        watch(
            "workshop_order",
            key="o.id",
            join=(
                "CROSS JOIN LATERAL (SELECT r.id UNION SELECT a.id FROM workshop_order a WHERE a.vehicle_id = r.vehicle_id"
                " UNION SELECT b.id FROM workshop_order b WHERE b.customer_id = r.customer_id) o"
            ),
            noted_as="workshop_order_kin",
        ),
        watch(
            "workshop_orderline",
            key="o.id",
            join=(
                "CROSS JOIN LATERAL (SELECT r.order_id AS id UNION SELECT a.id FROM workshop_order x"
                " JOIN workshop_order a ON a.vehicle_id = x.vehicle_id WHERE x.id = r.order_id) o"
            ),
            noted_as="workshop_orderline_kin",
        ),
        watch(
            "messaging_message",
            key="o.id",
            join=(
                "JOIN workshop_order o ON o.customer_id = r.customer_id AND o.received_at <= r.at"
                " AND (o.closed_at IS NULL OR r.at < o.closed_at)"
            ),
            noted_as="messaging_message_orders",
        ),
        watch(
            "cases_case",
            key="o.id",
            join=(
                "JOIN messaging_message m ON m.case_id = r.id"
                " JOIN workshop_order o ON o.customer_id = m.customer_id AND o.received_at <= m.at"
            ),
            only="cause_id",
            noted_as="cases_case_orders",
        ),
        # visits
        watch("workshop_visit", key="r.id"),
        watch("workshop_visitjob", key="r.visit_id"),
        watch(
            "workshop_job",
            key="l.visit_id",
            join="JOIN workshop_visitjob l ON l.job_id = r.id",
            only="group",
            noted_as="workshop_job_visits",
        ),
        watch(
            "vehicles_vehicle",
            key="s.id",
            join="JOIN workshop_visit s ON s.vehicle_id = r.id",
            only="make",
            noted_as="vehicles_vehicle_visits",
        ),
        # days of technicians, bays and cars
        watch("workshop_capacityday", key="r.id"),
        watch("workshop_allocation", key="d.id", join=_EITHER.format(since="starts_at", until="ends_at")),
        watch("workshop_loan", key="d.id", join=_DAYS.format(of="car_id", since="starts_at", until="ends_at")),
    ]
