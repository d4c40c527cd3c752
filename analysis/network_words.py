"""A network meta-analysis in words, on the scale people read. Takes the JSON of a run; computes no statistics.

`snapshot` and `result` are those of a Run of kind "network" (see analysis.engine.network).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.choices import has_no_effect
from analysis.wording import METHODS_OF_MEASURE, METHODS_OF_TAU2, Scale, p_value, plain_number, trials
from analysis.wording.methods import SOFTWARE, Change, about_data, about_plan, post_hoc
from analysis.wording.references import Cited

Data = Mapping[str, Any]
#: A node split or test of inconsistency below this is named; such tests have little power.
NOTABLE = 0.10


def listed(names: Iterable[str]) -> str:
    """'A, B and C'."""
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def against(result: Data, reference: str) -> list[dict[str, Any]]:
    """Every other treatment of the reference's part against it, in the order of the ranking."""
    found = []
    for cell in result["league"]:
        if cell["estimate"] is None or reference not in (cell["row"], cell["column"]):
            continue
        own = cell["row"] != reference
        found.append(oriented(cell, cell["row"] if own else cell["column"]))
    return found


def oriented(cell: Data, treatment: str) -> dict[str, Any]:
    """A cell of the league table as ``treatment`` against the other, with "treatment" and "comparator"."""
    if cell["row"] == treatment:
        return {"treatment": treatment, "comparator": cell["column"], **_numbers(cell)}
    turned = _numbers(cell)
    for name, other in (("estimate", "estimate"), ("ci_low", "ci_high"), ("pi_low", "pi_high")):
        turned[name], turned[other] = _minus(cell[other]), _minus(cell[name])
    if cell["direct"]:
        own = cell["direct"]
        turned["direct"] = own | {
            "estimate": -own["estimate"],
            "ci_low": -own["ci_high"],
            "ci_high": -own["ci_low"],
        }
    return {"treatment": treatment, "comparator": cell["row"], **turned}


def _numbers(cell: Data) -> dict[str, Any]:
    return {name: value for name, value in cell.items() if name not in ("row", "column")}


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def headline(snapshot: Data, result: Data) -> str:
    """'26 trials compared 10 treatments (6,546 participants). Against placebo, ...'"""
    scale, reference = Scale(result["measure"]), result["reference"]
    sizes = [one["people"] for one in result["treatments"]]
    people = f", {sum(sizes):,} participants" if all(sizes) else ""
    count = len(result["treatments"])
    opening = (
        f"{trials(result['k'])}{people}, {'compare' if result['k'] > 1 else 'compares'} {count} treatments."
    )
    rows = against(result, reference)
    if not rows or not has_no_effect(result["measure"]):
        return opening
    lower = snapshot["outcome"]["direction"] == "lower"
    better = [row for row in rows if (row["ci_high"] < 0 if lower else row["ci_low"] > 0)]
    worse = [row for row in rows if (row["ci_low"] > 0 if lower else row["ci_high"] < 0)]
    told = f"Against {reference}, the interval excludes no difference for {len(better) + len(worse)} of {len(rows)}"
    if better or worse:
        told += f" ({len(better)} better, {len(worse)} worse)"
    best = min(rows, key=lambda row: row["estimate"] if lower else -row["estimate"])
    return (
        f"{opening} {told}. The largest difference is that of {best['treatment']}: {scale.label} "
        f"{scale.text(best['estimate'])} ({result['level']:g}% CI {scale.interval(best['ci_low'], best['ci_high'])})."
    )


def in_short(result: Data) -> str:
    """'10 treatments, rosiglitazone ranks first': for a line in a list."""
    first = result["ranking"]["treatments"][0]
    told = f"{len(result['treatments'])} treatments, {first['treatment']} ranks first"
    return f"{told} of its part" if len(result["parts"]) > 1 else told


def connection(result: Data) -> str:
    """Which treatments no study connects with which others; empty where the network hangs together."""
    parts = result["parts"]
    if len(parts) < 2:
        return ""
    groups = "; ".join(f"({place}) {listed(part)}" for place, part in enumerate(parts, 1))
    return (
        f"The network falls into {len(parts)} parts that no study connects: {groups}. Nothing is said about a "
        "treatment of one part against one of another, and each part has its own ranking."
    )


def heterogeneity(result: Data) -> str:
    """tau2, I2 and Q of the whole network."""
    found = result["heterogeneity"]
    if not found["q_df"]:
        return found["notes"][0] if found["notes"] else ""
    parts = (
        [] if found["tau2_method"] == "CE" else [f"τ² {plain_number(found['tau2'], 3)} for all comparisons"]
    )
    parts += [
        f"I² {plain_number(found['i2'], 0)}%",
        f"Q {plain_number(found['q'])} on {found['q_df']} degrees of freedom ({p_value(found['q_pval'])}), which "
        "holds heterogeneity and inconsistency together",
    ]
    return f"Heterogeneity: {', '.join(parts)}."


def ranking(result: Data) -> list[str]:
    """Who ranks first in each part and how certain that is; what a rank does not say."""
    found = []
    for place, part in enumerate(result["parts"]):
        rows = [row for row in result["ranking"]["treatments"] if row["part"] == place]
        if len(rows) < 2:
            continue
        where = f" among {listed(part)}" if len(result["parts"]) > 1 else ""
        first, second = rows[:2]
        found.append(
            f"{_sentence(first['treatment'])} ranks first{where} (P-score {plain_number(first['p_score'])}, "
            f"{result['level']:g}% of ranks {_span(first)}), then {second['treatment']} "
            f"({plain_number(second['p_score'])}, {_span(second)})."
        )
    if found:
        found.append(
            "A rank says which treatment is likelier to be better, not by how much, and not how good the evidence is."
        )
    return found


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _span(row: Data) -> str:
    low, high = row["rank_low"], row["rank_high"]
    return f"all {low}" if low == high else f"{low} to {high}"


def inconsistency(result: Data) -> list[str]:
    """The global test by designs, and the comparisons whose direct and indirect evidence differ."""
    test = result["design_test"]
    if "reason" in test:
        return [test["reason"]]
    if not test["between_df"]:
        return [
            "No closed loop of different designs: nothing in this network can show whether direct and indirect "
            "evidence agree."
        ]
    random = (
        f"; allowing for heterogeneity within designs (τ² {plain_number(test['random_tau2'], 3)}) Q "
        f"{plain_number(test['random_q'])}, {p_value(test['random_pval'])}"
        if test["random_tau2"]
        else ""
    )
    return [
        f"Design-by-treatment interaction: Q between designs {plain_number(test['between_q'])} on "
        f"{test['between_df']} degrees of freedom ({p_value(test['between_pval'])}){random}.",
        *_splits(result),
    ]


def _splits(result: Data) -> list[str]:
    splits = result["splits"]
    if isinstance(splits, dict):
        return [splits["reason"]]
    tested = [one for one in splits if one["pval"] is not None]
    if not tested:
        return ["No comparison has both direct and indirect evidence."]
    scale = Scale(result["measure"])
    found = sorted((one for one in tested if one["pval"] < NOTABLE), key=lambda one: one["pval"])
    compared = "comparison" if len(tested) == 1 else "comparisons"
    if not found:
        return [
            f"Direct and indirect evidence can be compared for {len(tested)} {compared}; in none do they differ with "
            f"p below {NOTABLE:.2f}. Such tests find large disagreement only."
        ]
    told = "; ".join(
        f"{one['treatment']} against {one['comparator']} (direct {scale.text(one['direct'])}, indirect "
        f"{scale.text(one['indirect'])}, {p_value(one['pval'])})"
        for one in found
    )
    return [
        f"Direct and indirect evidence differ (p below {NOTABLE:.2f}) in {len(found)} of {len(tested)} {compared} "
        f"that have both: {told}."
    ]


def small_study(result: Data) -> str:
    """The test of the comparison-adjusted funnel, or why there is none."""
    test = result["funnel_test"]
    if "reason" in test:
        return test["reason"]
    return (
        f"Egger's regression on the comparison-adjusted effects: t {plain_number(test['stat'])} on {test['df']} "
        f"degrees of freedom, {p_value(test['pval'])}. It means something only where all comparisons are "
        "ordered alike, such as active against inactive; contrasts of one multi-arm study count as several."
    )


def methods(snapshot: Data, result: Data, changes: Sequence[Change] = ()) -> str:
    """A paragraph for the methods section, ready to paste; ``changes`` of the plan made after results were known."""
    return _told(snapshot, result, changes)[0]


def references(snapshot: Data, result: Data, changes: Sequence[Change] = ()) -> list[str]:
    """What that paragraph cites, by author."""
    return _told(snapshot, result, changes)[1]


def _told(snapshot: Data, result: Data, changes: Sequence[Change]) -> tuple[str, list[str]]:
    cited, ranks = Cited(), result["ranking"]
    measure = METHODS_OF_MEASURE.get(result["measure"], result["measure"])
    left_out = "; ".join(f"{one['study']}: {one['why']}" for one in result["left_out"])
    sentences = [
        *about_plan(snapshot),
        f"We compared {len(result['treatments'])} treatments in a frequentist network "
        f"meta-analysis{cited('ruecker')} of {measure} "
        f"from {trials(result['k'])}, fitted by generalised least squares with {_model(result)}; "
        f"{result['level']:g}% confidence intervals use the normal distribution.",
        f"Trials with several arms enter whole, with the correlation of their contrasts{cited('ruecker_arms')}.",
        *about_data(snapshot, "compared"),
        *([f"Not part of the network were {left_out}."] if left_out else []),
        *_inconsistency_methods(result, cited),
        f"Treatments are ranked by P-scores{cited('ruecker_ranks')}; ranks, their intervals and "
        f"SUCRA{cited('salanti')} "
        f"come from {ranks['draws']:,} draws from the joint distribution of the estimates (seed {ranks['seed']}).",
        *_small_study_methods(result, cited),
        *post_hoc(changes),
        f"{SOFTWARE}{cited('metafor', 'numpy', 'scipy')}: {result['engine']}.",
    ]
    return " ".join(sentences), cited.references


def _model(result: Data) -> str:
    method = result["heterogeneity"]["tau2_method"]
    if method == "CE":
        return "a common-effect model"
    return (
        "a random-effects model with one between-study variance for all comparisons, estimated by "
        f"{METHODS_OF_TAU2[method]}"
    )


def _inconsistency_methods(result: Data, cited: Cited) -> list[str]:
    if not result["design_test"].get("between_df"):
        return []
    return [
        f"Inconsistency was examined by the design-by-treatment interaction{cited('higgins_designs')} and by "
        f"separating direct from indirect evidence for each comparison{cited('koenig')}."
    ]


def _small_study_methods(result: Data, cited: Cited) -> list[str]:
    if "reason" in result["funnel_test"]:
        return []
    return [
        f"Small-study effects were examined in a comparison-adjusted funnel plot{cited('chaimani')} with Egger's "
        f"regression{cited('egger')}."
    ]


def cell_text(scale: Scale, numbers: Data | None) -> str:
    """'−1.23 (−1.48 to −0.99)', or a dash."""
    if not numbers or numbers["estimate"] is None:
        return "–"
    return f"{scale.text(numbers['estimate'])} ({scale.interval(numbers['ci_low'], numbers['ci_high'])})"


def league_grid(result: Data) -> tuple[Sequence[str], list[list[dict[str, Any] | None]]]:
    """The names in the order of the ranking, and a square of cells: the network's estimate of row against column
    below the diagonal, the direct one above it (both ``row`` against ``column``); None where there is none."""
    names = [row["treatment"] for row in result["ranking"]["treatments"]]
    cells = {(cell["row"], cell["column"]): cell for cell in result["league"]}
    grid: list[list[dict[str, Any] | None]] = []
    for i, row in enumerate(names):
        line: list[dict[str, Any] | None] = []
        for j, column in enumerate(names):
            if i == j:
                line.append(None)
            elif i < j:
                line.append(cells[row, column]["direct"])
            else:
                found = oriented(cells[column, row], row)
                line.append(found if found["estimate"] is not None else None)
        grid.append(line)
    return names, grid
