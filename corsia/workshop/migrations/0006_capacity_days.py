"""How long technicians, bays and courtesy cars were there on days that are over, behind the second wall."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0008_agreement_order'),
        ("workshop", "0004_web_bookings"),
        ('kernel', '0003_app_role'),
    ]

    operations = [
        migrations.CreateModel(
            name='CapacityDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('open_seconds', models.PositiveIntegerField()),
                ('bay', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workshop.bay')),
                ('car', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workshop.courtesycar')),
                ('technician', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workshop.technician')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('technician__isnull', False)), fields=['technician', 'day'], name='workshop_days_of_technician'), models.Index(condition=models.Q(('bay__isnull', False)), fields=['bay', 'day'], name='workshop_days_of_bay'), models.Index(condition=models.Q(('car__isnull', False)), fields=['car', 'day'], name='workshop_days_of_car'), models.Index(django.db.models.expressions.CombinedExpression(models.F('id'), '*', models.Value(-1)), name='workshop_days_by_minus_id')],
                'constraints': [models.UniqueConstraint(fields=('unit', 'day', 'technician', 'bay', 'car'), name='workshop_capacityday_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('bay__isnull', True), ('car__isnull', True), ('technician__isnull', False)), models.Q(('bay__isnull', False), ('car__isnull', True), ('technician__isnull', True)), models.Q(('bay__isnull', True), ('car__isnull', False), ('technician__isnull', True)), _connector='OR'), name='workshop_capacityday_of_one')],
            },
        ),
        protect("workshop_capacityday"),
    ]
