"""Colleagues asked in surveys of the network, behind the second wall."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from corsia.kernel.row_security import protect


class Migration(migrations.Migration):

    dependencies = [
        ('listening', '0026_invited_at'),
        ('organisation', '0008_agreement_order'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='response',
            name='channel',
            field=models.CharField(choices=[('email', 'Mail'), ('sms', 'SMS'), ('whatsapp', 'WhatsApp'), ('web', 'Link'), ('qr', 'QR code at the counter'), ('kiosk', 'Kiosk'), ('ivr', 'Keypad'), ('phone', 'Telephone'), ('import', 'Imported'), ('staff', 'Link of a colleague')], default='email', max_length=10),
        ),
        migrations.CreateModel(
            name='StaffInvitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sent_at', models.DateTimeField()),
                ('reminded_at', models.DateTimeField(blank=True, null=True)),
                ('answered_on', models.DateField(blank=True, null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='colleagues', to='listening.listeningplan')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('plan', 'person'), name='listening_colleague_once')],
            },
        ),
        protect("listening_staffinvitation"),
    ]
