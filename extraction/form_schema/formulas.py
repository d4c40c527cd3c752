"""Formulas of calculated fields: arithmetic on other fields, read with ``ast`` and never executed as code.

Allowed: numbers, field keys, ``+ - * / **`` and brackets, ``min max round sqrt abs log exp``, ``sum count mean`` (and
``min``, ``max``) over a column of a repeating group, comparisons, ``and or not``, and ``a if condition else b``. A
choice field is compared with an answer in quotes: ``100 if design == "cluster" else 0``. Yes/no counts as 1 and 0.

A formula has no result (None) while something it needs is empty or not reported, where it divides by zero, or where
the result is no finite number. No Django here.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

LONGEST, MOST_PARTS, DEEPEST = 500, 200, 30
SCALARS: dict[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "round": lambda value, digits=0.0: round_half_away(value, int(digits)),
    "sqrt": math.sqrt,
    "abs": abs,
    "log": math.log,
    "exp": math.exp,
}
#: How many arguments each takes.
ARITY = {
    "round": (1, 2),
    "sqrt": (1, 1),
    "abs": (1, 1),
    "log": (1, 1),
    "exp": (1, 1),
    "min": (2, 20),
    "max": (2, 20),
}
COLUMNS: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "mean": lambda column: math.fsum(column) / len(column),
    "min": min,
    "max": max,
}
FUNCTIONS = frozenset(SCALARS) | frozenset(COLUMNS) | {"count"}
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: math.pow,
}
COMPARISONS: dict[type[ast.cmpop], Callable] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
Cell = float | str | None


class FormulaError(ValueError):
    """A formula that cannot be used; the message says what is wrong and what to write instead."""


@dataclass(frozen=True)
class Named:
    """What a formula may know of a field: ``kind`` "number", "text" or "" (of no use); ``answers`` of a choice."""

    kind: str
    label: str
    group: str = ""
    answers: tuple[str, ...] = ()


class _NoResult(Exception):
    """Something needed is empty."""


@dataclass(frozen=True)
class Formula:
    """A formula that was read. ``gives`` is "number" or "text"; ``names`` are the fields it uses."""

    text: str
    tree: ast.expr
    gives: str
    names: frozenset[str]

    def value(self, cell: Callable[[str], Cell], column: Callable[[str], list[Cell]]) -> Cell:
        """The result, or None. ``cell(key)`` gives one value, ``column(key)`` those of every row of a group."""
        try:
            result = _evaluate(self.tree, cell, column)
        except (_NoResult, ArithmeticError, ValueError):
            return None
        if isinstance(result, bool):
            return float(result)
        if isinstance(result, float) and not math.isfinite(result):
            return None
        return result


def read_formula(text: str, fields: Mapping[str, Named], group: str = "") -> Formula:
    """Read a formula of a field that stands in ``group`` ("" for none), or FormulaError.

    ``fields`` are the other fields by key.
    """
    text = text.strip()
    if not text:
        raise FormulaError("it has no formula yet; write one such as weight / height ** 2.")
    if len(text) > LONGEST:
        raise FormulaError(f"the formula is longer than {LONGEST} characters; split it over several fields.")
    tree = _parse(text)
    reader = _Reader(fields, group)
    gives = reader.kind(tree, 0)
    if gives == "truth":
        raise FormulaError("the formula gives true or false; write, for example, 1 if … else 0.")
    return Formula(text=text, tree=tree, gives=gives, names=frozenset(reader.names))


def round_half_away(value: float, digits: int = 0) -> float:
    """Round as people do (0.5 away from zero), on the decimal number a person reads."""
    if not -12 <= digits <= 12:
        raise ValueError("digits")
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def _parse(text: str) -> ast.expr:
    for wrong, right in (
        ("×", "*"),
        ("÷", "/"),
        ("−", "-"),
        ("²", "** 2"),
        ("≤", "<="),
        ("≥", ">="),
        ("≠", "!="),
    ):
        if wrong in text:
            raise FormulaError(f"write {right} instead of {wrong}.")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        offset = _offset(error)
        place = f" near '{text[max(0, offset - 6) : offset + 5]}'" if offset else ""
        hint = (
            " Compare with == (two signs)."
            if "=" in text and not any(s in text for s in ("==", "<=", ">=", "!="))
            else ""
        )
        raise FormulaError(
            f"the formula cannot be read{place}; look for a missing bracket or sign.{hint}"
        ) from None
    if sum(1 for _ in ast.walk(tree)) > MOST_PARTS:
        raise FormulaError("the formula has too many parts; split it over several calculated fields.")
    return tree


def _offset(error: BaseException) -> int:
    return getattr(error, "offset", 0) or 0


class _Reader:
    """Checks a tree node by node and notes the names; ``kind`` answers "number", "text" or "truth"."""

    def __init__(self, fields: Mapping[str, Named], group: str) -> None:
        self.fields, self.group, self.names = fields, group, set[str]()

    def kind(self, node: ast.AST, depth: int) -> str:
        if depth > DEEPEST:
            raise FormulaError(
                "the formula has too many brackets within brackets; split it over several fields."
            )
        match node:
            case ast.Constant():
                return self.constant(node)
            case ast.Name():
                return self.name(node.id)
            case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
                return self.number(node.operand, depth)
            case ast.UnaryOp(op=ast.Not()):
                return self.truth(node.operand, depth)
            case ast.BinOp():
                return self.arithmetic(node, depth)
            case ast.BoolOp():
                for value in node.values:
                    self.truth(value, depth)
                return "truth"
            case ast.Compare():
                return self.comparison(node, depth)
            case ast.IfExp():
                return self.choice(node, depth)
            case ast.Call():
                return self.call(node, depth)
            case ast.Attribute():
                raise FormulaError("a full stop between names means nothing here; name a field by its key.")
        raise FormulaError(f"a formula cannot have '{ast.unparse(node)[:40]}' in it.")

    def constant(self, node: ast.Constant) -> str:
        if isinstance(node.value, str):
            return "text"
        if isinstance(node.value, bool) or not isinstance(node.value, int | float) or abs(node.value) > 1e15:
            raise FormulaError(f"'{str(node.value)[:20]}' is no number that a formula can use.")
        return "number"

    def name(self, key: str) -> str:
        field = self.known(key)
        if field.group and field.group != self.group:
            raise FormulaError(
                f"'{key}' has a value for each row; write sum({key}), mean({key}) or count({key})."
            )
        return field.kind

    def known(self, key: str) -> Named:
        field = self.fields.get(key)
        if field is None:
            if key in FUNCTIONS:
                raise FormulaError(f"write {key}( … ) with brackets.")
            near = [
                one
                for one, named in self.fields.items()
                if named.label.lower() == key.lower().replace("_", " ")
            ]
            raise FormulaError(
                f"there is no field with the key '{key}'" + (f"; do you mean '{near[0]}'?" if near else ".")
            )
        if not field.kind:
            raise FormulaError(
                f"'{key}' ({field.label}) cannot be calculated with: it is neither number nor choice."
            )
        self.names.add(key)
        return field

    def number(self, node: ast.AST, depth: int) -> str:
        if (kind := self.kind(node, depth + 1)) != "number":
            raise FormulaError(
                f"'{ast.unparse(node)[:40]}' is no number"
                + ("; compare a choice with an answer in quotes." if kind == "text" else ".")
            )
        return "number"

    def truth(self, node: ast.AST, depth: int) -> str:
        if self.kind(node, depth + 1) == "text":
            raise FormulaError(
                f"'{ast.unparse(node)[:40]}' is neither true nor false; compare it with an answer."
            )
        return "truth"

    def arithmetic(self, node: ast.BinOp, depth: int) -> str:
        if isinstance(node.op, ast.BitXor):
            raise FormulaError("write ** for a power, not ^.")
        if type(node.op) not in OPERATORS:
            raise FormulaError(f"'{ast.unparse(node)[:40]}': only + - * / ** are known.")
        self.number(node.left, depth)
        return self.number(node.right, depth)

    def comparison(self, node: ast.Compare, depth: int) -> str:
        sides = [node.left, *node.comparators]
        kinds = {self.kind(side, depth + 1) for side in sides}
        if len(kinds) > 1 or kinds == {"truth"}:
            raise FormulaError(f"'{ast.unparse(node)[:60]}' compares things of different kinds.")
        if any(type(op) not in COMPARISONS for op in node.ops):
            raise FormulaError(f"'{ast.unparse(node)[:60]}': compare with == != < <= > or >=.")
        if kinds == {"text"} and any(not isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            raise FormulaError("a choice is compared with == or !=.")
        answers = {a for s in sides if isinstance(s, ast.Name) for a in self.fields[s.id].answers}
        for side in sides:
            if answers and isinstance(side, ast.Constant) and side.value not in answers:
                raise FormulaError(
                    f'no answer is "{side.value!s}"; the answers are {", ".join(sorted(answers))}.'
                )
        return "truth"

    def choice(self, node: ast.IfExp, depth: int) -> str:
        self.truth(node.test, depth)
        kinds = {self.kind(node.body, depth + 1), self.kind(node.orelse, depth + 1)}
        if len(kinds) > 1:
            raise FormulaError("the two sides of 'if … else …' have to be both numbers or both texts.")
        return kinds.pop()

    def call(self, node: ast.Call, depth: int) -> str:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
            raise FormulaError(
                f"'{ast.unparse(node.func)[:30]}' is no function here; there are {', '.join(sorted(FUNCTIONS))}."
            )
        name = node.func.id
        if _is_column(node):
            return self.column(name, node)
        fewest, most = ARITY[name]
        if not fewest <= len(node.args) <= most or any(isinstance(one, ast.Starred) for one in node.args):
            raise FormulaError(f"{name} takes {fewest if fewest == most else f'{fewest} to {most}'} numbers.")
        if (
            name == "round"
            and len(node.args) == 2
            and not (isinstance(node.args[1], ast.Constant) and node.args[1].value in range(13))
        ):
            raise FormulaError("the second number of round is how many decimals: 0 to 12.")
        for argument in node.args:
            self.number(argument, depth)
        return "number"

    def column(self, name: str, node: ast.Call) -> str:
        if len(node.args) != 1 or not isinstance(node.args[0], ast.Name):
            raise FormulaError(
                f"{name} takes the key of one field of a repeating group, such as {name}(n_of_arm)."
            )
        key = node.args[0].id
        if key not in self.fields:
            self.known(key)
        field = self.fields[key]
        if not field.group:
            raise FormulaError(
                f"{name}({key}): '{key}' is not in a repeating group, so there is nothing to add up."
            )
        if name == "count":
            self.names.add(key)
        elif self.known(key).kind != "number":
            raise FormulaError(f"{name}({key}): '{key}' is no number.")
        return "number"


def _is_column(node: ast.Call) -> bool:
    name = node.func.id  # type: ignore[attr-defined]
    return name in {"sum", "count", "mean"} or (name in {"min", "max"} and len(node.args) == 1)


def _evaluate(node: ast.AST, cell: Callable[[str], Cell], column: Callable[[str], list[Cell]]):
    match node:
        case ast.Constant():
            return node.value if isinstance(node.value, str) else float(node.value)  # type: ignore[arg-type]
        case ast.Name():
            value = cell(node.id)
            if value is None:
                raise _NoResult
            return value
        case ast.UnaryOp():
            value = _evaluate(node.operand, cell, column)
            return (
                not value
                if isinstance(node.op, ast.Not)
                else -value
                if isinstance(node.op, ast.USub)
                else value
            )
        case ast.BinOp():
            return OPERATORS[type(node.op)](
                _evaluate(node.left, cell, column), _evaluate(node.right, cell, column)
            )
        case ast.BoolOp():
            every = all if isinstance(node.op, ast.And) else any
            return every(_evaluate(value, cell, column) for value in node.values)
        case ast.Compare():
            sides = [_evaluate(side, cell, column) for side in (node.left, *node.comparators)]
            return all(
                COMPARISONS[type(op)](a, b) for op, a, b in zip(node.ops, sides, sides[1:], strict=False)
            )
        case ast.IfExp():
            return _evaluate(node.body if _evaluate(node.test, cell, column) else node.orelse, cell, column)
        case ast.Call():
            return _call(node, cell, column)
    raise _NoResult  # a node that read_formula refuses


def _call(node: ast.Call, cell: Callable[[str], Cell], column: Callable[[str], list[Cell]]) -> float:
    name = node.func.id  # type: ignore[attr-defined]
    if not _is_column(node):
        return SCALARS[name](*(_evaluate(argument, cell, column) for argument in node.args))
    cells = column(node.args[0].id)  # type: ignore[attr-defined]
    if name == "count":
        return float(sum(value is not None for value in cells))
    if not cells or None in cells:
        raise _NoResult  # a sum without one of its rows would look like the whole
    return float(COLUMNS[name](cells))  # type: ignore[arg-type]
