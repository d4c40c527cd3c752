"""What all tables of this room share."""

from django.db import models
from django.db.models import Q

from records.models import ImportBatch

#: Rows whose record is what ``Record.objects.unique()`` means: not merged away, its import done and not undone.
IN_REVIEW = Q(record__duplicate_of=None, record__batch__state=ImportBatch.State.DONE)


class Stage(models.TextChoices):
    TITLE_ABSTRACT = "title_abstract", "Title and abstract"
    FULL_TEXT = "full_text", "Full text"
