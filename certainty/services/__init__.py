"""The verbs of this room, one capability per file; import them from here."""

from certainty.services.errors import (
    AlreadySettled,
    Incomplete,
    InvalidFinding,
    InvalidGrade,
    NeedsReason,
    NotYours,
    Outdated,
)
from certainty.services.findings import (
    FIELDS,
    MOST_IN_SUMMARY,
    add_finding,
    change_finding,
    order_findings,
    restore_finding,
    retire_finding,
)
from certainty.services.rating import (
    accept_suggestion,
    accept_suggestions,
    begin_grade,
    complete_grade,
    discard_grade,
    look_again,
    rate,
    reopen_grade,
    set_start,
    unrate,
)
from certainty.services.reconciling import reconcile_grades

__all__ = [
    "FIELDS",
    "MOST_IN_SUMMARY",
    "AlreadySettled",
    "Incomplete",
    "InvalidFinding",
    "InvalidGrade",
    "NeedsReason",
    "NotYours",
    "Outdated",
    "accept_suggestion",
    "accept_suggestions",
    "add_finding",
    "begin_grade",
    "change_finding",
    "complete_grade",
    "discard_grade",
    "look_again",
    "order_findings",
    "rate",
    "reconcile_grades",
    "reopen_grade",
    "restore_finding",
    "retire_finding",
    "set_start",
    "unrate",
]
