"""Other features, costs and learners in the place of ours, on the same sets and priors.

    python benchmarks/priority_tried.py FOLDER priors.json --seeds 5 [--only NAME ...]

All learners but naive Bayes need only the inner products of records, so a set is one matrix of products for each way
to make features, and each way is one line in ``TRIED``. Records are read in batches of 1 / 15 of what is labelled
(the application: of 1 / 50), which costs about 0.2 points of ATD; all variants, and the model of ASReview (ELAS u4:
``asreview``, which gives its orders to within a few places), are treated alike.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import normalize

from benchmarks.priority import read
from screening.priority import balance
from screening.priority.metrics import metrics

Gram = Callable[["Set"], np.ndarray]
Cost = Callable[[np.ndarray], np.ndarray]
BATCH = 15


class Set:
    """The texts of a labelled set; products of its records by the name of the features, each made once."""

    def __init__(self, path: Path):
        made = read(path)
        self.name, self.titles, self.abstracts = path.stem, made["title"], made["abstract"]
        self.labels = np.array([int(label) for label in made["label_included"]])
        self.place = {name: row for row, name in enumerate(made["record_id"])}
        self.made: dict[str, np.ndarray] = {}

    def texts(self, title: int = 1) -> list[str]:
        return [f"{(t + ' ') * title}{a}" for t, a in zip(self.titles, self.abstracts, strict=True)]

    def gram(self, name: str) -> np.ndarray:
        if name not in self.made:
            self.made[name] = GRAMS[name](self).astype(np.float32)
        return self.made[name]


def tfidf(title: int = 1, **other) -> Gram:
    settings = {"ngram_range": (1, 2), "sublinear_tf": True, "max_df": 0.95} | other
    return lambda made: _products(TfidfVectorizer(**settings).fit_transform(made.texts(title)))


def bm25(made: Set, k: float = 1.2, b: float = 0.75) -> np.ndarray:
    x = CountVectorizer(ngram_range=(1, 2), max_df=0.95).fit_transform(made.texts(2)).tocsr().astype(float)
    length, df = np.asarray(x.sum(axis=1)).ravel(), np.bincount(x.indices, minlength=x.shape[1])
    row = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
    idf = np.log(1 + (x.shape[0] - df + 0.5) / (df + 0.5))
    x.data *= (k + 1) / (x.data + k * (1 - b + b * length[row] / length.mean())) * idf[x.indices]
    return _products(normalize(x))


def latent(made: Set, size: int = 100) -> np.ndarray:
    """Latent semantic analysis: the largest components of the records, rows of length one."""
    values, vectors = np.linalg.eigh(made.gram("words and pairs").astype(float))
    rows = vectors[:, -size:] * np.sqrt(np.maximum(values[-size:], 0))
    return _products(normalize(rows))


def _products(x: np.ndarray | sparse.csr_matrix) -> np.ndarray:
    found = x @ x.T
    return found.toarray() if sparse.issparse(found) else found


def stemmed(text: str) -> list[str]:
    """Words with their plural endings off."""
    words = CountVectorizer().build_tokenizer()(text.lower())
    return [
        word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word for word in words
    ]


GRAMS: dict[str, Gram] = {
    "words and pairs": tfidf(),
    "title x 2": tfidf(2),
    "title x 3": tfidf(3),
    "words": tfidf(ngram_range=(1, 1)),
    "pairs": tfidf(ngram_range=(2, 2)),
    "up to triples": tfidf(ngram_range=(1, 3)),
    "plural endings off": tfidf(3, tokenizer=stemmed, token_pattern=None),
    "stop words out": tfidf(stop_words="english"),
    "in two records": tfidf(min_df=2),
    "raw tf": tfidf(sublinear_tf=False),
    "bm25": bm25,
    "lsa": latent,
    "title": lambda made: _products(TfidfVectorizer(ngram_range=(1, 2)).fit_transform(made.titles)),
}


def svm(products: np.ndarray, labels: np.ndarray, cost: np.ndarray, hinge: bool = True) -> np.ndarray:
    """The dual solution of ``screening.priority.model``, by dense algebra."""
    sign, inside = np.where(labels == 1, 1.0, -1.0), np.ones(len(labels), dtype=bool)
    for _ in range(15):
        held, found = np.flatnonzero(inside), np.zeros(len(labels))
        system = products[np.ix_(held, held)].astype(float)
        system[np.diag_indices(len(held))] += 1 / (2 * cost[held])
        found[held] = np.linalg.solve(system, sign[held])
        now = sign * (products @ found) < 1
        if not hinge or (now == inside).all():
            break
        inside = now
    return found


def logistic(products: np.ndarray, labels: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Weighted logistic regression with the same penalty, by Newton's method (IRLS) in the dual."""
    sign, found = np.where(labels == 1, 1.0, -1.0), np.zeros(len(labels))
    for _ in range(12):
        reached = products @ found
        chance = 1 / (1 + np.exp(sign * reached))
        pull = np.maximum(cost * chance * (1 - chance), 1e-8)
        system = products.astype(float) + np.diag(1 / pull)
        found = np.linalg.solve(system, reached + cost * sign * chance / pull)
    return found


def ridge(products: np.ndarray, labels: np.ndarray, cost: np.ndarray) -> np.ndarray:
    return svm(products, labels, cost, hinge=False)


def fixed(c: float, ratio: float = 9.8) -> Cost:
    return lambda labels: c * balance.weights(labels, ratio)


def plus(*parts: tuple[float, str]) -> Gram:
    return lambda made: sum(share * made.gram(name) for share, name in parts)


def only(name: str) -> Gram:
    return plus((1.0, name))


OURS = balance.costs
TRIED: dict[str, tuple[Gram, Cost, Callable]] = {
    "asreview": (only("words and pairs"), fixed(0.11), svm),
    "words alone": (only("words"), fixed(0.11), svm),
    "words, pairs and triples": (only("up to triples"), fixed(0.11), svm),
    "words and pairs, each half": (plus((0.5, "words"), (0.5, "pairs")), OURS, svm),
    "terms of one record left out": (only("in two records"), fixed(0.11), svm),
    "raw tf": (only("raw tf"), fixed(0.11), svm),
    "stop words out": (only("stop words out"), fixed(0.11), svm),
    "title x 2": (only("title x 2"), fixed(0.11), svm),
    "title x 3": (only("title x 3"), fixed(0.11), svm),
    "title as a part of its own": (plus((1, "title x 2"), (0.3, "title")), fixed(0.04, 30), svm),
    "plural endings off": (only("plural endings off"), fixed(0.04, 30), svm),
    "BM25 weights": (only("bm25"), fixed(0.04, 30), svm),
    "LSA alone": (only("lsa"), fixed(0.11), svm),
    "with LSA": (plus((1, "words and pairs"), (0.5, "lsa")), fixed(0.11), svm),
    "C 0.04": (only("words and pairs"), fixed(0.04), svm),
    "C 0.3": (only("words and pairs"), fixed(0.3), svm),
    "balance 3": (only("words and pairs"), fixed(0.11, 3), svm),
    "balance 30": (only("words and pairs"), fixed(0.11, 30), svm),
    "squared loss": (only("title x 2"), OURS, ridge),
    "logistic": (only("title x 2"), lambda labels: 4 * OURS(labels), logistic),
    "ours": (only("title x 2"), OURS, svm),
}


def read_all(made: Set, gram: np.ndarray, priors: list[int], cost: Cost, learner: Callable) -> np.ndarray:
    """Labels in the order of reading, without the priors, until the last included one; then the rest."""
    labels, order, open_ = made.labels, list(priors), np.ones(len(made.labels), dtype=bool)
    open_[order] = False
    while labels[open_].any():
        rows = np.array(order)
        learned = learner(gram[np.ix_(rows, rows)], labels[rows], cost(labels[rows]))
        distance = np.where(open_, np.round(gram[:, rows] @ learned.astype(gram.dtype), 6), -np.inf)
        best = np.argsort(-distance, kind="stable")[: min(max(1, len(order) // BATCH), int(open_.sum()))]
        order += best.tolist()
        open_[best] = False
    return np.r_[labels[order[len(priors) :]], labels[open_]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("priors", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=list(TRIED))
    options = parser.parse_args()
    priors = json.loads(options.priors.read_text())
    found: dict[str, list[list[dict]]] = {name: [] for name in options.only or TRIED}
    for path in sorted(options.folder.glob("*.csv")):
        made = Set(path)
        for name, rows in found.items():
            gram, cost, learner = TRIED[name]
            products = gram(made) + 1
            known = [[made.place[i] for i in priors[f"{made.name}_{seed}"]] for seed in range(options.seeds)]
            orders = [read_all(made, products, known[seed], cost, learner) for seed in range(options.seeds)]
            rows.append([metrics(labels.tolist()) for labels in orders])
    for name, rows in found.items():
        atd, wss = (np.mean([[run[figure] for run in row] for row in rows]) for figure in ("atd", "wss95"))
        print(f"{name:32} ATD {atd:6.2f}   WSS@95 {wss:6.2f}")


if __name__ == "__main__":
    main()
