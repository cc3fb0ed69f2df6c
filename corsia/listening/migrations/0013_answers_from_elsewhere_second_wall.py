"""Row security on answers of other methods: a branch's files and answers are of that branch and those above."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):
    dependencies = [("listening", "0012_answers_from_elsewhere")]

    operations = [
        protect("listening_answersource"),
        protect("listening_answerfile"),
        protect_through("listening_leftoutline", column="file_id", parent="listening_answerfile"),
        protect("listening_collectedanswer"),
    ]
