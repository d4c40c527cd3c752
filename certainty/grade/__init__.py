"""GRADE without Django: levels, domains, and what the data suggest for each.

level_of(start, changes) -> Level               changes: {domain key: levels down (negative) or up}
cautions(start, changes) -> list[str]           what a reader of the rating should be told
suggest(evidence, start) -> {domain key: Suggestion}
suggest_start(evidence) -> Start
compare(first, second), kappas(pairs)           two raters of the same findings
"""

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    """Suggestions read the words and statistics of runs, which models need not wait for: half a second."""
    if name in {"Start", "Suggestion", "suggest", "suggest_start"}:
        from certainty.grade import suggestions

        return getattr(suggestions, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
