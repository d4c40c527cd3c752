"""The verbs of this room, one capability per module."""

from records.services.by_hand import CannotRead, KnownAlready, add_record, read_reference
from records.services.corrections import (
    CannotCorrect,
    ChangedMeanwhile,
    NotInTheReview,
    correct_record,
    restore_original,
)
from records.services.decisions import (
    DecidedMeanwhile,
    NotACandidate,
    link_reports,
    mark_distinct,
    merge,
    merge_candidate,
    reopen_candidate,
    split,
    who_stays,
)
from records.services.deduplication import deduplicate, request_deduplication
from records.services.groups import RULE_FOR_VOTES, WORDS_ABOUT, words_about
from records.services.lots import (
    last_change,
    lots,
    merge_all_above,
    request_trial,
    set_thresholds,
    try_thresholds,
    undo_lot,
    what_merges_above,
    what_thresholds_change,
)
from records.services.members import choose_primary, choose_values, dissolve
from records.services.reading import all_rejected, read_batch
from records.services.searches import SearchExists, SearchRefused, add_search, amend_search
from records.services.settling import (
    commit_import,
    commit_imports,
    discard_import,
    may_discard,
    remap_import,
    reread_import,
)
from records.services.staging import ENCODINGS, AlreadyImported, CannotImport, NotInThisState
from records.services.undoing import (
    LOSSES,
    Loss,
    NothingToUndo,
    Undoing,
    UndoNotConfirmed,
    undo_import,
    what_undo_loses,
)
from records.services.uploading import check_file, import_file, import_files
from records.thresholds import WrongThresholds, thresholds_of

__all__ = [
    "ENCODINGS",
    "LOSSES",
    "RULE_FOR_VOTES",
    "WORDS_ABOUT",
    "AlreadyImported",
    "CannotCorrect",
    "CannotImport",
    "CannotRead",
    "ChangedMeanwhile",
    "DecidedMeanwhile",
    "KnownAlready",
    "Loss",
    "NotACandidate",
    "NotInTheReview",
    "NotInThisState",
    "NothingToUndo",
    "SearchExists",
    "SearchRefused",
    "UndoNotConfirmed",
    "Undoing",
    "WrongThresholds",
    "add_record",
    "add_search",
    "all_rejected",
    "amend_search",
    "check_file",
    "choose_primary",
    "choose_values",
    "commit_import",
    "commit_imports",
    "correct_record",
    "deduplicate",
    "discard_import",
    "dissolve",
    "import_file",
    "import_files",
    "last_change",
    "link_reports",
    "lots",
    "mark_distinct",
    "may_discard",
    "merge",
    "merge_all_above",
    "merge_candidate",
    "read_batch",
    "read_reference",
    "remap_import",
    "reopen_candidate",
    "request_deduplication",
    "request_trial",
    "reread_import",
    "restore_original",
    "set_thresholds",
    "split",
    "thresholds_of",
    "try_thresholds",
    "undo_import",
    "undo_lot",
    "what_merges_above",
    "what_thresholds_change",
    "what_undo_loses",
    "who_stays",
    "words_about",
]
