"""The comparison of two ratings as a page shows it, row by row, with what the consensus says or would say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certainty.comparison import Comparison
from certainty.grade import DOMAINS, START_LEVELS
from certainty.models import Grade, Step
from certainty.wording import signed

START = "start"


@dataclass(frozen=True)
class Said:
    """What one rating says of a domain; ``words`` is "" where it says nothing."""

    by: str
    words: str
    change: int | None
    reason: str


@dataclass
class Row:
    """One domain, or the start. ``value`` is chosen: that of the consensus, else what both raters say."""

    key: str
    label: str
    said: list[Said]
    differs: bool
    choices: list[tuple[str, str]]
    value: str = ""
    reason: str = ""
    agreed: Said | None = None

    @property
    def is_folded(self) -> bool:
        """A domain that may raise the certainty and that nobody used: rare, so it stands apart."""
        used = self.differs or self.value not in ("", "0")
        return self.key in DOMAINS and not DOMAINS[self.key].lowers and not used


@dataclass(frozen=True)
class Sent:
    """A consensus as a form sent it."""

    start: str = "high"
    start_reason: str = ""
    changes: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "start_reason": self.start_reason,
            "changes": self.changes,
            "reasons": self.reasons,
        }


def sent_of(posted: Mapping[str, Any]) -> Sent:
    """What a form says; a domain without a choice is left out, for the service to ask for it."""
    changes, reasons = {}, {}
    for key, domain in DOMAINS.items():
        if (value := posted.get(f"change_{key}", "")) in {str(one) for one in domain.changes}:
            changes[key] = int(value)
        reasons[key] = str(posted.get(f"reason_{key}", "")).strip()
    start = posted.get("change_start", "")
    return Sent(start, str(posted.get("reason_start", "")).strip(), changes, reasons)


def rows_of(compared: Comparison, sent: Sent | None = None) -> list[Row]:
    """The start and every domain; what was sent, the consensus, or what both say is chosen already."""
    rows = [_start(compared)]
    rows += [_row(compared, key) for key in DOMAINS]
    for row in rows:
        if sent is not None:
            change = sent.changes.get(row.key)
            row.value = sent.start if row.key == START else "" if change is None else str(change)
            row.reason = sent.start_reason if row.key == START else sent.reasons.get(row.key, "")
    return rows


def _start(compared: Comparison) -> Row:
    said = [_starts(grade) for grade in compared.ratings]
    agreed = _starts(compared.consensus) if compared.consensus else None
    row = Row(
        START,
        "Starts at",
        said,
        START in compared.differing,
        [(key, level.label) for key, level in START_LEVELS.items()],
        agreed=agreed,
    )
    starts = [grade.start for grade in compared.ratings]
    row.value = (
        compared.consensus.start if compared.consensus else "" if row.differs else next(iter(starts), "")
    )
    row.reason = agreed.reason if agreed else _first(said)
    return row


def _row(compared: Comparison, key: str) -> Row:
    domain = DOMAINS[key]
    said = [_says(grade, key) for grade in compared.ratings]
    agreed = _says(compared.consensus, key) if compared.consensus else None
    row = Row(
        key,
        domain.label,
        said,
        key in compared.differing,
        [(str(change), _in_words(key, change)) for change in domain.changes],
        agreed=agreed,
    )
    chosen = agreed if agreed else None if row.differs else next(iter(said), None)
    if chosen is not None:
        row.value = str(chosen.change or 0)
    row.reason = agreed.reason if agreed else "" if row.differs else _first(said)
    return row


def _starts(grade: Grade) -> Said:
    return Said(str(grade.rater), START_LEVELS[grade.start].label, None, grade.start_reason)


def _says(grade: Grade, key: str) -> Said:
    step: Step | None = next((one for one in grade.steps.all() if one.domain == key), None)
    if step is None:
        return Said(str(grade.rater), "", None, "")
    return Said(str(grade.rater), _in_words(key, step.change), step.change, step.reason)


def _in_words(key: str, change: int) -> str:
    words = DOMAINS[key].words(change)
    return f"{words} ({signed(change)})" if change else words


def _first(said: list[Said]) -> str:
    return next((one.reason for one in said if one.reason), "")
