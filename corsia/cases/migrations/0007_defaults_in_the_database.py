"""Rows written past the models (copies of the past, the bench) need not name the newest columns."""

from django.db import migrations, models

from corsia.cases.vocabulary import PurchaseChannel, TaskKind


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_channels_roles_causes")]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="purchase_channel",
            field=models.CharField(
                blank=True, choices=PurchaseChannel.choices, db_default="", default="", max_length=12
            ),
        ),
        migrations.AlterField(
            model_name="task",
            name="kind",
            field=models.CharField(choices=TaskKind.choices, db_default="task", default="task", max_length=12),
        ),
    ]
