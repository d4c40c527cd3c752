"""The numbers of a PRISMA 2020 flow diagram, and which of them contradict each other. No Django."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from reporting.balance import LISTS, Check, balance_of

#: Totals are sums of two numbers and a correction: what is added to them by hand goes to the correction.
CORRECTED_BY = {"total_studies": "total_studies_correction", "total_reports": "total_reports_correction"}

#: The numbers that a person may correct by hand, and what they are called in a sentence. Not those of open work,
#: which only work closes.
ADJUSTABLE = {
    "databases": "records identified from databases",
    "registers": "records identified from registers",
    "duplicates": "duplicate records removed before screening",
    "automation": "records marked as ineligible by automation tools",
    "other_removed": "records removed for other reasons",
    "screened": "records screened",
    "excluded": "records excluded",
    "excluded_automatically": "records excluded by automation tools",
    "sought": "reports sought for retrieval",
    "not_retrieved": "reports not retrieved",
    "assessed": "reports assessed for eligibility",
    "reasons": "reports excluded",
    "awaiting_classification": "reports awaiting classification",
    "ongoing": "reports of ongoing studies",
    "not_sought": "reports not sought",
    "extra_reports": "reports beyond one per record",
    "websites": "records identified from websites",
    "organisations": "records identified from organisations",
    "citations": "records identified by citation searching",
    "other_sources": "records identified from other sources",
    "other_duplicates": "duplicate records (other methods)",
    "other_automation": "records marked as ineligible by automation tools (other methods)",
    "other_excluded": "records excluded (other methods)",
    "other_excluded_automatically": "records excluded by automation tools (other methods)",
    "other_sought": "reports sought for retrieval (other methods)",
    "other_not_retrieved": "reports not retrieved (other methods)",
    "other_assessed": "reports assessed for eligibility (other methods)",
    "other_reasons": "reports excluded (other methods)",
    "other_awaiting_classification": "reports awaiting classification (other methods)",
    "other_ongoing": "reports of ongoing studies (other methods)",
    "other_not_sought": "reports not sought (other methods)",
    "studies": "studies included in review",
    "reports": "reports of included studies",
    "previous_studies": "studies included in the previous version",
    "previous_reports": "reports of studies included in the previous version",
    "total_studies": "total studies included in review",
    "total_reports": "reports of total included studies",
    "studies_in_analysis": "studies included in meta-analysis",
    "reports_in_analysis": "reports of studies included in meta-analysis",
}


class Adjusted(NamedTuple):
    """A number that a person corrected: ``counted`` + ``amount`` is shown, for the ``reason`` given."""

    counted: int
    amount: int
    reason: str


class Correction(NamedTuple):
    """What is to be added to the number ``key``, or to the line ``name`` of a list."""

    key: str
    name: str
    amount: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class FlowCounts:
    """The numbers of a flow diagram: records (database entries), reports (documents), studies (what was done).

    Lists are pairs of a name and a number, in the order to print. ``to_json`` and ``from_json`` keep them.
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
    excluded_automatically: int = 0  # of `excluded`: by automation tools, not by a person
    excluded_with_tool: int = 0  # of `excluded`: with a vote of an automation tool, whoever else voted
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
    other_automation: int = 0
    other_excluded: int = 0
    other_excluded_automatically: int = 0
    other_excluded_with_tool: int = 0
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
    # Records of the version before that were not settled when it was closed, or opened again since: screened here
    # without being identified here.
    taken_up: int = 0
    other_taken_up: int = 0
    # What the totals are beyond previous plus new: negative when earlier studies were dropped or merged since.
    total_studies_correction: int = 0
    total_reports_correction: int = 0

    # In the pooled results of the newest finished runs; None where nothing was pooled.
    studies_in_analysis: int | None = None
    reports_in_analysis: int | None = None

    # Not decided yet, while the review is in progress. Records here are not in `screened`; reports here are in
    # `sought`, but not yet in `not_retrieved` or `assessed`.
    awaiting_screening: int = 0
    awaiting_full_text: int = 0
    other_awaiting_full_text: int = 0

    # Numbers that a person corrected, by "key" or "key:name" of a line of a list; the fields hold the sums.
    adjustments: Mapping[str, Adjusted] = field(default_factory=dict)
    # By whose word records were marked as ineligible by automation tools: a sentence, and how many there are by it.
    removals: Sequence[tuple[str, int]] = ()
    # Sentences: what history cannot tell of a past moment, so that a number here may differ from what it was.
    doubts: Sequence[str] = ()
    # The moment of the numbers (None: now), and the version of the review of which they are an update ("": none).
    as_of: datetime | None = None
    since: str = ""

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
        return self.studies + self.previous_studies + self.total_studies_correction

    @property
    def total_reports(self) -> int:
        return self.reports + self.previous_reports + self.total_reports_correction

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

    @property
    def balance(self) -> list[Check]:
        """Every rule that ties the numbers to each other, kept or not."""
        return balance_of(self)

    def problems(self) -> list[str]:
        """Sentences naming the boxes and numbers that contradict each other; empty when all agree."""
        return [check.sentence for check in self.balance if not check.ok]

    def adjusted(self, corrections: Iterable[Correction]) -> FlowCounts:
        """With these added to the numbers; several of one number are added up. Nothing else follows from them."""
        changes: dict[str, Any] = {}
        marks: dict[str, Adjusted] = dict(self.adjustments)
        for key, name, amount, reason in corrections:
            mark = f"{key}:{name}" if name else key
            before = marks.get(mark) or Adjusted(self._number(key, name), 0, "")
            reasons = [before.reason, reason] if before.reason else [reason]
            marks[mark] = Adjusted(before.counted, before.amount + amount, "; ".join(reasons))
            if key in LISTS:
                lines = dict(changes.get(key, getattr(self, key)))
                lines[name] = lines.get(name, 0) + amount
                changes[key] = [(line, n) for line, n in lines.items() if n]
            else:
                field_name = CORRECTED_BY.get(key, key)
                changes[field_name] = (changes.get(field_name, getattr(self, field_name)) or 0) + amount
        return replace(self, **changes, adjustments=marks)

    def _number(self, key: str, name: str) -> int:
        return dict(getattr(self, key)).get(name, 0) if key in LISTS else getattr(self, key) or 0

    def to_json(self) -> dict[str, Any]:
        """All numbers as JSON takes them."""
        told = asdict(self) | {name: [[*line] for line in getattr(self, name)] for name in LISTS}
        told["adjustments"] = {key: each._asdict() for key, each in self.adjustments.items()}
        told["removals"] = [[*line] for line in self.removals]
        told["doubts"] = [*self.doubts]
        told["as_of"] = self.as_of.isoformat() if self.as_of else None
        return told

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> FlowCounts:
        """What ``to_json`` gave; numbers that this version does not know are left out."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in told.items() if name in known}
        for name in LISTS:
            values[name] = [(line, n) for line, n in values.get(name, ())]
        values["removals"] = [(words, n) for words, n in told.get("removals", ())]
        values["adjustments"] = {key: Adjusted(**each) for key, each in told.get("adjustments", {}).items()}
        values["as_of"] = datetime.fromisoformat(told["as_of"]) if told.get("as_of") else None
        return cls(**values)


def total_of(pairs: Sequence[tuple[str, int]]) -> int:
    return sum(n for _, n in pairs)
