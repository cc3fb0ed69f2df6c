"""Row security on panels and the groups they are drawn from."""

from django.db import migrations

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("listening", "0024_panels")]

    operations = [
        protect("listening_panel"),
        protect("listening_panelstratum"),
    ]
