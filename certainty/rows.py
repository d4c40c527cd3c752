"""What a row of a summary of findings says in numbers, from a finding and its evidence; no database here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from certainty.grade import Level
from certainty.grade.absolute import IN_SDS, OF, RATES, RISKS, Absolute, CannotTell, Interval, absolute_effect
from certainty.grade.statements import Sized, is_lower, size_of, statement
from certainty.models import Finding
from certainty.wording import (
    difference_text,
    effect_of,
    relative_text,
    risk_text,
    with_text,
)

CAPPED = "A limit went beyond all or none of the people and stands at that end."
FROM_STUDIES = "the comparators of the included studies"
#: What studies of a design are called in a narrow column: one, several.
DESIGNS = {
    "randomised": ("RCT", "RCTs"),
    "": ("study", "studies"),
    "mixed": ("study", "studies"),
    "observational": ("non-randomised study", "non-randomised studies"),
}


@dataclass(frozen=True)
class AbsoluteCell:
    """The effect at one baseline, in words and numbers. ``why`` says why there is none, if so."""

    label: str
    comparator: str
    intervention: str
    difference: str
    marks: tuple[str, ...] = ()
    why: str = ""
    numbers: dict[str, Any] | None = None


@dataclass(frozen=True)
class RowNumbers:
    """The numbers of a row. ``intervention`` and ``comparator`` are (events or None, people or None)."""

    measure: str
    effect: Interval | None
    mid: float | None
    relative: str
    absolute: tuple[AbsoluteCell, ...]
    middle: Absolute | None
    participants: int | None
    studies: int | None
    designs: str
    intervention: tuple[int | None, int | None]
    comparator: tuple[int | None, int | None]
    reason: str
    doubts: tuple[str, ...]


def numbers_of(finding: Finding, evidence: Mapping[str, Any], mark: Callable[[str], str]) -> RowNumbers:
    """The numbers of the finding; ``mark`` gives a footnote its mark."""
    effect, unit = effect_of(evidence), finding.outcome.unit
    used = [one for one in evidence["studies"] if not one.get("dropped")]
    studies = len({one["id"] for one in used}) or None
    if evidence["kind"] == "network" and evidence["pooled"]:
        studies = evidence["pooled"]["k"]
    people, events = evidence["participants"], evidence["events"] or {}
    told = [
        _told(evidence["measure"], effect, baseline, unit, mark)
        for baseline in baselines_of(finding, evidence)
    ]
    middle = told[(len(told) - 1) // 2][1] if told else None
    same_people = events.get("of_intervention") == people["intervention"]
    return RowNumbers(
        measure=evidence["measure"],
        effect=effect,
        mid=evidence["asked"]["mid"],
        relative=relative_text(evidence),
        absolute=tuple(cell for cell, _ in told),
        middle=middle,
        participants=people["total"],
        studies=studies,
        designs=_designs([one.get("design", "") for one in used], studies),
        intervention=(events.get("intervention") if same_people else None, people["intervention"]),
        comparator=(events.get("comparator") if same_people else None, people["comparator"]),
        reason=evidence["reason"],
        doubts=tuple(evidence["doubts"]),
    )


def baselines_of(finding: Finding, evidence: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The finding's baselines; without any, what the comparators of the studies had; else one without numbers."""
    if finding.baselines:
        return list(finding.baselines)
    measure = evidence["measure"]
    risk = evidence["comparator_risk"]
    if measure in RISKS and risk is not None and 0 < risk < 1:
        return [{"label": "", "per_1000": risk * OF, "source": FROM_STUDIES}]
    if measure not in RISKS | RATES and evidence["comparator_sd"]:
        return [
            {
                "label": "",
                "mean": evidence["comparator_mean"],
                "sd": evidence["comparator_sd"],
                "source": FROM_STUDIES,
            }
        ]
    return [{"label": "", "source": ""}]


def size_in(numbers: RowNumbers) -> Sized:
    """How large the effect is, at the middle one of the baselines."""
    if numbers.effect is None:
        return Sized(
            None, numbers.reason or "Nothing is pooled, so the data do not say how large the effect is."
        )
    return size_of(numbers.measure, numbers.effect, mid=numbers.mid, absolute=numbers.middle)


def proposed_statement(finding: Finding, numbers: RowNumbers, level: Level) -> str:
    """What effect and certainty propose to say; '' where they do not suffice."""
    return statement(
        level,
        size_in(numbers).size,
        lower=numbers.effect is not None and is_lower(numbers.measure, numbers.effect),
        intervention=finding.intervention,
        comparison=finding.comparison,
        outcome=str(finding),
    )


def _told(
    measure: str, effect: Interval | None, baseline: Mapping[str, Any], unit: str, mark: Callable[[str], str]
) -> tuple[AbsoluteCell, Absolute | None]:
    label, source = baseline.get("label", ""), baseline.get("source", "")
    if effect is None:
        return AbsoluteCell(label, "", "", ""), None
    try:
        found = absolute_effect(measure, effect, baseline)
    except CannotTell as sentence:
        return AbsoluteCell(label, "", "", "", why=str(sentence)), None
    notes = [CAPPED] if found.capped else []
    if measure in IN_SDS and baseline.get("sd"):
        said = f" ({source})" if source else ""
        notes.insert(
            0, f"Standardised differences are told in units with an SD of {baseline['sd']:.3g}{said}."
        )
    elif source and found.comparator is not None:
        notes.insert(0, f"The value with the comparator is that of {source}.")
    cell = AbsoluteCell(
        label=label,
        comparator=risk_text(found, unit),
        intervention=with_text(found, unit),
        difference=difference_text(found, unit),
        marks=tuple(mark(note) for note in notes),
        numbers=found.to_dict(),
    )
    return cell, found


def _designs(designs: list[str], studies: int | None) -> str:
    """'RCTs' where every study is randomised, 'non-randomised studies' where none is, else 'studies'."""
    kinds = Counter(
        "" if not one else "randomised" if one.startswith("randomised") else "observational"
        for one in designs
    )
    kind = next(iter(kinds)) if len(kinds) == 1 else "mixed"
    return DESIGNS[kind][0 if studies == 1 else 1]
