"""Conditions, rules and answers of a tool of one's own as a person types them, to and from plain data.

A condition: ``1.1 = N, PN and (1.2 = Y or 1.3 = NI)``; "and" binds tighter than "or". A rule: a line per row,
``1.2 = N: High risk``, read from the top; the last line may be ``otherwise: Low risk``. Answers: ``Y, PN, NI`` for
those that have words already, or ``good: Good definition; poor: Poor definition`` with words of one's own. No Django
here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from appraisal.instruments.signalling import WORDS

TOKEN = re.compile(
    r"\s*(\(|\)|\band\b|\bor\b|[^()=]+?\s*=\s*[^()=]*?(?=\s+and\b|\s+or\b|\s*[()]|$))", re.IGNORECASE
)
OTHERWISE = "otherwise"
CODE_LENGTH = 10


class TextError(ValueError):
    """Something typed that cannot be read; the message says what and how to write it."""


def condition_from_text(text: str, word: str = "question") -> dict[str, Any] | None:
    """The condition as data; None for nothing typed. ``word`` is what keys are of: "question" or "domain"."""
    tokens = list(_tokens(text))
    if not tokens:
        return None
    condition, left = _any(tokens, word, text)
    if left:
        raise _unreadable(text)
    return condition


def condition_to_text(condition: Mapping[str, Any] | None, inside: bool = False) -> str:
    """What a person would type for ``condition``; "" for None and for what is no condition."""
    if not isinstance(condition, dict):
        return ""
    for name, joint in (("all", " and "), ("any", " or ")):
        if isinstance(condition.get(name), list):
            said = joint.join(condition_to_text(part, True) for part in condition[name])
            return f"({said})" if inside and len(condition[name]) > 1 else said
    key, values = condition.get("question") or condition.get("domain") or "", condition.get("in")
    return f"{key} = {', '.join(map(str, values))}" if isinstance(values, list) else ""


def rule_from_text(
    text: str, levels: Mapping[str, str], word: str = "question"
) -> list[dict[str, Any]] | None:
    """The rows of a rule; None for nothing typed. ``levels`` is {key: label}; either may be written."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        when, colon, level = line.rpartition(":")
        if not colon:
            raise TextError(f"line {number}: “{line.strip()}” has no level; write it as 1.1 = N: High risk.")
        row: dict[str, Any] = {"level": _level(level.strip(), levels, number)}
        if when.strip().casefold() != OTHERWISE:
            row = {"when": _row_condition(when, word, number)} | row
        rows.append(row)
    return rows or None


def rule_to_text(rows: Sequence[Mapping[str, Any]] | None, levels: Mapping[str, str]) -> str:
    """A line per row, as a person would type it."""
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return "\n".join(
        f"{condition_to_text(row.get('when')) or OTHERWISE}: {levels.get(row.get('level', ''), row.get('level', ''))}"
        for row in rows
    )


def answers_from_text(text: str) -> tuple[list[str], dict[str, str]]:
    """(codes, words of one's own); ([], {}) for nothing typed."""
    codes, labels = [], {}
    parted = text.split(";") if ";" in text or ":" in text else text.split(",")
    for part in (part.strip() for part in parted):
        if not part:
            continue
        code, colon, words = (piece.strip() for piece in part.partition(":"))
        if not colon and code not in WORDS:
            code, words = re.sub(r"\W+", "", code)[:CODE_LENGTH], code
        codes.append(code)
        if words and WORDS.get(code) != words:
            labels[code] = words
    return codes, labels


def answers_to_text(options: Sequence[str] | None, labels: Mapping[str, str] | None) -> str:
    """What a person would type for these answers."""
    labels = labels if isinstance(labels, dict) else {}
    if not any(code in labels for code in options or []):
        return ", ".join(options or [])
    return "; ".join(f"{code}: {labels[code]}" if code in labels else code for code in options or [])


def _tokens(text: str) -> Iterator[str]:
    place, text = 0, text.strip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found:
            raise _unreadable(text)
        yield found[1].strip()
        place = found.end()


def _any(tokens: list[str], word: str, text: str) -> tuple[dict[str, Any], list[str]]:
    return _joined(tokens, word, text, "or", "any", _all)


def _all(tokens: list[str], word: str, text: str) -> tuple[dict[str, Any], list[str]]:
    return _joined(tokens, word, text, "and", "all", _one)


def _joined(
    tokens: list[str], word: str, text: str, joint: str, name: str, inner
) -> tuple[dict[str, Any], list[str]]:
    part, left = inner(tokens, word, text)
    parts = [part]
    while left and left[0].casefold() == joint:
        part, left = inner(left[1:], word, text)
        parts.append(part)
    return (parts[0] if len(parts) == 1 else {name: parts}), left


def _one(tokens: list[str], word: str, text: str) -> tuple[dict[str, Any], list[str]]:
    if not tokens:
        raise _unreadable(text)
    if tokens[0] == "(":
        condition, left = _any(tokens[1:], word, text)
        if not left or left[0] != ")":
            raise _unreadable(text)
        return condition, left[1:]
    key, equals, values = (part.strip() for part in tokens[0].partition("="))
    wanted = [value.strip() for value in values.split(",") if value.strip()]
    if not (key and equals and wanted):
        raise _unreadable(text)
    return {word: key, "in": wanted}, tokens[1:]


def _row_condition(text: str, word: str, number: int) -> dict[str, Any]:
    try:
        condition = condition_from_text(text, word)
    except TextError as error:
        raise TextError(f"line {number}: {error}") from None
    if condition is None:
        raise TextError(f"line {number}: write the condition before the colon, or “{OTHERWISE}”.")
    return condition


def _level(text: str, levels: Mapping[str, str], number: int) -> str:
    for key, label in levels.items():
        if text.casefold() in (key.casefold(), label.casefold()):
            return key
    raise TextError(f"line {number}: “{text}” is not a level. Levels: {', '.join(levels.values())}.")


def _unreadable(text: str) -> TextError:
    return TextError(
        f"“{text.strip()}” cannot be read; write it as 1.1 = N, PN, joined by and, or and brackets."
    )
