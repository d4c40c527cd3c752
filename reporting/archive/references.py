"""Keys of rows inside of JSON and sentences: told apart from other numbers, and written as references.

A foreign key is a column; but the history says "decision": 4711, and a run's snapshot names its studies by key. In an
archive such a key reads ``⟦screening.decision:12⟧`` inside of a text and ``⟦#screening.decision:12⟧`` where it
was a whole number: table, then the row's number in the archive. So whoever reads an archive needs no list of places;
only the writer does, and that list is here. A ``⟦`` of somebody's own text is doubled.

A rule says what the keys under one name are. It holds at any depth below, until another name has a rule of its own.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from reporting.archive.numbers import Numbers
from reporting.archive.values import BadValue, check_text, number, plain_number

Known = Mapping[str, Numbers]
#: Keys under a name: given the value, the dict that it stands in, and the numbers; returns the value as JSON has it.
Rule = Callable[[Any, Mapping[str, Any], Known, "Rules"], Any]
Rules = Mapping[str, Any]

REFERENCE = re.compile(r"⟦⟦|⟦(#?)([a-z]+\.[a-z]+):(-?[0-9]{1,18})⟧|⟦")
WHOLE_NUMBER = re.compile(r"⟦#([a-z]+\.[a-z]+):(-?[0-9]{1,18})⟧")
DIGITS = re.compile(r"-?[0-9]{1,18}")
NO_RULES: Rules = {}


def one(table: str) -> Rule:
    """A key, or several in lists, or those of a dict by key."""
    return lambda value, inside, known, rules: _keys(value, table, known, rules, bare=True)


def listed(table: str) -> Rule:
    """Keys in lists, or of a dict by key; a number alone is a count."""
    return lambda value, inside, known, rules: _keys(value, table, known, rules, bare=False)


def values(table: str) -> Rule:
    """A dict whose values are keys."""

    def rule(value: Any, inside: Mapping[str, Any], known: Known, rules: Rules) -> Any:
        if not isinstance(value, dict):
            return encode(value, rules, known)
        return {
            encode_text(name): _keys(one_of, table, known, rules, bare=True) for name, one_of in value.items()
        }

    return rule


def lines(*tables: str) -> Rule:
    """Lists that begin with keys, one of each table: [[record, study, "a label"], ...]."""

    def rule(value: Any, inside: Mapping[str, Any], known: Known, rules: Rules) -> Any:
        if not isinstance(value, list) or not all(isinstance(each, list) for each in value):
            return encode(value, rules, known)
        return [
            [_keys(key, table, known, rules, bare=True) for key, table in zip(each, tables, strict=False)]
            + encode(each[len(tables) :], rules, known)
            for each in value
        ]

    return rule


def by_kind(name: str, tables: Mapping[str, str]) -> Rule:
    """A key of the table that another value of the same dict names."""

    def rule(value: Any, inside: Mapping[str, Any], known: Known, rules: Rules) -> Any:
        table = tables.get(str(inside.get(name)))
        return _keys(value, table, known, rules, bare=True) if table else encode(value, rules, known)

    return rule


def pattern(found: re.Pattern[str], *tables: str) -> Rule:
    """A text in which each group of ``found`` is a key; there is one table, or one for each group."""
    return lambda value, inside, known, rules: (
        in_text(value, found, tables, known) if isinstance(value, str) else encode(value, rules, known)
    )


def encode(data: Any, rules: Rules, known: Known) -> Any:
    """JSON as an archive has it."""
    if isinstance(data, str):
        return encode_text(data)
    if isinstance(data, float):
        return plain_number(data)
    if isinstance(data, list):
        return [encode(each, rules, known) for each in data]
    if isinstance(data, dict):
        return {encode_text(name): _under(name, data, rules, known) for name in sorted(data)}
    return data


def _under(name: str, data: Mapping[str, Any], rules: Rules, known: Known) -> Any:
    rule = rules.get(name)
    if rule is None:
        return encode(data[name], rules, known)
    if isinstance(rule, Mapping):
        return encode(data[name], rule, known)
    return rule(data[name], data, known, rules)


def _keys(value: Any, table: str, known: Known, rules: Rules, *, bare: bool) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return f"⟦#{table}:{known[table].of_any(value)}⟧" if bare and value else value
    if isinstance(value, list):
        return [_keys(each, table, known, rules, bare=True) for each in value]
    if isinstance(value, dict):
        return {
            _name(name, table, known): _under(name, value, rules, known)
            for name in sorted(value, key=_by_number)
        }
    return encode(value, rules, known)


def _name(name: str, table: str, known: Known) -> str:
    is_key = DIGITS.fullmatch(name)
    return f"⟦{table}:{known[table].of_any(int(name))}⟧" if is_key else encode_text(name)


def _by_number(name: str) -> tuple[bool, int, str]:
    return (True, abs(int(name)), "") if DIGITS.fullmatch(name) else (False, 0, name)


def encode_text(text: str) -> str:
    return text.replace("⟦", "⟦⟦")


def in_text(text: str, found: re.Pattern[str], tables: tuple[str, ...], known: Known) -> str:
    """A text with each group of each match as a reference; a number that is no row's key stays as it is."""
    pieces, last = [], 0
    for match in found.finditer(text):
        groups = [group for group in range(1, (found.groups or 0) + 1) if match[group]]
        for group in groups:
            table = tables[group - 1] if len(tables) > 1 else tables[0]
            row = known[table].of(int(match[group]))
            if row:
                pieces += [encode_text(text[last : match.start(group)]), f"⟦{table}:{row}⟧"]
                last = match.end(group)
    return "".join([*pieces, encode_text(text[last:])])


class Keys:
    """The keys that a restored archive's rows have, by table and number: what ``decode`` asks."""

    def __init__(self, counts: Mapping[str, int]):
        self._counts = counts
        self._keys: dict[str, list[int]] = {}

    def fill(self, table: str, keys: list[int]) -> None:
        self._keys[table] = keys

    def of(self, table: str, row: int) -> int:
        """The key of a row, or 0 before the keys are known. Raises BadValue for a row that is not in the archive."""
        if not 0 < row <= self._counts.get(table, 0):
            raise BadValue(f"points at row {row} of {table}, which is not in the archive")
        keys = self._keys.get(table)
        return keys[row - 1] if keys else 0

    def of_any(self, table: str, row: int) -> int:
        """The same; a row below zero is gone for good and is called the same everywhere."""
        return row if row < 0 else self.of(table, row)


def decode(data: Any, keys: Keys) -> Any:
    """JSON of an archive with the keys of this database. Raises BadValue."""
    if isinstance(data, str):
        whole = WHOLE_NUMBER.fullmatch(data)
        return keys.of_any(whole[1], int(whole[2])) if whole else decode_text(data, keys)
    if isinstance(data, list):
        return [decode(each, keys) for each in data]
    if isinstance(data, dict):
        return {decode_text(name, keys): decode(each, keys) for name, each in data.items()}
    if isinstance(data, float):
        return number(data)
    return data


def decode_text(text: str, keys: Keys) -> str:
    """A text with the keys of this database in place of references. Raises BadValue."""

    def put(found: re.Match[str]) -> str:
        if found[0] == "⟦⟦":
            return "⟦"
        if found[0] == "⟦" or found[1]:
            raise BadValue("has a bracket ⟦ that begins no reference")
        return str(keys.of_any(found[2], int(found[3])))

    return REFERENCE.sub(put, check_text(text)) if "⟦" in text else check_text(text)
