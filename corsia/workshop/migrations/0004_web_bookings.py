"""Visits booked on the web: a slot is held before anybody says who they are, and what they typed stands beside it."""

import django.db.models.deletion
from django.db import migrations, models

from corsia.kernel.row_security import protect_through


class Migration(migrations.Migration):

    dependencies = [
        ("cases", "0010_past_units"),
        ("customers", "0007_dues_told"),
        ("organisation", "0008_agreement_order"),
        ("vehicles", "0002_dues"),
        ("workshop", "0005_parts_second_wall"),
    ]

    operations = [
        migrations.CreateModel(
            name="OnlineRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("page_code", models.CharField(max_length=40)),
                ("language", models.CharField(choices=[("it", "Italiano"), ("en", "English")], max_length=2)),
                ("holder", models.BinaryField(max_length=32, unique=True)),
                ("origin", models.BinaryField(max_length=32)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=20)),
                ("plate", models.CharField(blank=True, max_length=12)),
                ("wish", models.TextField(blank=True)),
                ("proof", models.BinaryField(blank=True, max_length=32, null=True, unique=True)),
                ("messages_sent", models.PositiveSmallIntegerField(default=0)),
                ("made_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AlterField(
            model_name="visit",
            name="customer",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(condition=models.Q(("reminded_at__isnull", True), ("state", "booked")), fields=["drop_off_at"], name="workshop_visits_to_remind"),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(condition=models.Q(("customer__isnull", False), ("state__in", ("held", "cancelled")), _connector="OR"), name="workshop_visit_of_somebody"),
        ),
        migrations.AddField(
            model_name="onlinerequest",
            name="visit",
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="online", to="workshop.visit"),
        ),
        migrations.AddIndex(
            model_name="onlinerequest",
            index=models.Index(condition=models.Q(("confirmed_at__isnull", True)), fields=["origin"], name="workshop_online_open"),
        ),
        migrations.AddIndex(
            model_name="onlinerequest",
            index=models.Index(fields=["made_at"], name="workshop_online_latest"),
        ),
        protect_through("workshop_onlinerequest", column="visit_id", parent="workshop_visit"),
    ]
