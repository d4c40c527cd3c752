"""What an archive of a review holds, in words for a page. No numbers: they would tell of hidden votes."""

from dataclasses import dataclass

from reporting.archive.schema import left_out
from reporting.archive.tables import PEOPLE, tables


@dataclass(frozen=True)
class Contents:
    """Its tables by name, and what is left out with the reason."""

    tables: list[str]
    left_out: dict[str, str]


def contents() -> Contents:
    """The same for every review."""
    found = (table.model._meta.verbose_name_plural for table in tables().values() if table.name != PEOPLE)
    return Contents(sorted(str(words)[:1].upper() + str(words)[1:] for words in found), left_out())
