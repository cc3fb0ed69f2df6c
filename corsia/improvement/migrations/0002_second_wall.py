"""Row security on what groups, actions and their spreading hold; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through

OWN = ("group", "action", "goldenrule", "practice", "changeagent", "cultureitem")
PARTS = (
    ("participant", "group_id", "group"),
    ("meeting", "group_id", "group"),
    ("attendance", "meeting_id", "meeting"),
    ("pain", "group_id", "group"),
    ("macroaction", "group_id", "group"),
    ("rating", "macro_id", "macroaction"),
    ("responsibility", "macro_id", "macroaction"),
    ("actionunit", "action_id", "action"),
    ("actionkpi", "action_id", "action"),
    ("kpireading", "kpi_id", "actionkpi"),
    ("evidence", "action_id", "action"),
    ("adoption", "practice_id", "practice"),
)


class Migration(migrations.Migration):
    dependencies = [("improvement", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [
        *(protect(f"improvement_{table}", is_shared=True) for table in OWN),
        *(
            protect_through(f"improvement_{table}", column=column, parent=f"improvement_{parent}")
            for table, column, parent in PARTS
        ),
    ]
