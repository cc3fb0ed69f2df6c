"""Each answer carries its unit: behind the second wall it is then judged by itself, not by asking for its response."""

import django.db.models.deletion
from django.db import migrations, models

from corsia.kernel.row_security import protect

_UNIT = {"to": "organisation.Unit", "on_delete": django.db.models.deletion.PROTECT, "related_name": "+"}


class Migration(migrations.Migration):
    dependencies = [("listening", "0008_interviews_second_wall")]

    operations = [
        migrations.RunSQL(
            "DROP POLICY listening_responseitem_scope ON listening_responseitem;"
            "ALTER TABLE listening_responseitem DISABLE ROW LEVEL SECURITY;",
            migrations.RunSQL.noop,
        ),
        migrations.AddField("ResponseItem", "unit", models.ForeignKey(null=True, **_UNIT)),
        migrations.RunSQL(
            "UPDATE listening_responseitem t SET unit_id = r.unit_id FROM listening_response r"
            " WHERE r.id = t.response_id; SET CONSTRAINTS ALL IMMEDIATE;",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("ResponseItem", "unit", models.ForeignKey(**_UNIT)),
        protect("listening_responseitem"),
    ]
