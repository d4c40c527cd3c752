"""Lists of terms as a table, CSV or XLSX: the same columns out and in."""

import io
from collections.abc import Iterator

from django.db import transaction

from records.formats import xlsx
from records.formats.base import UnreadableFile
from reviews.models import Membership, Review, User
from reviews.safe_csv import DANGEROUS
from reviews.tables import BadTable, Faults, Row, Table, read_table
from reviews.workbooks import tables_as_xlsx
from screening.models import COLOURS, TermList
from screening.services.terms import TermsRefused, add_to_list
from screening.term_rules import fault_of

HEADER = ["list", "kind", "colour", "term"]


def rows_of(membership: Membership) -> Iterator[list]:
    """A row for each term of the lists one may see, in their order."""
    for each in TermList.objects.visible_to(membership).in_use():
        for term in each.terms:
            yield [each.name, each.kind, each.colour, term]


def as_xlsx(membership: Membership) -> bytes:
    """The lists as a workbook with one sheet."""
    return tables_as_xlsx([("Terms", HEADER, rows_of(membership))])


@transaction.atomic
def take_file(*, review: Review, by: User, name: str, data: bytes, own: bool = False) -> list[TermList]:
    """Add the terms of a file to lists of the same names; lists that are not there yet are made. All or nothing.

    Needs a column ``term``; without ``list`` all go into one named after the file. Raises BadTable naming each line.
    """
    table = _read(name, data)
    faults = Faults(name)
    wanted: dict[str, dict] = {}
    for row in table.rows:
        _take_row(row, faults, wanted, name.rpartition(".")[0] or name)
    faults.raise_if_any()
    if not wanted:
        raise BadTable(f"{name} has no terms. Give one a line, in a column named “term”.")
    try:
        return [
            add_to_list(review=review, by=by, own=own, name=each, **given) for each, given in wanted.items()
        ]
    except TermsRefused as refusal:
        raise BadTable(f"{name}: {refusal}") from refusal


def _read(name: str, data: bytes) -> Table:
    try:
        xlsx.refuse_others(data[:8192], name)
        if not data.startswith(b"PK\x03\x04"):
            return read_table(name, data, required=["term"])
        lines = [
            (row.line, [cell.strip() for cell in row.cells]) for row in xlsx.rows(io.BytesIO(data), name=name)
        ]
    except UnreadableFile as error:
        raise BadTable(str(error)) from error
    lines = [(line, cells) for line, cells in lines if any(cells)]
    columns = [cell.casefold() for cell in lines[0][1]] if lines else []
    if "term" not in columns:
        raise BadTable(
            f"{name}: the column 'term' is missing; the columns are {', '.join(columns) or 'none'}."
        )
    return Table(columns, [Row(line, dict(zip(columns, cells, strict=False))) for line, cells in lines[1:]])


def _take_row(row: Row, faults: Faults, wanted: dict[str, dict], default: str) -> None:
    term = " ".join(_plain(row["term"]).split())
    kind, colour = row["kind"].casefold() or TermList.Kind.OTHER.value, row["colour"] or "0"
    if not term:
        return
    if wrong := fault_of(term):
        faults.add(row.line, f"“{term[:40]}”: {wrong}", "term")
    if kind not in TermList.Kind.values:
        faults.add(row.line, f"“{kind}” is none of {', '.join(TermList.Kind.values)}.", "kind")
    colour = colour.removesuffix(".0")  # a spreadsheet's number
    if not colour.isdecimal() or len(colour) > 2 or int(colour) > COLOURS:
        faults.add(row.line, f"“{colour[:20]}” is not a colour: 1 to {COLOURS}.", "colour")
        colour = "0"
    given = wanted.setdefault(
        _plain(row["list"]) or default, {"kind": kind, "colour": int(colour), "terms": []}
    )
    given["terms"].append(term)


def _plain(cell: str) -> str:
    """The cell without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(DANGEROUS) else cell
