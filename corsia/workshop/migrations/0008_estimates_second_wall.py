"""Row security on estimates; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("workshop", "0007_estimates"), ("kernel", "0003_app_role")]

    operations = [
        protect("workshop_estimate"),
        *(
            protect_through(f"workshop_{table}", column="estimate_id", parent="workshop_estimate")
            for table in ("estimateline", "estimateanswer")
        ),
    ]
