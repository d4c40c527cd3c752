"""History is added, never edited."""

from django.db import migrations

from reviews import append_only


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial")]
    operations = [migrations.RunPython(append_only.add, append_only.remove)]
