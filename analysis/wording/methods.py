"""The paragraph for the methods section, with citations and versions, and its list of references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.choices import is_common_effect
from analysis.engine.methods import COUNTS, MANTEL_HAENSZEL, PETO
from analysis.intake import ZERO_CELLS
from analysis.selection import Selection
from analysis.wording.findings import has_prediction, has_spread, size_in_words, trials
from analysis.wording.names import (
    CITED_FOR_MANTEL_HAENSZEL,
    CITED_FOR_MEASURE,
    CITED_FOR_SMALL_STUDY,
    CITED_FOR_TAU2,
    CITED_FOR_TEST,
    METHODS_OF_MEASURE,
    METHODS_OF_TAU2,
    METHODS_OF_TEST,
)
from analysis.wording.references import Cited

Data = Mapping[str, Any]
SOFTWARE = "Computed with an open engine whose results are tested against R metafor"
#: A post hoc change of the plan as JSON: {"on": date, "reason", "changed": [{"setting", "before", "after"}]}.
Change = Mapping[str, Any]
#: So many studies are named in a sentence.
NAMED = 10
SENSITIVITY_WORDS = {
    "leave_one_out": "leaving out one trial at a time",
    "without_high_risk": "leaving out trials at high risk of bias",
    "without_derived": "leaving out converted and derived values",
    "without_outliers": "leaving out outliers and influential trials",
    "estimators": "other estimators of the between-study variance",
    "tests": "other confidence intervals",
    "common_effect": "a common-effect model",
    "measures": "other effect measures",
    "methods": "other methods of pooling",
}


def methods(snapshot: Data, result: Data, changes: Sequence[Change] = ()) -> str:
    """A paragraph for the methods section, ready to paste; ``changes`` of the plan made after results were known."""
    return _told(snapshot, result, changes)[0]


def references(snapshot: Data, result: Data, changes: Sequence[Change] = ()) -> list[str]:
    """What that paragraph cites, by author."""
    return _told(snapshot, result, changes)[1]


def _told(snapshot: Data, result: Data, changes: Sequence[Change]) -> tuple[str, list[str]]:
    cited = Cited()
    sentences = [
        *about_plan(snapshot),
        *_model(snapshot, result, cited),
        *about_data(snapshot),
        *_about_zero_cells(snapshot, result, cited),
        *_heterogeneity(result, cited),
        *_subgroups(snapshot, result, cited),
        *_regression(snapshot, result, cited),
        *_sensitivity(result, cited),
        *_small_study(result, cited),
        *post_hoc(changes),
        f"{SOFTWARE}{cited('metafor', 'numpy', 'scipy')}: {result['engine']}.",
    ]
    return " ".join(sentences), cited.references


def about_plan(snapshot: Data) -> list[str]:
    """Whether it was prespecified, and which results are eligible."""
    plan = snapshot["plan"]
    sentences = ["The analysis was prespecified in the protocol."] if plan.get("prespecified") else []
    if plan.get("selection"):
        sentences += [_ended(sentence) for sentence in Selection.read(plan["selection"]).in_words()]
    return sentences


def _model(snapshot: Data, result: Data, cited: Cited) -> list[str]:
    plan, pooled = snapshot["plan"], result["pooled"]
    name = pooled["measure"]
    measure = _cite(METHODS_OF_MEASURE.get(name, name), cited(*CITED_FOR_MEASURE.get(name, ())))
    basis = METHODS_OF_TEST[pooled["test"]] + cited(*CITED_FOR_TEST.get(pooled["test"], ()))
    sentences = [
        f"We pooled {measure} of {size_in_words(snapshot, result)} {_by(plan, pooled, cited)}; {plan['level']:g}% "
        f"confidence intervals use {basis}."
    ]
    if has_prediction(pooled):
        cite = cited("higgins_prediction" if plan.get("prediction") == "t(k-2)" else "riley")
        sentences.append(f"The prediction interval{cite} uses {_prediction_basis(pooled['pi_method'])}.")
    return sentences


def _cite(text: str, cite: str) -> str:
    """The citation behind the text; within its bracket where it ends with one."""
    return f"{text[:-1]}; {cite.removeprefix(' (')}" if cite and text.endswith(")") else text + cite


def _by(plan: Data, pooled: Data, cited: Cited) -> str:
    method = pooled.get("method")
    if method == MANTEL_HAENSZEL:
        cite = cited(*CITED_FOR_MANTEL_HAENSZEL[pooled["measure"]])
        return f"by the Mantel-Haenszel method{cite}, for a common effect"
    if method == PETO:
        return f"by Peto's method{cited('yusuf')}, for a common effect"
    if method == COUNTS:
        effects = "a common effect" if is_common_effect(pooled["tau2_method"]) else "random effects"
        kind = "logistic" if pooled["measure"] in ("OR", "PLO") else "Poisson"
        study = "" if pooled["measure"] == "PLO" else ", fixed study effects"
        model = f"in a mixed-effects {kind} model of the counts{cited('stijnen')}"
        return f"{model} with {effects}{study}, by maximum likelihood"
    if is_common_effect(plan["tau2_method"]):
        return "with a common-effect inverse-variance model"
    estimator = plan["tau2_method"]
    return (
        "with a random-effects inverse-variance model, estimating the between-study variance by "
        f"{METHODS_OF_TAU2[estimator]}{cited(*CITED_FOR_TAU2.get(estimator, ()))}"
    )


def _prediction_basis(method: str) -> str:
    """'normal' or 't with 10 degrees of freedom', spelled out."""
    return (
        "the normal distribution" if method == "normal" else f"the t distribution{method.removeprefix('t')}"
    )


def about_data(snapshot: Data, done: str = "pooled") -> list[str]:
    """What the numbers rest on and who was left out; ``done`` says what was done with those that were kept."""
    plan, rows = snapshot["plan"], snapshot["rows"]
    sentences = []
    reported = [row["study"] for row in rows if row["kind"] == "effect"]
    if reported:
        sentences.append(
            f"For {trials(len(reported))} ({_some(reported)}) only an effect with its standard error was "
            "available."
        )
    converted = [row["study"] for row in rows if row.get("derived") or row.get("converted")]
    if converted:
        sentences.append(f"Values of {_some(converted)} were converted or derived from what was reported.")
    parts = [(row["study"], row["part"]) for row in rows if row.get("part")]
    parted = [f"{study}: {part}" for study, part in parts if not part.startswith("turned around")]
    if parted:
        sentences.append(
            f"Trials with several arms were entered so that nobody counts twice ({_some(parted, '; ')})."
        )
    if plan["prefer_rater"]:
        rater = plan["prefer_rater"].replace("_", "-")
        sentences.append(f"Where a trial had a {rater} result, it was used.")
    if plan.get("risk_of_bias"):
        kept = "at low" if plan["risk_of_bias"] == "low" else "not at high"
        sentences.append(f"Only trials {kept} overall risk of bias were {done}.")
    if snapshot["left_out"]:
        reasons: dict[str, list[str]] = {}
        for one in snapshot["left_out"]:
            reasons.setdefault(one["why"], []).append(one["study"])
        named = "; ".join(f"{_some(studies)}: {why}" for why, studies in reasons.items())
        sentences.append(f"Left out were {named.rstrip('.')}.")
    return sentences


def _about_zero_cells(snapshot: Data, result: Data, cited: Cited) -> list[str]:
    """What was done about empty cells, where there are any."""
    pooled = result["pooled"]
    rows = [row for row in snapshot["rows"] if row["kind"] in ("events", "rates")]
    if not rows or pooled["measure"] not in ZERO_CELLS or pooled["measure"] == "PETO":
        return []
    sentences = []
    if any(_has_empty_cell(row) for row in rows):
        told = "0.5 was added to the cells of trials with an empty one"
        if pooled.get("method") in (MANTEL_HAENSZEL, COUNTS):
            told += " for their own effects and Q only, not for the pooled effect"
        sentences.append(f"{told[:1].upper()}{told[1:]}{cited('handbook')}.")
    if any(study.get("dropped") for study in result["studies"]):
        sentences.append("Trials with no events, or nothing but events, in both arms were not pooled.")
    return sentences


def _has_empty_cell(row: Data) -> bool:
    if not row["events1"] or not row["events2"]:
        return bool(row["events1"] or row["events2"])  # none in both arms: not pooled
    return row["kind"] == "events" and (row["events1"] == row["n1"]) != (row["events2"] == row["n2"])


def _heterogeneity(result: Data, cited: Cited) -> list[str]:
    if not has_spread(result["pooled"]):
        return []
    i2, q = cited("higgins_i2"), cited("cochran")
    if "reason" in result["tau2_interval"]:
        return [f"Heterogeneity is described by τ², I²{i2} and Cochran's Q{q}."]
    profile = cited("viechtbauer_profile")
    return [
        f"Heterogeneity is described by τ² with a Q-profile interval{profile}, I²{i2} and Cochran's Q{q}."
    ]


def _subgroups(snapshot: Data, result: Data, cited: Cited) -> list[str]:
    plan = snapshot["plan"]
    if not plan["subgroup_by"]:
        return []
    variances = "with separate between-study variances "
    if (result.get("subgroups") or {}).get("common_tau2"):
        variances = "with one between-study variance for all "
    elif not has_spread(result["pooled"]):
        variances = ""
    return [
        f"Subgroups by {plan['subgroup_by']} were pooled {variances}and compared by a test of subgroup "
        f"differences{cited('borenstein')}; a subgroup with one trial was not pooled."
    ]


def _regression(snapshot: Data, result: Data, cited: Cited) -> list[str]:
    found = result.get("regression")
    if not found or "reason" in found:
        return []
    names = [one["name"] for one in snapshot["plan"]["moderators"]]
    by = METHODS_OF_TEST[found["test"]] + cited(*CITED_FOR_TEST.get(found["test"], ()))
    return [
        f"Meta-regression{cited('thompson_higgins')} on {', '.join(names)} uses the same estimator and {by}; R² is "
        "the share of the between-study variance that it explains."
    ]


def _sensitivity(result: Data, cited: Cited) -> list[str]:
    found = result.get("sensitivity") or []
    done = dict.fromkeys(one["key"] for one in found if "reason" not in one)
    sentences = []
    if done:
        told = "; ".join(SENSITIVITY_WORDS.get(key, key) for key in done)
        sentences.append(f"Sensitivity analyses: {told}.")
    if isinstance(result.get("influence"), list):
        sentences.append(
            "Outliers and influential trials were looked for by studentised residuals, Cook's distances, DFFITS and "
            f"hat values{cited('viechtbauer_influence')}."
        )
    return sentences


def _small_study(result: Data, cited: Cited) -> list[str]:
    """Which tests were made, or that there were too few trials; nothing for runs of before."""
    found, sentences = result.get("small_study"), []
    if found and "reason" in found:
        return [f"Small-study effects were not tested, as there were fewer than ten trials{cited('sterne')}."]
    made = [test for test in (found or {}).get("tests", []) if "reason" not in test]
    if made:
        names = ", ".join(f"{test['name']}{cited(CITED_FOR_SMALL_STUDY[test['key']])}" for test in made)
        sentences.append(f"Small-study effects were tested by {names}.")
    if isinstance(result.get("trim_and_fill"), Mapping) and "reason" not in result["trim_and_fill"]:
        sentences.append(f"Trim and fill with the estimator L0{cited('duval')} is a sensitivity analysis.")
    return sentences


def post_hoc(changes: Sequence[Change]) -> list[str]:
    """The changes made after results could be known, in one sentence."""
    if not changes:
        return []
    told = [
        f"on {change['on']}, "
        + ", ".join(
            f"{one['setting']} from “{one['before']}” to “{one['after']}”" for one in change["changed"]
        )
        + (f" ({change['reason'].rstrip('.')})" if change["reason"] else "")
        for change in changes
    ]
    return [f"Changed after results could be known (post hoc): {'; '.join(told)}."]


def _some(names: Sequence[str], comma: str = ", ") -> str:
    """All of them, or the first ten and how many more."""
    more = len(names) - NAMED
    return comma.join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(".") else f"{sentence}."
