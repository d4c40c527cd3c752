"""Settings of a stage changed by a person: a learned order is learned at once."""

from typing import Any

from django.db import transaction

from reviews.models import Review, User
from screening.models import StageSettings
from screening.services.rankings import after_order_changed
from screening.services.stage_settings import set_stage_settings


@transaction.atomic
def change_stage_settings(
    *, review: Review, stage: str, changes: dict[str, Any], by: User, why: str = "", seen: dict | None = None
) -> StageSettings:
    """``set_stage_settings``; a stage whose order is learned from now on has one asked for in the background."""
    settings = set_stage_settings(review=review, stage=stage, changes=changes, by=by, why=why, seen=seen)
    if "order" in changes:
        after_order_changed(review=review, stage=stage, by=by)
    return settings
