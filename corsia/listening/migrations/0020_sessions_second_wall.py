"""Row security on sessions: what was said at a branch is of that branch and those above."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("listening", "0019_sessions")]

    operations = [
        protect("listening_session"),
        *(
            protect_through(f"listening_{table}", column="session_id", parent="listening_session")
            for table in ("sessionblock", "sessionparticipant", "note")
        ),
        protect_through("listening_post", column="block_id", parent="listening_sessionblock"),
    ]
