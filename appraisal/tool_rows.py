"""The builder's form for a tool of one's own: rows of levels, domains and questions, to and from plain data.

What is typed stays as typed until it can be read; ``to_data`` says by field what cannot.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from appraisal.tool_text import (
    TextError,
    answers_from_text,
    answers_to_text,
    condition_from_text,
    condition_to_text,
    rule_from_text,
    rule_to_text,
)

MOST = 60
PLAIN = ("name", "about", "reference", "reference_url", "guidance_url")
LIMITS = {"name": 200, "label": 200, "symbol": 2, "key": 20, "colour": 30}
LONG = 2000


@dataclass
class LevelRow:
    key: str = ""
    label: str = ""
    symbol: str = ""
    colour: str = "no_information"


@dataclass
class QuestionRow:
    key: str = ""
    text: str = ""
    answers: str = ""
    shown_when: str = ""
    faults: dict[str, str] = field(default_factory=dict)


@dataclass
class DomainRow:
    key: str = ""
    label: str = ""
    guidance: str = ""
    rule: str = ""
    questions: list[QuestionRow] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


@dataclass
class ToolRows:
    """The whole form. ``overall`` is "none", "worst" or "table"; ``faults`` are sentences by field of the head."""

    name: str = ""
    about: str = ""
    reference: str = ""
    reference_url: str = ""
    guidance_url: str = ""
    per_result: bool = False
    overall: str = "worst"
    overall_rule: str = ""
    levels: list[LevelRow] = field(default_factory=list)
    domains: list[DomainRow] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def every_fault(self) -> list[str]:
        """What cannot be read, with its place in words."""
        said = list(self.faults.values())
        for number, domain in enumerate(self.domains, start=1):
            said += [f"Domain {number}, rule, {sentence}" for sentence in domain.faults.values()]
            for question in domain.questions:
                said += [f"Question {question.key}: {sentence}" for sentence in question.faults.values()]
        return said


def blank(key: str, name: str) -> dict[str, Any]:
    """What a new tool begins with."""
    return {
        "key": key,
        "name": name,
        "levels": [
            {"key": "low", "label": "Low risk", "symbol": "+", "colour": "low"},
            {"key": "unclear", "label": "Unclear risk", "symbol": "?", "colour": "unclear"},
            {"key": "high", "label": "High risk", "symbol": "−", "colour": "high"},
        ],
        "domains": [],
        "overall": "worst",
    }


def from_data(data: Mapping[str, Any]) -> ToolRows:
    """The form for ``data`` as a draft holds it."""
    levels = [
        LevelRow(**{name: str(one.get(name, "")) for name in ("key", "label", "symbol", "colour")})
        for one in _objects(data, "levels")
    ]
    names, overall = _names(levels), data.get("overall", "none")
    head: dict[str, Any] = {name: str(data.get(name, "")) for name in PLAIN}
    return ToolRows(
        **head,
        per_result=bool(data.get("per_result")),
        overall=overall if overall in ("none", "worst") else "table",
        overall_rule="" if isinstance(overall, str) else rule_to_text(overall, names),
        levels=levels,
        domains=[_domain_row(one, names) for one in _objects(data, "domains")],
    )


def _domain_row(one: Mapping[str, Any], names: Mapping[str, str]) -> DomainRow:
    head: dict[str, Any] = {name: str(one.get(name, "")) for name in ("key", "label", "guidance")}
    return DomainRow(
        **head,
        rule=rule_to_text(one.get("rule"), names),
        questions=[
            QuestionRow(
                key=str(each.get("key", "")),
                text=str(each.get("text", "")),
                answers=answers_to_text(_texts(each.get("options")), each.get("labels")),
                shown_when=condition_to_text(each.get("shown_when")),
            )
            for each in _objects(one, "questions")
        ],
    )


def from_post(post: Mapping[str, str]) -> ToolRows:
    """The form as it was sent: ``level-0-label``, ``domain-0-question-1-text`` and so on."""

    def words(name: str) -> str:
        return post.get(name, "").replace("\x00", "")[: LIMITS.get(name.rpartition("-")[2], LONG)].strip()

    def rows(start: str, name: str) -> Iterator[str]:
        for number in range(MOST):
            if f"{start}{number}-{name}" not in post:
                return
            yield f"{start}{number}-"

    head: dict[str, Any] = {name: words(name) for name in PLAIN}
    return ToolRows(
        **head,
        per_result=post.get("per_result") == "on",
        overall=post.get("overall", "") if post.get("overall") in ("none", "worst", "table") else "none",
        overall_rule=words("overall_rule"),
        levels=[
            LevelRow(words(at + "key"), words(at + "label"), words(at + "symbol"), words(at + "colour"))
            for at in rows("level-", "label")
        ],
        domains=[
            DomainRow(
                key=words(at + "key"),
                label=words(at + "label"),
                guidance=words(at + "guidance"),
                rule=words(at + "rule"),
                questions=[
                    QuestionRow(
                        words(here + "key"),
                        words(here + "text"),
                        words(here + "answers"),
                        words(here + "shown_when"),
                    )
                    for here in rows(f"{at}question-", "text")
                ],
            )
            for at in rows("domain-", "label")
        ],
    )


def act(rows: ToolRows, what: str) -> None:
    """Do what a button says: ``add-level``, ``add-question-0``, ``remove-level-2``, ``up-domain-1``."""
    found = re.fullmatch(r"(add|remove|up)-(level|domain|question)((?:-\d{1,3})*)", what)
    if not found:
        return
    verb, kind, places = found[1], found[2], [int(each) for each in found[3].split("-") if each]
    lists: dict[str, list] = {"level": rows.levels, "domain": rows.domains}
    if kind == "question":
        if not places or places[0] >= len(rows.domains):
            return
        lists["question"] = rows.domains[places.pop(0)].questions
    line = lists[kind]
    makers: dict[str, Callable[[], Any]] = {"level": LevelRow, "domain": _new_domain, "question": QuestionRow}
    if verb == "add" and len(line) < MOST:
        line.append(makers[kind]())
    elif verb == "remove" and places and places[0] < len(line):
        del line[places[0]]
    elif verb == "up" and places and 0 < places[0] < len(line):
        line.insert(places[0] - 1, line.pop(places[0]))


def _new_domain() -> DomainRow:
    return DomainRow(questions=[QuestionRow()])


def to_data(rows: ToolRows, old: Mapping[str, Any]) -> dict[str, Any]:
    """The plain data of the form; what the builder does not show is kept from ``old``. Faults go to the rows."""
    _give_keys(rows)
    names = _names(rows.levels)
    before = _by_key(old, "domains")
    data = {**old, **{name: getattr(rows, name) for name in PLAIN}, "per_result": rows.per_result}
    data["levels"] = [
        _merged(_by_key(old, "levels").get(row.key), vars(row)) for row in rows.levels if row.label
    ]
    data["domains"] = [_domain_data(row, names, before.get(row.key)) for row in rows.domains if _is_used(row)]
    data["overall"] = rows.overall
    if rows.overall == "table":
        data["overall"] = (
            _read(rows.faults, "overall_rule", rule_from_text, rows.overall_rule, names, "domain") or []
        )
    if not rows.name:
        rows.faults["name"] = "Give the tool a name."
    return data


def _is_used(row: DomainRow) -> bool:
    return bool(row.label or row.guidance or row.rule or any(question.text for question in row.questions))


def _domain_data(row: DomainRow, names: Mapping[str, str], old: Mapping[str, Any] | None) -> dict[str, Any]:
    questions = [
        _question_data(one, _by_key(old or {}, "questions").get(one.key)) for one in row.questions if one.text
    ]
    new = {"key": row.key, "label": row.label, "guidance": row.guidance, "questions": questions}
    data = _merged(old, new)
    rule = _read(row.faults, "rule", rule_from_text, row.rule, names)
    data.pop("rule", None)
    return data | ({"rule": rule} if rule else {})


def _question_data(row: QuestionRow, old: Mapping[str, Any] | None) -> dict[str, Any]:
    data = _merged(old, {"key": row.key, "text": row.text})
    for name in ("options", "labels", "shown_when"):
        data.pop(name, None)
    codes, labels = answers_from_text(row.answers)
    when = _read(row.faults, "shown_when", condition_from_text, row.shown_when)
    given = {"options": codes, "labels": labels, "shown_when": when}
    return data | {name: value for name, value in given.items() if value}


def _read(faults: dict[str, str], name: str, reader: Any, *given: Any) -> Any:
    try:
        return reader(*given)
    except TextError as error:
        faults[name] = str(error)
        return None


def _objects(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list, whatever else a program put there."""
    found = data.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _texts(given: Any) -> list[str]:
    return [str(one) for one in given] if isinstance(given, list) else []


def _by_key(data: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    return {str(one.get("key", "")): one for one in _objects(data, name)}


def _merged(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    return {**(old or {}), **new}


def _names(levels: list[LevelRow]) -> dict[str, str]:
    return {level.key: level.label for level in levels if level.label}


def _give_keys(rows: ToolRows) -> None:
    """Keys for what is new; a key that is there stays, so that assessments still fit."""
    for level in rows.levels:
        level.key = level.key or _free(_slug(level.label) or "level", {one.key for one in rows.levels})
    for number, domain in enumerate(rows.domains, start=1):
        domain.key = domain.key or _free(f"D{number}", {one.key for one in rows.domains})
        taken = {one.key for each in rows.domains for one in each.questions}
        for place, question in enumerate(domain.questions, start=1):
            question.key = question.key or _free(f"{number}.{place}", taken)
            taken.add(question.key)


#: How a place in the data is called in the form.
PLACES = (
    (r"^domains\[(\d+)\]", "Domain {}"),
    (r"^levels\[(\d+)\]", "Level {}"),
    (r"\.questions\[(\d+)\]", ", question {}"),
    (r"\b\.?rule\[(\d+)\]", ", line {} of the rule"),
    (r"^overall\[(\d+)\]", "Overall judgement, line {}"),
)
NAMES = {
    "shown_when": "asked only when",
    "options": "answers",
    "label": "name",
    "symbol": "sign",
    "when": "condition",
}


def fault_in_words(fault: str) -> str:
    """A sentence about a place in the data, with the place as the form calls it."""
    place, colon, rest = fault.partition(":")
    if not colon or " " in place:
        return fault
    for pattern, words in PLACES:
        place = re.sub(pattern, lambda found, words=words: words.format(int(found[1]) + 1), place)  # type: ignore[misc]
    place = re.sub(r"\.(\w+)(?:\[\d+\])?", lambda found: f", {NAMES.get(found[1], found[1])}", place)
    return f"{place[:1].upper()}{place[1:]}:{rest}"


def slug_key(name: str, taken: set[str]) -> str:
    """A free key for a tool of this name; "add" and "new" are addresses."""
    taken = taken | {"add", "new"}
    plain = _slug(name)
    return _free((plain if plain[:1].isalpha() else f"tool_{plain}").strip("_")[:26] or "tool", taken)


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_")[:30]


def _free(key: str, taken: set[str]) -> str:
    if key not in taken:
        return key
    number = next(each for each in range(2, 1000) if f"{key}_{each}" not in taken)
    return f"{key}_{number}"
