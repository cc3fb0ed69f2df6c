"""Row security on messages and their files; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [
        protect("messaging_message"),
        protect("messaging_outgoing"),
        protect_through("messaging_attachment", column="message_id", parent="messaging_message"),
    ]
