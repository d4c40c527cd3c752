"""Orders of reading for `benchmarks/stopping.py`: labelled sets screened again, by several learners, many priors.

    python benchmarks/stopping_orders.py FOLDER_OF_SETS ORDERS.jsonl --seeds 70 --learner engine
    python benchmarks/stopping_orders.py FOLDER_OF_SETS ORDERS.jsonl --seeds 15 --learner logistic
    python benchmarks/stopping_orders.py FOLDER_OF_SETS ORDERS.jsonl --seeds 15 --learner bayes

A set is a CSV file with the columns title, abstract and label_included. Each line of the file says where the
relevant records were, the two priors left out: {"set", "learner", "seed", "total", "finds"}. What is there already is
not done again. The learner learns again after each tenth more records. With `--share 0.5` each review has half of
the records of its set, drawn with the seed: other reviews, not only other priors. About a second a review.
"""

import argparse
import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from screening.priority import features, simulate, strategy  # noqa: E402

csv.field_size_limit(10**8)


class Rival:
    """Another learner with the face of `simulate.Learner`: to see that the promise does not hang on ours."""

    def __init__(self, matrix: sparse.csr_matrix, model: LogisticRegression | ComplementNB):
        self._matrix, self._model = matrix, model
        self._rows: list[int] = []
        self._labels: list[int] = []

    def add(self, rows: np.ndarray, labels: np.ndarray) -> None:
        self._rows += [int(row) for row in rows]
        self._labels += [int(label) for label in labels]

    def decisions(self) -> np.ndarray:
        fitted = self._model.fit(self._matrix[self._rows], self._labels)
        chances = fitted.predict_log_proba(self._matrix)
        return np.round(chances[:, 1] - chances[:, 0], 9)


def learner_of(name: str, built: features.Features) -> "simulate.Learner | Rival":
    if name == "engine":
        return simulate.Learner(built)
    if name == "logistic":
        return Rival(built.matrix, LogisticRegression(C=1.0, class_weight="balanced"))
    return Rival(built.matrix, ComplementNB(alpha=1.0))


def read_all(
    name: str, built: features.Features, known: np.ndarray, seed: int, *, uncertain: bool = False
) -> list[int]:
    """The places of the relevant records in the order of reading, counted from 0 after the priors."""
    priors = simulate.draw_priors(known.tolist(), seed=seed)
    learner = learner_of(name, built)
    learner.add(np.array(priors), known[priors])
    left = np.ones(len(known), dtype=bool)
    left[priors] = False
    order: list[int] = []
    while left.any():
        rows = np.flatnonzero(left)
        scores = learner.decisions()[rows]
        # A decision of 0 is the border, so that the nearest to it is the most uncertain.
        places = strategy.arrange(-np.abs(scores) if uncertain else scores, rows, mode="likely", seed=seed)
        best = rows[places[: 1 + len(order) // 10]]
        learner.add(best, known[best])
        order += best.tolist()
        left[best] = False
    return [int(place) for place in np.flatnonzero(known[order])]


def draw(known: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Rows of a random part of the records, at least three relevant ones among them."""
    dice = np.random.default_rng([seed, len(known)])
    while True:
        kept = np.sort(dice.permutation(len(known))[: round(share * len(known))])
        if known[kept].sum() >= 3:
            return kept


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=70)
    parser.add_argument("--learner", choices=("engine", "logistic", "bayes"), default="engine")
    parser.add_argument("--share", type=float, default=1.0, help="share of the records of a set in a review")
    parser.add_argument("--uncertain", action="store_true", help="read the most uncertain records first")
    options = parser.parse_args()
    label = options.learner if options.share == 1 else f"{options.learner}, {options.share:g} of the records"
    label += ", uncertain first" if options.uncertain else ""
    done = set()
    if options.out.exists():
        lines = (json.loads(line) for line in options.out.read_text().splitlines())
        done = {(line["set"], line["learner"], line["seed"]) for line in lines}
    sets = {}
    for path in sorted(options.sets.glob("*.csv")):
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        built = features.build([row["title"] for row in rows], [row["abstract"] for row in rows])
        sets[path.stem] = (built, np.array([int(row["label_included"]) for row in rows], dtype=np.int8))
    with options.out.open("a") as file:
        for seed in range(options.seeds):
            for name, (built, known) in sets.items():
                if (name, label, seed) in done:
                    continue
                kept = draw(known, options.share, seed)
                part = replace(built, matrix=built.matrix[kept]) if options.share < 1 else built
                finds = read_all(options.learner, part, known[kept], seed, uncertain=options.uncertain)
                line = {"set": name, "learner": label, "seed": seed, "total": len(kept) - 2}
                file.write(json.dumps(line | {"finds": finds}) + "\n")
                file.flush()


if __name__ == "__main__":
    main()
