"""Answers with words are counted and listed by themselves; most answers are a score and nothing else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listening", "0009_items_have_units")]

    operations = [
        migrations.AddIndex(
            "Response",
            models.Index(
                fields=["unit", "answered_at"],
                include=["version", "channel"],
                name="listening_answer_words",
                condition=~models.Q(text=""),
            ),
        ),
    ]
