"""Votes of a model: scores of what it did not know, and the threshold that follows from them."""

import numpy as np
import pytest

from screening.priority.features import build
from screening.priority.second import CrossFit, choose, cross_fit


@pytest.fixture(scope="module")
def corpus():
    """Forty records of tea and sleep, forty of bridges and steel: whether they are about sleep is the label."""
    draw = np.random.default_rng(5)
    words = {
        1: ["tea", "sleep", "insomnia", "nurses", "therapy"],
        0: ["bridge", "steel", "load", "beam", "crack"],
    }
    labels = [1] * 40 + [0] * 40
    texts = [" ".join(draw.choice([*words[label], "study", "results"], 12)) for label in labels]
    return build(texts, [""] * len(texts)), labels


def held_out(relevant, others):
    scores = np.array([*relevant, *others])
    labels = np.array([1] * len(relevant) + [0] * len(others))
    return CrossFit(scores, labels, scores, "model")


def test_the_threshold_lets_no_more_go_than_it_may():
    fit = held_out([0.1, 0.3, *[0.9] * 48], [0.05, 0.2, 0.25, 0.95])
    found = choose(fit, recall=0.98)
    assert (found.value, found.missed, found.spared) == (0.3, 1, 3)
    assert found.recall == 0.98
    assert found.low == pytest.approx(0.8935, abs=1e-4)  # binom.test(49, 50)$conf.int
    assert found.high == pytest.approx(0.99949, abs=1e-5)
    none = choose(fit, recall=1)
    assert (none.value, none.missed, none.spared, none.high) == (0.1, 0, 1, 1.0)


def test_equal_scores_are_kept_together():
    assert choose(held_out([0.2, 0.2, 0.9, 0.9], [0.1]), recall=0.75).missed == 0


def test_nobody_is_scored_by_a_model_that_knew_them(corpus):
    """Labels drawn at random cannot be guessed by who does not know them: scores held out do not tell them apart."""
    features, _ = corpus
    labels = np.random.default_rng(1).permutation([1] * 40 + [0] * 40)
    fit = cross_fit(features, range(80), labels)
    gap = fit.held_out[labels == 1].mean() - fit.held_out[labels == 0].mean()
    assert gap < 0.1


def test_a_true_label_is_learned_and_the_order_of_rows_does_not_matter(corpus):
    features, labels = corpus
    rows = np.random.default_rng(2).permutation(70)
    fit = cross_fit(features, rows, [labels[row] for row in rows])
    again = cross_fit(features, range(70), labels[:70])
    assert (fit.held_out == again.held_out[rows]).all()
    assert (fit.labels == [labels[row] for row in rows]).all()
    assert (fit.highest == again.highest).all()
    found = choose(fit, recall=1)
    assert found.spared == 30
    assert (fit.highest[70:] < found.value).all()  # the ten unlabelled are about bridges


def test_too_few_of_a_label_are_refused(corpus):
    with pytest.raises(ValueError, match="too few"):
        cross_fit(corpus[0], range(44), corpus[1][:44])
    with pytest.raises(ValueError, match="share"):
        choose(held_out([0.5], [0.5]), recall=0)
