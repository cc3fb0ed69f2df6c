"""Answers of surveys are responses now: their changes are noted under the new name."""

from django.db import migrations

from corsia.analytics.watching import watch

_FORGET = "DROP FUNCTION analytics_note_update_listening_answer() CASCADE; DROP FUNCTION analytics_note_listening_answer() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_weekly_pack"), ("listening", "0005_second_wall")]

    operations = [
        migrations.RunSQL(_FORGET, migrations.RunSQL.noop),
        watch("listening_response", key="i.case_id", join="JOIN listening_invitation i ON i.id = r.invitation_id"),
        migrations.RunSQL(
            "UPDATE analytics_changedrow SET source = 'listening_response' WHERE source = 'listening_answer'",
            migrations.RunSQL.noop,
        ),
    ]
