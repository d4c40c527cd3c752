"""Does the stopping test keep its promise, and what does it save? Writes the tables of `stopping.md`.

    python benchmarks/stopping.py --orders ORDERS.jsonl --asreview FOLDER --sets FOLDER --tables TABLES.md

ORDERS.jsonl comes from `stopping_orders.py` (labelled sets, many priors, three learners). Orders drawn here
(seeded) come on top:

- scores: relevant and irrelevant records get normal scores d apart; 5 to 300 relevant among 500 to 5,000
  records
- tail: half or more of the relevant are found at once, the rest lie anywhere (a learner blind to one kind of
  record)
- lot: no order at all
- bursts: relevant records come in runs of 5, the runs anywhere
- late: the last tenth of the relevant lies in the last fifth of the records: worse than a lottery, what no
  test can know

A team asks after every record and stops at the first yes. An error is a stop below the target recall. Every
table gives the number of reviews, the share of errors with a 95 % interval (Wilson), the mean recall at the
stop and the mean share read.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

csv.field_size_limit(10**8)
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from screening.priority import elusion, estimates, stopping  # noqa: E402

SEED = 9
TARGET = 0.95
TESTS = (stopping.REPEATED_LOOKS, stopping.PUBLISHED)
SHARES = (0.1, 0.2, 0.3, 0.5, 0.7)


@dataclass(frozen=True)
class Order:
    """Where the relevant records are in the order of reading (from 0), and how many records there are."""

    kind: str
    name: str
    total: int
    finds: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        labels = np.zeros(self.total, dtype=np.int64)
        labels[self.finds] = 1
        return labels


def learned(path: Path) -> Iterator[Order]:
    """Orders of the learners on labelled sets."""
    for line in path.read_text().splitlines():
        row = json.loads(line)
        yield Order(f"learned: {row['learner']}", row["set"], row["total"], np.array(row["finds"]))


def foreign(folder: Path, sets: Path) -> Iterator[Order]:
    """Orders of ASReview (columns label and prior; they may end at the last relevant record) of the sets
    named before "__"."""
    for path in sorted(folder.glob("*.csv")):
        name = path.stem.split("__")[0]
        with path.open(newline="") as file:
            labels = np.array([int(row["label"]) for row in csv.DictReader(file) if row["prior"] == "0"])
        with (sets / f"{name}.csv").open(newline="") as file:
            total = sum(1 for _ in csv.reader(file)) - 1
        yield Order("learned: ASReview", name, total - 2, np.flatnonzero(labels))


def drawn(rng: np.random.Generator, each: int) -> Iterator[Order]:
    """Orders that are drawn: `each` for each kind and setting."""
    for relevant in (5, 15, 30, 60, 100, 200, 300):
        for total in (500, 2000, 5000):
            if relevant > total / 4:
                continue
            for _ in range(each):
                for distance in (1.0, 2.0, 3.0):
                    scores = rng.normal(size=total)
                    scores[:relevant] += distance
                    yield _order("scores", f"distance {distance}", total, np.argsort(-scores) < relevant)
                for front in (0.5, 0.8, 0.9, 0.95):
                    yield _order("tail", f"{front:.0%} at once", total, _tail(rng, total, relevant, front))
                yield _order("lot", f"{relevant} of {total}", total, rng.permutation(total) < relevant)
                yield _order("bursts", f"{relevant} of {total}", total, _bursts(rng, total, relevant))
                yield _order("late", f"{relevant} of {total}", total, _late(rng, total, relevant))


def _order(kind: str, name: str, total: int, labels: np.ndarray) -> Order:
    return Order(kind, name, total, np.flatnonzero(labels))


def _tail(rng: np.random.Generator, total: int, relevant: int, front: float) -> np.ndarray:
    at_once = round(relevant * front)
    labels = np.zeros(total, dtype=np.int64)
    labels[:at_once] = 1
    labels[at_once:] = rng.permutation(total - at_once) < relevant - at_once
    return labels


def _bursts(rng: np.random.Generator, total: int, relevant: int, run: int = 5) -> np.ndarray:
    blocks = rng.permutation(total // run) < relevant // run
    return np.repeat(blocks, run)[:total].astype(np.int64)


def _late(rng: np.random.Generator, total: int, relevant: int) -> np.ndarray:
    late = max(1, relevant // 10)
    labels = np.zeros(total, dtype=np.int64)
    labels[rng.choice(total // 5, relevant - late, replace=False)] = 1
    labels[total - total // 5 + rng.choice(total // 5, late, replace=False)] = 1
    return labels


def rules(order: Order) -> dict[str, dict[str, float]]:
    """What came of each rule: error or not, recall, share read, stopped or not."""
    outcomes = stopping.rules_in_order(order.labels, order.total, target=TARGET)
    return {
        rule: {
            "error": float(outcome["recall"] < TARGET - 1e-12),
            "recall": outcome["recall"],
            "read": outcome["read"],
            "stopped": float(outcome["stopped_at"] is not None and outcome["stopped_at"] < order.total),
        }
        for rule, outcome in outcomes.items()
    }


def intervals(order: Order, rng: np.random.Generator) -> list[dict[str, float]]:
    """Whether the interval, the lower bound and the sample's interval held the truth, at several shares
    read."""
    rows = []
    for share in SHARES:
        read = int(share * order.total)
        labels = order.labels[:read]
        found, left = int(labels.sum()), int(order.finds.size - labels.sum())
        estimate = estimates.remaining(labels, order.total)
        if estimate is None:
            continue
        lower = stopping.lower_recall(labels, order.total)
        size = min(200, order.total - read)
        hits = int(rng.hypergeometric(left, order.total - read - left, size)) if left else 0
        sample = elusion.elusion(size, hits, order.total - read, found)
        rows.append({
            "share": share, "left": left, "expected": estimate.expected, "found": found,
            "within": float(estimate.low <= left <= estimate.high), "above": float(left > estimate.high),
            "width": estimate.recall_high - estimate.recall_low, "recall": found / (found + left),
            "estimate": estimate.recall, "bound_holds": float(left <= lower.left), "bound": lower.recall,
            "sample_holds": float(sample.left_low <= left - hits <= sample.left_high),
        })  # fmt: skip
    return rows


def wilson(errors: float, reviews: int) -> str:
    low, high = binomtest(round(errors), reviews).proportion_ci(method="wilson")
    return f"{errors / reviews:.1%} ({low:.1%} to {high:.1%})".replace("%", " %")


def kind_of(order: Order) -> tuple[int, str]:
    """Learned orders first, then the drawn ones, fair before adverse."""
    drawn_kinds = ("scores", "tail", "lot", "bursts", "late")
    return (1 + drawn_kinds.index(order.kind), "") if order.kind in drawn_kinds else (0, order.kind)


def rule_table(results: list[tuple[Order, dict]], names: list[str]) -> Iterator[str]:
    yield "| kind of order | rule | reviews | stopped too early | stopped | mean recall | mean share read |"
    yield "|---|---|---|---|---|---|---|"
    for kind in dict.fromkeys(order.kind for order, _ in results):
        for name in names:
            rows = [result[name] for order, result in results if order.kind == kind]
            n, errors = len(rows), sum(row["error"] for row in rows)
            stopped, recall, read = (
                np.mean([row[key] for row in rows]) for key in ("stopped", "recall", "read")
            )
            cells = (kind, name, n, wilson(errors, n), f"{stopped:.0%}", f"{recall:.1%}", f"{read:.0%}")
            yield (
                "| " + " | ".join(str(cell).replace("%", " %").replace("  %", " %") for cell in cells) + " |"
            )


def set_table(results: list[tuple[Order, dict]]) -> Iterator[str]:
    yield "| set | relevant of records | reviews | too early, default | read | too early, published | read |"
    yield "|---|---|---|---|---|---|---|"
    for name in sorted({order.name for order, _ in results}):
        group = [(order, result) for order, result in results if order.name == name]
        cells = [name, f"{group[0][0].finds.size} of {group[0][0].total}", len(group)]
        for rule in TESTS:
            rows = [result[rule] for _, result in group]
            cells += [int(sum(row["error"] for row in rows)), f"{np.mean([row['read'] for row in rows]):.0%}"]
        yield "| " + " | ".join(str(cell).replace("%", " %") for cell in cells) + " |"


def interval_table(rows: list[tuple[str, dict]]) -> Iterator[str]:
    yield (
        "| kind of order | read | reviews | interval holds | more left than it says | mean width in recall "
        "| mean recall | mean estimate | bound holds | mean bound | sample's interval holds |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for kind in dict.fromkeys(kind for kind, _ in rows):
        for share in SHARES:
            part = [row for each, row in rows if each == kind and row["share"] == share]
            if not part:
                continue
            keys = ("within", "above", "width", "recall", "estimate", "bound_holds", "bound", "sample_holds")
            means = [f"{np.mean([row[key] for row in part]):.1%}".replace("%", " %") for key in keys]
            yield f"| {kind} | {share:.0%} | {len(part)} | ".replace("%", " %") + " | ".join(means) + " |"


def size_table(reviews: int = 10) -> Iterator[str]:
    """What the tests save by the size of a review, in orders by drawn scores."""
    rng = np.random.default_rng(4)
    columns = "needed | default reads | published reads"
    yield f"| records | relevant | 2 sd: {columns} | 3 sd: {columns} |"
    yield "|---|---|---|---|---|---|---|---|"
    for total, relevant in ((2000, 15), (2000, 60), (2000, 200), (10_000, 15), (10_000, 100), (10_000, 500)):
        cells = [f"{total:,}", f"{relevant}"]
        for distance in (2.0, 3.0):
            read = []
            for _ in range(reviews):
                scores = rng.normal(size=total)
                scores[:relevant] += distance
                labels = (np.argsort(-scores) < relevant).astype(int)
                needed = np.searchsorted(np.cumsum(labels), np.ceil(TARGET * relevant)) + 1
                stops = [stopping.stops_at(labels, total, target=TARGET, rule=rule) for rule in TESTS]
                read.append([needed, *(total if stop is None else stop for stop in stops)])
            cells += [f"{100 * share / total:.0f} %" for share in np.mean(read, axis=0)]
        yield "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=Path)
    parser.add_argument("--asreview", type=Path, help="folder of ASReview's orders")
    parser.add_argument("--sets", type=Path, help="folder of the labelled sets those orders are of")
    parser.add_argument("--each", type=int, default=20, help="drawn orders for each kind and setting")
    parser.add_argument("--tables", type=Path, required=True, help="where the tables go (Markdown)")
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    began = time.perf_counter()
    orders = list(learned(options.orders)) if options.orders else []
    orders += list(foreign(options.asreview, options.sets)) if options.asreview else []
    orders += list(drawn(rng, options.each))
    results = [(order, rules(order)) for order in sorted(orders, key=kind_of)]
    rng.shuffle(orders)
    held = [(order.kind, row) for order in sorted(orders[::4], key=kind_of) for row in intervals(order, rng)]
    simple = [name for name in results[0][1] if name not in TESTS]
    real = [(order, result) for order, result in results if order.kind.startswith("learned")]
    lines = ["## The two tests", "", *rule_table(results, list(TESTS)), "", *size_table(), ""]
    if real:
        lines += ["## Learned orders, set by set", "", *set_table(real), ""]
        lines += ["## Simple rules, learned orders", "", *rule_table(real, simple), ""]
    lines += ["## Intervals", "", *interval_table(held), ""]
    options.tables.write_text("\n".join(lines))
    print(f"{len(orders)} orders in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
