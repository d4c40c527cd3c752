"""The smallest difference that matters, on the scale of the measure. No Django here."""

from typing import Any

#: Measures in the units of the outcome's scale, and in standard deviations of it.
IN_UNITS = ("MD", "MC")
IN_SDS = ("SMD", "SMDH", "SMCC", "SMCR")


def asked(finding: Any, numbers: dict[str, Any]) -> dict[str, Any]:
    """What a finding asks, for its evidence (see certainty.evidence); ``numbers``: those of its run."""
    outcome = finding.outcome
    value, source, note = of_measure(
        finding.minimal_important_difference,
        outcome.minimal_important_difference,
        numbers["measure"],
        numbers["comparator_sd"],
    )
    return {
        "outcome": outcome.name,
        "outcome_kind": outcome.kind,
        "direction": outcome.direction,
        "intervention": finding.intervention,
        "comparison": finding.comparison,
        "time_point": finding.time_point or outcome.time_point,
        "scale": outcome.scale,
        "unit": outcome.unit,
        "mid": value,
        "mid_from": source,
        "mid_note": note,
        "ois": finding.optimal_information_size,
    }


def of_measure(
    own: float | None, outcome: float | None, measure: str, sd: float | None
) -> tuple[float | None, str, str]:
    """(value on the scale people read, where it is from, why the outcome's cannot be used).

    ``own`` is the finding's, on the scale of the measure; ``outcome`` the protocol's, in units of the outcome, which
    fits mean differences, and standardised ones where the SD of the comparators is known on one scale.
    """
    if own is not None:
        return own, "finding", ""
    if outcome is None or not measure:
        return None, "", ""
    if measure in IN_UNITS:
        return outcome, "outcome", ""
    if measure in IN_SDS and sd:
        return outcome / sd, "outcome in SDs", ""
    return (
        None,
        "",
        f"The protocol's minimal important difference of {outcome:g} cannot be put on the scale of this result "
        f"({measure}); give it with the finding, on that scale.",
    )
