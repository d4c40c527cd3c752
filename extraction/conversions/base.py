"""What a conversion is, and how its inputs are checked. No Django here."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any

Values = dict[str, Any]

#: The Cochrane Handbook, as sources name it.
HANDBOOK = "Cochrane Handbook for Systematic Reviews of Interventions, version 6, section "


class ConversionError(ValueError):
    """A conversion that cannot be done; ``conversion`` is its key and ``input`` the input at fault (or "")."""

    def __init__(self, message: str, *, conversion: str = "", input: str = "") -> None:
        super().__init__(message)
        self.conversion = conversion
        self.input = input


class UnknownConversion(ConversionError):
    """There is no conversion of this key."""


class MissingInput(ConversionError):
    """A number the formula needs was not given."""


class UnknownInput(ConversionError):
    """An input was given that this conversion does not have."""


class BadInput(ConversionError):
    """A number that is outside its limits, or does not go with the others."""


class NoResult(ConversionError):
    """The inputs are allowed one by one, but the formula has no finite result for them."""


@dataclass(frozen=True)
class Kind:
    """Limits of a number: in words, and as a test."""

    text: str
    allows: Callable[[float], bool]
    whole: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "number": Kind("any number", lambda v: True),
        "positive": Kind("a number above 0", lambda v: v > 0),
        "not negative": Kind("0 or more", lambda v: v >= 0),
        "nonzero": Kind("a number other than 0", lambda v: v != 0),
        "count": Kind("a whole number, 0 or more", lambda v: v >= 0, whole=True),
        "size": Kind("a whole number, 1 or more", lambda v: v >= 1, whole=True),
        "sample": Kind("a whole number, 2 or more", lambda v: v >= 2, whole=True),
        "p": Kind("above 0, at most 1", lambda v: 0 < v <= 1),
        "share": Kind("above 0 and below 1", lambda v: 0 < v < 1),
        "proportion": Kind("from 0 to 1", lambda v: 0 <= v <= 1),
        "below one": Kind("from 0 to below 1", lambda v: 0 <= v < 1),
        "percent": Kind("from 0 to 100", lambda v: 0 <= v <= 100),
        "correlation": Kind("from -1 to 1", lambda v: -1 <= v <= 1),
        "inner correlation": Kind("above -1 and below 1", lambda v: -1 < v < 1),
        "half": Kind("from -0.5 to 0.5", lambda v: -0.5 <= v <= 0.5),
        "at least one": Kind("1 or more", lambda v: v >= 1),
        "sign": Kind("1 or -1", lambda v: v in (1, -1), whole=True),
    }
)
_REQUIRED = object()


@dataclass(frozen=True)
class Input:
    """One input: what it is (``meaning``), its limits (``kind``), and its shape.

    ``depth`` is 0 for a number, 1 for a list of at least ``least`` numbers, 2 for a table. ``choices`` are words
    (then there is no number). Without a ``default`` it must be given.
    """

    meaning: str
    kind: str = "number"
    depth: int = 0
    default: Any = _REQUIRED
    choices: tuple[str, ...] = ()
    least: int = 2

    @property
    def required(self) -> bool:
        return self.default is _REQUIRED

    @property
    def limits(self) -> str:
        """The limits in words, for people."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        text = KINDS[self.kind].text
        if not self.depth:
            return text
        shape = f"a list of {self.least} or more" if self.depth == 1 else "a table, row by row"
        return f"{shape}, each {text}"

    def read(self, value: Any) -> Any:
        """The value as a number, tuple or word; raises ValueError with the limits when it is outside them."""
        if self.choices:
            if value not in self.choices:
                raise ValueError(self.limits)
            return value
        return self._read(value, self.depth)

    def _read(self, value: Any, depth: int) -> Any:
        if not depth:
            return self._number(value)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise ValueError(self.limits)
        if len(value) < self.least:
            raise ValueError(self.limits)
        return tuple(self._read(part, depth - 1) for part in value)

    def _number(self, value: Any) -> float | int:
        kind = KINDS[self.kind]
        if isinstance(value, bool) or not isinstance(value, Real | Decimal):
            raise ValueError(self.limits)
        number: float | int = int(value) if isinstance(value, Integral) else float(value)
        if kind.whole and number != int(number):
            raise ValueError(self.limits)
        number = int(number) if kind.whole else float(number)
        if not math.isfinite(number) or not kind.allows(number):
            raise ValueError(self.limits)
        return number


@dataclass(frozen=True)
class Conversion:
    """One conversion: what goes in, what comes out, how, and who published it.

    ``formula`` is plain text in the names of the inputs and outputs; ``caution`` says when not to use it ("" if it
    needs no warning). ``function`` takes checked inputs by name and returns the outputs.
    """

    key: str
    name: str
    inputs: Mapping[str, Input]
    outputs: Mapping[str, str]
    formula: str
    source: str
    function: Callable[..., Values] = field(repr=False, compare=False)
    caution: str = ""

    @property
    def group(self) -> str:
        return self.key.split(".")[0]

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name, given in self.inputs.items() if given.required)


@dataclass(frozen=True)
class Converted:
    """A converted result with its passport: keep it beside the value, so that an analysis can leave it out.

    ``values`` are the outputs, ``inputs`` the original numbers (with defaults), ``filled`` the formula with the
    numbers in it. ``converted`` is always true: what was reported as such has no ``Converted``.
    """

    key: str
    name: str
    values: Mapping[str, Any]
    inputs: Mapping[str, Any]
    formula: str
    filled: str
    source: str
    caution: str = ""
    converted: bool = True

    def __getitem__(self, output: str) -> Any:
        return self.values[output]

    def to_dict(self) -> Values:
        """Plain numbers, words and lists, for a JSON field."""
        return {
            "key": self.key,
            "name": self.name,
            "values": {name: _plain(value) for name, value in self.values.items()},
            "inputs": {name: _plain(value) for name, value in self.inputs.items()},
            "formula": self.formula,
            "filled": self.filled,
            "source": self.source,
            "caution": self.caution,
            "converted": self.converted,
        }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


class Group:
    """The conversions of one module, gathered by its decorator in the order of the text."""

    def __init__(self) -> None:
        self.found: dict[str, Conversion] = {}

    def __call__(
        self,
        key: str,
        *,
        inputs: Mapping[str, Input],
        outputs: Mapping[str, str],
        formula: str,
        source: str,
        caution: str = "",
    ) -> Callable[[Callable[..., Values]], Callable[..., Values]]:
        """Put the function into the table under ``key``; its name is the first sentence of its docstring."""

        def add(function: Callable[..., Values]) -> Callable[..., Values]:
            name = (function.__doc__ or "").strip().split("\n")[0].rstrip(".")
            self.found[key] = Conversion(
                key,
                name,
                MappingProxyType(dict(inputs)),
                MappingProxyType(dict(outputs)),
                formula,
                source,
                function,
                caution,
            )
            return function

        return add


def parameter(name: str) -> str:
    """The name of a function's parameter for an input: ``or`` becomes ``or_``."""
    return name + "_" if keyword.iskeyword(name) else name


def require(true: bool, message: str, input: str = "") -> None:
    """Raise BadInput with this sentence unless the inputs go together."""
    if not true:
        raise BadInput(message, input=input)


def require_interval(low: float, high: float, estimate: float | None = None) -> None:
    """A confidence interval has its lower limit first, is not empty, and holds its estimate."""
    require(
        low < high,
        f"the lower limit ({show(low)}) must be below the upper limit ({show(high)}). Check whether the limits were "
        "exchanged, or rounded until they are equal.",
        "ci_low",
    )
    if estimate is not None:
        require(
            low <= estimate <= high,
            f"the estimate ({show(estimate)}) is outside its confidence interval ({show(low)} to {show(high)}). "
            "Check the three numbers in the report.",
            "estimate",
        )


def show(value: Any) -> str:
    """A number for people: six significant digits, whole numbers in full."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(show(part) for part in value) + "]"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {show(part)}" for name, part in value.items())
    if value is None:
        return "not defined"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def fill(formula: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> str:
    """The formula with the numbers in it, and the results: a name left of "=" stays a name."""
    known = {
        name: value for name, value in {**outputs, **inputs}.items() if not isinstance(value, str | Mapping)
    }
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    pattern = rf"(?<![\w.])({names})(?![\w(])(?!\s*=)"

    def number(match: re.Match[str]) -> str:
        value = known[match[1]]
        negative = isinstance(value, int | float) and value < 0
        return f"({show(value)})" if negative else show(value)

    results = ", ".join(f"{name} = {show(value)}" for name, value in outputs.items())
    return f"{re.sub(pattern, number, formula)}. Result: {results}"
