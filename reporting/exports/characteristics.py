"""The tables of characteristics as files."""

from collections.abc import Iterable

from reporting.characteristics import AWAITING, EXCLUDED, INCLUDED, ONGOING, as_rows, characteristics
from reporting.exports.shape import Option
from reviews.downloads import csv_lines
from reviews.models import Membership
from reviews.workbooks import tables_as_xlsx

TABLES = {
    INCLUDED: "Included studies",
    EXCLUDED: "Excluded studies",
    AWAITING: "Awaiting classification",
    ONGOING: "Ongoing studies",
}
TABLE = Option(
    "table", "Table", tuple(TABLES.items()), nothing="Included studies", help="A CSV holds one table."
)


def as_csv(membership: Membership, *, table: str = INCLUDED) -> Iterable[str]:
    """One of the four tables, with characteristics and answers of the forms in columns of their own."""
    found = {each.key: each for each in characteristics(membership.review)}
    return csv_lines(*as_rows(found[table]))


def as_xlsx(membership: Membership, *, table: str = "") -> Iterable[bytes]:
    """All four tables as sheets of a workbook, or the one that was chosen."""
    chosen = [each for each in characteristics(membership.review) if table in ("", each.key)]
    yield tables_as_xlsx((TABLES[each.key], *as_rows(each)) for each in chosen)
