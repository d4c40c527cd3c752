"""What two people agree on: results. The agreed one is a shared result that remembers what each of them had."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from extraction.comparing import Line
from extraction.comparing.results import other_arm, turned
from extraction.models import Arm, Result
from extraction.services.consensus import (
    Table,
    check_words,
    finish,
    open_table,
    shared_of,
    take_agreeing_values,
)
from extraction.services.conversions import still_true
from extraction.services.errors import AlreadyRecorded, InvalidResult, NotPossible
from extraction.services.results import CIRCUMSTANCES, facts, record_result
from extraction.services.sources import carry_sources
from extraction.services.values import NotYours
from extraction.side_by_side import ResultItem
from extraction.values import FIELDS
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import User
from screening.models import Study

LONGEST_REASON = 2000


@dataclass(frozen=True)
class Taken:
    """How many fields and results both agreed on and were taken over."""

    values: int
    results: int


@transaction.atomic
def agree_result(
    *,
    result: Result,
    by: User,
    changes: Mapping[str, Any] | None = None,
    seen: str = "",
    preferred: bool | None = None,
) -> Result:
    """Agree on a result: that of one side (``result``, an independent one), with ``changes`` where another is right.

    ``changes`` names numbers of its kind or circumstances (as ``correct_result``). ``seen`` is the ``stamp`` of the
    comparison the person looked at: when the result was settled since, it is a Conflict. Who may only extract
    agrees on what both have alike. Writes a shared result with ``agreed_from``; later changes are its corrections.
    """
    changes = dict(changes or {})
    for name, value in changes.items():
        check_words(value if isinstance(value, str) else "", LONGEST_REASON, name.replace("_", " "))
    table = open_table(result.study, by)
    item = _item(table, result)
    base = item.left if item.left and item.left.pk == result.pk else item.right
    assert base is not None
    _check_fresh(item, seen)
    if item.settled and not item.left_out:
        raise AlreadyRecorded(
            f"{item.shared.extracted_by} agreed on this result already. Correct the shared one if it is wrong."  # type: ignore[union-attr]
        )
    _check_changes(base, changes)
    _check_right(table, item, base, changes)
    return _agree(table, item, base, changes, preferred)


@transaction.atomic
def leave_out_result(*, result: Result, by: User, why: str, seen: str = "") -> Result:
    """Agree that a result one or both have is not to be used, and why. It can be agreed on again later."""
    if not why.strip():
        raise NotPossible("Say why the result is left out; the reason stays with it.", field="why")
    check_words(why, LONGEST_REASON, "reason")
    table = open_table(result.study, by)
    item = _item(table, result)
    _check_fresh(item, seen)
    if item.settled:
        raise AlreadyRecorded(
            "This result was settled already. Withdraw the shared one if it should not be used."
        )
    if not table.may_reconcile:
        raise NotYours(
            "Someone who may reconcile (adjudicator, manager or owner) says which results are left out."
        )
    base = item.left if item.left and item.left.pk == result.pk else item.right
    assert base is not None
    left_out = _copy(base, by, why.strip())
    left_out.agreed_from.set([one for one in (item.left, item.right) if one])
    record_event(
        review=table.side.study.review,
        actor=by,
        verb="extraction.result_left_out",
        target=left_out,
        sentence=f"left a result out of what was agreed: {left_out}.",
        detail={"why": why.strip(), **_both(item)},
    )
    shared_of(table)
    finish(table)
    return left_out


@transaction.atomic
def take_all_agreeing(*, study: Study, by: User) -> Taken:
    """Take over every field and result that both agree on, the more precise of two; settles no difference."""
    table = open_table(study, by)
    waiting = [item for item in table.side.results if item.waits]
    for item in waiting:
        assert item.left is not None
        proposed = {
            line.name: line.proposed
            for line in item.pair.numbers
            if line.proposed is not None and line.proposed != getattr(item.left, line.name)
        }
        words = {
            line.name: line.proposed for line in item.pair.circumstances if not getattr(item.left, line.name)
        }
        _agree(table, item, item.left, proposed | words, None)
    return Taken(values=len(take_agreeing_values(table)), results=len(waiting))


def _agree(
    table: Table, item: ResultItem, base: Result, changes: dict[str, Any], preferred: bool | None
) -> Result:
    numbers = {field.name for field in FIELDS[base.kind]}
    words = {name: changes.get(name, getattr(base, name)) for name in CIRCUMSTANCES}
    given = {name: value for name, value in changes.items() if name in numbers}
    other = item.right if base is item.left else item.left
    agreed = record_result(
        study=base.study,
        outcome=base.outcome,
        kind=base.kind,
        values=_values(base, given),
        by=table.by,
        typed=_typed(item, base, other, given),
        as_reported=base.as_reported,
        conversions=still_true(base, given),
        preferred=preferred,
        **words,
    )
    agreed.agreed_from.set([one for one in (item.left, item.right) if one])
    carry_sources(base, agreed)
    if other and not item.pair.swapped:
        carry_sources(other, agreed)
    record_event(
        review=base.review,
        actor=table.by,
        verb="extraction.result_agreed",
        target=agreed,
        sentence=f"agreed on a result: {agreed}.",
        detail={"new": facts(agreed), "grade": str(item.pair.grade), **_both(item)},
    )
    shared_of(table)
    finish(table)
    return agreed


def _values(base: Result, given: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers with what was chosen otherwise; an effect that was computed from the printed one is so again."""
    values = base.values | dict(given)
    printed = {"effect_measure", "estimate", "ci_low", "ci_high", "ci_level", "p_value", "p_below"}
    computed = any("effect" in entry["gave"] for entry in base.conversions)
    if computed and printed & set(given) and not {"effect", "effect_se"} & set(given):
        values["effect"] = values["effect_se"] = None
    return values


def _typed(item: ResultItem, base: Result, other: Result | None, given: Mapping[str, Any]) -> dict[str, str]:
    """Numbers as typed: those of the base, and the other one's where its number was chosen."""
    typed = {name: text for name, text in base.typed.items() if name not in given}
    if other is None or other.kind != base.kind:
        return typed
    facing = turned(other.kind, other.values) if item.pair.swapped else other.values
    for name, value in given.items():
        text = other.typed.get(other_arm(name) if item.pair.swapped else name)
        if text and value == facing.get(name):
            typed[name] = text
    return typed


def _copy(base: Result, by: User, why: str) -> Result:
    """The result as a shared one that was never in use."""
    skip = {
        "id",
        "extraction",
        "agreed_from",
        "previous",
        "is_preferred",
        "verified_by",
        "verified_at",
        "version",
    }
    now = timezone.now()
    fields = {
        field.name: getattr(base, field.name)
        for field in Result._meta.concrete_fields
        if field.name not in skip
    }
    fields |= {"extracted_by": by, "created_at": now, "superseded_at": now, "withdrawn_by": by}
    return Result.objects.create(**fields | {"withdrawal_reason": why, "is_preferred": False})


def _item(table: Table, result: Result) -> ResultItem:
    for item in table.side.results:
        if result.pk in {one.pk for one in (item.left, item.right) if one}:
            return item
    raise NotPossible(f"This is not one of the results of {table.side.study} that are compared.")


def _check_fresh(item: ResultItem, seen: str) -> None:
    if seen == item.stamp:
        return
    if item.shared is None:
        raise Conflict("What was agreed on this result is not there any more. Look at it again.")
    who = item.shared.withdrawn_by if item.left_out else item.shared.extracted_by
    did = "left this result out" if item.left_out else "settled this result"
    raise Conflict(f"{who} {did} in the meantime. Nothing was overwritten; look at it again.")


def _check_changes(base: Result, changes: Mapping[str, Any]) -> None:
    known = {field.name for field in FIELDS[base.kind]} | set(CIRCUMSTANCES)
    if unknown := sorted(set(changes) - known):
        raise InvalidResult({unknown[0]: f"This result has no {', '.join(unknown)}."})
    for name in ("experimental", "comparator"):
        if changes.get(name) is not None and not isinstance(changes[name], Arm):
            raise InvalidResult({name: f"Choose an arm of {base.study}."})


def _check_right(table: Table, item: ResultItem, base: Result, changes: Mapping[str, Any]) -> None:
    if table.may_reconcile:
        return
    if item.left_out or not item.pair.agrees:
        raise NotYours(
            "The two extractions differ on this result. Someone who may reconcile (adjudicator, manager or owner) "
            "settles that."
        )
    lines: dict[str, Line] = {line.name: line for line in (*item.pair.numbers, *item.pair.circumstances)}
    own = [name for name, value in changes.items() if not _is_of_one(lines.get(name), value, base, name)]
    if own:
        raise NotYours(f"Another {', '.join(own)} than the two have takes someone who may reconcile.")


def _is_of_one(line: Line | None, value: Any, base: Result, name: str) -> bool:
    if isinstance(value, Arm):
        value = value.pk
    if line is None:
        present = getattr(base, name)
        return value == (present.pk if isinstance(present, Arm) else present)
    return value in (line.left, line.right)


def _both(item: ResultItem) -> dict[str, Any]:
    return {
        "left": {"id": item.left.pk, "by": str(item.left.extracted_by), **facts(item.left)}
        if item.left
        else None,
        "right": {"id": item.right.pk, "by": str(item.right.extracted_by), **facts(item.right)}
        if item.right
        else None,
    }
