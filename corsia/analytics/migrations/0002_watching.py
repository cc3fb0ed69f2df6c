"""The tables that datasets follow note their changes; see watching.py."""

from django.db import migrations

from corsia.analytics.watching import watch


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_initial"),
        ("cases", "0006_channels_roles_causes"),
        ("messaging", "0001_initial"),
        ("listening", "0001_initial"),
        ("knowledge", "0001_initial"),
        ("vehicles", "0001_initial"),
        ("privacy", "0001_initial"),
    ]

    run_before = [("listening", "0003_responses")]  # which renames a table that is watched here

    operations = [
        watch("cases_case", key="r.id"),
        watch("cases_segment", key="r.case_id"),
        watch("cases_deadline", key="r.case_id"),
        watch("cases_tag", key="r.case_id"),
        watch("cases_recoveryitem", key="r.case_id"),
        watch(
            "cases_process",
            key="c.id",
            join="JOIN cases_processversion v ON v.process_id = r.id JOIN cases_case c ON c.version_id = v.id",
            only="key, is_complaint, is_internal",
        ),
        watch("cases_cause", key="c.id", join="JOIN cases_case c ON c.cause_id = r.id", only="name_it"),
        watch("vehicles_vehicle", key="c.id", join="JOIN cases_case c ON c.vehicle_id = r.id", only="make, model"),
        watch("messaging_message", key="r.case_id"),
        watch("messaging_outgoing", key="m.case_id", join="JOIN messaging_message m ON m.id = r.message_id"),
        watch("listening_invitation", key="r.case_id"),
        watch("listening_answer", key="i.case_id", join="JOIN listening_invitation i ON i.id = r.invitation_id"),
        watch("knowledge_articleday", key="r.id"),
        watch("privacy_erasure", key="r.customer_id"),
    ]
