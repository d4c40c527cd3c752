"""How one stage is worked: reading its settings."""

from reviews.models import Review
from screening.models import StageSettings


def settings_of(review: Review, stage: str) -> StageSettings:
    """The settings of a stage; without a row the defaults, not saved (ask for people only where ``pk`` is set)."""
    found = StageSettings.objects.filter(review=review, stage=stage).first()
    return found or StageSettings(review=review, stage=stage)
