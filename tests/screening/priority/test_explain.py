"""Explanations add up to the score they explain; a cold start reads the protocol."""

import json

import numpy as np
import pytest

from screening.priority import cold_start, explain, features, model


def test_the_parts_add_up_to_the_distance(review):
    records, labels = review
    learned = model.fit(records, range(40), labels[:40])
    for row in (0, 50, 119):
        parts = explain.explain(learned, records, row, k=10_000)
        total = sum(part for _, part in parts) + learned.intercept
        assert total == pytest.approx(learned.decisions(records)[row], abs=1e-6)


def test_the_strongest_terms_come_first_and_speak_for_what_they_are(review):
    records, labels = review
    learned = model.fit(records, range(40), labels[:40])
    row = int(np.flatnonzero(labels)[-1])
    parts = explain.explain(learned, records, row, k=5)
    assert len(parts) == 5
    assert [abs(part) for _, part in parts] == sorted((abs(part) for _, part in parts), reverse=True)
    assert any(word in parts[0][0] for word in ("statin", "cholesterol", "lipid", "placebo", "prevention",
                                                "cardiovascular", "randomised", "primary"))  # fmt: skip
    assert parts[0][1] > 0
    assert len(explain.strongest_terms(learned, records, k=7)) == 7


def test_while_few_are_included_the_protocol_has_its_part(review):
    records, labels = review
    few = np.r_[np.flatnonzero(labels)[:2], np.flatnonzero(labels == 0)[:5]]
    prior = cold_start.scores(records, include=["mouse protein imaging"])
    learned = model.fit(records, few, labels[few], prior=prior)
    assert not (learned.scores(records) == model.fit(records, few, labels[few]).scores(records)).all()
    parts = explain.explain(learned, records, 0, k=10_000)
    assert explain.PROTOCOL in dict(parts)
    assert sum(part for _, part in parts) + learned.intercept == pytest.approx(
        learned.decisions(records)[0], abs=1e-6
    )
    again = model.restore(records, json.loads(json.dumps(learned.state())))
    assert (again.scores(records) == learned.scores(records)).all()


def test_with_enough_included_the_protocol_says_nothing_any_more(review):
    records, labels = review
    prior = cold_start.scores(records, include=["mouse protein imaging"])
    one, two = (model.fit(records, range(120), labels, prior=said) for said in (prior, None))
    assert (one.scores(records) == two.scores(records)).all()
    with pytest.raises(ValueError, match="119 scores for 120 records"):
        model.fit(records, range(3), [1, 0, 0], prior=prior[1:])


def test_a_cold_start_reads_the_protocol(review):
    records, labels = review
    scores = cold_start.scores(
        records, include=["Statin or placebo for primary prevention"], exclude=["mouse"]
    )
    assert ((scores > 0) & (scores < 1)).all()
    assert labels[np.argsort(-scores)[:20]].mean() > 0.8


def test_a_cold_start_from_known_records(review):
    records, labels = review
    known = np.flatnonzero(labels)[:3]
    scores = cold_start.scores(records, known=known)
    assert labels[np.argsort(-scores)[:20]].mean() > 0.8


def test_without_anything_known_all_are_alike(review):
    assert set(cold_start.scores(review[0])) == {0.5}
    assert set(cold_start.scores(review[0], include=["zzz qqq"])) == {0.5}
    assert len(cold_start.scores(features.build([], []), include=["statin"])) == 0
