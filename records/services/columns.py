"""Which column of a table means what: guessed from the header, remembered, or named by a person."""

from dataclasses import dataclass

from records.formats.mapping import TARGETS, Table, signature, table_of
from records.models import ColumnMapping, ImportBatch
from records.services.staging import CannotImport
from reviews.models import User

TABLES = frozenset({"csv", "xlsx"})
TITLES = frozenset({"title", "title_original"})


@dataclass(frozen=True, slots=True)
class Offer:
    """What to propose for the columns of a table, and where it comes from: "named", "elsewhere" or "guess"."""

    mapping: dict[str, str]
    origin: str


def table_in(batch: ImportBatch, sheet: str = "") -> Table:
    """Columns, first rows and guess of a stored table. Raises UnreadableFile when there is no table in it."""
    return table_of(
        batch.file.path,
        filename=batch.file_name,
        encoding=batch.chosen_encoding or None,
        sheet=sheet or batch.sheet or None,
    )


def choose_columns(batch: ImportBatch) -> bool:
    """Set what a new file's columns mean, as given or as remembered; whether they are clear without a person.

    The caller saves the batch. Raises UnreadableFile when there is no table in it, CannotImport for a mapping or
    sheet that cannot be.
    """
    if batch.format not in TABLES:
        if batch.mapping or batch.sheet:
            raise CannotImport(f"{batch.file_name} is no table, so it has no columns or sheets to choose.")
        return True
    table = _sheet_of(batch, batch.sheet)
    batch.sheet, batch.preset = table.sheet, table.preset
    if batch.mapping:
        check_mapping(table, batch.mapping)
        return True
    remembered = ColumnMapping.objects.filter(review=batch.review, signature=signature(table.columns)).first()
    if remembered:
        batch.mapping = _fitted(remembered, table)
    return bool(remembered) or table.sure


def name_columns(
    batch: ImportBatch, mapping: dict[str, str], sheet: str, by: User, *, remember: bool
) -> None:
    """Keep what a person says of the columns, for this file and the next with the same header; saves the batch."""
    table = _sheet_of(batch, sheet)
    check_mapping(table, mapping)
    batch.mapping, batch.sheet, batch.preset = mapping, table.sheet, table.preset
    batch.save(update_fields=["mapping", "sheet", "preset"])
    if remember:
        ColumnMapping.objects.update_or_create(
            review=batch.review,
            signature=signature(table.columns),
            defaults={"columns": table.columns, "mapping": mapping, "updated_by": by},
        )


def offer_for(batch: ImportBatch, table: Table, by: User) -> Offer:
    """What the columns mean now; for a header not named here, what the same person said of it in another review."""
    if batch.mapping and batch.mapping.keys() <= set(table.columns):
        return Offer(batch.mapping, "named")
    own = ColumnMapping.objects.filter(signature=signature(table.columns), updated_by=by)
    here = own.filter(review=batch.review).first()
    if here:
        return Offer(_fitted(here, table), "named")
    elsewhere = own.order_by("-updated_at").first()
    return Offer(_fitted(elsewhere, table), "elsewhere") if elsewhere else Offer(table.guess, "guess")


def check_mapping(table: Table, mapping: dict[str, str]) -> None:
    """Raises CannotImport for columns the table does not have, fields there are not, and a table without titles."""
    for column, field in mapping.items():
        if column not in table.columns:
            there = ", ".join(f"“{name}”" for name in table.columns[:20])
            raise CannotImport(f"The table has no column “{column[:80]}”; it has {there}.", field="mapping")
        if field and field not in TARGETS:
            choices = ", ".join(TARGETS)
            raise CannotImport(
                f"Column “{column[:80]}”: “{str(field)[:40]}” is no field. Choose one of {choices}, or blank.",
                field="mapping",
            )
    if not TITLES & set(mapping.values()):
        raise CannotImport(
            "Say which column holds the title: a record cannot be screened without.", field="mapping"
        )


def _fitted(remembered: ColumnMapping, table: Table) -> dict[str, str]:
    """What was said of a header, for one that may differ from it in blanks, as ``signature`` allows."""
    said = {" ".join(column.split()): field for column, field in remembered.mapping.items()}
    return {column: said.get(" ".join(column.split()), "") for column in table.columns}


def _sheet_of(batch: ImportBatch, sheet: str) -> Table:
    table = table_in(batch, sheet)
    if sheet and not table.sheets:
        raise CannotImport(
            f"{batch.file_name} is no workbook: it has no sheet “{sheet[:100]}”.", field="sheet"
        )
    return table
