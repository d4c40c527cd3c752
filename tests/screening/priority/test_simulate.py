"""A labelled set is screened again in the order of the model."""

import numpy as np
import pytest

from screening.priority import features, model
from screening.priority.simulate import Learner, batch_size, draw_priors, simulate


def make_set(n=120, included=12, seed=7):
    """Included records speak of sleep, the others of something else; words drawn with the seed."""
    rng = np.random.default_rng(seed)
    common = [f"word{number}" for number in range(40)]
    sleep = ["insomnia", "sleep", "melatonin", "exercise"]
    labels = [int(row % (n // included) == 3) for row in range(n)]
    titles = [
        " ".join(rng.choice(common, 4)) + (" " + " ".join(rng.choice(sleep, 2)) if label else "")
        for label in labels
    ]
    return titles, [" ".join(rng.choice(common, 25)) for _ in labels], labels


TITLES, ABSTRACTS, LABELS = make_set()


def test_every_record_is_read_once_and_the_priors_first():
    found = simulate(TITLES, ABSTRACTS, LABELS, priors=[3, 0])
    assert sorted(found.order) == list(range(120))
    assert found.order[:2] == found.priors == [3, 0]
    assert (found.metrics["n"], found.metrics["included"]) == (118, sum(LABELS) - 1)
    assert found.labels_in_order(LABELS) == [LABELS[row] for row in found.order[2:]]


def test_records_like_the_included_come_first():
    figures = simulate(TITLES, ABSTRACTS, LABELS, priors=[3, 0]).metrics
    assert figures["recall_at_20"] > 90
    assert figures["atd"] < 10 < 50


def test_the_same_again_is_the_same_order():
    """And the order in which it is called with other things between does not matter."""
    first = simulate(TITLES, ABSTRACTS, LABELS, seed=4)
    simulate(TITLES[:60], ABSTRACTS[:60], LABELS[:60], seed=1)
    assert simulate(TITLES, ABSTRACTS, LABELS, seed=4).order == first.order
    assert simulate(TITLES, ABSTRACTS, LABELS, seed=5).priors != first.priors


def test_labels_are_not_seen_before_they_are_read():
    """The order up to the last included is the same whatever the labels of those that come after."""
    found = simulate(TITLES, ABSTRACTS, LABELS, priors=[3, 0])
    read = 1 + max(place for place, row in enumerate(found.order) if LABELS[row])
    assert read < 60
    other = list(LABELS)
    for row in found.order[read:]:
        other[row] = 1 - other[row]
    again = simulate(TITLES, ABSTRACTS, other, priors=[3, 0])
    assert again.order[:read] == found.order[:read]
    assert again.order != found.order


def test_where_the_rules_would_have_stopped():
    found = simulate(TITLES, ABSTRACTS, LABELS, priors=[3, 0])
    assert {"published", "50_in_a_row"} <= set(found.stops)
    stop = found.stops["50_in_a_row"]
    labels = found.labels_in_order(LABELS)
    assert labels[stop["stopped_at"] - 50 : stop["stopped_at"]] == [0] * 50
    assert stop["recall"] == sum(labels[: stop["stopped_at"]]) / sum(labels)
    assert simulate(TITLES, ABSTRACTS, LABELS, priors=[3, 0], rules=False).stops == {}


def test_the_figures_are_json_in_percent():
    data = simulate(TITLES, ABSTRACTS, LABELS, priors=[3, 0]).to_dict()
    assert 90 < data["recall_at_20"] <= 100
    assert data["stops"]["published"]["recall"] > 1
    assert data["model"] == model.name()


def test_progress_is_told_and_may_stop_it():
    told = []

    class EnoughError(Exception):
        pass

    def progress(done, total):
        told.append((done, total))
        if done >= 10:
            raise EnoughError

    with pytest.raises(EnoughError):
        simulate(TITLES, ABSTRACTS, LABELS, priors=[3, 0], progress=progress)
    assert told[0] == (3, 120)
    assert told[-1] == (10, 120)


@pytest.mark.parametrize("priors", [[], [3], [0], [3, 13, 0, 1, 2]])
def test_any_priors_will_do(priors):
    found = simulate(TITLES, ABSTRACTS, LABELS, priors=priors)
    assert sorted(found.order) == list(range(120))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"priors": [3, 3]}, "each is named once"),
        ({"priors": [120]}, "a place in the list"),
        (
            {"priors": [row for row, label in enumerate(LABELS) if label]},
            "All included records are known at the start",
        ),
        ({"prior_included": 99}, "99 included priors were asked for; there are 12"),
        ({"prior_included": 12}, "All included records are known at the start"),
        ({"labels": [2] * 120}, "A label is 1"),
        ({"titles": TITLES[1:]}, "119 titles, 120 abstracts and 120 labels"),
    ],
)
def test_what_cannot_be_simulated_is_said(changes, sentence):
    given = {"titles": TITLES, "abstracts": ABSTRACTS, "labels": LABELS} | changes
    with pytest.raises(ValueError, match=sentence):
        simulate(**given)


def test_priors_are_drawn_of_both_kinds():
    drawn = draw_priors(LABELS, seed=3, included=2, excluded=4)
    assert [LABELS[row] for row in drawn] == [1, 1, 0, 0, 0, 0]
    assert draw_priors(LABELS, seed=3, included=2, excluded=4) == drawn


def test_learning_on_gives_what_learning_anew_gives():
    """Conjugate gradients from the last weights against the model's own solution, after each of some additions."""
    made = features.build(TITLES, ABSTRACTS)
    learner, known = Learner(made), 0
    for end in (4, 5, 20, 80, 120):
        learner.add(list(range(known, end)), LABELS[known:end])
        known = end
        anew = model.fit(made, range(end), LABELS[:end]).decisions(made)
        assert learner.decisions() == pytest.approx(anew, abs=1e-3)


def test_batches_grow_with_what_is_known():
    sizes = [batch_size(known) for known in range(1, 3000)]
    assert sizes[:50] == [1] * 50
    assert sizes == sorted(sizes)
    assert sizes[-1] <= 150
