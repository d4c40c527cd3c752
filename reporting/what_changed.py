"""What is different between two states of a review: studies, pooled estimates, certainty, flow. No Django.

A state is what ``reporting.state.state_of`` returns and a Version keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

State = Mapping[str, Any]
#: The numbers of the flow diagram that tell what a new search brought, in the order to show.
FLOW = {
    "identified": "Records identified from databases and registers",
    "other_identified": "Records identified via other methods",
    "duplicates": "Duplicate records removed",
    "automation": "Records marked as ineligible by automation tools",
    "screened": "Records screened",
    "excluded": "Records excluded",
    "assessed": "Reports assessed for eligibility",
    "total_studies": "Studies included",
    "total_reports": "Reports of included studies",
}


@dataclass(frozen=True)
class Estimate:
    """One analysis before and now; ``None`` where it had no result then, or has none today."""

    name: str
    before: Mapping[str, Any] | None
    now: Mapping[str, Any] | None

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def is_gone(self) -> bool:
        return self.now is None

    @property
    def changed(self) -> bool:
        """Whether any number of the result differs; the same run is the same result."""
        if self.before is None or self.now is None:
            return True
        told = ("measure", "k", "estimate", "ci_low", "ci_high")
        return any(self.before.get(name) != self.now.get(name) for name in told)

    @property
    def crossed(self) -> str:
        """A sentence when the interval excluded no effect before and does not now, or the other way round."""
        if self.before is None or self.now is None or self.before.get("measure") != self.now.get("measure"):
            return ""
        was, is_now = _excludes_null(self.before), _excludes_null(self.now)
        if was is None or is_now is None or was == is_now:
            return ""
        return (
            "The interval no longer includes no effect." if is_now else "The interval now includes no effect."
        )


@dataclass(frozen=True)
class Certainty:
    """One finding's agreed level before and now; "" where nobody had agreed on one."""

    label: str
    before: str
    now: str

    @property
    def before_words(self) -> str:
        return _level_words(self.before)

    @property
    def now_words(self) -> str:
        return _level_words(self.now)


@dataclass(frozen=True)
class Changes:
    """Everything that is different; empty lists where nothing is."""

    studies_new: Sequence[Mapping[str, Any]] = ()
    studies_gone: Sequence[Mapping[str, Any]] = ()
    reports_changed: Sequence[tuple[str, int, int]] = ()
    estimates: Sequence[Estimate] = ()
    certainty: Sequence[Certainty] = ()
    flow: Sequence[tuple[str, int, int]] = field(default_factory=tuple)

    @property
    def any(self) -> bool:
        parts = (self.studies_new, self.studies_gone, self.reports_changed, self.flow)
        levels = [one for one in self.certainty if one.before != one.now]
        return any(parts) or any(one.changed for one in self.estimates) or bool(levels)

    @property
    def in_short(self) -> str:
        """One sentence for a list or a message."""
        if not self.any:
            return "Nothing changed."
        told = [
            _count(len(self.studies_new), "new study", "new studies"),
            _count(len(self.studies_gone), "study no longer included", "studies no longer included"),
            _count(sum(one.changed for one in self.estimates), "estimate changed", "estimates changed"),
            _count(
                sum(one.before != one.now for one in self.certainty),
                "certainty changed",
                "certainties changed",
            ),
        ]
        said = ", ".join(text for text in told if text)
        return f"{said[0].upper()}{said[1:]}." if said else "Only the flow of records changed."


def compare(before: State, now: State) -> Changes:
    """What ``now`` says that ``before`` did not. Analyses, findings and studies are matched by their ids."""
    old, new = _by_id(before, "studies"), _by_id(now, "studies")
    return Changes(
        studies_new=[one for key, one in new.items() if key not in old],
        studies_gone=[one for key, one in old.items() if key not in new],
        reports_changed=[
            (one["label"], old[key]["reports"], one["reports"])
            for key, one in new.items()
            if key in old and old[key]["reports"] != one["reports"]
        ],
        estimates=_pairs(before, now, "estimates", lambda name, was, is_now: Estimate(name, was, is_now)),
        certainty=_pairs(
            before,
            now,
            "certainty",
            lambda label, was, is_now: Certainty(
                label, (was or {}).get("level", ""), (is_now or {}).get("level", "")
            ),
        ),
        flow=_flow(before.get("flow", {}), now.get("flow", {})),
    )


def _flow(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    pairs = [(label, before.get(key, 0), now.get(key, 0)) for key, label in FLOW.items()]
    return [(label, was, is_now) for label, was, is_now in pairs if was != is_now]


def _pairs(before: State, now: State, part: str, make) -> list:
    old, new = _by_id(before, part), _by_id(now, part)
    keys = [*new, *(key for key in old if key not in new)]
    return [make((new.get(key) or old[key])["label"], old.get(key), new.get(key)) for key in keys]


def _by_id(state: State, part: str) -> dict[Any, Mapping[str, Any]]:
    return {one["id"]: one for one in state.get(part, ())}


def _excludes_null(estimate: Mapping[str, Any]) -> bool | None:
    """Whether the interval leaves out no effect, which is 0 on the scale that is pooled; None without a null."""
    low, high = estimate.get("ci_low"), estimate.get("ci_high")
    if low is None or high is None or not estimate.get("has_null", True):
        return None
    return bool(low > 0 or high < 0)


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}" if n else ""


def _level_words(level: str) -> str:
    return level.replace("_", " ").capitalize() or "Not rated"
