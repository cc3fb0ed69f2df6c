"""What a page did that can be sent twice."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0004_cache")]

    operations = [
        migrations.CreateModel(
            name="DoneOnce",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("door", models.CharField(max_length=40)),
                ("actor_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=64)),
                ("content", models.BinaryField(max_length=32)),
                ("result", models.BigIntegerField()),
                ("done_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["done_at"], name="kernel_doneonce_old")],
                "constraints": [
                    models.UniqueConstraint(fields=("door", "actor_id", "key"), name="kernel_doneonce_key")
                ],
            },
        ),
    ]
