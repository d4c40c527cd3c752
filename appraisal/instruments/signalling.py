"""Signalling questions, and tools that propose a level from the answers. No Django here.

A tool is data: questions in order, each with the condition under which it is needed, and one pure function per
domain. Only answers to needed questions count: an answer left behind on a hidden question changes nothing.
"Probably yes" counts as yes and "probably no" as no. A proposal is a suggestion: a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from appraisal.instruments.base import Domain, Instrument, Level, read

YES, NO, UNKNOWN = ("Y", "PY"), ("N", "PN"), "NI"
SCALE = ("Y", "PY", "PN", "N", "NI")
SCALE_NA = ("NA", *SCALE)
WORDS = {"Y": "Yes", "PY": "Probably yes", "PN": "Probably no", "N": "No", "NI": "No information",
         "NA": "Not applicable", "U": "Unclear"}  # fmt: skip
GROUPED = {"PY": "Y", "PN": "N"}
#: The designs of randomised trials, as screening calls them.
RANDOMISED = ("randomised_parallel", "randomised_cluster", "randomised_crossover")

Answers = Mapping[str, str]


class ToolError(ValueError):
    """An answer, a level or the description of a tool that cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Is:
    """True when the question (or domain) called ``key`` has one of ``values``."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class AllOf:
    """True when every part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """True when one part or more is."""

    parts: tuple[Condition, ...]


Condition = Is | AllOf | AnyOf


def holds(condition: Condition, values: Mapping[str, str]) -> bool:
    """Whether ``condition`` is true of ``values`` ({key: value}); what is missing or "" has no value."""
    match condition:
        case Is(key, wanted):
            return values.get(key, "") in wanted
        case AllOf(parts):
            return all(holds(part, values) for part in parts)
        case AnyOf(parts):
            return any(holds(part, values) for part in parts)


def keys_in(condition: Condition) -> Iterable[str]:
    """The keys a condition asks about, in order."""
    if isinstance(condition, Is):
        yield condition.key
    else:
        for part in condition.parts:
            yield from keys_in(part)


@dataclass(frozen=True, kw_only=True)
class SignallingQuestion:
    """One question of a domain, in our own words.

    ``options`` are the codes that may be stored. NA on a branching question says only that the question was
    hidden, so it is not an answer once the question is needed, unless ``na_is_answer``. ``labels`` gives words
    for options that are not of the common scale; ``stars`` are the options that earn a star (Newcastle-Ottawa).
    """

    key: str
    domain: str
    text: str
    options: tuple[str, ...] = SCALE
    shown_when: Condition | None = None
    na_is_answer: bool = False
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    stars: tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """(code, words) of what a person may choose when the question is shown."""
        codes = (code for code in self.options if code != "NA" or self.na_is_answer)
        return tuple((code, self.labels.get(code) or WORDS.get(code) or code) for code in codes)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a rule suggests. ``level`` is None while something is missing or where only a person can judge.

    ``missing`` are the keys still to be answered (of questions, or of domains for an overall proposal); ``asks``
    is a question a person must answer before the proposal may be accepted ("" if none).
    """

    level: str | None
    why: str
    missing: tuple[str, ...] = ()
    asks: str = ""


#: Level key (or None) and sentence from the answers of one domain: needed questions only, all of them answered,
#: PY given as Y and PN as N where the tool groups them.
Rule = Callable[[Answers], tuple[str | None, str]]
#: An overall proposal from the tool, {domain: level} (known keys only) and the answer to ``Proposal.asks``.
OverallRule = Callable[["Tool", Mapping[str, str], bool | None], Proposal]


@dataclass(frozen=True, kw_only=True)
class Tool(Instrument):
    """An instrument with signalling questions; every page that draws an Instrument can draw a Tool.

    ``rules`` has a function per domain that has an algorithm; ``severity`` orders the levels from best to worst
    for the overall rule; ``overall_levels`` are the overall choices where they differ from ``levels``.
    ``designs`` are the study designs it is for (screening's Study.Design). ``per_result`` says that one numerical
    result is assessed rather than a study, which is also where a direction of bias is asked for; ``counts`` that
    levels are counts and the overall is their total, which nobody chooses; ``groups_probably`` that rules see PY as
    Y and PN as N. ``together`` is the question the overall rule may ask ("" if it never does).
    """

    questions: tuple[SignallingQuestion, ...] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict, hash=False)
    overall_rule: OverallRule | None = None
    severity: tuple[str, ...] = ()
    overall_levels: tuple[Level, ...] = ()
    designs: tuple[str, ...] = ()
    version: str = ""
    licence: str = ""
    per_result: bool = False
    counts: bool = False
    groups_probably: bool = True
    together: str = ""

    def question(self, key: str) -> SignallingQuestion:
        """The question called ``key``; KeyError when the tool has none."""
        return {question.key: question for question in self.questions}[key]

    def questions_of(self, domain: str) -> tuple[SignallingQuestion, ...]:
        """The questions of one domain, in order."""
        return tuple(question for question in self.questions if question.domain == domain)

    @property
    def overall_choices(self) -> tuple[Level, ...]:
        """The levels a person may choose as the overall judgement; () for a tool without one."""
        if self.overall_levels:
            return self.overall_levels
        return () if self.overall_rule is None or self.counts else self.levels

    @property
    def judges_overall(self) -> bool:
        """Whether a person gives an overall judgement with this tool."""
        return bool(self.overall_choices)

    def overall_level(self, key: str) -> Level:
        """The overall level called ``key``; KeyError when the tool has no such overall level."""
        return {level.key: level for level in self.overall_choices}[key]

    def read_overall(self, text: str) -> Level | None:
        """The overall level a file means by ``text``, as ``read_level`` for a domain, or None."""
        return read(self.overall_choices, text)


def shown(tool: Tool, answers: Answers) -> list[str]:
    """Keys of the questions needed now, answered or not, in the tool's order.

    ToolError for a question the tool does not have or an answer the question does not offer.
    """
    return list(_needed(tool, answers))


def propose(tool: Tool, answers: Answers) -> dict[str, Proposal]:
    """{domain key: Proposal} for every domain of ``tool`` that has questions or a rule.

    ``answers`` is {question key: option}; "" or an absent key is not answered yet, NA on a branching question
    that is needed counts as not answered. ToolError as for ``shown``.
    """
    needed = _needed(tool, answers)
    return {domain.key: _propose(tool, domain, needed) for domain in tool.domains
            if tool.questions_of(domain.key) or domain.key in tool.rules}  # fmt: skip


def overall(tool: Tool, levels: Mapping[str, str], *, several_together: bool | None = None) -> Proposal:
    """The overall proposal from {domain key: level key}; domains without a level are absent or "".

    ``several_together`` answers ``Proposal.asks`` ("do these together substantially lower confidence?"); it
    counts only where the tool asks. ToolError for an unknown domain or level.
    """
    domains = {domain.key: domain for domain in tool.domains}
    for key, level in levels.items():
        if key not in domains:
            raise ToolError(f"{tool.name} has no domain '{key}'. Domains: {_list(domains)}.")
        if level and level not in (known := domains[key].levels or [each.key for each in tool.levels]):
            raise ToolError(f"'{level}' is not a level of {domains[key].label}. Levels: {_list(known)}.")
    if tool.overall_rule is None:
        return Proposal(level=None, why="This tool has no overall judgement.")
    given = {key: level for key, level in levels.items() if level}
    return tool.overall_rule(tool, given, several_together)


def worst(tool: Tool, levels: Mapping[str, str], several_together: bool | None = None) -> Proposal:
    """Overall rule "worst of": the level of the worst domain by ``tool.severity``; all domains are needed."""
    missing = tuple(domain.key for domain in tool.domains if domain.key not in levels)
    if missing:
        return Proposal(level=None, why=f"Not judged yet: {_list(missing)}.", missing=missing)
    found = max(levels.values(), key=tool.severity.index)
    name, where = tool.level(found).label, [key for key, level in levels.items() if level == found]
    if len(where) == len(levels):
        return Proposal(level=found, why=f"{name} in every domain.")
    return Proposal(level=found, why=f"The worst judgement is {name} ({_list(where)}).")


def _needed(tool: Tool, answers: Answers) -> dict[str, str]:
    """{key: answer or ""} of the questions needed, after checking every answer."""
    questions = {question.key: question for question in tool.questions}
    for key, value in answers.items():
        if key not in questions:
            raise ToolError(f"{tool.name} has no question '{key}'. Questions: {_list(questions)}.")
        if value and value != "NA" and value not in questions[key].options:
            offered = _list(questions[key].options)
            raise ToolError(f"'{value}' is not an answer to question {key}. Answers: {offered}.")
    needed: dict[str, str] = {}
    for key, question in questions.items():
        if question.shown_when is None or holds(question.shown_when, needed):
            value = answers.get(key) or ""
            needed[key] = "" if value == "NA" and not question.na_is_answer else value
    return needed


def _propose(tool: Tool, domain: Domain, needed: Mapping[str, str]) -> Proposal:
    own = {q.key: needed[q.key] for q in tool.questions_of(domain.key) if q.key in needed}
    missing = tuple(key for key, value in own.items() if not value)
    if missing:
        return Proposal(level=None, why=f"Not answered yet: {_list(missing)}.", missing=missing)
    rule = tool.rules.get(domain.key)
    if rule is None:
        return Proposal(level=None, why="The tool has no rule for this domain: judge it from the answers.")
    level, why = rule({k: GROUPED.get(v, v) for k, v in own.items()} if tool.groups_probably else own)
    return Proposal(level=level, why=why)


def _list(keys: Iterable[str]) -> str:
    return ", ".join(keys)
