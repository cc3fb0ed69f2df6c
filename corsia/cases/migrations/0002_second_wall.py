"""Row security on cases; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [protect("cases_case")]
