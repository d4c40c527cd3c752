"""A synthesis without meta-analysis in words. Takes the JSON of a run; computes no statistics. No Django.

What SWiM asks for (Campbell et al. 2020, doi 10.1136/bmj.l6890): say what is counted, by which rule, with which
certainty, and claim nothing of the size of effects. Few or divided votes are never told as absence of effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.wording import p_value, plain_number
from analysis.wording.methods import SOFTWARE, Change, about_data, about_plan, post_hoc
from analysis.wording.references import Cited

Data = Mapping[str, Any]
METHOD_NAMES = {
    "fisher": "Fisher: sum of logarithms",
    "stouffer": "Stouffer: sum of z",
    "stouffer, weighted": "Stouffer, weighted by the root of the number of people",
    "edgington": "Edgington: sum of p",
    "logit": "Mudholkar and George: sum of logits",
    "pearson": "Pearson: sum of logarithms of 1 − p",
    "tippett": "Tippett: the smallest p",
}
DIRECTIONS = {1: "favours {}", -1: "favours {}", 0: "neither", None: "not reported"}


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def studies(count: int) -> str:
    return "1 study" if count == 1 else f"{count} studies"


def labels(snapshot: Data) -> tuple[str, str]:
    """What is tested and what it is compared with, in the plan's words."""
    return snapshot["plan"]["experimental_label"], snapshot["plan"]["comparator_label"]


def direction(snapshot: Data, value: int | None) -> str:
    """'favours therapy', 'neither' or 'not reported'."""
    tested, compared = labels(snapshot)
    return DIRECTIONS[value].format(tested if value == 1 else compared)


def counted(votes: Data, tested: str) -> str:
    """'8 of 10 studies (80%, 95% CI 44% to 97%) favour therapy; sign test p = 0.11'."""
    level = 100 * votes["level"]
    verb = "favours" if votes["favour"] == 1 else "favour"
    return (
        f"{votes['favour']} of {studies(votes['k'])} ({percent(votes['proportion'])}, {level:g}% CI "
        f"{percent(votes['ci_low'])} to {percent(votes['ci_high'])}) {verb} {tested}; sign test "
        f"{p_value(votes['pval'])}"
    )


def headline(snapshot: Data, result: Data) -> str:
    """The count of directions in a sentence."""
    tested, _ = labels(snapshot)
    votes = result["votes"]
    if "reason" in votes:
        return f"{studies(result['k']).capitalize()}, not pooled. {votes['reason']}"
    told = (
        f"{studies(result['k']).capitalize()}, not pooled. By direction of effect, {counted(votes, tested)}"
    )
    if votes["unclear"]:
        told += f"; {studies(votes['unclear'])} point{'s' if votes['unclear'] == 1 else ''} neither way"
    unknown = sum(one["direction"] is None for one in result["studies"])
    if unknown:
        told += f"; {studies(unknown)} {'does' if unknown == 1 else 'do'} not report a direction"
    return told + "."


def in_short(result: Data, tested: str) -> str:
    """'8 of 10 favour therapy': for a line in a list."""
    votes = result["votes"]
    return "no directions" if "reason" in votes else f"{votes['favour']} of {votes['k']} favour {tested}"


def certainty(snapshot: Data, result: Data) -> str:
    """What the count does and does not say."""
    votes = result["votes"]
    if "reason" in votes:
        return ""
    tested, compared = labels(snapshot)
    if votes["pval"] < 1 - votes["level"]:
        ahead = tested if votes["favour"] > votes["against"] else compared
        return (
            f"More studies point to {ahead} than chance would let expect if there were no effect. How large the "
            "effect is cannot be told from directions."
        )
    return (
        "The count is compatible with effects in either direction and with none. That is not a finding of no effect: "
        "a count of directions uses neither the size nor the precision of the studies and tells little from few."
    )


def combined(snapshot: Data, result: Data) -> list[str]:
    """The combined p values of both sides in sentences, and the studies that gave none."""
    found = result["combined"]
    if "reason" in found:
        return [found["reason"]]
    level = 1 - result["level"] / 100
    told = [
        _side(found[side][0], found["k"], name, level)
        for side, name in zip(("benefit", "harm"), labels(snapshot), strict=True)
    ]
    told.append(
        "A combined p value says nothing of the size of effects, nor in how many studies there is one."
    )
    if found["left_out"]:
        names = ", ".join(one["study"] for one in found["left_out"])
        told.append(f"Without a usable p value: {names}.")
    bounds = [one["study"] for one in result["studies"] if one["p_from"] == "printed as a bound"]
    if bounds:
        told.append(f"Taken at its bound, since only “below” is printed: the p value of {', '.join(bounds)}.")
    return told


def _side(fisher: Data, k: int, name: str, alpha: float) -> str:
    chi = f"χ² {plain_number(fisher['stat'])} on {fisher['df']} degrees of freedom, {p_value(fisher['pval'])}"
    opening = f"Fisher's method on the one-sided p values of {studies(k)}, in favour of {name}: {chi}."
    if fisher["pval"] < alpha:
        return f"{opening} This speaks for an effect in favour of {name} in at least one study."
    return f"{opening} This leaves open whether any study has an effect in favour of {name}."


def notes(result: Data) -> list[str]:
    """Studies whose results point different ways."""
    return [f"{one['study']}: {one['note']}" for one in result["studies"] if one["note"]]


def methods(snapshot: Data, result: Data, changes: Sequence[Change] = ()) -> str:
    """A paragraph for the methods section, ready to paste; ``changes`` of the plan made after results were known."""
    return _told(snapshot, result, changes)[0]


def references(snapshot: Data, result: Data, changes: Sequence[Change] = ()) -> list[str]:
    """What that paragraph cites, by author."""
    return _told(snapshot, result, changes)[1]


def _told(snapshot: Data, result: Data, changes: Sequence[Change]) -> tuple[str, list[str]]:
    cited = Cited()
    tested, compared = labels(snapshot)
    sentences = [
        *about_plan(snapshot),
        f"Effects were not pooled; the synthesis is reported as SWiM asks{cited('campbell')}.",
        f"Each study has one vote by the direction of its effect ({tested} or {compared} better), whatever its size "
        f"or p value; the sign test asks whether the share that favours {tested} differs from one "
        f"half{cited('mckenzie')}, and its {result['level']:g}% confidence interval is exact{cited('clopper')}.",
        *_several(result, cited),
        *_combined_methods(result, cited),
        *about_data(snapshot, "counted"),
        *post_hoc(changes),
        f"{SOFTWARE}{cited('metafor', 'numpy', 'scipy')}: {result['engine']}.",
    ]
    return " ".join(sentences), cited.references


def _several(result: Data, cited: Cited) -> list[str]:
    if all(one["results"] == 1 for one in result["studies"]):
        return []
    return [
        "A study with several results has a direction where at least 70% of them point the same way"
        f"{cited('boon')}."
    ]


def _combined_methods(result: Data, cited: Cited) -> list[str]:
    if "reason" in result["combined"]:
        return []
    return [
        f"One-sided p values of {studies(result['combined']['k'])} were combined by Fisher's method"
        f"{cited('fisher')}, with others beside it; "
        "they were computed from effects and standard errors where reported, else taken as "
        "printed."
    ]
