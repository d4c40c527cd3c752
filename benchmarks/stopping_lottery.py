"""Looks after every record in an order by lot: how often is the stopping test wrong, and what does its
correction do?

    python benchmarks/stopping_lottery.py --reviews 2000

For each number of relevant records, of records and target, `--reviews` orders are drawn; in some the first
part of the relevant comes at once and only the rest by lot. A team looks after every record. The smallest p
over all looks at which the recall is still below the target decides whether it ever stops too early, at any
confidence: the table has the share of reviews in which it is at or below 0.10, 0.05 and 0.01, and the 5 %
quantile, to which an uncorrected p would have to be compared. Prints Markdown.
"""

import argparse
import sys
from itertools import product
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from screening.priority import stopping  # noqa: E402

SEED = 20
LEVELS = (0.1, 0.05, 0.01)
SETTINGS = [
    *product((0.95,), (2000,), (0.0,), (2, 5, 10, 21, 41, 61, 101, 201, 401)),
    *product((0.95,), (20_000,), (0.0,), (5, 21, 61, 101, 201)),
    *product((0.95,), (2000,), (0.5, 0.8), (21, 61, 101, 201)),
    *product((0.7, 0.8, 0.9), (2000,), (0.0,), (6, 21, 61, 101)),
]


def smallest_p(
    finds: np.ndarray, history: stopping.History, wrong: np.ndarray, missing: np.ndarray
) -> tuple[float, float]:
    """The smallest p of both rules over all looks with the recall below the target.

    Without a find p only falls, so the last look before each find is enough.
    """
    moments = finds[wrong]
    there = moments > 0
    published = history.p_values(moments[there], missing[there])
    if not published.size:
        return 1.0, 1.0
    corrected = published * stopping.penalty(stopping.REPEATED_LOOKS, missing[there])
    return float(published.min()), float(corrected.min())


def draw(rng: np.random.Generator, total: int, relevant: int, front: float) -> np.ndarray:
    at_once = round(front * relevant)
    rest = np.sort(rng.choice(total - at_once, relevant - at_once, replace=False))
    return np.append(np.arange(at_once), at_once + rest)


def row(
    rng: np.random.Generator, target: float, total: int, front: float, relevant: int, reviews: int
) -> str:
    # Few finds by a late moment cannot happen: below half of the target there is nothing to look at.
    found = np.arange(int(0.5 * target * relevant) if relevant > 60 else 0, relevant)
    missing = np.array([stopping.smallest_missing(int(count), target) for count in found])
    below = found + missing <= relevant
    smallest = np.array([
        smallest_p(finds, history_of(finds, total), found[below], missing[below])
        for finds in (draw(rng, total, relevant, front) for _ in range(reviews))
    ])  # fmt: skip
    shares = [100 * (smallest[:, rule] <= level + 1e-12).mean() for rule in (0, 1) for level in LEVELS]
    cells = [f"{target:g}", f"{total:,}", f"{front:.0%}".replace("%", " %"), relevant, reviews]
    return (
        "| "
        + " | ".join([*map(str, cells), *(f"{share:.1f}" for share in shares)])
        + (f" | {np.quantile(smallest[:, 0], 0.05):.4f} |")
    )


def history_of(finds: np.ndarray, total: int) -> stopping.History:
    labels = np.zeros(total, dtype=np.int64)
    labels[finds] = 1
    return stopping.History.of(labels, total)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reviews", type=int, default=1000)
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    print(
        "| target | records | found at once | relevant | reviews | published: 0.10 | 0.05 | 0.01 "
        "| corrected: 0.10 | 0.05 | 0.01 | 5 % quantile of the smallest published p |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for target, total, front, relevant in SETTINGS:
        print(row(rng, target, total, front, relevant, options.reviews), flush=True)


if __name__ == "__main__":
    main()
