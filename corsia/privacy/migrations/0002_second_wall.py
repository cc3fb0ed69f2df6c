"""Row security on copies, erasures and terms; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [
        protect(f"privacy_{table}", is_shared=True)
        for table in ("export", "erasure", "retentionsettings", "retentionterm")
    ]
