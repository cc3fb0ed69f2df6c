"""Nothing in the database changes: there is one more role."""

from django.db import migrations, models

from corsia.organisation.vocabulary import Role


class Migration(migrations.Migration):
    dependencies = [("organisation", "0008_agreement_order")]

    operations = [
        migrations.AlterField("membership", "role", models.CharField(choices=Role, max_length=20)),
    ]
