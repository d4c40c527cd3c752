"""What a suggestion is, and how its numbers are written. No Django here."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from analysis.choices import has_no_effect
from analysis.wording import Scale

#: As certainty.evidence tells it.
Evidence = Mapping[str, Any]


@dataclass(frozen=True)
class Suggestion:
    """What the data say of one domain. ``change`` is None where they say nothing; ``sentence`` then says why.

    ``numbers``: what it was taken from, by name, on the scale people read; ``cautions``: what else to look at, a
    sentence each.
    """

    domain: str
    change: int | None
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"cautions": list(self.cautions)}


@dataclass(frozen=True)
class Start:
    """Where the designs of the studies let a rating begin: "high" or "low", None where they do not say."""

    start: str | None
    sentence: str


def nothing(domain: str, sentence: str, numbers: dict[str, Any] | None = None) -> Suggestion:
    """No proposal, and why."""
    return Suggestion(domain, None, sentence, numbers or {})


def scale_of(evidence: Evidence) -> Scale:
    return Scale(evidence["measure"], (evidence["pooled"] or {}).get("size"))


def usable(evidence: Evidence) -> list[Mapping[str, Any]]:
    """The studies that count in the result."""
    return [study for study in evidence["studies"] if not study["dropped"]]


def interval(evidence: Evidence) -> tuple[float, float] | None:
    """The confidence interval, on the scale of the analysis."""
    pooled = evidence["pooled"]
    if not pooled or pooled["ci_low"] is None or pooled["ci_high"] is None:
        return None
    return pooled["ci_low"], pooled["ci_high"]


def why_not(evidence: Evidence) -> str:
    """Why no interval can be judged; "" where one can."""
    if interval(evidence) is None:
        return evidence["reason"] or "The result has no confidence interval."
    if not has_no_effect(evidence["measure"]):
        low, high = interval(evidence) or (None, None)
        return (
            f"The result is about one group, so no value means “no effect”. Judge whether both ends of the interval, "
            f"{scale_of(evidence).interval(low, high)}, would lead to the same decision."
        )
    return ""


def percent(share: float) -> str:
    return f"{share:.0f}%"


def listed(names: Iterable[str], most: int = 6) -> str:
    """Names with commas, the rest counted."""
    names = list(dict.fromkeys(names))
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
