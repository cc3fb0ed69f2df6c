"""Row security on what drivers fetch and bring back; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("workshop", "0009_fetches"), ("kernel", "0003_app_role")]

    operations = [protect("workshop_fetch")]
