"""The verbs of this room, one capability per module."""

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
    mark_distinct,
    merge,
    merge_candidate,
    reopen_candidate,
    split,
    who_stays,
)
from records.services.deduplication import deduplicate, request_deduplication
from records.services.importing import (
    AlreadyImported,
    CannotImport,
    check_file,
    import_file,
    import_files,
    read_batch,
)
from records.services.searches import SearchExists, SearchRefused, add_search, amend_search
from records.services.undoing import (
    LOSSES,
    Loss,
    NothingToUndo,
    Undoing,
    UndoNotConfirmed,
    undo_import,
    what_undo_loses,
)

__all__ = [
    "LOSSES",
    "AlreadyImported",
    "CannotCorrect",
    "CannotImport",
    "ChangedMeanwhile",
    "DecidedMeanwhile",
    "Loss",
    "NotACandidate",
    "NotInTheReview",
    "NothingToUndo",
    "SearchExists",
    "SearchRefused",
    "UndoNotConfirmed",
    "Undoing",
    "add_search",
    "amend_search",
    "check_file",
    "correct_record",
    "deduplicate",
    "import_file",
    "import_files",
    "mark_distinct",
    "merge",
    "merge_candidate",
    "read_batch",
    "reopen_candidate",
    "request_deduplication",
    "restore_original",
    "split",
    "undo_import",
    "what_undo_loses",
    "who_stays",
]
