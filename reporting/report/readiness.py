"""What each part of the report will say, and what is still lacking for it: for the page, the API and the command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from reporting.report.outline import HEADINGS
from reporting.report.source import Source
from reporting.report.wording import counted, listed

#: Parts that the application cannot know; the authors write them.
BY_AUTHORS = ("background", "discussion", "other.support", "other.interests")
#: So many are named in a sentence.
NAMED = 5


@dataclass(frozen=True)
class Part:
    """``says`` is what stands in it, ``lacking`` a sentence for each thing that is missing, ``href`` its page."""

    key: str
    says: str
    lacking: tuple[str, ...]
    href: str

    @property
    def heading(self) -> str:
        return HEADINGS[self.key]


def readiness(source: Source) -> list[Part]:
    """The parts that are written from the review, in the order of the report."""
    slug = source.review.slug
    parts = (
        ("background.objectives", *_question(source), "reviews:protocol"),
        ("methods.protocol", *_protocol(source), "reviews:protocol"),
        ("methods.eligibility", *_criteria(source), "reviews:protocol"),
        ("methods.outcomes", *_outcomes(source), "reviews:protocol"),
        ("methods.searches", *_searches(source), "records:search_report"),
        ("results.selection", *_selection(source), "reporting:prisma"),
        ("results.included", *_included(source), "screening:studies"),
        ("results.excluded", *_excluded(source), "reporting:characteristics"),
        ("results.risk", *_risk(source), "appraisal:overview"),
        ("results.synthesis", *_synthesis(source), "analysis:plans"),
        ("results.certainty", *_certainty(source), "certainty:findings"),
    )
    return [Part(key, says, tuple(lacking), reverse(page, args=[slug])) for key, says, lacking, page in parts]


def unfinished(source: Source) -> list[str]:
    """What a reader of the report must know first: open work, numbers that contradict each other, old results."""
    return [*_selection(source)[1], *_synthesis(source)[1], *_certainty(source)[1]]


Told = tuple[str, list[str]]


def _question(source: Source) -> Told:
    question = source.review.question.strip()
    return ("The review question.", []) if question else ("", ["The review question is not recorded."])


def _protocol(source: Source) -> Told:
    review = source.review
    says = f"Version {review.protocol_version}, {counted(len(source.amendments), 'amendment')}."
    return says, [] if review.registration else ["No registration is recorded."]


def _criteria(source: Source) -> Told:
    n = len(source.criteria)
    return f"{counted(n, 'criterion', 'criteria')}.", [] if n else ["No eligibility criterion is recorded."]


def _outcomes(source: Source) -> Told:
    n = len(source.outcomes)
    lacking = [] if n else ["No outcome is recorded."]
    if n and not any(one.is_primary for one in source.outcomes):
        lacking.append("No outcome is marked as primary.")
    return f"{counted(n, 'outcome')}.", lacking


def _searches(source: Source) -> Told:
    lacking = [f"PRISMA-S item {item.number}, {item.name}: {item.said}" for item in source.searches.lacking]
    return f"{counted(len(source.searches.sources), 'source')} with their strategies.", lacking


def _selection(source: Source) -> Told:
    counts = source.counts
    lacking = [said for _, said in counts.pending]
    lacking += [
        f"The numbers of the flow diagram contradict each other. {said}" for said in counts.problems()
    ]
    return f"The flow of {counted(counts.identified + counts.other_identified, 'record')}.", lacking


def _included(source: Source) -> Told:
    rows = source.included.rows
    lacking = [] if rows else ["No study is included yet."]
    for missing, where in (("design", 0), ("arm of an intervention", 2), ("result", 4)):
        if bare := [row.label for row in rows if not row.cells[where]]:
            lacking.append(f"No {missing} is recorded of {_named(bare)}.")
    if marked := [row.label for row in rows if row.marks]:
        lacking.append(f"A retraction or an expression of concern stands against {_named(marked)}.")
    return f"{counted(len(rows), 'study', 'studies')} with their characteristics.", lacking


def _excluded(source: Source) -> Told:
    aside = sum(len(table.rows) for table in source.set_aside)
    n = len(source.excluded.rows)
    return f"{counted(n, 'report')} excluded with reasons, {aside:,} awaiting classification or ongoing.", []


def _risk(source: Source) -> Told:
    assessed = {row.study_id for sheet in source.sheets for row in sheet.rows}
    bare = [label for study, label in source.studies if study not in assessed]
    tools = listed([sheet.instrument.name for sheet in source.sheets])
    says = f"{counted(len(assessed), 'study', 'studies')} with {tools}." if tools else "Nothing yet."
    return says, [f"No assessment is agreed of {_named(bare)}."] if bare else []


def _synthesis(source: Source) -> Told:
    stale = [each.plan.name for each in source.analysed if each.standing.stale]
    waiting = [plan.name for plan in source.without_result]
    lacking = [f"Data or plan changed since these analyses were run: {_named(stale)}."] if stale else []
    lacking += [f"Analyses without a result: {_named(waiting)}."] if waiting else []
    n = len(source.analysed)
    return f"{counted(n, 'analysis', 'analyses')} with figures." if n else "Nothing yet.", lacking


def _certainty(source: Source) -> Told:
    rows = [row for table in source.summaries for row in table.rows]
    lacking = []
    if bare := [row.outcome for row in rows if not row.level]:
        lacking.append(f"The certainty is not agreed yet of {_named(bare)}.")
    if stale := [row.outcome for row in rows if row.stale]:
        lacking.append(f"The evidence changed since the certainty was agreed of {_named(stale)}.")
    return f"{counted(len(rows), 'finding')}." if rows else "Nothing yet.", lacking


def _named(names: list[str]) -> str:
    shown = names[:NAMED]
    more = len(names) - len(shown)
    return listed([*shown, f"{more:,} more"] if more else shown)


def by_authors() -> Iterator[str]:
    """The headings of what the authors write."""
    return (HEADINGS[key] for key in BY_AUTHORS)
