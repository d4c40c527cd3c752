"""What was extracted: results and values as long tables, studies as a wide one, and their codebook."""

from collections.abc import Callable, Iterable

from extraction.tables import Table, codebook_table, results_table, studies_table, values_table
from reviews.downloads import csv_lines
from reviews.models import Membership
from reviews.workbooks import tables_as_xlsx

SHEETS: dict[str, Callable[[Membership], Table]] = {
    "Results": results_table,
    "Values": values_table,
    "Studies": studies_table,
    "Codebook": codebook_table,
}


def as_csv(membership: Membership) -> Iterable[str]:
    """One row per result, with its study's characteristics in columns of their own."""
    return csv_lines(*results_table(membership))


def values_as_csv(membership: Membership) -> Iterable[str]:
    """One row per value of a form."""
    return csv_lines(*values_table(membership))


def studies_as_csv(membership: Membership) -> Iterable[str]:
    """One row per study."""
    return csv_lines(*studies_table(membership))


def codebook_as_csv(membership: Membership) -> Iterable[str]:
    """What every column means."""
    return csv_lines(*codebook_table(membership))


def as_xlsx(membership: Membership) -> Iterable[bytes]:
    """All of it as one workbook."""
    yield tables_as_xlsx((name, *table(membership)) for name, table in SHEETS.items())
