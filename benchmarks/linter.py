"""How many typing errors the data linter finds, and how often it is wrong: `python benchmarks/linter.py`.

Two sets: the trials of the demo review, and invented reviews whose trials are drawn person by person, so that
intervals, p and baselines fit. Each kind of error is made in each value it can be made in, one at a time; writes
`linter.md`.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import exp, log, sqrt
from pathlib import Path
from statistics import NormalDist, mean, stdev
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from extraction.checks import CODES, Facts, lint  # noqa: E402

SEED = 6
TRIALS = ROOT / "reviewapp/demo/data/trials.csv"
ARMS = (("1", "2"), ("2", "1"))
Review = list[Facts]


def demo() -> Review:
    """Every row of the demo's trials, numbers as typed."""
    rows = csv.DictReader(TRIALS.open(encoding="utf-8"))
    columns = {"n1": "n_t", "mean1": "mean_t", "sd1": "sd_t", "n2": "n_c", "mean2": "mean_c", "sd2": "sd_c",
               "effect": "g", "effect_se": "g_se"}  # fmt: skip
    return [
        Facts(
            key=key,
            study=row["study"],
            kind="means" if row["mean_t"] else "effect",
            scale=row["scale"],
            effect_measure="" if row["mean_t"] else "SMD",
            experimental=row["therapy"],
            comparator=row["control_type"],
            time_point=row["timepoint"],
            lower_is_better=True,
            derived=row["basis"] != "means",
            typed={name: row[column] for name, column in columns.items() if row[column]},
            **{n: (int if n[0] == "n" else float)(row[c]) for n, c in columns.items() if row[c]},
        )
        for key, row in enumerate(rows)
    ]


def scores(dice: random.Random, centre: float, spread: float, n: int) -> tuple[float, float]:
    drawn = [min(52, max(0, round(dice.gauss(centre, spread)))) for _ in range(n)]
    return round(mean(drawn), 2), round(stdev(drawn), 2)


def invented(dice: random.Random, studies: int = 12) -> list[Review]:
    """One review of depression: an outcome with means, one with events, one with reported ratios."""
    means, events, ratios = [], [], []
    for key in range(studies):
        n1 = dice.randint(15, 100)
        n2 = max(12, n1 + dice.randint(-4, 4))
        common: dict[str, Any] = dict(  # noqa: C408
            key=key, study=f"S{key}", n1=n1, n2=n2, randomised1=n1 + 3, randomised2=n2 + 4,
                      total_randomised=n1 + n2 + 7, arms_randomised=(n1 + 3, n2 + 4), lower_is_better=True,
                      experimental="therapy", comparator="usual care")  # fmt: skip
        start, spread, gain = dice.uniform(20, 25), dice.uniform(5.5, 8), dice.gauss(3.5, 1.2)
        m1, s1 = scores(dice, start - 6 - gain, spread, n1)
        m2, s2 = scores(dice, start - 6, spread, n2)
        b1, b2 = scores(dice, start, 4.5, n1), scores(dice, start, 4.5, n2)
        means.append(Facts(kind="means", scale="HAMD-17",
                           effect_measure="SMD", mean1=m1, sd1=s1, mean2=m2, sd2=s2, baseline_mean1=b1[0],
                           baseline_sd1=b1[1], baseline_mean2=b2[0], baseline_sd2=b2[1], **common))  # fmt: skip
        e1, e2 = (sum(dice.random() < risk for _ in range(n)) for risk, n in ((0.3, n1), (0.45, n2)))
        events.append(Facts(kind="events", events1=e1, events2=e2, **common))
        se = 2 / sqrt(n1 + n2) * 1.1
        theta = dice.gauss(-0.4, se)
        p = 2 * NormalDist().cdf(-abs(theta) / se)
        low, high = (round(exp(theta + side * 1.96 * se), 2) for side in (-1, 1))
        ratios.append(Facts(kind="effect", effect_measure="HR", estimate=round(exp(theta), 2),
                            ci_low=low, ci_high=high,
                            effect=round(theta, 3), effect_se=round(se, 3), p=round(p, 3), **common))  # fmt: skip
    return [means, events, ratios]


def changed(facts: Facts, **values: object) -> Facts:
    """A copy with new numbers; what was typed is forgotten for those."""
    typed = {name: text for name, text in facts.typed.items() if name not in values}
    return replace(facts, typed=typed, **values)


def each_arm(
    make: Callable[[Facts, str], dict | None],
) -> Callable[[Facts, Review], Iterator[tuple[Facts, Review]]]:
    def corrupt(facts: Facts, review: Review) -> Iterator[tuple[Facts, Review]]:
        for arm, _ in ARMS:
            if values := make(facts, arm):
                yield changed(facts, **values), review

    return corrupt


def whole(make: Callable[[Facts], dict | None]) -> Callable[[Facts, Review], Iterator[tuple[Facts, Review]]]:
    def corrupt(facts: Facts, review: Review) -> Iterator[tuple[Facts, Review]]:
        if values := make(facts):
            yield changed(facts, **values), review

    return corrupt


def copied(facts: Facts, review: Review) -> Iterator[tuple[Facts, Review]]:
    """The row pasted under the next study's name."""
    other = next((peer for peer in review if peer.study != facts.study), None)
    if other:
        yield replace(facts, key=999, study=other.study), [peer for peer in review if peer is not other]


def control_twice(facts: Facts, review: Review) -> Iterator[tuple[Facts, Review]]:
    if facts.kind == "means":
        yield (
            facts,
            [*review, changed(facts, key=998, experimental="other", mean1=round(facts.mean1 * 0.9, 2))],
        )


def times(name: str, factor: float):
    def make(facts: Facts, arm: str) -> dict | None:
        value = getattr(facts, name + arm)
        return {name + arm: type(value)(round(value * factor, 3))} if value is not None else None

    return each_arm(make)


def if_means(make: Callable[[Facts], dict]) -> Callable[[Facts, Review], Iterator[tuple[Facts, Review]]]:
    return whole(lambda f: make(f) if f.kind == "means" else None)


def if_ratio(make: Callable[[Facts], dict]) -> Callable[[Facts, Review], Iterator[tuple[Facts, Review]]]:
    return whole(lambda f: make(f) if f.estimate is not None and f.p is not None else None)


#: {words: (code of the rule meant, corruption)}.
KINDS: dict[str, tuple[str, Callable[[Facts, Review], Iterator[tuple[Facts, Review]]]]] = {
    "SE typed as SD, one arm": ("sd_like_se", each_arm(
        lambda f, a: {f"sd{a}": round(getattr(f, f"sd{a}") / sqrt(getattr(f, f"n{a}")), 2)}
         if f.sd1 else None)),
    "SE typed as SD, both arms": ("sd_like_se", if_means(
        lambda f: {"sd1": round(f.sd1 / sqrt(f.n1), 2), "sd2": round(f.sd2 / sqrt(f.n2), 2)})),
    "SD multiplied by √n, one arm": ("se_like_sd", each_arm(
        lambda f, a: {f"sd{a}": round(getattr(f, f"sd{a}") * sqrt(getattr(f, f"n{a}")), 2)}
         if f.sd1 else None)),
    "SD typed as SE of an SMD": ("se_like_sd", whole(
        lambda f: {"effect_se": round(f.effect_se * sqrt((f.n1 + f.n2) / 4), 3)}
         if f.effect_measure == "SMD" and f.kind == "effect" else None)),
    "variance typed as SD": ("sd_beyond_scale", each_arm(
        lambda f, a: {f"sd{a}": round(getattr(f, f"sd{a}") ** 2, 2)} if f.sd1 else None)),
    "mean ten times": ("decimal_shift", times("mean", 10)),
    "mean a tenth": ("decimal_shift", times("mean", 0.1)),
    "both means ten times": ("decimal_shift", if_means(
        lambda f: {"mean1": round(f.mean1 * 10, 2), "mean2": round(f.mean2 * 10, 2)})),
    "SD ten times": ("decimal_shift", times("sd", 10)),
    "SD a tenth": ("decimal_shift", times("sd", 0.1)),
    "n ten times": ("decimal_shift", times("n", 10)),
    "last digit of a mean off by one": ("grim", each_arm(
        lambda f, a: {f"mean{a}": round(getattr(f, f"mean{a}") + 0.01, 2)} if f.mean1 else None)),
    "means swapped between the arms": ("direction_reversed",
        if_means(lambda f: {"mean1": f.mean2, "mean2": f.mean1})),
    "sign of the effect": ("direction_reversed", whole(
        lambda f: {"effect": -f.effect} if f.effect_measure == "SMD" and f.kind == "effect" else None)),
    "row under another study": ("copied_row", copied),
    "control arm beside two arms": ("control_twice", control_twice),
    "median and IQR": ("median_as_mean", if_means(
        lambda f: {"mean1": float(round(f.mean1)), "mean2": float(round(f.mean2)), "sd1": float(round(1.35 * f.sd1)),
                   "sd2": float(round(1.35 * f.sd2))})),
    "change from baseline": ("change_with_final", whole(
        lambda f: {"mean1": round(f.mean1 - f.baseline_mean1, 2), "mean2": round(f.mean2 - f.baseline_mean2, 2)}
        if f.baseline_mean1 else None)),
    "baseline and follow-up swapped": ("baseline_swapped", whole(
        lambda f: {"mean1": f.baseline_mean1, "baseline_mean1": f.mean1, "mean2": f.baseline_mean2,
                   "baseline_mean2": f.mean2} if f.baseline_mean1 else None)),
    "percentage typed as events": ("percent_as_events", each_arm(
        lambda f, a: {f"events{a}": round(100 * getattr(f, f"events{a}") / getattr(f, f"n{a}"))}
         if f.events1 else None)),
    "events and n swapped": ("events_above_n", each_arm(
        lambda f, a: {f"events{a}": getattr(f, f"n{a}"), f"n{a}": getattr(f, f"events{a}")}
         if f.events1 else None)),
    "n of both arms typed for one": ("n_above_randomised", each_arm(
        lambda f, a: {f"n{a}": f.n1 + f.n2} if f.randomised1 else None)),
    "total randomised with another digit": ("arms_not_total", whole(
        lambda f: {"total_randomised": f.total_randomised + 10} if f.total_randomised else None)),
    "ratio: lower limit ten times too small": ("ci_not_symmetric",
        if_ratio(lambda f: {"ci_low": round(f.ci_low / 10, 3)})),
    "ratio: estimate typed as its logarithm": ("estimate_outside_ci",
        if_ratio(lambda f: {"estimate": round(log(f.estimate), 2)})),
    "ratio: p ten times": ("p_contradicts", if_ratio(lambda f: {"p": round(min(f.p * 10, 1), 3)})),
    "ratio: p a tenth": ("p_contradicts", if_ratio(lambda f: {"p": round(f.p / 10, 4)})),
    "ratio: SE of half the width": ("se_contradicts_ci",
        if_ratio(lambda f: {"effect_se": round(f.effect_se * 1.96, 3)})),
}  # fmt: skip


def warned(facts: Facts, review: Review) -> Counter:
    return Counter(warning.code for warning in lint(facts, review))


def measure(reviews: list[Review]) -> tuple[dict[str, list[int]], Counter, int]:
    """({kind: [made, found by the rule meant, found by any new warning]}, warnings on clean rows, clean rows)."""
    table = {kind: [0, 0, 0] for kind in KINDS}
    clean: Counter = Counter()
    for review in reviews:
        for facts in review:
            before = warned(facts, review)
            clean.update(before)
            for kind, (code, corrupt) in KINDS.items():
                for wrong, peers in corrupt(facts, review):
                    if wrong == facts and peers is review:
                        continue  # the "error" left every number as it was
                    more = (
                        warned(wrong, [wrong if peer.key == wrong.key else peer for peer in peers]) - before
                    )
                    table[kind][0] += 1
                    table[kind][1] += code in more
                    table[kind][2] += bool(more)
    return table, clean, sum(map(len, reviews))


def report() -> str:
    dice = random.Random(SEED)
    sets = {
        "demo": [demo()],
        "invented": [outcome for _ in range(20) for outcome in invented(dice)],
    }
    results = {name: measure(reviews) for name, reviews in sets.items()}
    lines = ["| error | rule meant | demo: made | by the rule | by any | invented: made | by the rule | by any |",
             "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for kind, (code, _) in KINDS.items():
        cells = [cell for table, _, _ in results.values() for cell in _cells(table[kind])]
        lines.append(f"| {kind} | `{code}` | {' | '.join(cells)} |")
    lines += ["", "## Warnings on clean data", "", "| rule | demo | invented |", "|---|---|---|"]
    (_, demo_clean, demo_rows), (_, made_clean, made_rows) = results.values()
    lines += [
        f"| {CODES[c]} (`{c}`) | {demo_clean[c]} | {made_clean[c]} |"
        for c in CODES
        if demo_clean[c] or made_clean[c]
    ]
    lines.append(
        f"| all, of {demo_rows} and {made_rows} results | {demo_clean.total()} | {made_clean.total()} |"
    )
    return "\n".join(lines)


def _cells(row: list[int]) -> list[str]:
    made, meant, found = row
    return (
        [str(made), f"{meant} ({meant / made:.0%})", f"{found} ({found / made:.0%})"]
        if made
        else ["-", "-", "-"]
    )


MARK = "<!-- written by linter.py from here -->"

if __name__ == "__main__":
    page = Path(__file__).with_suffix(".md")
    before = (
        page.read_text(encoding="utf-8").partition(MARK)[0]
        if page.exists()
        else "# The data linter: results\n\n"
    )
    page.write_text(f"{before}{MARK}\n\n{report()}\n", encoding="utf-8")
    print(page.read_text(encoding="utf-8"))
