"""A body that works for every answer to an item of a checklist."""

from typing import Any

from reporting.models import ChecklistAnswer
from tests.security.gestures import Gesture
from tests.security.world import World


def answer(here: World, ids: World) -> dict[str, Any]:
    """A place that nobody wrote yet, with the version as it is."""
    kept = ChecklistAnswer.objects.filter(review=here.review, checklist="prisma2020", item="5").first()
    version = kept.version if kept else 0
    return {"location": f"p. {version + 1}", "seen_version": version}


ITEM = (("key", "prisma2020"), ("item", "5"))
CHECKLISTS = [
    Gesture("reporting:checklist_item", "reviewer", answer, arguments=ITEM),
    Gesture("reporting-checklists-answer", "reviewer", answer, method="put", arguments=ITEM),
]
