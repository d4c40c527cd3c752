"""The stopping test: exact values, the published definition window by window, and its promise."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from screening.priority import stopping, tails

RULES = (stopping.PUBLISHED, stopping.REPEATED_LOOKS)


def exact_at_least(need, population, marked, drawn):
    """P(Y >= need) as a fraction, from the definition."""
    if marked > population:
        return Fraction(0)
    ways = sum(
        comb(marked, y) * comb(population - marked, drawn - y) for y in range(need, min(marked, drawn) + 1)
    )
    return Fraction(ways, comb(population, drawn))


def exact_p(labels, total, target):
    """The published test as it is written: the smallest chance of so few finds over every start of a window."""
    found = sum(labels)
    feared = int(found / target) + 1
    smallest = Fraction(1)
    for start in range(len(labels)):
        marked, inside = feared - sum(labels[:start]), sum(labels[start:])
        population, drawn = total - start, len(labels) - start
        smallest = min(smallest, 1 - exact_at_least(inside + 1, population, marked, drawn))
    return smallest


# R 4.2.2: options(digits = 15); phyper(need - 1, marked, population - marked, drawn, lower.tail = FALSE)
R_TAILS = [
    (6, 905, 6, 305, 0.00141785606991228),
    (1, 1000, 3, 20, 0.0588657194268414),
    (27, 30000, 60, 9000, 0.00989636468431845),
    (110, 50000, 400, 9000, 1.69443220796716e-06),
    (60, 50000, 400, 9000, 0.95141963667929),
    (5, 20000, 300, 100, 0.0174081727169859),
    (2, 500, 2, 10, 0.000360721442885772),
    (300, 4000, 900, 1300, 0.285143715106719),
]


@pytest.mark.parametrize(("need", "population", "marked", "drawn", "r"), R_TAILS)
def test_tails_are_those_of_r(need, population, marked, drawn, r):
    # The log factorials of scipy are good to about 1e-15 of numbers up to 5e5: 1e-9 of what they make.
    ours = tails.upper_tail(
        *(np.array([n]) for n in (need, population, marked, drawn)), tails.log_factorials(50_000)
    )
    assert ours[0] == pytest.approx(r, rel=1e-9)


def test_tails_are_exact_fractions_for_every_small_case():
    cases = [
        (need, population, marked, drawn)
        for population in (1, 2, 7, 12)
        for marked in range(population + 1)
        for drawn in range(population + 1)
        for need in range(min(marked, drawn) + 2)
    ]
    ours = tails.upper_tail(
        *(np.array(column) for column in zip(*cases, strict=True)), tails.log_factorials(12)
    )
    assert ours == pytest.approx([float(exact_at_least(*case)) for case in cases], abs=1e-13)


def test_more_feared_than_unread_is_impossible():
    assert tails.upper_tail(*(np.array([n]) for n in (3, 10, 12, 4)), tails.log_factorials(12))[0] == 0


@pytest.mark.parametrize("target", [Fraction(19, 20), Fraction(4, 5), Fraction(1)])
def test_p_is_the_smallest_over_every_window(target):
    dice = np.random.default_rng(3)
    for _ in range(25):
        total = int(dice.integers(2, 50))
        read = int(dice.integers(1, total + 1))
        labels = (dice.random(read) < 0.6 * np.exp(-np.arange(read) / 8)).astype(int).tolist()
        ours = stopping.hypergeometric(labels, total, target=float(target))
        assert ours == pytest.approx(float(exact_p(labels, total, target)), abs=1e-12)


# buscarpy 0.0.2, the reference implementation of the authors of the test, run beside this (scipy 1.17.1):
# calculate_h0(labels, N, recall_target): labels are 1 in the first `front` places and at `finds`, `read` long.
BUSCAR = [
    (95, (), 700, 1000, 0.95, 0.001282922097146619),
    (30, (40, 60, 90), 100, 1000, 0.95, 0.980285253194923),
    (30, (40, 60, 90), 900, 1000, 0.95, 0.011994591529637548),
    (5, (9, 17, 120), 400, 500, 0.95, 0.2638522427440633),
    (0, (3, 50, 51, 200), 300, 5000, 0.95, 0.9793707022296312),
    (180, (200, 240, 300, 410), 900, 2000, 0.95, 0.024957069690327755),
    (60, (80, 99, 150), 400, 1200, 0.9, 0.11347179151321216),
    (20, (25, 30, 70), 200, 600, 0.8, 0.18519199196565067),
]


@pytest.mark.parametrize(("front", "finds", "read", "total", "target", "p"), BUSCAR)
def test_p_is_that_of_the_reference_implementation(front, finds, read, total, target, p):
    assert stopping.hypergeometric(labels_of(front, finds, read), total, target=target) == pytest.approx(
        p, rel=1e-8
    )


def labels_of(front, finds, read):
    labels = np.zeros(read, dtype=int)
    labels[:front] = 1
    labels[list(finds)] = 1
    return labels


@pytest.mark.parametrize(
    ("found", "target", "missing"),
    [
        (0, 0.95, 1),
        (18, 0.95, 1),
        (19, 0.95, 2),
        (95, 0.95, 6),
        (1900, 0.95, 101),
        (9, 0.9, 2),
        (7, 0.7, 4),
        (5, 1, 1),
    ],
)
def test_the_target_is_met_exactly_not_nearly(found, target, missing):
    # 19 of 20 is 95 %: one left is no worry, two are. In floats 0.95 * 20 is not 19 for every multiple.
    assert stopping.smallest_missing(found, target) == missing


def test_the_corrected_p_is_the_published_one_times_a_factor():
    labels = labels_of(95, (), 700)
    plain = stopping.judge(labels, 1000, rule=stopping.PUBLISHED)
    corrected = stopping.judge(labels, 1000)
    assert plain.p == plain.published_p == corrected.published_p
    # After the 95 finds 905 records are left, 300 of them unread by now, with all of the six missing among those.
    assert plain.p == pytest.approx(float(exact_at_least(6, 905, 6, 300)), rel=1e-9)
    assert corrected.p == pytest.approx(plain.p * 2 * 6**0.5, rel=1e-12)
    assert (plain.stop, corrected.stop) == (True, True)


@pytest.mark.parametrize("rule", RULES)
def test_how_many_more_is_the_first_moment_it_stops(rule):
    labels = labels_of(30, (40, 60, 90), 100)
    now = stopping.judge(labels, 1000, rule=rule)
    assert not now.stop
    after = np.append(labels, np.zeros(now.more, dtype=int))
    assert stopping.judge(after, 1000, rule=rule).stop
    assert not stopping.judge(after[:-1], 1000, rule=rule).stop
    assert stopping.stops_at(np.append(after, [1, 0]), 1000, rule=rule) == after.size


@pytest.mark.parametrize("rule", RULES)
def test_stopping_is_the_first_look_of_all_that_says_so(rule):
    dice = np.random.default_rng(4)
    for _ in range(5):
        labels = (dice.random(150) < 0.7 * np.exp(-np.arange(150) / 25)).astype(int)
        looks = [stopping.curve(labels[:read], 160, at=[read], rule=rule) for read in range(1, 151)]
        says_so = [int(look.read[0]) for look in looks if look.p[0] <= look.level]
        assert stopping.stops_at(labels, 160, rule=rule) == (says_so[0] if says_so else None)


@pytest.mark.parametrize("rule", RULES)
def test_the_lower_bound_of_recall_says_the_same_as_the_test(rule):
    dice = np.random.default_rng(5)
    for _ in range(12):
        read = int(dice.integers(30, 200))
        labels = (dice.random(read) < 0.7 * np.exp(-np.arange(read) / 25)).astype(int)
        bound = stopping.lower_recall(labels, 200, rule=rule)
        assert stopping.judge(labels, 200, rule=rule).stop == (
            labels.sum() + bound.left == 0 or bound.recall >= 0.95 - 1e-12
        )


@pytest.mark.parametrize("rule", RULES)
def test_whatever_is_more_than_a_rejected_number_left_is_rejected_too(rule):
    # The bound is found by halving, which is right only then; the correction grows with the number left.
    dice = np.random.default_rng(6)
    for _ in range(10):
        labels = (dice.random(90) < 0.8 * np.exp(-np.arange(90) / 15)).astype(int)
        left = np.arange(1, 111)
        p = stopping.History.of(labels, 200).p_values(np.full(110, 90), left) * stopping.penalty(rule, left)
        rejected = left[p <= 0.05]
        assert rejected.tolist() == list(range(stopping.lower_recall(labels, 200, rule=rule).left + 1, 111))


def test_the_curve_is_the_test_at_each_moment():
    labels = labels_of(20, (25, 70), 400)
    drawn = stopping.curve(labels, 500, at=[1, 20, 26, 71, 400])
    assert drawn.found.tolist() == [1, 20, 21, 22, 22]
    assert drawn.p.tolist() == [stopping.judge(labels[:n], 500).p for n in (1, 20, 26, 71, 400)]
    whole = stopping.curve(labels, 500)
    assert whole.read[-1] == 400
    assert len(whole.read) == 300
    assert whole.level == pytest.approx(0.05)


def test_a_curve_of_fifty_thousand_records_is_quick():
    labels = np.zeros(40_000, dtype=int)
    labels[np.unique((20_000 * np.random.default_rng(1).random(600) ** 3).astype(int))] = 1
    drawn = stopping.curve(labels, 50_000)
    assert drawn.p[-1] < 1e-6 < drawn.p[100]


def test_everything_read_is_certain_and_nothing_read_says_nothing():
    assert stopping.judge([1, 0, 0], 3).p == 0
    assert stopping.lower_recall([1, 0, 0], 3).recall == 1
    nothing = stopping.judge([], 100)
    assert (nothing.p, nothing.stop, nothing.found) == (1, False, 0)
    assert stopping.lower_recall([], 100).recall == 0


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"labels": [0, 2], "total": 3}, "0 .not relevant. and 1"),
        ({"labels": [0, 1], "total": 1}, "2 records were read, more than the 1"),
        ({"labels": [1], "total": 3, "target": 0}, "target recall is a share"),
        ({"labels": [1], "total": 3, "confidence": 1.0}, "confidence is a share"),
        ({"labels": [1], "total": 3, "rule": "hope"}, "no stopping rule"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(asked, says):
    labels, total = asked.pop("labels"), asked.pop("total")
    with pytest.raises(ValueError, match=says):
        stopping.judge(labels, total, **asked)


def test_every_rule_says_where_it_would_have_stopped():
    labels = labels_of(40, (60, 390), 400)
    rules = stopping.rules_in_order(labels, 400)
    assert rules["50_in_a_row"] == {"stopped_at": 111, "recall": 41 / 42, "read": 111 / 400}
    assert rules["half_read"]["stopped_at"] == 200
    assert rules["published"]["stopped_at"] < rules["repeated_looks"]["stopped_at"] < 390


@pytest.mark.parametrize("front", [0.0, 0.8])
def test_looks_after_every_record_keep_the_promise(front):
    """An order no better than a lottery, from the start or once most were found at once: at most 5 % stop early."""
    dice = np.random.default_rng(11)
    early = dict.fromkeys(RULES, 0)
    reviews, relevant, total = 120, 41, 300
    for _ in range(reviews):
        labels = np.zeros(total, dtype=int)
        at_once = round(front * relevant)
        labels[:at_once] = 1
        labels[at_once:] = dice.permutation(total - at_once) < relevant - at_once
        for rule in RULES:
            stop = stopping.stops_at(labels, total, rule=rule)
            early[rule] += stop is not None and labels[:stop].sum() < 0.95 * relevant
    assert early[stopping.REPEATED_LOOKS] <= 0.05 * reviews
    # The published test looks too often for its level; that is why it is not the default.
    assert early[stopping.PUBLISHED] > early[stopping.REPEATED_LOOKS]
