"""The summary of findings and the evidence profile as plain data, for pages, files, programs and reports.

    summary_of_findings(review) -> SummaryTable       of the first comparison, or of the one whose key is given
    evidence_profile(review) -> ProfileTable          the same, with every domain; of all findings in use
    comparisons(review) -> [Comparison]               what there is to choose from

Only what the team agreed on stands in them (Grade.objects.agreed()): a finding without a consensus says so, whoever
looks. Numbers are of the newest finished run; where they are not those that were rated, the row says it is stale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.text import capfirst, slugify

from certainty.evidence import Evidences
from certainty.grade import DOMAINS, UP
from certainty.models import Finding, Grade
from certainty.rows import AbsoluteCell, RowNumbers, numbers_of, proposed_statement
from certainty.services.finding_checks import comparison_key
from certainty.staleness import what_changed_in
from certainty.wording import NONE, events_text, people_text
from reviews.errors import Refused
from reviews.models import Review

NOT_RATED = "Not rated yet"
#: The domains that have a column of their own in the profile.
LOWERING = tuple(one.label for one in DOMAINS.values() if one.lowers)


class UnknownComparison(Refused):
    """There is no such comparison in the findings."""

    status = 404


@dataclass(frozen=True)
class Comparison:
    """An intervention against what it is compared with, as its findings name them (the first one's spelling)."""

    key: str
    intervention: str
    comparison: str
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        return f"{capfirst(self.intervention)} compared with {self.comparison}"

    @property
    def population(self) -> str:
        return _each(one.population for one in self.findings) or self.findings[0].review.population

    @property
    def setting(self) -> str:
        return _each(one.setting for one in self.findings)


@dataclass(frozen=True)
class SummaryRow:
    """One outcome. ``absolute``: a cell for each baseline, at least one; ``marks``: its footnotes.

    ``level`` is "high", "moderate", "low", "very_low", or "" where nothing is agreed yet. ``stale``: what changed
    since it was agreed, a sentence each. ``proposed``: the statement is proposed from effect and certainty.
    ``reason``: why nothing is pooled, "" where something is.
    """

    finding: int
    outcome: str
    follow_up: str
    importance: str
    people: str
    participants: int | None
    studies: int | None
    relative: str
    absolute: tuple[AbsoluteCell, ...]
    level: str
    symbol: str
    certainty: str
    marks: tuple[str, ...]
    statement: str
    proposed: bool
    narrative: str
    reason: str
    comments: str
    stale: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class ProfileCell:
    """What was decided of one domain: 'serious', with its footnote."""

    words: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProfileRow:
    """One outcome with the domains that may lower its certainty, in their order, and what raised it as ``other``."""

    summary: SummaryRow
    designs: str
    domains: tuple[ProfileCell, ...]
    other: ProfileCell
    with_intervention: str
    with_comparison: str

    @property
    def named(self) -> list[tuple[str, ProfileCell]]:
        """The cells of the domains with their names."""
        return list(zip(LOWERING, self.domains, strict=True))


@dataclass(frozen=True)
class Table:
    """What both tables have at their head and foot. ``footnotes``: (mark, text)."""

    key: str
    title: str
    population: str
    setting: str
    intervention: str
    comparison: str
    footnotes: tuple[tuple[str, str], ...]

    @property
    def head(self) -> list[tuple[str, str]]:
        """The question's parts, those that are given."""
        pairs = [
            ("Population", self.population),
            ("Setting", self.setting),
            ("Intervention", self.intervention),
            ("Comparison", self.comparison),
        ]
        return [(name, text) for name, text in pairs if text]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SummaryTable(Table):
    rows: tuple[SummaryRow, ...] = ()


@dataclass(frozen=True)
class ProfileTable(Table):
    rows: tuple[ProfileRow, ...] = ()
    domains: tuple[str, ...] = LOWERING


def comparisons(review: Review, *, only_summary: bool = False) -> list[Comparison]:
    """The comparisons of the findings in use, in their order; each has at least one finding."""
    findings = Finding.objects.filter(review=review).live().select_related("outcome", "plan", "review")
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings.in_summary() if only_summary else findings:
        groups.setdefault(comparison_key(finding), []).append(finding)
    found: dict[str, Comparison] = {}
    for group in groups.values():
        first = group[0]
        key = slugify(f"{first.intervention} vs {first.comparison}")[:80] or "comparison"
        while key in found:
            key += "-2"
        found[key] = Comparison(key, first.intervention, first.comparison, tuple(group))
    return list(found.values())


def summary_of_findings(review: Review, comparison: str | None = None) -> SummaryTable:
    """The summary of findings of one comparison (its key; the first if none): findings chosen for it, in their order.

    Raises UnknownComparison; a review without findings gives an empty table.
    """
    chosen = _chosen(review, comparison, only_summary=True)
    if chosen is None:
        return SummaryTable("", "Summary of findings", review.population, "", "", "", ())
    writer = _Writer(chosen)
    rows = tuple(writer.summary(finding) for finding in chosen.findings)
    return SummaryTable(*_about(chosen, "Summary of findings"), footnotes=writer.notes.listed, rows=rows)


def evidence_profile(review: Review, comparison: str | None = None) -> ProfileTable:
    """The evidence profile of one comparison, of all its findings in use; as ``summary_of_findings`` otherwise."""
    chosen = _chosen(review, comparison, only_summary=False)
    if chosen is None:
        return ProfileTable("", "Evidence profile", review.population, "", "", "", ())
    writer = _Writer(chosen)
    rows = tuple(writer.profile(finding) for finding in chosen.findings)
    return ProfileTable(*_about(chosen, "Evidence profile"), footnotes=writer.notes.listed, rows=rows)


class Footnotes:
    """Marks for the notes of a table, in the order of their first use; the same note has one mark."""

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}

    def mark(self, text: str) -> str:
        return self._marks.setdefault(text, _letters(len(self._marks)))

    @property
    def listed(self) -> tuple[tuple[str, str], ...]:
        return tuple((mark, text) for text, mark in self._marks.items())


class _Writer:
    """Writes the rows of one comparison; everything is read at once."""

    def __init__(self, comparison: Comparison) -> None:
        review = comparison.findings[0].review
        self.comparison, self.notes = comparison, Footnotes()
        self.evidences = Evidences(review, comparison.findings)
        agreed = Grade.objects.agreed().filter(finding__in=comparison.findings).prefetch_related("steps")
        self.grades = {grade.finding_id: grade for grade in agreed.select_related("finding__outcome")}
        self.changed = what_changed_in(self.grades.values())

    def summary(self, finding: Finding) -> SummaryRow:
        return self._row(finding, self._numbers(finding), summary=True)

    def profile(self, finding: Finding) -> ProfileRow:
        numbers, grade = self._numbers(finding), self.grades.get(finding.pk)
        cells = {key: self._domain(grade, key) for key in DOMAINS}
        raised = [(key, cells[key]) for key in UP if grade and grade.changes.get(key)]
        other = ProfileCell(
            "; ".join(f"{DOMAINS[key].label.lower()}: {cell.words}" for key, cell in raised) or "none",
            tuple(mark for _, cell in raised for mark in cell.marks),
        )
        return ProfileRow(
            summary=self._row(finding, numbers, summary=False),
            designs=numbers.designs,
            domains=tuple(cells[key] for key in DOMAINS if DOMAINS[key].lowers),
            other=other if grade else ProfileCell(NONE),
            with_intervention=events_text(*numbers.intervention),
            with_comparison=events_text(*numbers.comparator),
        )

    def _numbers(self, finding: Finding) -> RowNumbers:
        return numbers_of(finding, self.evidences.of(finding), self.notes.mark)

    def _row(self, finding: Finding, numbers: RowNumbers, *, summary: bool) -> SummaryRow:
        grade = self.grades.get(finding.pk)
        marks = self._reasons(grade) if summary else ()
        statement, proposed = finding.statement.strip(), False
        if not statement and grade:
            statement, proposed = proposed_statement(finding, numbers, grade.level), True
        return SummaryRow(
            finding=finding.pk,
            outcome=str(finding),
            follow_up=finding.time_point or finding.outcome.time_point,
            importance=finding.get_importance_display(),
            people=people_text(numbers.participants, numbers.studies, numbers.designs),
            participants=numbers.participants,
            studies=numbers.studies,
            relative=numbers.relative,
            absolute=numbers.absolute,
            level=grade.level.value if grade else "",
            symbol=grade.level.symbol if grade else "",
            certainty=grade.level.label if grade else NOT_RATED,
            marks=marks,
            statement=statement,
            proposed=proposed and bool(statement),
            narrative=finding.narrative.strip(),
            reason=numbers.reason,
            comments=finding.comments.strip(),
            stale=tuple(self.changed.get(grade.pk, ())) if grade else (),
            doubts=numbers.doubts,
        )

    def _reasons(self, grade: Grade | None) -> tuple[str, ...]:
        """The footnotes of a certainty: a mark for each domain that changed it, and for an unusual start."""
        if grade is None:
            return ()
        marks = [self._note(grade, key) for key in DOMAINS if grade.changes.get(key)]
        if grade.start_reason.strip():
            marks.append(
                self.notes.mark(f"Starts at {grade.get_start_display().lower()}: {grade.start_reason}")
            )
        return tuple(dict.fromkeys(marks))

    def _domain(self, grade: Grade | None, key: str) -> ProfileCell:
        if grade is None or key not in grade.changes:
            return ProfileCell(NONE)
        change = grade.changes[key]
        return ProfileCell(DOMAINS[key].words(change), (self._note(grade, key),) if change else ())

    def _note(self, grade: Grade, key: str) -> str:
        """The mark of 'Imprecision, one level down: the interval includes no effect.'"""
        step = next(one for one in grade.steps.all() if one.domain == key)
        levels = ("", "one level", "two levels", "three levels")[abs(step.change)]
        way = "down" if step.change < 0 else "up"
        reason = step.reason.strip() or step.proposal.strip()
        return self.notes.mark(f"{DOMAINS[key].label}, {levels} {way}: {reason}")


def _chosen(review: Review, key: str | None, *, only_summary: bool) -> Comparison | None:
    found = comparisons(review, only_summary=only_summary)
    if not key:
        return found[0] if found else None
    for one in found:
        if one.key == key:
            return one
    known = f" There are: {', '.join(one.key for one in found)}." if found else " There are no findings yet."
    raise UnknownComparison(f"There is no comparison “{key}” among the findings.{known}")


def _about(chosen: Comparison, what: str) -> tuple[str, str, str, str, str, str]:
    title = f"{what}: {chosen}"
    return chosen.key, title, chosen.population, chosen.setting, chosen.intervention, chosen.comparison


def _each(texts: Iterable[str]) -> str:
    """The different texts, one after the other."""
    return "; ".join(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _letters(number: int) -> str:
    """0 is a, 25 is z, 26 is aa."""
    before, letter = divmod(number, 26)
    return (_letters(before - 1) if before else "") + chr(ord("a") + letter)
