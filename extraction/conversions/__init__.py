"""Conversions from what a report gives to what an analysis needs, each with its formula and source. No Django here.

``CONVERSIONS`` is the table; ``convert("sd.from_se", se=0.5, n=25)`` does one and returns a ``Converted`` that keeps
the inputs, the method and a flag; ``suggest({"se": 0.5, "n": 25})`` proposes what can be done with these numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from . import agreeing, changes, combining, counts, effects, hazards, quantiles, risks, spread
from .base import (
    BadInput,
    Conversion,
    ConversionError,
    Converted,
    Input,
    MissingInput,
    NoResult,
    UnknownConversion,
    UnknownInput,
    fill,
    parameter,
    show,
)

__all__ = [
    "CONVERSIONS",
    "BadInput",
    "Conversion",
    "ConversionError",
    "Converted",
    "Input",
    "MissingInput",
    "NoResult",
    "UnknownConversion",
    "UnknownInput",
    "convert",
    "suggest",
]

_MODULES = (spread, quantiles, changes, hazards, effects, risks, counts, agreeing, combining)

#: Every conversion by its key, ``group.name``.
CONVERSIONS: Mapping[str, Conversion] = MappingProxyType(
    {key: found for module in _MODULES for key, found in module.conversion.found.items()}
)


def convert(key: str, /, **inputs: Any) -> Converted:
    """Do the conversion ``key`` with these inputs, and keep how it was done.

    Numbers may be int, float or Decimal. An input named like a Python keyword may end in "_" (``or_=2.0``). Raises
    UnknownConversion, MissingInput, UnknownInput, BadInput (outside its limits, or against another input) or
    NoResult (the formula has no finite result); all are ConversionError, a ValueError with a sentence for people.
    """
    conversion = CONVERSIONS.get(key)
    if conversion is None:
        raise UnknownConversion(
            f"There is no conversion “{key}”. Take a key of the table in docs/conversions.md, such as sd.from_se.",
            conversion=key,
        )
    given = _read(conversion, inputs)
    try:
        values = conversion.function(**{parameter(name): value for name, value in given.items()})
    except ConversionError as error:
        raise type(error)(f"{key}: {error}", conversion=key, input=error.input) from None
    except (ArithmeticError, ValueError) as error:
        raise _no_result(conversion, given) from error
    if not all(_finite(value) for value in values.values()):
        raise _no_result(conversion, given)
    return Converted(
        key=key,
        name=conversion.name,
        values=MappingProxyType(values),
        inputs=MappingProxyType(given),
        formula=conversion.formula,
        filled=fill(conversion.formula, given, values),
        source=conversion.source,
        caution=conversion.caution,
    )


def suggest(known: Mapping[str, Any]) -> list[Conversion]:
    """The conversions whose inputs are all in ``known`` (name: value) and that would add something.

    A value of None counts as not known, and one outside an input's limits cannot be used. First come those without a
    caution, and among them those that use most of what is known; else the order of the table.
    """
    facts = {name: value for name, value in known.items() if value is not None}
    possible = [
        conversion
        for conversion in CONVERSIONS.values()
        if all(name in facts for name in conversion.required)
        and any(name not in facts or name in conversion.inputs for name in conversion.outputs)
        and all(_allowed(conversion, name, facts[name]) for name in conversion.inputs if name in facts)
    ]
    return sorted(possible, key=lambda found: (bool(found.caution), -len(found.required)))


def _read(conversion: Conversion, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs checked one by one, in the order of the table, with the defaults of those not given."""
    named = {
        next((n for n in conversion.inputs if parameter(n) == name), name): v for name, v in inputs.items()
    }
    if strange := sorted(set(named) - set(conversion.inputs)):
        raise UnknownInput(
            f"{conversion.key} has no input {_listed(strange)}. Its inputs are {_listed(conversion.inputs)}.",
            conversion=conversion.key,
            input=strange[0],
        )
    missing = [name for name in conversion.required if named.get(name) is None]
    if missing:
        wanted = "; ".join(f"{name} ({conversion.inputs[name].meaning})" for name in missing)
        raise MissingInput(
            f"{conversion.key} needs {wanted}. Give it, or choose a conversion that does without.",
            conversion=conversion.key,
            input=missing[0],
        )
    return {
        name: _one(conversion, name, asked.default if named.get(name) is None else named[name])
        for name, asked in conversion.inputs.items()
    }


def _one(conversion: Conversion, name: str, value: Any) -> Any:
    asked = conversion.inputs[name]
    try:
        return asked.read(value)
    except (ValueError, ArithmeticError):
        raise BadInput(
            f"{conversion.key}: {name} ({asked.meaning}) must be {asked.limits}, not {value!r}. "
            "Check the number in the report.",
            conversion=conversion.key,
            input=name,
        ) from None


def _allowed(conversion: Conversion, name: str, value: Any) -> bool:
    try:
        _one(conversion, name, value)
    except BadInput:
        return False
    return True


def _no_result(conversion: Conversion, given: Mapping[str, Any]) -> NoResult:
    numbers = ", ".join(f"{name} = {show(value)}" for name, value in given.items())
    return NoResult(
        f"{conversion.key} has no finite result for {numbers}. Check these numbers for a slip of the keys.",
        conversion=conversion.key,
    )


def _finite(value: Any) -> bool:
    """Whether a result can be kept; None is allowed where the documentation of the output says so."""
    if isinstance(value, Mapping):
        return all(_finite(part) for part in value.values())
    if isinstance(value, tuple | list):
        return all(_finite(part) for part in value)
    return not isinstance(value, float) or math.isfinite(value)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
