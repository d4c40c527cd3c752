"""The model: what it minimises, how it ranks, that it can be kept and gives the same again."""

import json

import numpy as np
import pytest
from scipy import sparse
from sklearn.svm import LinearSVC

from screening.priority import balance, features, model

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
