"""Row security on customers and what hangs on them; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through

CHILDREN = ["customerflag", "contactpoint", "address", "consent", "holding"]


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [
        protect("customers_customer", is_shared=True),
        *(protect_through(f"customers_{child}", column="customer_id", parent="customers_customer") for child in CHILDREN),
    ]
