"""What the data suggest for each domain of GRADE, and for where a rating starts. No Django here.

A suggestion is for a person to accept or to override with a reason; what the data cannot say gets none, and a
sentence that says so. The rules and their sources stand at the head of bias.py, spread.py, precision.py and large.py.
"""

from certainty.grade.bias import publication_bias, risk_of_bias
from certainty.grade.large import large_effect
from certainty.grade.levels import DOMAINS
from certainty.grade.precision import imprecision
from certainty.grade.proposal import Evidence, Start, Suggestion, listed, nothing, usable
from certainty.grade.spread import inconsistency

#: What only a person can say; with the question to answer.
ASKED = {
    "indirectness": (
        "Nothing recorded says how close the studies are to the question. Compare their people, interventions, "
        "comparators and outcomes with the protocol's."
    ),
    "dose_response": "Nothing recorded tells doses apart. Look for a gradient where studies report several doses.",
    "confounding": "Which way confounding would have moved the effect is a judgement about the studies.",
}
#: How the keys of the tools begin that compare a study with the trial one would have wished for.
TARGET_TRIAL = "robins_i"
RANDOMISED = "randomised_"


def suggest(evidence: Evidence, start: str = "high") -> dict[str, Suggestion]:
    """{domain key: Suggestion} for every domain, in the order of ``DOMAINS``; ``start``: where the rating begins."""
    found = {
        "risk_of_bias": risk_of_bias(evidence),
        "inconsistency": inconsistency(evidence),
        "imprecision": imprecision(evidence),
        "publication_bias": publication_bias(evidence),
        "large_effect": large_effect(evidence, start),
    }
    return {key: found.get(key) or nothing(key, ASKED[key]) for key in DOMAINS}


def suggest_start(evidence: Evidence) -> Start:
    """High for randomised trials, low for others unless all were judged with ROBINS-I (GRADE guidelines 18)."""
    studies = usable(evidence)
    if not studies:
        return Start(None, "No study is known to the result, so their designs do not say where to start.")
    unknown = [one["study"] for one in studies if not one["design"]]
    if unknown:
        return Start(None, f"The design is not recorded of: {listed(unknown)}.")
    randomised = [one["design"].startswith(RANDOMISED) for one in studies]
    if all(randomised):
        return Start("high", f"All {len(studies)} studies are randomised trials.")
    if any(randomised):
        return Start(
            None,
            f"{sum(randomised)} of {len(studies)} studies are randomised trials and the others are not. Rate them "
            "apart, or say where to start and why.",
        )
    if all(one["tool"].startswith(TARGET_TRIAL) for one in studies):
        return Start(
            "high",
            "No study is randomised, but all were judged with ROBINS-I, which compares them with a trial: start at "
            "high and rate down for risk of bias.",
        )
    if all(one["design"] == "diagnostic_accuracy" for one in studies):
        return Start("high", "Studies of diagnostic accuracy start at high.")
    return Start("low", f"None of the {len(studies)} studies is a randomised trial.")
