"""Panels of customers drawn from the typical services."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0010_past_units'),
        ('customers', '0006_lapsed'),
        ('listening', '0023_voices_second_wall'),
        ('organisation', '0008_agreement_order'),
        ('vehicles', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='listeningplan',
            name='population',
            field=models.CharField(choices=[('retail', 'Private customers'), ('fleet_manager', 'Fleet managers'), ('fleet_driver', 'Drivers of fleets'), ('agent', 'Agents of the network'), ('customers', 'Private and corporate customers')], default='retail', max_length=16),
        ),
        migrations.AlterField(
            model_name='persona',
            name='population',
            field=models.CharField(choices=[('retail', 'Private customers'), ('fleet_manager', 'Fleet managers'), ('fleet_driver', 'Drivers of fleets'), ('agent', 'Agents of the network'), ('customers', 'Private and corporate customers')], default='retail', max_length=16),
        ),
        migrations.AlterField(
            model_name='session',
            name='population',
            field=models.CharField(choices=[('retail', 'Private customers'), ('fleet_manager', 'Fleet managers'), ('fleet_driver', 'Drivers of fleets'), ('agent', 'Agents of the network'), ('customers', 'Private and corporate customers')], default='retail', max_length=16),
        ),
        migrations.CreateModel(
            name='Panel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateField()),
                ('until', models.DateField()),
                ('size', models.PositiveIntegerField()),
                ('seed', models.PositiveIntegerField()),
                ('services_done', models.PositiveIntegerField(default=0)),
                ('drawn_at', models.DateTimeField(blank=True, null=True)),
                ('asked_for_at', models.DateTimeField()),
                ('asked_for_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='panel', to='listening.listeningplan')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit')),
            ],
        ),
        migrations.CreateModel(
            name='PanelStratum',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(max_length=200)),
                ('segment', models.CharField(choices=[('retail', 'Private'), ('corporate', 'Companies')], max_length=10)),
                ('volume', models.PositiveIntegerField()),
                ('wanted', models.PositiveIntegerField()),
                ('panel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='strata', to='listening.panel')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit')),
            ],
        ),
        migrations.AddField(
            model_name='invitation',
            name='stratum',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations', to='listening.panelstratum'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(condition=models.Q(('stratum__isnull', False)), fields=['stratum'], name='listening_of_stratum'),
        ),
        migrations.AddIndex(
            model_name='panel',
            index=models.Index(fields=['-asked_for_at', '-id'], name='listening_panels_latest'),
        ),
        migrations.AddConstraint(
            model_name='panel',
            constraint=models.CheckConstraint(condition=models.Q(('until__gte', models.F('since'))), name='listening_panel_days'),
        ),
        migrations.AddConstraint(
            model_name='panel',
            constraint=models.CheckConstraint(condition=models.Q(('size__gte', 1)), name='listening_panel_size'),
        ),
        migrations.AddConstraint(
            model_name='panelstratum',
            constraint=models.UniqueConstraint(fields=('panel', 'unit', 'service', 'segment'), name='listening_stratum_once'),
        ),
    ]
