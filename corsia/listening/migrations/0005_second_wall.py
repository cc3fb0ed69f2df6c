"""Row security on what is new, and what earlier answers are about."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("listening", "0004_questionnaires")]

    operations = [
        migrations.RunSQL(
            "UPDATE listening_response r SET customer_id = i.customer_id, case_id = i.case_id, language = i.language"
            " FROM listening_invitation i WHERE i.id = r.invitation_id;",
            migrations.RunSQL.noop,
        ),
        protect_through("listening_responseitem", column="response_id", parent="listening_response"),
        protect("listening_loop"),
        protect_through("listening_loopitem", column="loop_id", parent="listening_loop"),
        protect("listening_finding"),
    ]
