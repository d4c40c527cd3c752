"""Tools of one's own: a Tool built from plain JSON data, checked with errors that say where and what to do.

    {"key": "own", "name": "Our tool", "per_result": false,
     "levels": [{"key": "low", "label": "Low risk", "symbol": "+", "colour": "low"}, ...],      best first
     "domains": [{"key": "D1", "label": "Blinding", "guidance": "...",
                  "questions": [{"key": "1.1", "text": "...", "options": ["Y", "N", "NI"],
                                 "shown_when": {"question": "1.0", "in": ["Y"]}}],
                  "rule": [{"when": {"question": "1.1", "in": ["N"]}, "level": "high"}, {"level": "low"}]}],
     "overall": "worst" | "none" | [{"when": {"domain": "D1", "in": ["high"]}, "level": "high"}, ...]}

A condition is {"question": key, "in": [...]} (in an overall rule {"domain": key, "in": [...]}) or {"all": [...]} or
{"any": [...]}. A rule is a table: the first row that holds gives the level; a row without "when" always holds.
Where no row holds, a person judges. Conditions of questions ask about earlier questions only. Answers mean what the
table says: "probably yes" is not taken for yes unless the table names both. "per_result" (false if not given) says
that one result, an outcome, is assessed rather than a study.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from appraisal.instruments.base import Domain, Level
from appraisal.instruments.signalling import (
    SCALE,
    AllOf,
    Answers,
    AnyOf,
    Condition,
    Is,
    OverallRule,
    Proposal,
    SignallingQuestion,
    Tool,
    ToolError,
    holds,
    worst,
)

COLOURS = ("low", "some_concerns", "unclear", "moderate", "high", "serious", "very_high", "critical",
           "no_information", "not_applicable")  # fmt: skip
DEPTH = 10
#: Keys stand in addresses, in files and in the database.
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
QUESTION_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
OPTION_LENGTH = 10
OVERALL = "overall"
Row = tuple[Condition | None, str]
#: {key: options it may have}, of questions or domains.
Known = Mapping[str, Collection[str]]


def tool_from_data(data: object) -> Tool:
    """The tool that plain data (as parsed from JSON) describes; ToolError names the place that is wrong."""
    top = _object(data, "The tool")
    levels = tuple(_level(each, at) for at, each in _items(top, "levels", "The tool"))
    if len(levels) < 2:
        raise ToolError("The tool: 'levels' needs two levels or more, the best first.")
    _distinct([level.key for level in levels], "levels")
    _distinct([level.symbol for level in levels], "levels", "symbol")
    level_keys = [level.key for level in levels]
    domains, questions, rules = [], [], {}
    known: dict[str, tuple[str, ...]] = {}
    for at, each in _items(top, "domains", "The tool"):
        domain = _domain(each, at, level_keys)
        domains.append(domain)
        for place, one in _items(each, "questions", at, optional=True):
            question = _question(one, place, domain.key, known)
            known[question.key] = question.options
            questions.append(question)
        if each.get("rule") is not None:
            own = {q.key: q.options for q in questions if q.domain == domain.key}
            rows = _table(each["rule"], f"{at}.rule", "question", own, domain.levels or level_keys)
            rules[domain.key] = partial(_first_row, rows=rows)
    if not domains:
        raise ToolError("The tool: 'domains' needs one domain or more.")
    _distinct([domain.key for domain in domains], "domains")
    return Tool(
        key=_key(top, "The tool", most=30),
        name=_text(top, "name", "The tool"),
        about=_text(top, "about", "The tool", optional=True),
        reference=_text(top, "reference", "The tool", optional=True),
        reference_url=_url(top, "reference_url"),
        guidance_url=_url(top, "guidance_url"),
        domains=tuple(domains),
        levels=levels,
        questions=tuple(questions),
        rules=rules,
        overall_rule=_overall(top.get("overall", "none"), domains, level_keys),
        severity=tuple(level_keys),
        per_result=_yes(top, "per_result"),
        groups_probably=False,
        version=_text(top, "version", "The tool", optional=True),
    )


def _first_row(a: Answers, *, rows: tuple[Row, ...]) -> tuple[str | None, str]:
    for number, (condition, level) in enumerate(rows, start=1):
        if condition is None or holds(condition, a):
            return level, f"Row {number} of the table for this domain."
    return None, "No row of the table holds: judge it from the answers."


def _overall_table(
    tool: Tool, levels: Mapping[str, str], several_together: bool | None, *, rows: tuple[Row, ...]
) -> Proposal:
    missing = tuple(domain.key for domain in tool.domains if domain.key not in levels)
    if missing:
        return Proposal(level=None, why=f"Not judged yet: {', '.join(missing)}.", missing=missing)
    level, why = _first_row(levels, rows=rows)
    return Proposal(level=level, why=why.replace(" for this domain", " for the overall judgement"))


def _overall(given: object, domains: list[Domain], levels: list[str]) -> OverallRule | None:
    if given == "none":
        return None
    if given == "worst":
        return worst
    if not isinstance(given, list):
        raise ToolError('overall: write "worst", "none" or a list of rows.')
    known = {domain.key: domain.levels or tuple(levels) for domain in domains}
    return partial(_overall_table, rows=_table(given, "overall", "domain", known, levels))


def _level(data: Mapping[str, Any], at: str) -> Level:
    symbol = _text(data, "symbol", at, most=2)
    colour = _text(data, "colour", at)
    if colour not in COLOURS:
        raise ToolError(f"{at}.colour: '{colour}' is not a colour. Colours: {', '.join(COLOURS)}.")
    label = _text(data, "label", at)
    robvis = _text(data, "robvis", at, optional=True) or label
    return Level(key=_key(data, at, most=30), label=label, symbol=symbol, colour=colour, robvis=robvis)


def _domain(data: Mapping[str, Any], at: str, levels: list[str]) -> Domain:
    label = _text(data, "label", at)
    own = tuple(_words(data, "levels", at)) if data.get("levels") is not None else ()
    unknown = [level for level in own if level not in levels]
    if unknown:
        raise ToolError(
            f"{at}.levels: '{unknown[0]}' is not a level of the tool. Levels: {', '.join(levels)}."
        )
    if len(own) == 1:
        raise ToolError(f"{at}.levels: give two levels or more, or leave it out for all of them.")
    key = _key(data, at)
    if key == OVERALL:
        raise ToolError(f"{at}.key: '{OVERALL}' is kept for the overall judgement; choose another key.")
    short = _text(data, "short", at, optional=True) or key
    guidance = _text(data, "guidance", at, optional=True) or label
    return Domain(key=key, short=short, label=label, guidance=guidance, levels=own)


def _question(data: Mapping[str, Any], at: str, domain: str, known: Known) -> SignallingQuestion:
    key = _key(data, at, QUESTION_KEY)
    if key in known:
        raise ToolError(f"{at}.key: there is a question '{key}' already; give every question its own key.")
    options = tuple(_words(data, "options", at)) if data.get("options") is not None else SCALE
    if len(options) < 2 or len(set(options)) < len(options) or "" in options:
        raise ToolError(f"{at}.options: give two different answers or more.")
    long = next((option for option in options if len(option) > OPTION_LENGTH), None)
    if long is not None:
        raise ToolError(
            f"{at}.options: '{long}' is longer than {OPTION_LENGTH} characters; give a code here and its words in "
            "'labels'."
        )
    labels = data.get("labels") or {}
    if not isinstance(labels, dict) or not all(isinstance(word, str) for word in labels.values()):
        raise ToolError(f"{at}.labels: write {{answer: words}}.")
    unknown = [option for option in labels if option not in options]
    if unknown:
        raise ToolError(f"{at}.labels: '{unknown[0]}' is not an answer. Answers: {', '.join(options)}.")
    when = data.get("shown_when")
    return SignallingQuestion(
        key=key,
        domain=domain,
        text=_text(data, "text", at),
        options=options,
        shown_when=None if when is None else _condition(when, f"{at}.shown_when", "question", known),
        na_is_answer="NA" in options,
        labels=labels,
    )


def _table(given: object, at: str, word: str, known: Known, levels: Collection[str]) -> tuple[Row, ...]:
    if not isinstance(given, list) or not given:
        raise ToolError(f"{at}: a rule is a list of rows with 'when' and 'level'.")
    rows: list[Row] = []
    for number, each in enumerate(given):
        place = f"{at}[{number}]"
        row = _object(each, place)
        level = _text(row, "level", place)
        if level not in levels:
            raise ToolError(f"{place}.level: '{level}' is not a level here. Levels: {', '.join(levels)}.")
        when = row.get("when")
        rows.append((None if when is None else _condition(when, f"{place}.when", word, known), level))
    early = next((n for n, (when, _) in enumerate(rows[:-1]) if when is None), None)
    if early is not None:
        raise ToolError(f"{at}[{early}]: a row without 'when' always holds, so it must be the last one.")
    return tuple(rows)


def _condition(data: object, at: str, word: str, known: Known, depth: int = 0) -> Condition:
    given = _object(data, at)
    if depth > DEPTH:
        raise ToolError(f"{at}: conditions may be nested {DEPTH} deep; make this one simpler.")
    kinds: dict[str, Callable[[tuple[Condition, ...]], Condition]] = {"all": AllOf, "any": AnyOf}
    for name, make in kinds.items():
        if set(given) == {name}:
            parts = given[name]
            if not isinstance(parts, list) or not parts:
                raise ToolError(f"{at}.{name}: write a list of conditions.")
            inner = (_condition(p, f"{at}.{name}[{n}]", word, known, depth + 1) for n, p in enumerate(parts))
            return make(tuple(inner))
    if set(given) != {word, "in"}:
        raise ToolError(f"{at}: a condition has '{word}' and 'in', or only 'all', or only 'any'.")
    key, values = _text(given, word, at), _words(given, "in", at)
    if key not in known:
        raise ToolError(
            f"{at}: '{key}' is not a {word} that can be asked about here. Known: {', '.join(known) or 'none'}."
        )
    wrong = [value for value in values if value not in known[key]]
    if wrong or not values:
        said = f"'{wrong[0]}' is no value of {key}" if wrong else "'in' is empty"
        raise ToolError(f"{at}.in: {said}. Values: {', '.join(known[key])}.")
    return Is(key, tuple(values))


def _object(data: object, at: str) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ToolError(f"{at}: an object with named entries is needed, not {type(data).__name__}.")
    return data


def _items(
    data: Mapping[str, Any], name: str, at: str, *, optional: bool = False
) -> list[tuple[str, Mapping[str, Any]]]:
    place = name if at == "The tool" else f"{at}.{name}"
    given = data.get(name)
    if given is None and optional:
        return []
    if not isinstance(given, list):
        raise ToolError(f"{place}: a list is needed.")
    return [(f"{place}[{n}]", _object(each, f"{place}[{n}]")) for n, each in enumerate(given)]


def _text(data: Mapping[str, Any], name: str, at: str, *, optional: bool = False, most: int = 2000) -> str:
    given = data.get(name)
    if given is None and optional:
        return ""
    if not isinstance(given, str) or (not given.strip() and not optional):
        raise ToolError(f"{at}: '{name}' is missing or is not text.")
    if len(given) > most:
        raise ToolError(f"{at}: '{name}' has {len(given)} characters; {most} are allowed.")
    return given.strip()


def _key(data: Mapping[str, Any], at: str, shape: re.Pattern[str] = KEY, most: int = 60) -> str:
    key = _text(data, "key", at, most=most)
    if not shape.fullmatch(key):
        dots = ", ." if shape is QUESTION_KEY else ""
        raise ToolError(
            f"{at}.key: '{key}' may have letters, digits, _{dots} and - only, a letter or digit first."
        )
    return key


def _yes(data: Mapping[str, Any], name: str) -> bool:
    given = data.get(name, False)
    if not isinstance(given, bool):
        raise ToolError(f"The tool: '{name}' is true or false.")
    return given


def _url(data: Mapping[str, Any], name: str) -> str:
    given = _text(data, name, "The tool", optional=True)
    if given and not given.startswith(("https://", "http://")):
        raise ToolError(f"The tool: '{name}' must begin with https:// or http://.")
    return given


def _words(data: Mapping[str, Any], name: str, at: str) -> list[str]:
    given = data.get(name)
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise ToolError(f"{at}.{name}: a list of texts is needed.")
    return given


def _distinct(names: list[str], at: str, what: str = "key") -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ToolError(f"{at}: the {what} '{twice}' is used twice; make each one different.")
