"""A table of records with a label each, as published for simulations: title, abstract, label_included."""

import csv
import io
from dataclasses import dataclass
from itertools import islice

#: Other names under which published tables have these columns; compared without case, spaces and underscores.
SPELLINGS = {
    "title": ("title", "titles", "primary_title", "article_title", "ti"),
    "abstract": ("abstract", "abstracts", "abstract_note", "notes_abstract", "ab"),
    "label_included": (
        "label_included",
        "included",
        "included_label",
        "included_final",
        "final_included",
        "label_final",
        "is_included",
        "include",
        "label",
    ),
    "record_id": ("record_id", "id"),
}
NEEDED = ("title", "abstract", "label_included")
LABELS = {"1": 1, "1.0": 1, "0": 0, "0.0": 0}


class BadTable(ValueError):
    """The table cannot be used; the sentence says which line and column, and what would be right."""


@dataclass(frozen=True)
class Labelled:
    """Columns of equal length; ``ids`` are unique. ``notes`` are sentences about what was taken for what."""

    ids: list[str]
    titles: list[str]
    abstracts: list[str]
    labels: list[int]
    notes: list[str]

    def places(self, ids: list[str]) -> list[int]:
        """Where these ids are. BadTable for one that is not there, or named twice."""
        where = {name: place for place, name in enumerate(self.ids)}
        for number, name in enumerate(ids):
            if name not in where:
                there = ", ".join(islice(self.ids, 3))
                raise BadTable(f"prior '{name}' is no record of this table. Its ids are {there}, ...")
            if name in ids[:number]:
                raise BadTable(f"prior '{name}' is named twice.")
        return [where[name] for name in ids]


def read_labelled(data: bytes) -> Labelled:
    """Read comma-, semicolon- or tab-separated text in UTF-8 whose first line names the columns.

    Needs a title, an abstract and a label (1 included, 0 not) for each record; ``record_id``, or else the number of
    the row (1 for the first after the names), tells records apart. BadTable when something is amiss.
    """
    text = _text(data)
    header = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    found: dict[str, list] = {}
    columns: dict[str, int] = {}
    ids: dict[str, int] = {}
    try:
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = [cell.strip() for cell in cells]
                columns = _columns(names)
                found = {name: [] for name in columns}
                continue
            _check_width(cells, names, rows.line_num)
            for name, place in columns.items():
                found[name].append(_value(name, cells[place], names[place], rows.line_num))
            given = found["record_id"][-1] if "record_id" in found else str(len(found["title"]))
            if given in ids:
                raise BadTable(
                    f"line {rows.line_num}, column record_id: '{given}' is also the id of line {ids[given]}."
                )
            ids[given] = rows.line_num
    except csv.Error as error:
        raise BadTable(f"line {rows.line_num}: this is not a table of values ({error}).") from error
    if names is None or not ids:
        raise BadTable(
            "there are no records in it: the first line names the columns, each other is a record."
        )
    if not any(found["label_included"]):
        raise BadTable("no record is labelled 1 (included), so there is nothing to find.")
    return Labelled(
        ids=list(ids),
        titles=found["title"],
        abstracts=found["abstract"],
        labels=found["label_included"],
        notes=_notes(names, columns),
    )


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadTable(f"line {line} is not UTF-8 text. Save the table as CSV in UTF-8.") from error
    if "\0" in text:
        raise BadTable("this is no text. Save the table as CSV in UTF-8.")
    csv.field_size_limit(max(csv.field_size_limit(), 10_000_000))
    return text


def _columns(names: list[str]) -> dict[str, int]:
    """Our name of each column -> its place."""
    plain = [_plain(name) for name in names]
    found = {}
    for name, spellings in SPELLINGS.items():
        place = next((plain.index(_plain(word)) for word in spellings if _plain(word) in plain), None)
        if place is not None:
            found[name] = place
    missing = [name for name in NEEDED if name not in found]
    if missing:
        there = ", ".join(name for name in names[:20] if name) or "none"
        raise BadTable(
            f"line 1: there is no column {' and no column '.join(missing)}. Columns there are: {there}."
        )
    return found


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _notes(names: list[str], columns: dict[str, int]) -> list[str]:
    notes = [
        f"Column '{names[place]}' was read as {name}."
        for name, place in columns.items()
        if names[place] != name
    ]
    if "record_id" not in columns:
        notes.append("There is no column record_id: records are named by their row, the first is 1.")
    return notes


def _check_width(cells: list[str], names: list[str], line: int) -> None:
    if len(cells) != len(names):
        raise BadTable(f"line {line} has {len(cells)} values; the first line names {len(names)} columns.")


def _value(name: str, cell: str, column: str, line: int) -> str | int:
    value = cell.strip()
    if name == "label_included":
        if value not in LABELS:
            said = f"'{value[:40]}'" if value else "empty"
            raise BadTable(f"line {line}, column {column}: the label is {said}; it must be 1 or 0.")
        return LABELS[value]
    if name == "record_id" and not value:
        raise BadTable(f"line {line}, column {column}: the id is empty.")
    return value
