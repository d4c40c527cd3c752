"""The verbs of screening. Each is one transaction with its line in the history."""

from screening.services.checks import (
    begin_check,
    cast_check_vote,
    close_check,
    reopen_checked,
    to_check,
    undo_check_vote,
)
from screening.services.claims import bring_back, claim, postpone, release
from screening.services.conflicts import adjudicate, reopen, take_conflict, undo_resolution
from screening.services.duplicates import Marked, OutcomeLost, mark_duplicate, unmark_duplicate
from screening.services.foreknown import foreknown
from screening.services.full_texts import FileLost, attach_full_text, open_pdf
from screening.services.guards import AlreadyDecided, KeyUsed, NotAllowed, NotEligible
from screening.services.intakes import (
    SaidAlready,
    begin_intake,
    carry_out,
    request_intake,
    request_undo,
    undo_intake,
)
from screening.services.ordering import change_stage_settings
from screening.services.reasons import MergeRefused, merge_reasons, undo_merge
from screening.services.recounting import recount, request_recount
from screening.services.retractions import add_list, check_due, mark_seen, request_check
from screening.services.retrieval import Lot, remind, set_full_text_state, set_states_of, undo_states
from screening.services.rounds import begin_pilot, close_pilot, excuse, open_discussion, pilot_parts
from screening.services.stage_settings import SettingsRefused, set_stage_settings, settings_of
from screening.services.studies import (
    LabelTaken,
    group_linked,
    group_reports,
    rename_study,
    separate_report,
    set_design,
    undo_grouping,
)
from screening.services.verdicts import policy_of
from screening.services.vote_batches import cast_many
from screening.services.votes import cast_vote, undo_vote

__all__ = [
    "AlreadyDecided",
    "FileLost",
    "KeyUsed",
    "LabelTaken",
    "Lot",
    "Marked",
    "MergeRefused",
    "NotAllowed",
    "NotEligible",
    "OutcomeLost",
    "SaidAlready",
    "SettingsRefused",
    "add_list",
    "adjudicate",
    "attach_full_text",
    "begin_check",
    "begin_intake",
    "begin_pilot",
    "bring_back",
    "carry_out",
    "cast_check_vote",
    "cast_many",
    "cast_vote",
    "change_stage_settings",
    "check_due",
    "claim",
    "close_check",
    "close_pilot",
    "excuse",
    "foreknown",
    "group_linked",
    "group_reports",
    "mark_duplicate",
    "mark_seen",
    "merge_reasons",
    "open_discussion",
    "open_pdf",
    "pilot_parts",
    "policy_of",
    "postpone",
    "recount",
    "release",
    "remind",
    "rename_study",
    "reopen",
    "reopen_checked",
    "request_check",
    "request_intake",
    "request_recount",
    "request_undo",
    "separate_report",
    "set_design",
    "set_full_text_state",
    "set_stage_settings",
    "set_states_of",
    "settings_of",
    "take_conflict",
    "to_check",
    "undo_check_vote",
    "undo_grouping",
    "undo_intake",
    "undo_merge",
    "undo_resolution",
    "undo_states",
    "undo_vote",
    "unmark_duplicate",
]
