"""Whether a model's votes keep the recall they were set to: python -m benchmarks.automation [SHARED] [SEEDS]

Writes benchmarks/automation.md. Each labelled review of SHARED (default ../shared) is read in part; the model is set
by what was read and votes on the rest, whose labels tell what it missed.
"""

import csv
import sys
from pathlib import Path

import numpy as np

from screening.priority.features import build
from screening.priority.second import choose, cross_fit
from screening.priority.simulate import simulate

HERE = Path(__file__).parent
LEAST_INCLUDED, LEAST_EXCLUDED = 30, 100
TARGET = 0.98
INTRO = """# Votes of a model, measured

`python -m benchmarks.automation` writes this file. Of each labelled review a part is read: half of the records at
random, or the half that comes first in the order of a model that learns (which finds most of the relevant early).
The threshold is set on that part (recall {target:.0%} out of sample, five parts, all five models below it); then the
model votes on the rest. *Missed* are relevant records of the rest that it votes to exclude, each of which a person
reads, too; *votes* is the share of the rest that it votes on. Sets with fewer than {included} inclusions or
{excluded} exclusions in the part that is read are refused, as in the application. {seeds} seeds each, summed.

| set | read | runs | relevant in the rest | missed | recall | votes |
|---|---|---|---|---|---|---|
"""
#: What the figures of the application's own runs say; to be read again when they change.
MEANS = """After reading at random the model keeps what was set, and casts few votes where a review includes much
and many where it includes little. After reading by likelihood the recall that the read part promises does not hold
for the rest: nearly all that is left is below the threshold, relevant or not. The application says so before it lets
the model vote.
"""


def main() -> None:
    shared = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent.parent / "shared") / "data" / "screening"
    seeds = range(int(sys.argv[2]) if len(sys.argv) > 2 else 2)
    lines, sums, refused = [], {"random": np.zeros(4), "ranked": np.zeros(4)}, []
    for path in sorted(shared.glob("*.csv")):
        rows = list(csv.DictReader(path.open(newline="")))
        labels = np.array([int(row["label_included"]) for row in rows])
        features = build([row["title"] for row in rows], [row["abstract"] for row in rows])
        tried = False
        for way, total in sums.items():
            runs = [run for seed in seeds if (run := once(rows, features, labels, way, seed)) is not None]
            if not runs:
                continue
            tried, found = True, np.sum(runs, axis=0)
            total += found
            lines.append(line(path.stem, way, len(runs), found))
            print(lines[-1], flush=True)
        if not tried:
            refused.append(path.stem)
    lines += [line("**all**", way, 0, total) for way, total in sums.items()]
    head = INTRO.format(target=TARGET, included=LEAST_INCLUDED, excluded=LEAST_EXCLUDED, seeds=len(seeds))
    (HERE / "automation.md").write_text(
        head + "\n".join(lines) + f"\n\nRefused: {', '.join(refused) or 'none'}.\n"
    )


def once(rows: list[dict], features, labels: np.ndarray, way: str, seed: int) -> np.ndarray | None:
    """(relevant in the rest, missed, votes, size of the rest); None where too little was read."""
    half = len(labels) // 2
    if way == "random":
        order = np.random.default_rng(seed).permutation(len(labels))
    else:
        order = learned_order(rows, labels, seed)
    read, rest = order[:half], order[half:]
    included = int(labels[read].sum())
    if included < LEAST_INCLUDED or half - included < LEAST_EXCLUDED:
        return None
    fit = cross_fit(features, read, labels[read], seed=seed)
    out = fit.highest[rest] < choose(fit, recall=TARGET).value
    return np.array(
        [labels[rest].sum(), (out & (labels[rest] == 1)).sum(), out.sum(), len(rest)], dtype=float
    )


def learned_order(rows: list[dict], labels: np.ndarray, seed: int) -> np.ndarray:
    titles, abstracts = [row["title"] for row in rows], [row["abstract"] for row in rows]
    found = simulate(titles, abstracts, labels.tolist(), seed=seed, rules=False)
    order = [*found.priors, *found.order]
    return np.array(list(dict.fromkeys(order)), dtype=np.int64)


def line(name: str, way: str, runs: int, found: np.ndarray) -> str:
    relevant, missed, votes, size = found
    recall = f"{1 - missed / relevant:.1%}" if relevant else "–"
    share = f"{votes / size:.0%}" if size else "–"
    return f"| {name} | {way} | {runs or ''} | {relevant:.0f} | {missed:.0f} | {recall} | {share} |"


if __name__ == "__main__":
    main()
