from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("screening", "0005_awaiting_and_ongoing"),
    ]

    operations = [
        migrations.AddField(
            model_name="round",
            name="excused",
            field=models.ManyToManyField(
                blank=True,
                help_text="Of the people: those whose missing votes are not waited for.",
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
