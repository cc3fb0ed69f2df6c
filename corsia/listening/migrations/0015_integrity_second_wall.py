"""Row security on doubts about answers: those of a branch are seen there and above."""

from django.db import migrations

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("listening", "0014_integrity")]

    operations = [protect("listening_integrityflag"), protect("listening_flaggedanswer")]
