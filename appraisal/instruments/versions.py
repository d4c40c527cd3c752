"""Two versions of a tool: what changed, and what of an assessment still fits. No Django here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appraisal.instruments.base import Domain, Level
from appraisal.instruments.signalling import SignallingQuestion, Tool


@dataclass(frozen=True)
class Fit:
    """What of an assessment a version can hold; ``dropped`` are sentences about the rest."""

    answers: dict[str, str]
    values: dict[str, str]
    overall: str
    dropped: tuple[str, ...]


def changes(old: Tool, new: Tool) -> list[str]:
    """Sentences about what an assessor would notice: domains, questions, levels, rules. [] when nothing differs."""
    said = [
        *_levels("Level", old.levels, new.levels),
        *_levels("Overall level", old.overall_choices, new.overall_choices),
    ]
    before, after = ({domain.key: domain for domain in tool.domains} for tool in (old, new))
    said += _named("Domain", before, after)
    for key in (key for key in after if key in before):
        said += _domain(before[key], after[key])
    asked, asks = ({question.key: question for question in tool.questions} for tool in (old, new))
    said += _named("Question", asked, asks)
    for key in (key for key in asks if key in asked):
        said += _question(asked[key], asks[key])
    said += [f"{key}: another rule." for key in after if key in before and _rule(old, key) != _rule(new, key)]
    if _rows(old.overall_rule) != _rows(new.overall_rule):
        said.append("Overall: another rule.")
    if old.per_result != new.per_result:
        said.append(f"Assessed is {'a result' if new.per_result else 'a study'} now.")
    return said


def fitting(new: Tool, answers: Mapping[str, str], values: Mapping[str, str], overall: str = "") -> Fit:
    """What of {question: option}, {domain: level} and the overall level ``new`` still offers."""
    asks = {question.key: question for question in new.questions}
    domains = {domain.key: {level.key for level in new.levels_of(domain)} for domain in new.domains}
    kept_answers = {
        key: value for key, value in answers.items() if key in asks and value in asks[key].options
    }
    kept_values = {key: value for key, value in values.items() if value in domains.get(key, ())}
    kept_overall = overall if overall in {level.key for level in new.overall_choices} else ""
    dropped = [f"Question {key}: {value}" for key, value in answers.items() if key not in kept_answers]
    dropped += [f"{key}: {value}" for key, value in values.items() if key not in kept_values]
    dropped += [f"Overall: {overall}"] if overall and not kept_overall else []
    return Fit(kept_answers, kept_values, kept_overall, tuple(dropped))


def _named(what: str, old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    gone = [f"{what} {key} was taken out." for key in old if key not in new]
    return gone + [f"{what} {key} is new." for key in new if key not in old]


def _levels(what: str, old: Iterable[Level], new: Iterable[Level]) -> list[str]:
    before, after = ({level.key: level.label for level in levels} for levels in (old, new))
    renamed = [
        f"{what} {key}: “{before[key]}” is “{after[key]}” now."
        for key in after
        if key in before and before[key] != after[key]
    ]
    return _named(what, before, after) + renamed


def _domain(old: Domain, new: Domain) -> list[str]:
    said = []
    if (old.label, old.guidance) != (new.label, new.guidance):
        said.append(f"{new.key}: worded differently.")
    if old.levels != new.levels:
        said.append(f"{new.key}: other levels to choose from.")
    return said


def _question(old: SignallingQuestion, new: SignallingQuestion) -> list[str]:
    said = []
    if (old.text, dict(old.labels)) != (new.text, dict(new.labels)):
        said.append(f"Question {new.key}: worded differently.")
    if old.options != new.options:
        said.append(f"Question {new.key}: other answers to choose from.")
    if old.shown_when != new.shown_when:
        said.append(f"Question {new.key}: asked under another condition.")
    if old.domain != new.domain:
        said.append(f"Question {new.key}: moved to {new.domain}.")
    return said


def _rule(tool: Tool, domain: str) -> object:
    return _rows(tool.rules.get(domain))


def _rows(rule: object) -> object:
    """Rules of own tools are tables: equal when their rows are."""
    return getattr(rule, "keywords", {}).get("rows", rule)
