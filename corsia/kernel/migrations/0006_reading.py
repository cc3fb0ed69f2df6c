"""Who looked at whose data. The web processes may add rows, never change or delete them."""

from django.db import migrations, models

FORWARD = "REVOKE UPDATE, DELETE ON kernel_reading FROM corsia_app;"
BACKWARD = "GRANT UPDATE, DELETE ON kernel_reading TO corsia_app;"


class Migration(migrations.Migration):
    dependencies = [("kernel", "0005_done_once")]

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("minute", models.BigIntegerField()),
                ("actor_id", models.BigIntegerField()),
                ("actor_name", models.CharField(max_length=200)),
                ("door", models.CharField(max_length=80)),
                ("row_kind", models.CharField(blank=True, max_length=40)),
                ("row_id", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["row_kind", "row_id", "-id"], name="kernel_reading_row"),
                    models.Index(fields=["at"], name="kernel_reading_old"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("actor_id", "minute", "door", "row_kind", "row_id"),
                        name="kernel_reading_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
