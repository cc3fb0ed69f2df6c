"""A table for the small values that all processes share: not worth a log, gone after a crash."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_app_role")]

    operations = [
        migrations.CreateModel(
            name="CacheEntry",
            fields=[
                ("key", models.CharField(max_length=250, primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("expires_at", models.DateTimeField(null=True)),
            ],
            options={"indexes": [models.Index(fields=["expires_at"], name="kernel_cache_expired")]},
        ),
        migrations.RunSQL("ALTER TABLE kernel_cacheentry SET UNLOGGED", "ALTER TABLE kernel_cacheentry SET LOGGED"),
    ]
