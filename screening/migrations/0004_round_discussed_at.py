from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("screening", "0003_screening_that_reviewers_enjoy")]

    operations = [
        migrations.AddField(
            model_name="round",
            name="discussed_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Pilot: when its votes, all in, were opened to its people. They stand from then on.",
                null=True,
            ),
        ),
    ]
