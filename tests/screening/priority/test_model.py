"""The model: what it minimises, how it ranks, that it can be kept and gives the same again."""

import json

import numpy as np
import pytest
from scipy import sparse
from sklearn.svm import LinearSVC

from screening.priority import balance, features, model, strategy
from tests.screening.priority.conftest import texts

ROWS = np.arange(40)


def test_the_included_weigh_so_many_times_the_excluded():
    weights = balance.weights(np.array([1, 0, 0, 0]), ratio=3.0)
    assert weights.mean() == pytest.approx(1)
    assert weights[0] == pytest.approx(3 * weights[1:].sum())
    assert (balance.weights(np.array([1, 1])) == 1).all()


def test_it_ranks_the_included_first(review):
    records, labels = review
    scores = model.fit(records, ROWS, labels[ROWS]).scores(records)
    assert ((scores > 0) & (scores < 1)).all()
    unread = np.arange(40, 120)
    best = unread[np.argsort(-scores[unread])][: labels[unread].sum()]
    assert labels[best].mean() > 0.9


def test_it_minimises_what_linear_svc_minimises(review):
    """scikit-learn's liblinear, to its own tolerance (1e-8 of its gradient): decisions agree to 1e-5."""
    records, labels = review
    alone = sparse.diags_array(np.sqrt(records.own)).tocsr()  # a column for what is like no other record
    x = sparse.hstack([records.matrix.astype(float), alone]).tocsr()
    peer = LinearSVC(C=1, dual=True, tol=1e-8, max_iter=100_000)
    peer.fit(x[ROWS], labels[ROWS], sample_weight=balance.costs(labels[ROWS]))
    ours = model.fit(records, ROWS, labels[ROWS])
    unread = np.arange(40, 120)
    np.testing.assert_allclose(ours.decisions(records)[unread], peer.decision_function(x[unread]), atol=1e-5)


def test_the_order_of_the_labels_does_not_matter(review):
    records, labels = review
    back = ROWS[::-1]
    one = model.fit(records, ROWS, labels[ROWS]).scores(records)
    two = model.fit(records, back, labels[back]).scores(records)
    assert (one == two).all()


def test_what_is_kept_gives_the_same_scores(review):
    records, labels = review
    learned = model.fit(records, ROWS, labels[ROWS])
    kept = json.loads(json.dumps(learned.state()))
    again = model.restore(records, kept)
    assert (again.scores(records) == learned.scores(records)).all()
    with pytest.raises(ValueError, match="other texts"):
        model.restore(features.build(["a"], ["b"]), kept)


@pytest.mark.parametrize(
    ("rows", "labels", "words"),
    [
        ([0, 1], [1], "2 rows, 1 label"),
        ([], [], "Nothing"),
        ([120], [1], "between 0 and 119"),
        ([3, 3], [1, 0], "twice"),
        ([3], [2], "Labels"),
    ],
)
def test_nonsense_is_refused(review, rows, labels, words):
    with pytest.raises(ValueError, match=words):
        model.fit(review[0], rows, labels)


@pytest.mark.parametrize("labels", [[1], [0], [1, 1], [0, 0, 0]])
def test_labels_of_one_kind_still_give_scores(review, labels):
    scores = model.fit(review[0], range(len(labels)), labels).scores(review[0])
    assert ((scores > 0) & (scores < 1)).all()


def test_another_way_to_add_up_gives_the_same_scores(review):
    """Machines differ in the last bits of sums: other columns first, and noise of 1e-15, change no rounded score."""
    records, labels = review
    noise = 1 + 1e-15 * np.random.default_rng(1).standard_normal(records.matrix.nnz)
    shuffled = np.random.default_rng(2).permutation(len(records.terms))
    other = records.matrix.astype(float)
    other.data *= noise
    twin = features.Features(
        other[:, shuffled].tocsr(), [records.terms[at] for at in shuffled], "x", records.idf[shuffled]
    )
    one, two = (model.fit(about, ROWS, labels[ROWS]).scores(about) for about in (records, twin))
    assert (strategy.arrange(one, np.arange(120)) == strategy.arrange(two, np.arange(120))).all()
    np.testing.assert_allclose(one, two, atol=2e-9)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_scores_are_chances(share):
    """When a part is read in the order of the model, the scores of the rest say how many there are, roughly."""
    titles, abstracts, labels = texts(400, 60, seed=5, mixed=0.8)
    records, read = features.build(titles, abstracts), [int(np.argmax(labels)), int(np.argmin(labels))]
    while len(read) < share * 400:
        scores = model.fit(records, read, labels[read]).scores(records)
        best = strategy.arrange(scores, np.arange(400))
        read += best[~np.isin(best, read)][: max(2, len(read) // 3)].tolist()
    rest = np.setdiff1d(np.arange(400), read)
    expected, there = model.fit(records, read, labels[read]).scores(records)[rest].sum(), labels[rest].sum()
    assert there / 3 - 5 < expected < 3 * there + 5
