"""What the data suggest of risk of bias and of publication bias. No Django here.

Risk of bias: how much of the information comes from which studies (Guyatt et al. 2011, GRADE guidelines 4, doi
10.1016/j.jclinepi.2010.07.017; Cochrane Handbook 14.2.2). GRADE gives no shares; those here are this application's
convention and are told with every suggestion. Three levels: Schünemann et al. 2019 (GRADE guidelines 18).

Publication bias: tests of small-study effects from ten studies on (Cochrane Handbook 13.3.5.4; Guyatt et al. 2011,
GRADE guidelines 5, doi 10.1016/j.jclinepi.2011.01.011), at the 10% level of Egger et al. 1997.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.risk_levels import BETWEEN, HIGH, LOW, UNKNOWN
from analysis.wording import p_value
from certainty.grade.proposal import Evidence, Suggestion, listed, nothing, percent, scale_of, usable

#: Percent of the information: above MOST at critical risk takes three levels, at high risk two; above SOME at high
#: risk, or less than MOST at low risk, takes one.
MOST, SOME = 50.0, 20.0
RULE = (
    f"More than {MOST:.0f}% at high risk takes two levels; more than {SOME:.0f}%, or less than {MOST:.0f}% at low "
    "risk, one."
)
#: p below this speaks of small-study effects.
ALPHA = 0.10


def risk_of_bias(evidence: Evidence) -> Suggestion:
    """By the share of the information from studies at high risk of bias."""
    domain, studies = "risk_of_bias", usable(evidence)
    if evidence["kind"] == "network":
        return nothing(
            domain,
            "How much each study contributes to one comparison of a network is not computed, so the shares at high "
            f"risk of bias are not known. Of the {len(studies)} that compare the two directly, "
            f"{sum(one['risk'] == HIGH for one in studies)} are at high risk.",
        )
    if not studies:
        return nothing(domain, evidence["reason"] or "No study is in the result.")
    weights, of_what = information(studies)
    shares = {
        standing: sum(weight for weight, one in zip(weights, studies, strict=True) if one["risk"] == standing)
        for standing in (HIGH, BETWEEN, LOW, UNKNOWN)
    }
    critical = sum(weight for weight, one in zip(weights, studies, strict=True) if one["critical"])
    numbers: dict[str, Any] = {
        "high": round(shares[HIGH], 1),
        "some_concerns": round(shares[BETWEEN], 1),
        "low": round(shares[LOW], 1),
        "not_agreed": round(shares[UNKNOWN], 1),
        "critical": round(critical, 1),
        "of": of_what,
    }
    told = (
        f"{percent(shares[HIGH])} of {of_what} is from studies at high risk of bias, {percent(shares[BETWEEN])} with "
        f"some concerns, {percent(shares[LOW])} at low risk."
    )
    change = levels(shares[HIGH], shares[LOW] + shares[UNKNOWN], critical)
    if shares[UNKNOWN]:
        names = listed(one["study"] for one in studies if one["risk"] == UNKNOWN)
        told = f"{told[:-1]}; {percent(shares[UNKNOWN])} is not agreed ({names})."
        if change != levels(shares[HIGH] + shares[UNKNOWN], shares[LOW], critical + shares[UNKNOWN]):
            return nothing(
                domain, f"{told} The suggestion hangs on the latter: agree on them first.", numbers
            )
    return Suggestion(domain, change, f"{told} {RULE}", numbers, tuple(_without_high(evidence, shares[HIGH])))


def levels(high: float, low: float, critical: float = 0.0) -> int:
    """Levels down for these percentages of the information."""
    if critical > MOST:
        return -3
    if high > MOST:
        return -2
    return -1 if high > SOME or low < MOST else 0


def information(studies: Sequence[Mapping[str, Any]]) -> tuple[list[float], str]:
    """Each study's share of the information in percent, and what it is a share of.

    The weights of the analysis; where it has none, inverse variances; else participants; else all studies alike.
    """
    weights = [one["weight"] for one in studies]
    if None not in weights and sum(weights):
        return _percentages(weights), "the weight"
    widths = [
        one["ci_high"] - one["ci_low"] if one["ci_low"] is not None and one["ci_high"] is not None else None
        for one in studies
    ]
    if all(widths):
        return _percentages([width**-2 for width in widths if width]), "the information (by inverse variance)"
    people = [one["people"] for one in studies]
    if all(people):
        return _percentages(people), "the participants"
    return _percentages([1.0] * len(studies)), "the studies"


def publication_bias(evidence: Evidence) -> Suggestion:
    """By the test of small-study effects that suits the measure."""
    domain, found = "publication_bias", evidence["small_study"]
    search = (
        "The test says nothing of how the studies were found: look at the searches, at registered studies without "
        "results, and at who paid."
    )
    if found is None:
        why = evidence["reason"] or "The analysis has no test of small-study effects."
        return nothing(domain, f"{why} {search}" if why else search)
    if "reason" in found:
        return nothing(domain, f"{found['reason']} {search}")
    numbers = {"test": found["name"], "p": found["pval"], "studies": found["k"]}
    cautions = [search]
    filled = evidence["trim_and_fill"]
    if filled and filled["k0"]:
        scale = scale_of(evidence)
        counted = "1 study" if filled["k0"] == 1 else f"{filled['k0']} studies"
        cautions.insert(
            0,
            f"Trim and fill adds {counted} and comes to {scale.text(filled['estimate'])} "
            f"({scale.interval(filled['ci_low'], filled['ci_high'])}).",
        )
    said = f"{found['name']} of {found['k']} studies: {p_value(found['pval'])}"
    if found["pval"] < ALPHA:
        cautions.append(
            "Asymmetry has other causes too: heterogeneity, poorer methods of small studies, chance."
        )
        return Suggestion(domain, -1, f"{said}, below {ALPHA:g}.", numbers, tuple(cautions))
    return Suggestion(domain, 0, f"{said}, not below {ALPHA:g}.", numbers, tuple(cautions))


def _percentages(values: Sequence[float]) -> list[float]:
    total = sum(values)
    return [100 * value / total for value in values]


def _without_high(evidence: Evidence, high: float) -> list[str]:
    """What the result is without the studies at high risk, where the run computed it."""
    found, scale = evidence["without_high"], scale_of(evidence)
    if not found or not high:
        return []
    now = evidence["pooled"]["estimate"]
    return [
        f"Without the studies at high risk the effect is {scale.text(found['estimate'])} "
        f"({scale.interval(found['ci_low'], found['ci_high'])}; {found['k']} left) instead of {scale.text(now)}."
    ]
