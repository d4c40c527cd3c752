"""What an archive of a review holds, in words for a page."""

from dataclasses import dataclass

from django.db.models import QuerySet

from reporting.archive.schema import left_out
from reporting.archive.tables import PEOPLE, tables
from reviews.models import Review


@dataclass(frozen=True)
class Contents:
    """Tables with their number of rows, the largest first; how many files; what is left out and why."""

    tables: list[tuple[str, int]]
    files: int
    left_out: dict[str, str]

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.tables)


def contents_of(review: Review) -> Contents:
    """One query for each table, and one more for each column of files."""
    found: list[tuple[str, int]] = []
    files: set[str] = set()
    for table in tables().values():
        if table.name == PEOPLE:
            continue
        rows: QuerySet = table.rows(review)
        if number := rows.order_by().count():
            words = str(table.model._meta.verbose_name_plural)
            found.append((words[:1].upper() + words[1:], number))
        for column in table.plain:
            if column.is_file and number:
                files.update(name for name in rows.values_list(column.name, flat=True) if name)
    return Contents(sorted(found, key=lambda one: (-one[1], one[0])), len(files), left_out())
