"""What of a message of several parts has left."""

import django.db.models.deletion
from django.db import migrations, models

from corsia.kernel.row_security import protect_through


class Migration(migrations.Migration):
    dependencies = [("messaging", "0009_channels"), ("kernel", "0003_app_role")]

    operations = [
        migrations.CreateModel(
            name="DeliveredPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("provider_id", models.CharField(max_length=200)),
                (
                    "outgoing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="messaging.outgoing",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["provider_id"], name="messaging_part_provider")],
                "constraints": [
                    models.UniqueConstraint(fields=("outgoing", "number"), name="messaging_part_once"),
                ],
            },
        ),
        protect_through("messaging_deliveredpart", column="outgoing_id", parent="messaging_outgoing"),
    ]
