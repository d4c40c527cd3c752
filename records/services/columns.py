"""Which column of a table means what: guessed, remembered, or named by a person."""

from records.models import ImportBatch
from reviews.models import User

TABLES = frozenset({"csv", "xlsx"})


def choose_columns(batch: ImportBatch, by: User | None) -> bool:
    """Whether the columns are clear without a person."""
    return True


def check_mapping(batch: ImportBatch, mapping: dict[str, str], sheet: str) -> dict[str, str]:
    return mapping


def remember_columns(batch: ImportBatch, by: User) -> None:
    pass
