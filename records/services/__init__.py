"""The verbs of this room, one capability per module."""

from records.services.deduplication import (
    NotACandidate,
    deduplicate,
    mark_distinct,
    merge,
    merge_candidate,
    reopen_candidate,
    request_deduplication,
    split,
)
from records.services.importing import (
    AlreadyImported,
    CannotImport,
    add_search,
    amend_search,
    check_file,
    import_file,
    read_batch,
    undo_import,
)

__all__ = [
    "AlreadyImported",
    "CannotImport",
    "NotACandidate",
    "add_search",
    "amend_search",
    "check_file",
    "deduplicate",
    "import_file",
    "mark_distinct",
    "merge",
    "merge_candidate",
    "read_batch",
    "reopen_candidate",
    "request_deduplication",
    "split",
    "undo_import",
]
