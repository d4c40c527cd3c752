"""Everything a run rests on as one archive that computes it again: with R metafor, and with the engine alone.

files_of(snapshot, result, ...) -> {path: text or bytes}    what goes in, without Django
archive_of(files) -> bytes                                  a ZIP whose bytes depend on the files only
"""

from analysis.reproduce.archive import archive_of
from analysis.reproduce.contents import About, files_of
from analysis.reproduce.numbers import flat

__all__ = ["About", "archive_of", "files_of", "flat"]
