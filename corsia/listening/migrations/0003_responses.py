"""An answer becomes a response with a unit of its own: it may belong to no invitation, and come page by page."""

import django.db.models.deletion
from django.db import migrations, models

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("listening", "0002_second_wall"), ("organisation", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "DROP POLICY listening_answer_scope ON listening_answer;"
            "ALTER TABLE listening_answer DISABLE ROW LEVEL SECURITY;",
            migrations.RunSQL.noop,
        ),
        migrations.RenameModel("Answer", "Response"),
        migrations.AddField(
            "Response",
            "unit",
            models.ForeignKey(
                "organisation.Unit", on_delete=django.db.models.deletion.PROTECT, related_name="+", null=True
            ),
        ),
        migrations.AddField("Response", "started_at", models.DateTimeField(null=True)),
        migrations.AddField("Response", "completed_at", models.DateTimeField(null=True, blank=True)),
        migrations.AddField("Response", "settled_at", models.DateTimeField(null=True, blank=True)),
        migrations.RunSQL(
            "UPDATE listening_response r SET unit_id = i.unit_id, started_at = r.answered_at,"
            " completed_at = r.answered_at, settled_at = r.answered_at"
            " FROM listening_invitation i WHERE i.id = r.invitation_id;"
            "SET CONSTRAINTS ALL IMMEDIATE;",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            "Response",
            "unit",
            models.ForeignKey("organisation.Unit", on_delete=django.db.models.deletion.PROTECT, related_name="+"),
        ),
        migrations.AlterField("Response", "started_at", models.DateTimeField()),
        protect("listening_response"),
    ]
