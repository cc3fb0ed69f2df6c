"""Row security on what answers are about and what waves told of customers."""

from django.db import migrations

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("listening", "0022_voices")]

    operations = [
        protect("listening_reading"),
        protect("listening_responsetopic"),
        protect("listening_wavesegment"),
    ]
