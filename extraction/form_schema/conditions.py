"""Conditions as data: ``{"join": "all", "tests": [{"field": "design", "op": "is", "value": "crossover"}]}``.

A condition on a field that is empty, hidden or not reported does not hold, but for ``empty``, ``is_not``, ``has_not``
and a test for "not reported" itself. No Django here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from extraction.form_schema.parts import NOT_REPORTED, NOT_REPORTED_LABEL, Condition, Field, Test
from extraction.form_schema.values import number_of, show_value

#: {op: words}, as sentences have them.
OPS = {
    "is": "is",
    "is_not": "is not",
    "has": "includes",
    "has_not": "does not include",
    "above": "is above",
    "below": "is below",
    "at_least": "is at least",
    "at_most": "is at most",
    "filled": "is answered",
    "empty": "is not answered",
}
WITHOUT_VALUE = ("filled", "empty")
OF_NUMBERS = ("is", "is_not", "above", "below", "at_least", "at_most", "filled", "empty")
#: {field type: the ops that make sense of it}.
OPS_OF = {
    "text": ("is", "is_not", "filled", "empty"),
    "long_text": ("filled", "empty"),
    "number": OF_NUMBERS,
    "calculated": OF_NUMBERS,
    "date": ("filled", "empty"),
    "choice": ("is", "is_not", "filled", "empty"),
    "choices": ("has", "has_not", "filled", "empty"),
    "yes_no": ("is", "filled", "empty"),
}
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "above": lambda a, b: a > b,
    "below": lambda a, b: a < b,
    "at_least": lambda a, b: a >= b,
    "at_most": lambda a, b: a <= b,
}


def holds(condition: Condition, value_of: Callable[[str], Any]) -> bool:
    """Whether the condition holds; ``value_of(field key)`` gives None for what is empty or hidden."""
    join = all if condition.join == "all" else any
    return join(_holds(test, value_of(test.field)) for test in condition.tests)


def _holds(test: Test, value: Any) -> bool:
    answered = value is not None and value != NOT_REPORTED
    if test.op in WITHOUT_VALUE:
        return answered == (test.op == "filled")
    if test.op in COMPARE:
        number, limit = number_of(value), number_of(test.value)
        return number is not None and limit is not None and COMPARE[test.op](number, limit)
    negative = test.op.endswith("_not")
    if test.op.startswith("has"):
        said = test.value in value if isinstance(value, list) else test.value == value
    else:
        said = _same(value, test.value)
    return said != negative


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        numbers = number_of(value), number_of(wanted)
        return (
            numbers[0] == numbers[1]
            if None not in numbers
            else value.strip().lower() == wanted.strip().lower()
        )
    if isinstance(value, bool) or isinstance(wanted, bool) or value is None:
        return value is wanted
    numbers = number_of(value), number_of(wanted)
    return None not in numbers and numbers[0] == numbers[1]


def in_words(condition: Condition, field_of: Callable[[str], Field | None]) -> str:
    """ "Design is Crossover, or Clusters is above 3"."""
    return (", and " if condition.join == "all" else ", or ").join(
        _test_in_words(test, field_of(test.field)) for test in condition.tests
    )


def _test_in_words(test: Test, field: Field | None) -> str:
    name = (field.label or field.key) if field else test.field
    if test.op in WITHOUT_VALUE:
        return f"{name} {OPS[test.op]}"
    if test.value == NOT_REPORTED:
        value = NOT_REPORTED_LABEL
    else:
        value = show_value(field, test.value) if field else str(test.value)
    return f"{name} {OPS[test.op]} {value}{f' {field.unit}' if field and field.unit else ''}"
