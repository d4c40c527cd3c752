"""The summary of findings and the evidence profile as files; they are made by ``certainty.documents``."""

from collections.abc import Iterable

from certainty.documents import TABLES, as_csv_of_all, as_docx_of_all
from certainty.tables import comparisons
from reporting.exports.shape import Choices, Option
from reviews.models import Membership


def _comparisons(membership: Membership) -> Choices:
    return [(one.key, str(one)) for one in comparisons(membership.review)]


TABLE = Option("table", "Table", [(key, kind.title) for key, kind in TABLES.items()], "Summary of findings")
COMPARISON = Option("comparison", "Comparison", _comparisons)


def as_csv(membership: Membership, *, table: str = "summary", comparison: str = "") -> Iterable[str]:
    """A row for each outcome and baseline, of one comparison or of all."""
    return as_csv_of_all(_tables(membership, table, comparison))


def as_docx(membership: Membership, *, table: str = "summary", comparison: str = "") -> Iterable[bytes]:
    """A Word document with a table for each comparison."""
    return [as_docx_of_all(TABLES[table].title, _tables(membership, table, comparison))]


def _tables(membership: Membership, table: str, comparison: str) -> list:
    kind = TABLES[table]
    keys = [one.key for one in comparisons(membership.review, only_summary=kind.only_summary)]
    return [kind.build(membership.review, key) for key in keys if comparison in ("", key)]
