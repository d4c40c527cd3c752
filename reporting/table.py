"""The flow diagram as a table: the text alternative, with the same links."""

from typing import NamedTuple

from reporting.diagram import links
from reporting.flow import FlowCounts
from reviews.models import Review


class Line(NamedTuple):
    label: str
    n: int
    href: str
    indent: bool = False


def as_table(review: Review, counts: FlowCounts) -> list[Line]:
    """Every number of the diagram in reading order."""
    to = links(review, counts)

    def named(key: str, pairs) -> list[Line]:
        return [Line(name, n, to.get(f"{key}:{name}", ""), indent=True) for name, n in pairs]

    lines = [
        Line("Records identified from databases", sum(n for _, n in counts.databases), to["databases"]),
        *named("databases", counts.databases),
        Line("Records identified from registers", sum(n for _, n in counts.registers), to["registers"]),
        *named("registers", counts.registers),
        Line("Duplicate records removed before screening", counts.duplicates, to["duplicates"]),
        Line("Records screened", counts.screened, to["screened"]),
        Line("Records awaiting screening", counts.awaiting_screening, to["awaiting_screening"]),
        Line("Records excluded", counts.excluded, to["excluded"]),
        Line("Reports sought for retrieval", counts.sought, to["sought"]),
        *(
            [Line("of these, came in at full text", counts.carried, to["carried"], True)]
            if counts.carried
            else []
        ),
        *_not_sought(counts, to, ""),
        Line("Reports not retrieved", counts.not_retrieved, to["not_retrieved"]),
        Line("Reports assessed for eligibility", counts.assessed, to["assessed"]),
        Line("Reports awaiting full-text assessment", counts.awaiting_full_text, to["awaiting_full_text"]),
        Line("Reports excluded", sum(n for _, n in counts.reasons), to["excluded_reports"]),
        *named("reasons", counts.reasons),
        *_aside(counts, to, ""),
    ]
    if counts.has_other_methods:
        lines += _other(counts, to, named("other_reasons", counts.other_reasons))
    new = "new " if counts.has_previous else ""
    return [
        *lines,
        Line(f"{new}studies included in review".capitalize(), counts.studies, to["studies"]),
        Line(f"Reports of {new}included studies", counts.reports, to["reports"]),
        *_before(counts, to),
    ]


def _before(counts: FlowCounts, to: dict[str, str]) -> list[Line]:
    lines = []
    if counts.has_previous:
        lines = [
            Line("Studies included in previous version", counts.previous_studies, to["previous_studies"]),
            Line("Reports of these", counts.previous_reports, to["previous_reports"]),
            Line("Total studies included in review", counts.total_studies, ""),
            Line("Reports of total included studies", counts.total_reports, ""),
        ]
    if counts.excluded_before:
        lines.append(Line("Excluded before this review", counts.excluded_before, to["excluded_before"]))
    return lines


def _other(counts: FlowCounts, to: dict[str, str], reasons: list[Line]) -> list[Line]:
    return [
        Line("Records identified from websites", counts.websites, to["websites"]),
        Line("Records identified from organisations", counts.organisations, to["organisations"]),
        Line("Records identified by citation searching", counts.citations, to["citations"]),
        Line("Records identified from other sources", counts.other_sources, to["other_sources"]),
        Line("Duplicate records (other methods)", counts.other_duplicates, to["other_duplicates"]),
        Line("Records excluded (other methods)", counts.other_excluded, to["other_excluded"]),
        Line(
            "Records awaiting screening (other methods)",
            counts.other_awaiting_screening,
            to["other_awaiting_screening"],
        ),
        Line("Reports sought for retrieval (other methods)", counts.other_sought, to["other_sought"]),
        *(
            [Line("of these, came in at full text", counts.other_carried, to["other_carried"], True)]
            if counts.other_carried
            else []
        ),
        *_not_sought(counts, to, "other_"),
        Line("Reports not retrieved (other methods)", counts.other_not_retrieved, to["other_not_retrieved"]),
        Line("Reports assessed for eligibility (other methods)", counts.other_assessed, to["other_assessed"]),
        Line(
            "Reports excluded (other methods)",
            sum(n for _, n in counts.other_reasons),
            to["other_excluded_reports"],
        ),
        *reasons,
        *_aside(counts, to, "other_"),
    ]


def _aside(counts: FlowCounts, to: dict[str, str], prefix: str) -> list[Line]:
    """Reports that are neither excluded nor included, when there are any."""
    names = {
        "awaiting_classification": "Reports awaiting classification",
        "ongoing": "Reports of ongoing studies",
    }
    return [line for name, label in names.items() for line in _if_any(counts, to, f"{prefix}{name}", label)]


def _not_sought(counts: FlowCounts, to: dict[str, str], prefix: str) -> list[Line]:
    return _if_any(counts, to, f"{prefix}not_sought", "Reports not sought")


def _if_any(counts: FlowCounts, to: dict[str, str], key: str, label: str) -> list[Line]:
    n = getattr(counts, key)
    where = " (other methods)" if key.startswith("other_") else ""
    return [Line(f"{label}{where}", n, to[key])] if n else []
