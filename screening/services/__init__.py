"""The verbs of screening. Each is one transaction with its line in the history."""

from screening.services.claims import bring_back, claim, postpone, release
from screening.services.conflicts import adjudicate, reopen
from screening.services.duplicates import Marked, OutcomeLost, mark_duplicate, unmark_duplicate
from screening.services.foreknown import foreknown
from screening.services.full_texts import FileLost, attach_full_text, open_pdf, set_full_text_state
from screening.services.guards import AlreadyDecided, KeyUsed, NotAllowed, NotEligible
from screening.services.intakes import (
    SaidAlready,
    begin_intake,
    carry_out,
    request_intake,
    request_undo,
    undo_intake,
)
from screening.services.recounting import recount, request_recount
from screening.services.studies import (
    LabelTaken,
    group_linked,
    group_reports,
    rename_study,
    separate_report,
    undo_grouping,
)
from screening.services.verdicts import policy_of
from screening.services.votes import cast_vote, undo_vote

__all__ = [
    "AlreadyDecided",
    "FileLost",
    "KeyUsed",
    "LabelTaken",
    "Marked",
    "NotAllowed",
    "NotEligible",
    "OutcomeLost",
    "SaidAlready",
    "adjudicate",
    "attach_full_text",
    "begin_intake",
    "bring_back",
    "carry_out",
    "cast_vote",
    "claim",
    "foreknown",
    "group_linked",
    "group_reports",
    "mark_duplicate",
    "open_pdf",
    "policy_of",
    "postpone",
    "recount",
    "release",
    "rename_study",
    "reopen",
    "request_intake",
    "request_recount",
    "request_undo",
    "separate_report",
    "set_full_text_state",
    "undo_grouping",
    "undo_intake",
    "undo_vote",
    "unmark_duplicate",
]
