"""Notice every change of a diary, by whatever door, so that what is kept of it in memory is never stale for long."""

import django.db.models.deletion
from django.db import migrations, models

from corsia.kernel.row_security import protect

# A row for each change and not a counter: bookings of one workshop need not wait for each other's commit.
FORWARD = """
CREATE FUNCTION workshop_diary_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workshop_diarychange (unit_id) SELECT DISTINCT unit_id FROM after_it;
    RETURN NULL;
END $$;
CREATE FUNCTION workshop_diary_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workshop_diarychange (unit_id) SELECT DISTINCT unit_id FROM before_it;
    RETURN NULL;
END $$;
CREATE FUNCTION workshop_diary_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workshop_diarychange (unit_id) SELECT unit_id FROM after_it UNION SELECT unit_id FROM before_it;
    RETURN NULL;
END $$;
CREATE TRIGGER workshop_allocation_added AFTER INSERT ON workshop_allocation
    REFERENCING NEW TABLE AS after_it FOR EACH STATEMENT EXECUTE FUNCTION workshop_diary_added();
CREATE TRIGGER workshop_allocation_removed AFTER DELETE ON workshop_allocation
    REFERENCING OLD TABLE AS before_it FOR EACH STATEMENT EXECUTE FUNCTION workshop_diary_removed();
CREATE TRIGGER workshop_allocation_changed AFTER UPDATE ON workshop_allocation
    REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
    FOR EACH STATEMENT EXECUTE FUNCTION workshop_diary_changed();
"""
BACKWARD = """
DROP FUNCTION workshop_diary_added() CASCADE;
DROP FUNCTION workshop_diary_removed() CASCADE;
DROP FUNCTION workshop_diary_changed() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("workshop", "0002_second_wall"), ("organisation", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="DiaryChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organisation.unit"
                    ),
                ),
            ],
        ),
        protect("workshop_diarychange"),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
