"""Notice every change of the tree and its hours, by whatever door, so that caches of it are never stale."""

from django.db import migrations, models

TABLES = ["unit", "workingcalendar", "openhours", "closure"]

# A random value and not a count: a rolled-back change must not leave a number that a later change takes again.
FORWARD = """
CREATE FUNCTION organisation_tree_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO organisation_treeversion (id, value) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value;
    RETURN NULL;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER organisation_{table}_tree_changed AFTER INSERT OR UPDATE OR DELETE ON organisation_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION organisation_tree_changed();
"""
    for table in TABLES
)
BACKWARD = "DROP FUNCTION organisation_tree_changed() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("organisation", "0001_initial")]

    operations = [
        migrations.AlterField("unit", "country", models.CharField(blank=True, max_length=2)),
        migrations.AlterField("unit", "subdivision", models.CharField(blank=True, max_length=8)),
        migrations.CreateModel(
            name="TreeVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.UUIDField()),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
