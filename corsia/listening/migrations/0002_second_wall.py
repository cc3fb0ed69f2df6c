"""Row security on invitations and answers; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("listening", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [
        protect("listening_invitation"),
        protect_through("listening_answer", column="invitation_id", parent="listening_invitation"),
    ]
