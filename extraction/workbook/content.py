"""What a workbook holds for one person: arms, results and the forms, as text by row and column.

Where people extract independently, a workbook holds its owner's own results and values, never a colleague's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from extraction.form_choice import forms_of
from extraction.form_schema import Field, Schema, read_schema, show_value
from extraction.models import Arm, Extraction, ExtractionSettings, FormVersion, Result
from extraction.services.settings import modes_of
from extraction.values import EVERY_FIELD, EVERY_NAME
from reviews.models import Membership
from screening.models import Study

#: Columns that tell what a row is about: they are given with a new row and stay as they are in an old one.
ARM_PLACE = ("study",)
RESULT_PLACE = ("study", "outcome", "kind")
ARM_COLUMNS = {
    "study": "Study",
    "label": "Arm",
    "role": "Role",
    "n_randomised": "n randomised",
    "dose": "Dose",
    "description": "Description",
    "intervention": "Intervention",
}
RESULT_COLUMNS = {
    "study": "Study",
    "outcome": "Outcome",
    "kind": "Kind",
    "experimental": "Experimental arm",
    "comparator": "Comparator arm",
    "time_point": "Time point",
    "weeks": "Weeks",
    "scale": "Scale",
    "rater": "Rater",
    "population": "Population",
    "subgroup": "Subgroup",
    "is_change": "Change from baseline",
    "adjusted": "Adjusted",
    **{name: EVERY_FIELD[name].label for name in EVERY_NAME},
    "derived": "Converted or derived",
    "basis": "Basis",
    "source": "Source",
    "why": "Why corrected",
}


@dataclass
class Sheet:
    """One sheet: ``columns`` {key: head}, ``rows`` {row key: {column: text}}, ``help`` and ``choices`` by column.

    ``kind`` is arms, results, form or group; ``version`` the form version and ``group`` the repeating group it shows.
    """

    title: str
    kind: str
    columns: dict[str, str]
    place: tuple[str, ...]
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    help: dict[str, str] = field(default_factory=dict)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    version: int = 0
    group: str = ""

    @property
    def told(self) -> dict[str, Any]:
        """What the hidden sheet keeps about this one."""
        return {"title": self.title, "kind": self.kind, "version": self.version, "group": self.group}


def book_of(membership: Membership, studies: Iterable[Study] | None = None) -> list[Sheet]:
    """The sheets of one person's workbook, of ``studies`` or of every study of the review."""
    chosen = Study.objects.current().filter(review=membership.review)
    if studies is not None:
        chosen = chosen.filter(pk__in=[study.pk for study in studies])
    rows = list(chosen.select_related("review").order_by("label"))
    modes = modes_of(membership.review, rows)
    dual = {study.pk for study in rows if modes[study.pk] == ExtractionSettings.Mode.DUAL}
    return [_arms(rows), _results(membership, rows, dual), *_forms(membership, rows, dual)]


def text_of(value: Any) -> str:
    """A number, a yes or a word as a cell shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # late, as in reviews.workbooks

    return ILLEGAL_CHARACTERS_RE.sub("", str(value))


def result_row(result: Result) -> dict[str, str]:
    """One result as its row; needs ``with_names``."""
    row = {
        "study": result.study.label,
        "outcome": result.outcome.name,
        "experimental": result.experimental.label,
        "comparator": result.comparator.label if result.comparator else "",
        "why": "",
    }
    numbers = {name: result.typed.get(name) or text_of(getattr(result, name)) for name in EVERY_NAME}
    rest = {name: text_of(getattr(result, name)) for name in RESULT_COLUMNS if name not in row | numbers}
    return {name: (row | numbers | rest)[name] for name in RESULT_COLUMNS}


def arm_row(arm: Arm) -> dict[str, str]:
    """One arm as its row."""
    told = {"study": arm.study.label, "intervention": arm.intervention.name if arm.intervention else ""}
    return {name: told.get(name, text_of(getattr(arm, name))) for name in ARM_COLUMNS}


def _arms(studies: list[Study]) -> Sheet:
    arms = Arm.objects.filter(study__in=studies).select_related("study", "intervention")
    rows = {f"arm:{arm.pk}": arm_row(arm) for arm in arms.order_by("study__label", "pk")}
    return Sheet("Arms", "arms", ARM_COLUMNS, ARM_PLACE, rows, choices={"role": tuple(Arm.Role.values)})


def _results(membership: Membership, studies: list[Study], dual: set[int]) -> Sheet:
    found = Result.objects.visible_to(membership).filter(superseded_at=None, study__in=studies).with_names()
    firsts = _first_versions(studies)
    rows = {
        f"result:{firsts.get(result.pk, result.pk)}": result_row(result)
        for result in found.select_related("extraction").order_by("study__label", "outcome__order", "pk")
        if _is_own(result, membership, dual)
    }
    yes_no = ("yes", "no")
    choices: dict[str, tuple[str, ...]] = {
        "kind": tuple(Result.Kind.values),
        "rater": tuple(Result.Rater.values),
        "population": tuple(Result.Population.values),
        **dict.fromkeys(("is_change", "adjusted", "derived"), yes_no),
        **{name: yes_no for name, one in EVERY_FIELD.items() if one.flag},
    }
    told = {"why": "For a corrected row; left empty, the history says that it was corrected in a workbook."}
    return Sheet("Results", "results", RESULT_COLUMNS, RESULT_PLACE, rows, told, choices)


def _first_versions(studies: list[Study]) -> dict[int, int]:
    """{id: id of the first version} of corrected results: a row keeps its key when its result is corrected."""
    corrected = Result.objects.filter(study__in=studies).exclude(previous=None)
    before: dict[int, Any] = dict(corrected.values_list("pk", "previous"))
    found = {}
    for pk in before:
        first = pk
        while first in before:
            first = before[first]
        found[pk] = first
    return found


def _is_own(result: Result, membership: Membership, dual: set[int]) -> bool:
    """In dual extraction one's own results, else the shared ones: what this person may write."""
    if result.study_id in dual:
        return result.extraction is not None and result.extraction.extractor_id == membership.user_id
    return result.extraction is None


def _forms(membership: Membership, studies: list[Study], dual: set[int]) -> list[Sheet]:
    mine = _extractions(membership, studies, dual)
    given = forms_of(membership.review, studies)
    by_version: dict[FormVersion, list[tuple[Study, Extraction | None]]] = {}
    for study in studies:
        extraction = mine.get(study.pk)
        version = extraction.form_version if extraction else given.get(study.pk)
        if version:
            by_version.setdefault(version, []).append((study, extraction))
    sheets: list[Sheet] = []
    for version in sorted(by_version, key=lambda one: one.pk):
        sheets += _of_version(version, by_version[version])
    return _with_titles_of_their_own(sheets)


def _extractions(membership: Membership, studies: list[Study], dual: set[int]) -> dict[int, Extraction]:
    found = (
        Extraction.objects.visible_to(membership)
        .filter(study__in=studies)
        .select_related("form_version__form")
        .prefetch_related("values")
    )
    return {
        one.study_id: one
        for one in found
        if (
            one.kind == Extraction.Kind.INDEPENDENT and one.extractor_id == membership.user_id
            if one.study_id in dual
            else one.kind == Extraction.Kind.CONSENSUS
        )
    }


def _of_version(version: FormVersion, pairs: list[tuple[Study, Extraction | None]]) -> list[Sheet]:
    """The sheet of a form, and one for each repeating group of it."""
    schema = read_schema(version.schema)
    plain = [one for one in schema.fields if not one.group and not one.is_calculated]
    form = _sheet(version.form.name, "form", plain, version)
    groups = {
        key: _sheet(group.label, "group", [f for f in group.fields if not f.is_calculated], version, key)
        for key, group in schema.groups.items()
    }
    for study, extraction in pairs:
        values = {(v.field, v.row): v.value for v in extraction.values.all()} if extraction else {}
        form.rows[f"study:{study.pk}"] = _cells(study, plain, values, "")
        for key, sheet in groups.items():
            for row in extraction.rows.get(key, []) if extraction else []:
                fields = [f for f in schema.groups[key].fields if not f.is_calculated]
                sheet.rows[f"study:{study.pk}:{row}"] = _cells(study, fields, values, row)
    return [form, *groups.values()]


def _sheet(title: str, kind: str, fields: list[Field], version: FormVersion, group: str = "") -> Sheet:
    columns = {"study": "Study"} | {
        one.key: f"{one.label}{f' ({one.unit})' if one.unit else ''}" for one in fields
    }
    choices = {one.key: tuple(o.label for o in one.options) for one in fields if one.type == "choice"}
    choices |= {one.key: ("Yes", "No") for one in fields if one.type == "yes_no"}
    told = {one.key: one.help for one in fields if one.help}
    told |= {one.key: "Several answers, parted by ;" for one in fields if one.type == "choices"}
    return Sheet(title, kind, columns, ("study",), {}, told, choices, version.pk, group)


def _cells(study: Study, fields: list[Field], values: dict, row: str) -> dict[str, str]:
    return {"study": study.label} | {one.key: show_value(one, values.get((one.key, row))) for one in fields}


def _with_titles_of_their_own(sheets: list[Sheet]) -> list[Sheet]:
    """Excel takes 31 characters, none of ``[]:*?/\\``, and no name twice."""
    taken = {"arms", "results", "read me", "codebook", "_exported"}
    for sheet in sheets:
        base = re.sub(r"[\[\]:*?/\\']", " ", sheet.title).strip()[:28] or "Form"
        title, number = base, 1
        while title.casefold() in taken:
            number += 1
            title = f"{base} {number}"
        taken.add(title.casefold())
        sheet.title = title
    return sheets


def schema_for(version: int) -> Schema:
    """The form behind a sheet."""
    return read_schema(FormVersion.objects.get(pk=version).schema)
