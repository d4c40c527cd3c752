"""GRADE without Django: levels, domains, and what the data suggest for each.

level_of(start, changes) -> Level               changes: {domain key: levels down (negative) or up}
cautions(start, changes) -> list[str]           what a reader of the rating should be told
suggest(evidence, start) -> {domain key: Suggestion}
suggest_start(evidence) -> Start
compare(first, second), kappas(pairs)           two raters of the same findings
"""

from certainty.grade.agreement import DomainAgreement, agreement_of
from certainty.grade.levels import (
    DOMAINS,
    DOWN,
    LEVELS,
    START_LEVELS,
    UP,
    Domain,
    Level,
    cautions,
    in_words,
    level_of,
)
from certainty.grade.suggestions import Start, Suggestion, suggest, suggest_start

__all__ = [
    "DOMAINS",
    "DOWN",
    "LEVELS",
    "START_LEVELS",
    "UP",
    "Domain",
    "DomainAgreement",
    "Level",
    "Start",
    "Suggestion",
    "agreement_of",
    "cautions",
    "in_words",
    "level_of",
    "suggest",
    "suggest_start",
]
