"""The verbs of risk of bias, one subject per module; import them from here."""

from appraisal.services.assessments import (
    AlreadySettled,
    Incomplete,
    NotYours,
    UnknownInstrument,
    answer,
    complete_assessment,
    consensus_stamp,
    reconcile,
    reopen,
    start_assessment,
)

__all__ = [
    "AlreadySettled",
    "Incomplete",
    "NotYours",
    "UnknownInstrument",
    "answer",
    "complete_assessment",
    "consensus_stamp",
    "reconcile",
    "reopen",
    "start_assessment",
]
