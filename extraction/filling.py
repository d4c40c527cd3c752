"""The page on which a form is filled in, as data: sections, groups, rows and one cell for each field and row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extraction.filled import removed_rows, schema_of, working_of
from extraction.form_schema import (
    NOT_REPORTED,
    Field,
    Group,
    Section,
    Working,
    show_value,
    show_with_unit,
)
from extraction.models import Extraction, ExtractionSettings, Value
from reviews.models import User

#: Options up to this many are radio buttons, more are a list to choose from.
MOST_RADIOS = 6
#: A group is a table if its fields are short and no more than this many, else a card for each row.
MOST_COLUMNS = 5
SHORT = frozenset({"text", "number", "date", "choice", "yes_no", "calculated"})


@dataclass
class Cell:
    """One field in one row, with what stands there. ``typed`` is what was typed and not taken, if anything."""

    field: Field
    row: str
    one: Value | None
    shown: bool
    result: Any = None
    may_verify: bool = False
    typed: Any = None
    refusal: str = ""
    in_table: bool = False
    stamp: str = ""

    @property
    def name(self) -> str:
        """The cell in addresses of the page, for example "age." or "n_arm.k3f9"."""
        return f"{self.field.key}.{self.row}"

    @property
    def dom(self) -> str:
        return f"f-{self.field.key}{f'-{self.row}' if self.row else ''}"

    @property
    def version(self) -> int:
        return self.one.version if self.one else 0

    @property
    def kept(self) -> Any:
        return self.one.value if self.one else None

    @property
    def value(self) -> Any:
        return self.kept if self.typed is None else self.typed

    @property
    def comment(self) -> str:
        return self.one.comment if self.one else ""

    @property
    def unreported(self) -> bool:
        return self.value == NOT_REPORTED or self.value == [NOT_REPORTED]

    @property
    def text(self) -> str:
        """What stands in a field of text."""
        return "" if self.value is None or self.unreported else str(self.value)

    @property
    def words(self) -> str:
        return (
            show_value(self.field, self.result)
            if self.field.is_calculated
            else show_value(self.field, self.kept)
        )

    @property
    def full_words(self) -> str:
        return show_with_unit(self.field, self.result if self.field.is_calculated else self.kept)

    @property
    def widget(self) -> str:
        if self.field.type == "choice":
            return (
                "select" if self.in_table or len(self.field.options) + self.with_nr > MOST_RADIOS else "radio"
            )
        if self.field.type == "yes_no":
            return "select" if self.in_table else "radio"
        return {"choices": "boxes", "long_text": "area", "calculated": "output"}.get(self.field.type, "line")

    @property
    def with_nr(self) -> bool:
        return self.field.not_reported and not self.field.is_calculated

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """(what is sent, label, chosen) of what can be chosen."""
        if self.field.type == "yes_no":
            offered = [("yes", "Yes", True), ("no", "No", False)]
            return [(sent, label, self.value in (sent, kept)) for sent, label, kept in offered]
        value = self.value
        chosen = value if isinstance(value, list) else [value]
        return [(option.key, option.label, option.key in chosen) for option in self.field.options]

    @property
    def is_filled(self) -> bool:
        return self.kept is not None


@dataclass
class Row:
    key: str
    cells: list[Cell]


@dataclass
class GroupView:
    group: Group
    rows: list[Row]
    shown: bool
    removed: list[tuple[str, str]] = field(default_factory=list)
    is_group = True

    @property
    def as_table(self) -> bool:
        fields = self.group.fields
        return len(fields) <= MOST_COLUMNS and all(one.type in SHORT for one in fields)

    @property
    def is_full(self) -> bool:
        return self.group.at_most is not None and len(self.rows) >= self.group.at_most


@dataclass
class SectionView:
    section: Section
    items: list[Cell | GroupView]
    shown: bool


@dataclass
class Page:
    """The whole form. ``asked`` fields are shown and not calculated, ``filled`` of them have a value."""

    sections: list[SectionView]
    cells: dict[str, Cell]
    missing: list[str]
    asked: int
    filled: int


def page_of_form(
    extraction: Extraction,
    by: User,
    *,
    mode: str,
    typed: Mapping[str, Any] | None = None,
    refusals: Mapping[str, str] | None = None,
) -> Page:
    """The form of ``extraction`` for ``by``; ``typed`` and ``refusals`` by cell name are what was not taken."""
    schema = schema_of(extraction)
    if schema is None:
        return Page([], {}, [], 0, 0)
    work = working_of(extraction, schema)
    maker = _Maker(extraction, by, work, mode, typed or {}, refusals or {})
    sections = [
        SectionView(section, [maker.item(item) for item in section.items], work.section_is_shown(section.key))
        for section in schema.sections
    ]
    counted = [cell for cell in maker.cells.values() if cell.shown and not cell.field.is_calculated]
    return Page(
        sections=sections,
        cells=maker.cells,
        missing=[gap.sentence for gap in work.missing()],
        asked=len(counted),
        filled=sum(cell.is_filled for cell in counted),
    )


class _Maker:
    def __init__(
        self,
        extraction: Extraction,
        by: User,
        work: Working,
        mode: str,
        typed: Mapping[str, Any],
        refusals: Mapping[str, str],
    ) -> None:
        self.extraction, self.by, self.work = extraction, by, work
        self.typed, self.refusals = typed, refusals
        self.verifying = mode == ExtractionSettings.Mode.VERIFY
        self.ones = {(one.field, one.row): one for one in extraction.values.all()}
        self.cells: dict[str, Cell] = {}

    def item(self, item: Field | Group) -> Cell | GroupView:
        return self.group(item) if isinstance(item, Group) else self.cell(item)

    def cell(self, place: Field, row: str = "", in_table: bool = False) -> Cell:
        one = self.ones.get((place.key, row))
        cell = Cell(
            field=place,
            row=row,
            one=one,
            shown=self.work.is_shown(place.key, row),
            result=self.work.value(place.key, row) if place.is_calculated else None,
            may_verify=self.verifying
            and one is not None
            and one.value is not None
            and one.changed_by_id != self.by.pk,
            in_table=in_table,
        )
        cell.typed, cell.refusal = self.typed.get(cell.name), self.refusals.get(cell.name, "")
        self.cells[cell.name] = cell
        return cell

    def group(self, group: Group) -> GroupView:
        view = GroupView(group, [], self.work.group_is_shown(group.key))
        view.rows = [self.row(view, row) for row in self.work.rows.get(group.key, ())]
        view.removed = [(row, self.words_of(group, row)) for row in removed_rows(self.extraction, group)]
        return view

    def row(self, view: GroupView, row: str) -> Row:
        return Row(row, [self.cell(place, row, view.as_table) for place in view.group.fields])

    def words_of(self, group: Group, row: str) -> str:
        """What was in a removed row, in a few words."""
        said = [
            show_value(place, self.ones[place.key, row].value)
            for place in group.fields
            if (place.key, row) in self.ones
        ]
        return "; ".join(word for word in said if word)[:80]


def state_of_form(extraction: Extraction) -> dict[str, Any]:
    """What the page has to know after a change: what is shown, calculated, filled in and missing."""
    schema = schema_of(extraction)
    if schema is None:
        return {"shown": [], "calculated": {}, "missing": [], "asked": 0, "filled": 0}
    work = working_of(extraction, schema)
    places = [(key, row) for key, row in work.places() if work.is_shown(key, row)]
    asked = [place for place in places if not schema.by_key[place[0]].is_calculated]
    return {
        "shown": [f"{key}.{row}" for key, row in places],
        "sections": [one.key for one in schema.sections if work.section_is_shown(one.key)],
        "groups": [key for key in schema.groups if work.group_is_shown(key)],
        "calculated": {
            f"{key}.{row}": show_with_unit(schema.by_key[key], work.value(key, row))
            for key, row in places
            if schema.by_key[key].is_calculated
        },
        "missing": [[f"{gap.field}.{gap.row}", gap.sentence] for gap in work.missing()],
        "asked": len(asked),
        "filled": sum(place in work.values for place in asked),
    }
