"""A response says when its invitation left, and those sent are counted from an index: the response rate joins nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listening", "0025_panels_second_wall")]

    operations = [
        migrations.AddField("Response", "invited_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunSQL(
            "UPDATE listening_response r SET invited_at = i.sent_at FROM listening_invitation i"
            " WHERE i.id = r.invitation_id AND i.sent_at IS NOT NULL; SET CONSTRAINTS ALL IMMEDIATE;",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex("Response", "listening_answer_at"),
        migrations.AddIndex(
            "Response",
            models.Index(
                fields=["unit", "answered_at"],
                include=["score", "version", "channel", "invitation", "invited_at"],
                name="listening_answer_at",
            ),
        ),
        migrations.RemoveIndex("Invitation", "listening_sent"),
        migrations.AddIndex(
            "Invitation",
            models.Index(
                fields=["unit", "sent_at"],
                include=["version"],
                name="listening_sent",
                condition=models.Q(sent_at__isnull=False),
            ),
        ),
    ]
