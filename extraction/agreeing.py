"""The page on which two people agree, as data: what is shown of each field and result, and what was chosen there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from extraction.comparing import CIRCUMSTANCES, Grade, Line, Shift, Verdict
from extraction.filling import Cell
from extraction.form_schema import NOT_REPORTED, Field
from extraction.models import Arm, Result
from extraction.services.errors import InvalidResult
from extraction.side_by_side import FieldItem, ResultItem, SideBySide
from extraction.values import EVERY_FIELD, sentence_case
from reviews.models import Membership
from reviews.permissions import Permission

LEFT, RIGHT, OWN = "left", "right", "own"
#: Circumstances that a person can write; the others are chosen from one side, and corrected later.
WRITTEN = ("scale", "time_point", "weeks", "subgroup")


@dataclass(frozen=True)
class Side:
    """What one of the two has for a field."""

    key: str
    name: str
    has: bool
    text: str
    pieces: list[tuple[str, bool]]
    comment: str
    sources: list
    chosen: bool


@dataclass(frozen=True)
class FieldCard:
    """One field on the page."""

    item: FieldItem
    sides: tuple[Side, Side]
    cell: Cell
    may_take: bool
    may_write: bool
    #: The label of the repeating group, and which row.
    group: str = ""
    refusal: str = ""

    @property
    def label(self) -> str:
        return self.item.difference.field.label or self.item.difference.field.key

    @property
    def dom(self) -> str:
        return self.item.anchor


@dataclass(frozen=True)
class Row:
    """One line of two results: the words of both sides, and what may be chosen."""

    line: Line
    name: str
    label: str
    left: str
    right: str
    can_choose: bool
    can_write: bool
    shared: str = ""
    picked: str = ""
    typed: str = ""


@dataclass(frozen=True)
class ResultCard:
    """One result on the page."""

    item: ResultItem
    rows: list[Row]
    effects: tuple[Shift, ...]
    may_take: bool
    may_settle: bool
    refusal: str = ""

    @property
    def dom(self) -> str:
        return self.item.anchor

    @property
    def both(self) -> tuple[Result | None, Result | None]:
        return self.item.left, self.item.right

    @property
    def differing(self) -> list[Row]:
        return [row for row in self.rows if not row.line.agrees]


def may_reconcile(membership: Membership) -> bool:
    return Permission.RECONCILE in membership.may


def field_card(
    side: SideBySide, item: FieldItem, membership: Membership, *, refusal: str = "", typed: Any = None
) -> FieldCard:
    """The field as ``membership`` may settle it."""
    difference, settles = item.difference, may_reconcile(membership)
    agrees = difference.agrees and not item.is_empty
    cell = Cell(difference.field, difference.row, item.shared, shown=True, typed=typed, refusal=refusal)
    names = str(side.left.extractor), str(side.right.extractor)
    left, right = difference.pieces
    return FieldCard(
        item,
        (
            _side(LEFT, names[0], item.left, difference.left_text, left, item),
            _side(RIGHT, names[1], item.right, difference.right_text, right, item),
        ),
        cell,
        may_take=settles or (agrees and Permission.EXTRACT in membership.may and not item.settled),
        may_write=settles,
        group=f"{side.group_label(difference.field.group)}, row {difference.position}"
        if difference.field.group
        else "",
        refusal=refusal,
    )


def result_card(
    item: ResultItem, membership: Membership, *, refusal: str = "", posted: Mapping[str, str] | None = None
) -> ResultCard:
    """The result as ``membership`` may settle it; ``posted`` is what was chosen and refused."""
    settles = may_reconcile(membership)
    open_now = not item.settled or item.left_out
    takes = settles or (item.pair.agrees and not item.left_out and Permission.EXTRACT in membership.may)
    lines = (*item.pair.numbers, *item.pair.circumstances) or _lone(item)
    rows = [_row(item, line, posted or {}) for line in lines]
    return ResultCard(
        item,
        rows,
        item.pair.effects,
        may_take=takes and open_now,
        may_settle=settles and open_now,
        refusal=refusal,
    )


def chosen_value(post: QueryDict, item: FieldItem) -> Any:
    """What the pressed button asks for: the value of a side (None if it has none), or what was written."""
    take, difference = post.get("take", OWN), item.difference
    if take == LEFT:
        return difference.left
    if take == RIGHT:
        return difference.right
    return typed_value(post, difference.field, f"{difference.field.key}.{difference.row}")


def typed_value(post: QueryDict, field: Field, name: str) -> Any:
    """What was written into the control of ``_fill_widget.html``."""
    sent = [one for one in post.getlist(f"v:{name}") if one.strip()]
    if f"n:{name}" in post:
        sent = [NOT_REPORTED] if field.type == "choices" or not sent else sent
    return sent if field.type == "choices" else (sent[0] if sent else "")


def chosen_result(post: QueryDict, item: ResultItem) -> tuple[Result, dict[str, Any]]:
    """(the side to build on, what differs from it) of the posted choices; InvalidResult for a line left open."""
    take = post.get("take", "chosen")
    if take == RIGHT or item.left is None:
        assert item.right is not None
        return item.right, {}
    if take == LEFT or item.right is None:
        return item.left, {}
    changes: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for line in (*item.pair.numbers, *item.pair.circumstances):
        pick = post.get(f"pick-{line.name}", "") or (OWN if post.get(f"own-{line.name}", "").strip() else "")
        if pick == OWN:
            changes[line.name] = post.get(f"own-{line.name}", "").strip()
        elif pick == RIGHT and not _is_turned_arm(item, line):
            changes[line.name] = _raw(item.right, line, line.right)
        elif not pick and line.agrees and line.grade != "same":
            changes[line.name] = _raw(item.left, line, line.proposed)
        elif not pick and not line.agrees and not _is_turned_arm(item, line):
            missing[line.name] = f"Choose {_label(line)}."
    if missing:
        raise InvalidResult(missing)
    return item.left, {name: value for name, value in changes.items() if value != getattr(item.left, name)}


def _side(key: str, name: str, value: Any, text: str, pieces: list, item: FieldItem) -> Side:
    own = value.value if value else None
    return Side(
        key,
        name,
        value is not None,
        text,
        pieces,
        value.comment if value else "",
        list(value.sources.all()) if value else [],
        chosen=item.shared is not None and item.shared.value == own,
    )


def _lone(item: ResultItem) -> list[Line]:
    """The numbers of a result that has no other to be compared with."""
    if item.left and item.right:
        return []
    given = {
        name: value
        for name, value in item.one.values.items()
        if value is not None and value is not False and value != ""
    }
    return [
        Line(
            name,
            EVERY_FIELD[name].label,
            value if item.left else None,
            None if item.left else value,
            Verdict(Grade.SAME),
        )
        for name, value in given.items()
    ]


def _row(item: ResultItem, line: Line, posted: Mapping[str, str]) -> Row:
    both = item.left is not None and item.right is not None
    written = line.name in WRITTEN or (line.name in EVERY_FIELD and EVERY_FIELD[line.name].is_number)
    shared = item.shared if item.shared and not item.left_out else None
    return Row(
        line,
        line.name,
        _label(line),
        _words(item.left, line, line.left, typed=not item.pair.swapped),
        _words(item.right, line, line.right, typed=not item.pair.swapped),
        can_choose=both and not line.agrees and not _is_turned_arm(item, line),
        can_write=both and written,
        shared=_words(shared, line, _shared_value(shared, line), typed=True) if shared else "",
        picked=posted.get(f"pick-{line.name}", ""),
        typed=posted.get(f"own-{line.name}", ""),
    )


def _label(line: Line) -> str:
    return sentence_case(CIRCUMSTANCES.get(line.name, line.label))


def _is_turned_arm(item: ResultItem, line: Line) -> bool:
    """Arms the other way round are chosen with the whole result."""
    return item.pair.swapped and line.name in ("experimental", "comparator")


def _raw(result: Result | None, line: Line, value: Any) -> Any:
    return getattr(result, line.name) if line.name in ("experimental", "comparator") and result else value


def _shared_value(shared: Result, line: Line) -> Any:
    value = getattr(shared, line.name, None)
    return value.pk if isinstance(value, Arm) else value


def _words(result: Result | None, line: Line, value: Any, *, typed: bool) -> str:
    """One side of a line in words; numbers as they were typed."""
    if result is None or value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if line.name in ("experimental", "comparator"):
        arm = getattr(result, line.name)
        return arm.label if arm else ""
    if line.name in ("rater", "population"):
        return getattr(result, f"get_{line.name}_display")()
    if typed and isinstance(value, int | float) and (text := result.typed.get(line.name)):
        return text
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)
