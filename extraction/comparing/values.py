"""Two people's form values of one study, field by field. No Django here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extraction.form_schema import (
    NOT_REPORTED,
    Field,
    Group,
    Schema,
    number_of,
    show_value,
    show_with_unit,
    shown,
)

from .grades import Grade, Verdict, one_sided
from .numbers import compare_numbers
from .pairing import most_alike
from .texts import pieces, same_text
from .units import compare_quantities, unit_slip

Values = Mapping[tuple[str, str], Any]
Rows = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Difference:
    """One field as two people filled it in; where ``agrees``, there is none but perhaps in precision or unit.

    ``row`` is the row key a shared value gets (the left one's, or that of the only one who has the row); rows of
    the two are paired by what is in them, so ``row_left`` and ``row_right`` are other words. None: has no such row.
    """

    field: Field
    left: Any
    right: Any
    verdict: Verdict
    row_left: str | None = ""
    row_right: str | None = ""
    #: Which row of its group, counted from 1; 0 outside groups.
    position: int = 0

    @property
    def row(self) -> str:
        return self.row_left or self.row_right or ""

    @property
    def key(self) -> tuple[str, str]:
        return self.field.key, self.row

    @property
    def grade(self) -> Grade:
        return self.verdict.grade

    @property
    def agrees(self) -> bool:
        return self.grade.agrees

    @property
    def proposed(self) -> Any:
        """What to keep where both agree; None where they do not."""
        return self.verdict.proposed if self.agrees else None

    @property
    def left_text(self) -> str:
        return show_with_unit(self.field, self.left)

    @property
    def right_text(self) -> str:
        return show_with_unit(self.field, self.right)

    @property
    def pieces(self) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
        """Both sides in words, cut where they differ."""
        if self.grade is Grade.DIFFERENT and self.field.type in ("text", "long_text"):
            return pieces(self.left_text, self.right_text)
        if self.grade is Grade.DIFFERENT and self.field.type == "choices":
            return _chosen(self.field, self.left, self.right), _chosen(self.field, self.right, self.left)
        return [(self.left_text, False)], [(self.right_text, False)]


def compare_values(
    schema: Schema, left: Values, right: Values, rows_left: Rows | None = None, rows_right: Rows | None = None
) -> list[Difference]:
    """Every field that at least one side filled in and was shown to, in the order of the form.

    Values are {(field key, row key): value as kept}; ``rows_*`` {group key: [row keys in order]} (else the rows are
    those that have values). Calculated fields follow from others and are left out.
    """
    sides = _seen(schema, left), _seen(schema, right)
    found: list[Difference] = []
    for section in schema.sections:
        for item in section.items:
            if isinstance(item, Group):
                found += _group(item, sides, (rows_left, rows_right))
            else:
                found += _field(item, (sides[0].get((item.key, "")), sides[1].get((item.key, ""))))
    return found


def compare_field(field: Field, left: Any, right: Any) -> Verdict:
    """Grade two values of one field, as they are kept; None is not filled in."""
    empty = one_sided(left is not None, right is not None)
    if empty is not None:
        return Verdict(empty, left if left is not None else right)
    if left == right:
        return Verdict(Grade.SAME, left)
    if NOT_REPORTED in (left, right):
        return Verdict(Grade.DIFFERENT, hint="One found it in the report, the other did not.")
    return COMPARERS.get(field.type, _plainly)(field, left, right)


def pair_rows(
    group: Group, left: Values, right: Values, rows: tuple[Sequence[str], Sequence[str]]
) -> list[tuple[str | None, str | None]]:
    """Which rows of a repeating group are the same thing: those with most in common; the left ones' order first."""
    mine, theirs = rows
    points = [[_in_common(group, left, a, right, b) for b in theirs] for a in mine]
    partner = most_alike(points, 0 if len(mine) == len(theirs) == 1 else 1)
    pairs: list[tuple[str | None, str | None]] = [
        (row, theirs[partner[i]] if i in partner else None) for i, row in enumerate(mine)
    ]
    taken = set(partner.values())
    return pairs + [(None, row) for j, row in enumerate(theirs) if j not in taken]


def counts(found: Sequence[Difference]) -> Counter[Grade]:
    """How many fields have each grade."""
    return Counter(one.grade for one in found)


def _seen(schema: Schema, values: Values) -> dict[tuple[str, str], Any]:
    """The values of fields that were shown; what was typed before a field disappeared does not count."""
    visible = shown(schema, values)
    return {key: value for key, value in values.items() if value is not None and key in visible}


def _field(
    field: Field,
    sides: tuple[Any, Any],
    rows: tuple[str | None, str | None] = ("", ""),
    position: int = 0,
) -> list[Difference]:
    left, right = sides
    if field.is_calculated or (left is None and right is None):
        return []
    return [Difference(field, left, right, compare_field(field, left, right), rows[0], rows[1], position)]


def _group(
    group: Group, sides: tuple[Values, Values], given: tuple[Rows | None, Rows | None]
) -> list[Difference]:
    keys = {field.key for field in group.fields}
    orders = []
    for values, rows in zip(sides, given, strict=True):
        used = list(dict.fromkeys(row for key, row in values if key in keys))
        known = list((rows or {}).get(group.key, used))
        orders.append([row for row in known if row in used])
    found: list[Difference] = []
    for position, (a, b) in enumerate(pair_rows(group, *sides, (orders[0], orders[1])), start=1):
        for field in group.fields:
            pair = (
                sides[0].get((field.key, a)) if a is not None else None,
                sides[1].get((field.key, b)) if b is not None else None,
            )
            found += _field(field, pair, (a, b), position)
    return found


def _in_common(group: Group, left: Values, a: str, right: Values, b: str) -> float:
    """How much two rows share: the first field names the row and counts double."""
    points = 0.0
    for place, field in enumerate(field for field in group.fields if not field.is_calculated):
        mine, theirs = left.get((field.key, a)), right.get((field.key, b))
        if mine is not None and theirs is not None and compare_field(field, mine, theirs).grade.agrees:
            points += 1 if place else 2
    return points


def _numbers(field: Field, left: Any, right: Any) -> Verdict:
    a, b = number_of(left), number_of(right)
    if a is None or b is None:
        return Verdict(Grade.DIFFERENT)
    found = compare_numbers(a, b, whole=field.decimals == 0, typed_left=str(left), typed_right=str(right))
    proposed = right if found.proposed == b and found.proposed != a else left
    if found.grade is Grade.SAME:
        proposed = right if len(str(right)) > len(str(left)) else left
    if found.grade is not Grade.DIFFERENT:
        return Verdict(found.grade, proposed)
    if field.unit.strip() == "%":
        share = _share_of_percent(left, right)
        if share is not None:
            return Verdict(Grade.UNIT, share, "One wrote a share, the other per cent.")
    return Verdict(Grade.DIFFERENT, hint=unit_slip(a, b, field.unit) or found.hint)


def _share_of_percent(left: str, right: str) -> str | None:
    """The one in per cent, when the other is the same as a share of 1 (0.45 and 45, also rounded: 0.45 and 44.7)."""
    for small, large in ((left, right), (right, left)):
        share = number_of(small)
        if share is not None and 0 < share < 1:
            places = len(str(small).partition(".")[2])
            as_percent = f"{share * 100:.{max(0, places - 2)}f}"
            verdict = compare_numbers(
                float(as_percent), number_of(large), typed_left=as_percent, typed_right=str(large)
            )
            if verdict.grade.agrees:
                return large
    return None


def _texts(field: Field, left: Any, right: Any) -> Verdict:
    if same_text(str(left), str(right)):
        return Verdict(Grade.SAME, left)
    return compare_quantities(str(left), str(right)) or Verdict(Grade.DIFFERENT)


def _dates(field: Field, left: Any, right: Any) -> Verdict:
    """2019-03 is 2019-03-12 less precisely."""
    short, long = sorted((str(left), str(right)), key=len)
    if len(short) < len(long) and long.startswith(short):
        return Verdict(Grade.ROUNDED, long)
    return Verdict(Grade.DIFFERENT)


def _several(field: Field, left: Any, right: Any) -> Verdict:
    return Verdict(Grade.SAME, left) if _keys(left) == _keys(right) else Verdict(Grade.DIFFERENT)


def _chosen(field: Field, mine: Any, theirs: Any) -> list[tuple[str, bool]]:
    """What one chose, each with whether the other did not."""
    found: list[tuple[str, bool]] = []
    for key in mine if isinstance(mine, list) else [mine]:
        found += [("; ", False)] if found else []
        found.append((show_value(field, key), key not in _keys(theirs)))
    return found


def _keys(value: Any) -> set[str]:
    return set(value) if isinstance(value, list) else {str(value)}


def _plainly(field: Field, left: Any, right: Any) -> Verdict:
    return Verdict(Grade.SAME, left) if left == right else Verdict(Grade.DIFFERENT)


COMPARERS = {
    "text": _texts,
    "long_text": _texts,
    "number": _numbers,
    "date": _dates,
    "choices": _several,
}
