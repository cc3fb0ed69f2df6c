"""Row security on sources, what they delivered and what is known of their rows; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("dms", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [
        protect("dms_source"),
        protect("dms_delivery"),
        protect_through("dms_mappingversion", column="source_id", parent="dms_source"),
        protect_through("dms_externalrecord", column="source_id", parent="dms_source"),
        protect_through("dms_difference", column="delivery_id", parent="dms_delivery"),
        protect_through("dms_leftoutrow", column="delivery_id", parent="dms_delivery"),
    ]
