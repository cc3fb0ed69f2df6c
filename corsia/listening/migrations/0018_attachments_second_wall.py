"""Row security on files of answers: they are seen where their answers are."""

from django.db import migrations

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):
    dependencies = [("listening", "0017_attachments")]

    operations = [protect("listening_answerattachment")]
