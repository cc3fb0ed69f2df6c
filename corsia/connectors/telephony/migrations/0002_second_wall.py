"""Row security on calls and what was told about them; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("telephony", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [
        protect("telephony_call"),
        protect_through("telephony_callevent", column="call_id", parent="telephony_call"),
    ]
