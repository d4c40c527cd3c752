"""The verbs of extraction, one capability per file; import them from here."""

from extraction.services.arms import add_arm, change_arm, remove_arm, set_characteristic
from extraction.services.errors import (
    AlreadyRecorded,
    InvalidResult,
    NotOfThisStudy,
    NotPossible,
    SecondPersonNeeded,
)
from extraction.services.results import (
    CIRCUMSTANCES,
    correct_result,
    prefer_result,
    record_result,
    verify_result,
    withdraw_result,
)
from extraction.services.sources import add_source, carry_sources, remove_source, restore_source

__all__ = [
    "CIRCUMSTANCES",
    "AlreadyRecorded",
    "InvalidResult",
    "NotOfThisStudy",
    "NotPossible",
    "SecondPersonNeeded",
    "add_arm",
    "add_source",
    "carry_sources",
    "change_arm",
    "correct_result",
    "prefer_result",
    "record_result",
    "remove_arm",
    "remove_source",
    "restore_source",
    "set_characteristic",
    "verify_result",
    "withdraw_result",
]
