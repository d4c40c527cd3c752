"""What a newer version of a form means for what was extracted with an older one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from extraction.form_choice import forms_of, is_newer
from extraction.form_schema import (
    Change,
    Field,
    FieldError,
    Schema,
    Working,
    changes,
    convert_value,
    show_with_unit,
)
from extraction.models import Extraction, Form, FormVersion, Value
from reviews.models import Membership


@dataclass(frozen=True)
class Left:
    """A value that does not come along: its field is gone, or the new one cannot hold it (``why``)."""

    field: str
    row: str
    label: str
    words: str
    why: str


@dataclass
class Move:
    """What moving one extraction from ``old`` to ``new`` does; ``kept`` has the values as they will be."""

    extraction: Extraction
    version: FormVersion
    old: Schema
    new: Schema
    kept: dict[tuple[str, str], Any] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)

    @property
    def lacks(self) -> list[Field]:
        """Fields of the new version that the old one did not ask and that are shown."""
        added = [one for key, one in self.new.by_key.items() if key not in self.old.by_key]
        return [one for one in added if not one.is_calculated and self._is_shown(one)]

    @property
    def lacks_required(self) -> list[Field]:
        return [one for one in self.lacks if one.required]

    @cached_property
    def working(self) -> Working:
        rows = {key: keys for key, keys in self.extraction.rows.items() if key in self.new.groups}
        return Working(self.new, self.kept, rows)

    def _is_shown(self, one: Field) -> bool:
        return self.working.group_is_shown(one.group) if one.group else self.working.is_shown(one.key)

    @property
    def is_plain(self) -> bool:
        """Whether nothing is lost from view and nothing has to be filled in."""
        return not self.left and not self.lacks_required


def move_of(extraction: Extraction, version: FormVersion) -> Move:
    """What ``take_over_form_version`` would do to ``extraction`` (with ``form_version`` and ``values``)."""
    old = extraction.form_version.read() if extraction.form_version else Schema(())
    move = Move(extraction, version, old, version.read())
    for value in extraction.values.all():
        if value.value is not None:
            _sort(move, value)
    return move


def _sort(move: Move, value: Value) -> None:
    before, after = move.old.by_key.get(value.field), move.new.by_key.get(value.field)
    place = value.field, value.row
    before = before or after  # kept from an even older version, and perhaps asked again
    if before is None:
        return
    words, why = show_with_unit(before, value.value), "no longer asked"
    if after is not None and before.group == after.group:
        try:
            move.kept[place] = convert_value(before, after, value.value)
            return
        except FieldError as error:
            why = str(error)
    elif after is not None:
        why = "asked in another group now"
    move.left.append(Left(value.field, value.row, before.label, words, why))


def outdated(form: Form, version: FormVersion, membership: Membership) -> list[Move]:
    """The moves to ``version`` of the extractions with earlier versions of ``form`` that this member may see."""
    rows = (
        Extraction.objects.visible_to(membership)
        .filter(form_version__form=form, form_version__number__lt=version.number)
        .select_related("study", "form_version", "extractor")
        .prefetch_related("values")
    )
    return [move_of(extraction, version) for extraction in rows]


def history_of(versions: Iterable[FormVersion]) -> list[tuple[FormVersion, list[Change]]]:
    """Each version, the newest first, with what changed since the one before."""
    ordered = sorted(versions, key=lambda version: version.number)
    told: list[tuple[FormVersion, list[Change]]] = []
    before: Schema | None = None
    for version in ordered:
        now = version.read()
        told.append((version, changes(before, now) if before else []))
        before = now
    return told[::-1]


def moves_in(membership: Membership) -> list[Move]:
    """Every move that waits in the review: extractions this member may see whose study has a newer form now."""
    rows = list(
        Extraction.objects.visible_to(membership)
        .exclude(form_version=None)
        .select_related("study", "form_version__form", "extractor")
        .prefetch_related("values")
    )
    now = forms_of(membership.review, [extraction.study for extraction in rows])
    return [
        move_of(extraction, version)
        for extraction in rows
        if (version := now[extraction.study_id]) and is_newer(version, extraction.form_version)
    ]
