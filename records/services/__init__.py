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
    mark_distinct,
    merge,
    merge_candidate,
    reopen_candidate,
    split,
    who_stays,
)
from records.services.deduplication import deduplicate, request_deduplication
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

__all__ = [
    "ENCODINGS",
    "LOSSES",
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
    "add_record",
    "add_search",
    "all_rejected",
    "amend_search",
    "check_file",
    "commit_import",
    "commit_imports",
    "correct_record",
    "deduplicate",
    "discard_import",
    "import_file",
    "import_files",
    "mark_distinct",
    "may_discard",
    "merge",
    "merge_candidate",
    "read_batch",
    "read_reference",
    "remap_import",
    "reopen_candidate",
    "request_deduplication",
    "reread_import",
    "restore_original",
    "split",
    "undo_import",
    "what_undo_loses",
    "who_stays",
]
