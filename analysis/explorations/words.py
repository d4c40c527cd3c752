"""What an exploration found, in sentences and as rows of a table, on the scale people read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from analysis.choices import has_no_effect
from analysis.explorations.base import Data
from analysis.wording import Scale, p_value


class Table(NamedTuple):
    """As many texts in each row as there are headings."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


#: Said with every exploration, whatever it found.
EXPLORATORY = (
    "Exploratory: not in the plan. It shows how far the planned result carries; it is no substitute."
)


def said(kind: str, snapshot: Data, result: Data) -> list[str]:
    """The findings, the first sentence fit to stand alone."""
    return SAID[kind](_scale(snapshot, result), result) + list(result.get("notes", []))


def tables(kind: str, snapshot: Data, result: Data) -> list[Table]:
    """The figures as tables; also what a program is not needed for."""
    return TABLES[kind](_scale(snapshot, result), result)


def _scale(snapshot: Data, result: Data) -> Scale:
    return Scale(result.get("measure") or snapshot["plan"]["measure"], result.get("size"))


def _share(part: int, whole: int) -> str:
    percent = 100 * part / whole
    shown = "under 1" if 0 < percent < 1 else "over 99" if 99 < percent < 100 else f"{percent:.0f}"
    return f"{part:,} of {whole:,} ({shown}%)"


def _gosh(scale: Scale, result: Data) -> list[str]:
    which = "All" if result["exact"] else "A sample of"
    sentences = [
        f"{which} {result['subsets']:,} subsets: effects from {scale.text(result['low'])} to "
        f"{scale.text(result['high'])}, on average {scale.text(result['estimate'])}; mean I² {result['i2']:.0f}%."
    ]
    if has_no_effect(scale.measure):
        below = result["subsets"] - result["above"]
        sentences.append(
            f"The effect lies below {scale.null:g} in {_share(below, result['subsets'])} subsets, above it in "
            f"{_share(result['above'], result['subsets'])}."
        )
    moved = [one for one in result["studies"] if one["estimate_with"] is not None and _moved(one) is not None]
    if moved:
        most = max(moved, key=lambda one: abs(_moved(one) or 0.0))
        sentences.append(
            f"{most['study']} moves it most: on average {scale.text(most['estimate_with'])} "
            f"(I² {most['i2_with']:.0f}%) with it, "
            f"{scale.text(most['estimate_without'])} (I² {most['i2_without']:.0f}%) without."
        )
    return sentences


def _moved(one: Data) -> float | None:
    if one["estimate_without"] is None or one["estimate_with"] is None:
        return None
    return float(one["estimate_with"] - one["estimate_without"])


def _gosh_tables(scale: Scale, result: Data) -> list[Table]:
    rows = [
        (
            one["study"],
            f"{one['with']:,}",
            scale.text(one["estimate_with"]),
            scale.text(one["estimate_without"]),
            _percent(one["i2_with"]),
            _percent(one["i2_without"]),
        )
        for one in result["studies"]
    ]
    headings = ("Study", "Subsets with it", "Mean effect with", "without", "Mean I² with", "without")
    return [Table("Subsets with and without each study", headings, rows)]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}%"


def _permutation(scale: Scale, result: Data) -> list[str]:
    which = "all" if result["exact"] else "drawn at random:"
    went = f"{which} {result['permutations']:,} arrangements"
    if result["of"] == "effect":
        return [
            f"Permutation test of the pooled effect: {p_value(result['pval'][0])} ({went}, {result['k']} studies)."
        ]
    together = [f"Permutation test of the moderators together: {p_value(result['qm_pval'])} ({went})."]
    return together + [
        f"{name}: {p_value(p)}." for name, p in zip(result["names"][1:], result["pval"][1:], strict=True)
    ]


def _permutation_tables(scale: Scale, result: Data) -> list[Table]:
    names = ["Pooled effect" if name == "intrcpt" else name for name in result["names"]]
    rows = [
        (name, f"{stat:.2f}", f"{extreme:,}", p_value(p))
        for name, stat, extreme, p in zip(
            names, result["stat"], result["extreme"], result["pval"], strict=False
        )
    ]
    if result["qm_pval"] is not None:
        rows.append(
            (
                "All moderators",
                f"{result['qm']:.2f}",
                f"{result['extreme'][-1]:,}",
                p_value(result["qm_pval"]),
            )
        )
    return [Table("Tests", ("Coefficient", "Statistic", "Arrangements as extreme", "p"), rows)]


def _bootstrap(scale: Scale, result: Data) -> list[str]:
    level = f"{result['level']:g}%"
    planned = result["planned"]
    sentences = [
        f"{one['label']}: {level} interval of the effect {scale.interval(*_ends(one['estimate']))}, "
        f"of τ² {one['tau2']['ci_low']:.3f} to {one['tau2']['ci_high']:.3f} ({one['replicates']:,} replicates)."
        for one in result["schemes"]
    ]
    own = scale.interval(planned["ci_low"], planned["ci_high"])
    return [*sentences, f"The planned interval is {own}, around {scale.text(planned['estimate'])}."]


def _ends(one: Data) -> tuple[float, float]:
    return one["ci_low"], one["ci_high"]


def _bootstrap_tables(scale: Scale, result: Data) -> list[Table]:
    rows = [
        (
            one["label"],
            scale.interval(*_ends(one["estimate"])),
            f"{one['estimate']['se']:.3f}",
            f"{one['estimate']['bias']:+.3f}".replace("-", "−"),
            f"{one['tau2']['ci_low']:.3f} to {one['tau2']['ci_high']:.3f}",
            _share(one["tau2_zero"], one["replicates"]),
        )
        for one in result["schemes"]
    ]
    headings = (
        "Scheme",
        "Interval of the effect",
        "Standard error",
        "Bias",
        "Interval of τ²",
        "Replicates with τ² = 0",
    )
    return [Table("Intervals by scheme", headings, rows)]


def _multiverse(scale: Scale, result: Data) -> list[str]:
    found = result["summary"]
    if found is None:
        return ["No specification leaves two studies to pool."]
    count = result["specifications"]
    sentences = [
        f"{count:,} specifications ({result['different']:,} different): effects from {scale.text(found['low'])} to "
        f"{scale.text(found['high'])}, in the middle {scale.text(found['median'])}; "
        f"{found['least_k']} to {found['most_k']} studies."
    ]
    if "below" in found:
        level = f"{result['level']:g}%"
        clear = [_share(found[f"clearly_{side}"], count) for side in ("below", "above")]
        sentences.append(
            f"The effect lies below {scale.null:g} in {_share(found['below'], count)}; the {level} interval lies "
            f"below it in {clear[0]} and above it in {clear[1]}."
        )
    left = result["planned_specifications"] - result["impossible"] - count
    if result["impossible"]:
        sentences.append(
            f"{result['impossible']:,} combinations were passed over: a common effect goes with a z interval only."
        )
    if left > 0:
        sentences.append(f"{left:,} leave fewer than two studies, so there is nothing to pool.")
    return sentences


def _multiverse_tables(scale: Scale, result: Data) -> list[Table]:
    rows = [
        (factor["label"], level["label"], f"{level['specifications']:,}", scale.text(level["median"]))
        for factor in result["factors"]
        for level in factor["levels"]
    ]
    headings = ("Choice", "Level", "Specifications", "Middle effect")
    return [Table("Choices and what comes of them", headings, rows)]


SAID: dict[str, Callable[[Scale, Data], list[str]]] = {
    "gosh": _gosh,
    "permutation": _permutation,
    "bootstrap": _bootstrap,
    "multiverse": _multiverse,
}
TABLES: dict[str, Callable[[Scale, Data], list[Table]]] = {
    "gosh": _gosh_tables,
    "permutation": _permutation_tables,
    "bootstrap": _bootstrap_tables,
    "multiverse": _multiverse_tables,
}


def specification_rows(snapshot: Data, result: Data) -> tuple[list[str], list[list[Any]]]:
    """Every specification of a multiverse as a row of a table, with its choices in words."""
    labels = {
        factor["key"]: {level["key"]: level["label"] for level in factor["levels"]}
        for factor in result["factors"]
    }
    numbers = ("estimate", "ci_low", "ci_high", "pval", "k")
    columns = result["columns"]
    headings = ["number", *(factor["label"] for factor in result["factors"]), *numbers]
    rows = [
        [
            columns["number"][i] + 1,
            *(labels[key][columns[key][i]] for key in labels),
            *(columns[name][i] for name in numbers),
        ]
        for i in range(result["specifications"])
    ]
    return headings, rows
