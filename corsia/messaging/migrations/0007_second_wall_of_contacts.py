"""Row security on the contact budget and on what was held back; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("messaging", "0006_contact_budget"), ("kernel", "0003_app_role")]

    operations = [
        protect_through("messaging_countedcontact", column="customer_id", parent="customers_customer"),
        protect("messaging_heldback"),
    ]
