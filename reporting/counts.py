"""The numbers of a PRISMA 2020 flow diagram, and which of them contradict each other. No Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class FlowCounts:
    """The numbers of a flow diagram: records (database entries), reports (documents), studies (what was done).

    Lists are pairs of a name and a number, in the order to print.
    """

    # Identification via databases and registers: records per source, as found.
    databases: Sequence[tuple[str, int]] = ()
    registers: Sequence[tuple[str, int]] = ()
    # Records removed before screening.
    duplicates: int = 0
    automation: int = 0  # marked as ineligible by automation tools
    other_removed: int = 0
    # Title and abstract screening: records with a final verdict, and how many of them were excluded.
    screened: int = 0
    excluded: int = 0
    # Full text: reports sought, not retrieved, assessed, and excluded per reason.
    sought: int = 0
    not_retrieved: int = 0
    assessed: int = 0
    reasons: Sequence[tuple[str, int]] = ()
    # Assessed, and neither excluded nor included: nobody can classify them yet, or their study is still going on.
    awaiting_classification: int = 0
    ongoing: int = 0
    # Included records whose report was deliberately not sought, so not in `sought`.
    not_sought: int = 0
    # Reports beyond one per included record (negative: records without a report of their own).
    extra_reports: int = 0

    # Identification via other methods.
    websites: int = 0
    organisations: int = 0
    citations: int = 0
    other_sources: int = 0
    # Of those, what went no further; the official template has no box for it, so a note under the diagram says it.
    other_duplicates: int = 0
    other_excluded: int = 0
    other_awaiting_screening: int = 0
    other_sought: int = 0
    other_not_retrieved: int = 0
    other_assessed: int = 0
    other_reasons: Sequence[tuple[str, int]] = ()
    other_awaiting_classification: int = 0
    other_ongoing: int = 0
    other_not_sought: int = 0

    # Included: new studies, and reports of them or (in an updated review) new reports of previous ones.
    studies: int = 0
    reports: int = 0

    # From the previous version of the review, or another earlier review: not identified or screened here.
    previous_studies: int = 0
    previous_reports: int = 0
    # Reports that came in at full text, so sought without a record that was screened; and records left outside.
    carried: int = 0
    other_carried: int = 0
    excluded_before: int = 0

    # Not decided yet, while the review is in progress. Records here are not in `screened`; reports here are in
    # `sought`, but not yet in `not_retrieved` or `assessed`.
    awaiting_screening: int = 0
    awaiting_full_text: int = 0
    other_awaiting_full_text: int = 0

    @property
    def identified(self) -> int:
        return total_of(self.databases) + total_of(self.registers)

    @property
    def removed(self) -> int:
        return self.duplicates + self.automation + self.other_removed

    @property
    def other_identified(self) -> int:
        return self.websites + self.organisations + self.citations + self.other_sources

    @property
    def has_other_methods(self) -> bool:
        return bool(self.other_identified or self.other_sought or self.other_assessed)

    @property
    def set_aside(self) -> int:
        """Reports assessed that are neither excluded nor included."""
        return self.awaiting_classification + self.ongoing

    @property
    def other_set_aside(self) -> int:
        return self.other_awaiting_classification + self.other_ongoing

    @property
    def has_previous(self) -> bool:
        return bool(self.previous_studies or self.previous_reports)

    @property
    def total_studies(self) -> int:
        return self.studies + self.previous_studies

    @property
    def total_reports(self) -> int:
        return self.reports + self.previous_reports

    @property
    def pending(self) -> list[tuple[str, str]]:
        """What is not decided yet: field names with a sentence each; empty when the review is complete."""
        reports = ("report awaits full-text assessment", "reports await full-text assessment")
        words = {
            "awaiting_screening": ("record awaits screening", "records await screening"),
            "other_awaiting_screening": (
                "record awaits screening (other methods)",
                "records await screening (other methods)",
            ),
            "awaiting_full_text": reports,
            "other_awaiting_full_text": tuple(f"{text} (other methods)" for text in reports),
        }
        counted = [(name, getattr(self, name), words[name]) for name in words]
        return [(name, f"In progress: {n:,} {told[n != 1]}.") for name, n, told in counted if n]

    def problems(self) -> list[str]:
        """Sentences naming the boxes and numbers that contradict each other; empty when all agree."""
        return [*self._negative(), *self._unequal(), *self._too_many()]

    def _negative(self) -> list[str]:
        found = []
        for field in fields(self):
            value = getattr(self, field.name)
            pairs = [(_words(field.name), value)] if isinstance(value, int) else value
            if field.name != "extra_reports":
                found += [f"{name} must not be negative ({n})." for name, n in pairs if n < 0]
        return found

    def _unequal(self) -> list[str]:
        screened = ("records screened", self.screened)
        sought = ("reports sought for retrieval", self.sought)
        assessed = ("reports assessed for eligibility", self.assessed)
        other_sought = ("reports sought for retrieval (other methods)", self.other_sought)
        other_assessed = ("reports assessed for eligibility (other methods)", self.other_assessed)
        checks = [
            _equal(
                screened,
                [("records identified from databases and registers", self.identified)],
                [
                    ("records removed before screening", self.removed),
                    ("records awaiting screening", self.awaiting_screening),
                ],
            ),
            _equal(
                sought,
                [
                    screened,
                    ("reports beyond one per record", max(self.extra_reports, 0)),
                    ("reports that came in at full text", self.carried),
                ],
                [
                    ("records excluded", self.excluded),
                    ("reports not sought", self.not_sought),
                    ("records without a report of their own", max(-self.extra_reports, 0)),
                ],
            ),
            _equal(
                assessed,
                [sought],
                [
                    ("reports not retrieved", self.not_retrieved),
                    ("reports awaiting full-text assessment", self.awaiting_full_text),
                ],
            ),
            _equal(
                other_assessed,
                [other_sought],
                [
                    ("reports not retrieved (other methods)", self.other_not_retrieved),
                    ("reports awaiting full-text assessment (other methods)", self.other_awaiting_full_text),
                ],
            ),
            _equal(
                ("reports of included studies", self.reports),
                [assessed, other_assessed],
                [
                    ("reports excluded", total_of(self.reasons)),
                    ("reports excluded (other methods)", total_of(self.other_reasons)),
                    ("reports awaiting classification", self.awaiting_classification),
                    ("reports of ongoing studies", self.ongoing),
                    ("reports awaiting classification (other methods)", self.other_awaiting_classification),
                    ("reports of ongoing studies (other methods)", self.other_ongoing),
                ],
            ),
        ]
        return [sentence for sentence in checks if sentence]

    @property
    def _other_stopped(self) -> int:
        stopped = self.other_duplicates + self.other_excluded + self.other_awaiting_screening
        return stopped + self.other_not_sought

    def _too_many(self) -> list[str]:
        found = []
        new_sought = self.other_sought - self.other_carried
        if self._other_stopped and new_sought != self.other_identified - self._other_stopped:
            found.append(
                f"Reports sought for retrieval (other methods) ({new_sought}) should be "
                f"{self.other_identified - self._other_stopped}: records identified from other methods "
                f"({self.other_identified}) minus duplicates ({self.other_duplicates}), excluded "
                f"({self.other_excluded}) and awaiting screening ({self.other_awaiting_screening})"
                + (f", and reports not sought ({self.other_not_sought})." if self.other_not_sought else ".")
            )
        elif new_sought > self.other_identified:
            found.append(
                f"Reports sought for retrieval (other methods) ({new_sought}) cannot be more than records "
                f"identified from other methods ({self.other_identified})."
            )
        if self.previous_studies > self.previous_reports:
            found.append(
                f"Studies included in the previous version ({self.previous_studies}) cannot be more than their "
                f"reports ({self.previous_reports})."
            )
        if self.studies > self.reports:
            found.append(
                f"Studies included in review ({self.studies}) cannot be more than reports of included studies "
                f"({self.reports})."
            )
        if self.reports and not self.total_studies:
            found.append(
                f"Reports of included studies ({self.reports}) belong to no study included in review (0)."
            )
        return found


def _equal(box: tuple[str, int], plus: Sequence[tuple[str, int]], minus: Sequence[tuple[str, int]]) -> str:
    """A sentence when the box is not the sum of `plus` without `minus`; parts that are 0 are not mentioned."""
    right = total_of(plus) - total_of(minus)
    name, n = box
    if n == right:
        return ""
    added = " plus ".join(f"{part} ({m})" for part, m in plus if m or part == plus[0][0])
    taken = "".join(f" minus {part} ({m})" for part, m in minus if m)
    return f"{name.capitalize()} ({n}) should be {right}: {added}{taken}."


def total_of(pairs: Sequence[tuple[str, int]]) -> int:
    return sum(n for _, n in pairs)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
