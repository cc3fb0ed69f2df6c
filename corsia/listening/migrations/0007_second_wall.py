"""Row security on mystery visits: what was seen at a branch is of that branch and those above."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("listening", "0006_journey")]

    operations = [
        protect("listening_mysteryvisit"),
        protect_through("listening_visititem", column="visit_id", parent="listening_mysteryvisit"),
    ]
