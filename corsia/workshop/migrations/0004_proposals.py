"""Proposals to plan a day anew become rows, and the night may be allowed to carry them out."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from corsia.kernel.row_security import protect, protect_through


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0008_agreement_order'),
        ('workshop', '0003_diary_changes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='workshop',
            name='applies_nights',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='workshop',
            name='night_planned_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('cause', models.CharField(choices=[('away', 'Somebody is away'), ('over', 'Work takes longer'), ('part', 'A part is late'), ('night', 'Found by night')], max_length=10)),
                ('at', models.DateTimeField(blank=True, null=True)),
                ('minutes', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('state', models.CharField(choices=[('asked', 'Asked for'), ('working', 'Being worked out'), ('ready', 'Ready'), ('nothing', 'Nothing to move'), ('failed', 'Not worked out'), ('accepted', 'Accepted'), ('discarded', 'Discarded'), ('undone', 'Taken back'), ('lapsed', 'Lapsed')], default='asked', max_length=10)),
                ('asked_at', models.DateTimeField()),
                ('begun_at', models.DateTimeField(blank=True, null=True)),
                ('ready_at', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('is_proven', models.BooleanField(default=False)),
                ('promises', models.PositiveSmallIntegerField(default=0)),
                ('kept', models.PositiveSmallIntegerField(default=0)),
                ('gains', models.JSONField(default=dict)),
                ('absence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.absence')),
                ('allocation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='workshop.allocation')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('technician', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshop.technician')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit')),
                ('visit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workshop.visit')),
            ],
        ),
        migrations.CreateModel(
            name='ProposalCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('promised_before', models.DateTimeField()),
                ('promised_at', models.DateTimeField(null=True)),
                ('told_at', models.DateTimeField(blank=True, null=True)),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='workshop.proposal')),
                ('told_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workshop.visit')),
            ],
        ),
        migrations.CreateModel(
            name='ProposalMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=20)),
                ('starts_before', models.DateTimeField()),
                ('ends_before', models.DateTimeField()),
                ('starts_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('allocation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='workshop.allocation')),
                ('bay', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshop.bay')),
                ('bay_before', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshop.bay')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='moves', to='workshop.proposal')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshop.jobstep')),
                ('technician', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshop.technician')),
                ('technician_before', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workshop.technician')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workshop.visit')),
                ('visit_job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workshop.visitjob')),
            ],
        ),
        migrations.AddIndex(
            model_name='proposal',
            index=models.Index(fields=['unit', 'on', '-asked_at'], name='workshop_proposals_of_day'),
        ),
        migrations.AddIndex(
            model_name='proposal',
            index=models.Index(condition=models.Q(('state__in', ('asked', 'working', 'ready'))), fields=['asked_at'], name='workshop_proposals_open'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('at__isnull', False), ('cause', 'away'), ('technician__isnull', False)), models.Q(('cause', 'over'), ('minutes__isnull', False)), models.Q(('at__isnull', False), ('cause', 'part'), ('visit__isnull', False)), ('cause', 'night'), _connector='OR'), name='workshop_proposal_cause'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', False), ('state__in', ('accepted', 'discarded', 'undone'))), models.Q(models.Q(('state__in', ('accepted', 'discarded', 'undone')), _negated=True), ('decided_at__isnull', True)), _connector='OR'), name='workshop_proposal_decided_iff_at'),
        ),
        migrations.AddConstraint(
            model_name='proposalcall',
            constraint=models.UniqueConstraint(fields=('proposal', 'visit'), name='workshop_proposal_call_once'),
        ),
        migrations.AddConstraint(
            model_name='proposalmove',
            constraint=models.UniqueConstraint(fields=('proposal', 'visit_job', 'step'), name='workshop_proposal_moves_once'),
        ),
        migrations.AddConstraint(
            model_name='proposalmove',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('bay__isnull', False), ('ends_at__gt', models.F('starts_at')), ('starts_at__isnull', False), ('technician__isnull', False)), models.Q(('bay__isnull', True), ('ends_at__isnull', True), ('starts_at__isnull', True), ('technician__isnull', True)), _connector='OR'), name='workshop_proposal_move_whole'),
        ),
        migrations.AddIndex(
            model_name='visit',
            index=models.Index(condition=models.Q(('end_reason', 'lapsed'), ('state', 'cancelled')), fields=['ended_at'], name='workshop_visits_lapsed'),
        ),
        protect("workshop_proposal"),
        protect_through("workshop_proposalmove", column="proposal_id", parent="workshop_proposal"),
        protect_through("workshop_proposalcall", column="proposal_id", parent="workshop_proposal"),
    ]
