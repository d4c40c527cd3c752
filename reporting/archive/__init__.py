"""A whole review as one file, and back: what is in it, how it is written, read and checked.

    write_archive(review, out, people=True)     a ZIP of JSON tables and files; the same review gives the same bytes
    with open_archive(file) as archive:         refused with a sentence if it is foul
        check(archive)                          every row and every file, without the database
        restore(archive, by=user, checked=True) in one transaction

The format is told in docs/archive.md and, for programs, by ``schema.archive_schema()``.
"""

from reporting.archive.package import Archive, BadArchive, open_archive
from reporting.archive.people import People
from reporting.archive.restoring import Restored, check, restore
from reporting.archive.schema import FORMAT, VERSION, archive_schema
from reporting.archive.writer import Written, write_archive

__all__ = [
    "FORMAT",
    "VERSION",
    "Archive",
    "BadArchive",
    "People",
    "Restored",
    "Written",
    "archive_schema",
    "check",
    "open_archive",
    "restore",
    "write_archive",
]
