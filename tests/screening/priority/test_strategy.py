"""Orders: each mode, ties, seeds, and noise in the last bits."""

import numpy as np
import pytest

from screening.priority import strategy

IDS = np.array([11, 12, 13, 14, 15])
SCORES = np.array([0.2, 0.9, 0.5, 0.9, 0.45])


def ordered(mode, **more):
    return IDS[strategy.arrange(SCORES, IDS, mode=mode, **more)].tolist()


def test_each_mode():
    assert ordered("oldest") == [11, 12, 13, 14, 15]
    assert ordered("likely") == [12, 14, 13, 15, 11]
    assert ordered("uncertain") == [13, 15, 11, 12, 14]
    assert sorted(ordered("random")) == [11, 12, 13, 14, 15]


def test_random_hangs_on_seed_and_id_alone():
    assert ordered("random", seed=3) == ordered("random", seed=3)
    assert len({tuple(ordered("random", seed=seed)) for seed in range(10)}) > 5
    fewer = IDS[1:]
    left = fewer[strategy.arrange(SCORES[1:], fewer, mode="random", seed=3)].tolist()
    assert left == [name for name in ordered("random", seed=3) if name != 11]


def test_mixed_gives_its_share_to_chance():
    ids, scores = np.arange(1000), np.linspace(1, 0, 1000)
    order = strategy.arrange(scores, ids, mode="mixed", seed=1, random_share=0.2)
    assert sorted(order.tolist()) == ids.tolist()
    first = order[:100].tolist()
    assert first[:4] == [0, 1, 2, 3]  # each fifth place is drawn
    assert sum(row >= 100 for row in first) >= 14
    assert strategy.arrange(scores, ids, mode="mixed", random_share=0).tolist() == ids.tolist()
    everything = strategy.arrange(scores, ids, mode="mixed", seed=1, random_share=1)
    assert everything.tolist() == strategy.arrange(scores, ids, mode="random", seed=1).tolist()


def test_noise_in_the_last_bits_changes_nothing():
    scores = np.array([0.3, 0.1 + 0.2, 0.3 - 1e-15])
    assert strategy.arrange(scores, [7, 5, 6], mode="likely").tolist() == [1, 2, 0]


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="Mode"):
        ordered("best")
    with pytest.raises(ValueError, match="share"):
        ordered("mixed", random_share=2)
    with pytest.raises(ValueError, match="1 ids, 2 scores"):
        strategy.arrange([0.1, 0.2], [1])


def test_nothing_to_arrange():
    for mode in strategy.MODES:
        assert strategy.arrange([], [], mode=mode).tolist() == []
