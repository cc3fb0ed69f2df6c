"""Row security on interviews."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("listening", "0007_interviews")]

    operations = [
        protect("listening_interview"),
        protect_through("listening_interviewkey", column="interview_id", parent="listening_interview"),
    ]
