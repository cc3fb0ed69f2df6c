"""One kind of cause is known by a key: who asks how their vehicle stands in the workshop. Groups get it once."""

from django.db import migrations, models

KEY, PROCESS = "vehicle-state", "information"
NAMES = ("Stato del veicolo in officina", "State of the vehicle in the workshop")

_ADD = f"""
    INSERT INTO cases_cause (unit_id, process_key, key, name_it, name_en, is_active, position)
    SELECT unit_id, '{PROCESS}', '{KEY}', '{NAMES[0]}', '{NAMES[1]}', TRUE, max(position) + 1
    FROM cases_cause GROUP BY unit_id
    ON CONFLICT (unit_id, process_key, name_it) DO UPDATE SET key = EXCLUDED.key
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0011_booker")]

    operations = [
        migrations.AddField(
            model_name="cause",
            name="key",
            field=models.SlugField(blank=True, db_index=False, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.RunSQL(_ADD, migrations.RunSQL.noop),
    ]
