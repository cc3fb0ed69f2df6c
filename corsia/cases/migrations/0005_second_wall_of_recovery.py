"""Row security on what recoveries and discussions hold; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_recovery_register_discussions")]

    operations = [
        protect("cases_recovery", is_shared=True),
        protect("cases_recoveryitem"),
        protect("cases_recoverylist"),
        protect_through("cases_recoveryline", column="list_id", parent="cases_recoverylist"),
        protect_through("cases_discussion", column="case_id", parent="cases_case"),
        protect_through("cases_discussionline", column="discussion_id", parent="cases_discussion"),
        protect_through("cases_discussionfile", column="line_id", parent="cases_discussionline"),
    ]
