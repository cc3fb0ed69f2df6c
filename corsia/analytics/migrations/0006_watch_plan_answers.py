"""Answers to listening plans have a dataset of their own, by the number of the answer: their changes are noted by it."""

from django.db import migrations

from corsia.analytics.watching import watch


class Migration(migrations.Migration):
    dependencies = [("analytics", "0005_watch_responses"), ("listening", "0026_invited_at")]

    operations = [
        watch(
            "listening_response",
            key="CASE WHEN r.plan_id IS NOT NULL THEN r.id END",
            noted_as="listening_response_of_plan",
        ),
        watch(
            "listening_listeningplan",
            key="a.id",
            join="JOIN listening_response a ON a.plan_id = r.id",
            only="instrument",
        ),
    ]
