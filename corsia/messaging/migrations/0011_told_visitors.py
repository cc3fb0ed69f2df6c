from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0010_delivered_parts'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='outgoing',
            index=models.Index(condition=models.Q(('correspondent__isnull', False)), fields=['correspondent', 'id'], name='messaging_outgoing_of_corr'),
        ),
    ]
