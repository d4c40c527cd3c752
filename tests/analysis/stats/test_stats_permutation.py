"""Permutation tests and subsets (GOSH): metafor's exact values, every arrangement by hand, and refusals."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from analysis import stats

PINNED = Path(__file__).parent / "reference"
OPEN = Path(__file__).parents[4] / "shared" / "reference" / "stats" / "open"
RENAMED = {"QE": "q", "I2": "i2", "H2": "h2"}
#: Which call made each entry of the permutation cases.
CALLS = {
    "FE": {"tau2": "FE"},
    "DL": {"tau2": "DL"},
    "REML": {"tau2": "REML"},
    "knha": {"tau2": "DL", "test": "knha"},
}


def cases(kind):
    found = sorted(PINNED.glob(f"{kind}_*.json")) + sorted(OPEN.glob(f"{kind}_*.json"))
    return [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in found]


def effects_of(data, studies=None):
    return stats.effect_sizes("GEN", yi=data["yi"][:studies], vi=data["vi"][:studies])


@pytest.mark.parametrize("path", cases("gosh"))
def test_gosh_agrees_with_metafor(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    for method in {"FE", "DL", "REML"} & set(data):
        found = stats.gosh(effects_of(data), tau2=method)
        place = {code: row for row, code in enumerate(found.code.tolist())}
        rows = [place[code] for code in data[method]["code"]]
        assert len(rows) == len(found)
        values = np.array(data[method]["res"], dtype=float)
        for column, name in enumerate(data[method]["columns"]):
            ours = getattr(found, RENAMED.get(name, name))[rows]
            np.testing.assert_allclose(ours, values[:, column], rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("path", cases("perm"))
def test_exact_permutations_agree_with_metafor(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    for name in set(CALLS) & set(data):
        assert stats.permutation_test(effects_of(data), **CALLS[name]).pval.tolist() == data[name]["pval"]
    six = stats.permutation_test(effects_of(data, 6), {"x": data["x"][:6]}, tau2="DL")
    assert six.pval.tolist() == pytest.approx(data["mods_first6"]["pval"], abs=1e-15)
    assert six.qm_pval == pytest.approx(data["mods_first6"]["QMp"], abs=1e-15)
    assert six.exact
    assert six.permutations == 720


YI, VI = [0.2, -0.4, 1.1, 0.6, 0.3, 0.9, -0.2], [0.1, 0.04, 0.2, 0.05, 0.3, 0.02, 0.15]
EFFECTS = stats.effect_sizes("GEN", yi=YI, vi=VI, slab=list("abcdefg"))


def test_gosh_pools_each_subset():
    found = stats.gosh(EFFECTS)
    assert found.exact
    assert len(found) == 127
    for row in (0, 5, 77, 126):
        one = stats.pool(EFFECTS.select(found.members()[row]))
        assert found.code[row] == row + 1
        assert (found.k[row], found.estimate[row]) == (one.k, pytest.approx(one.estimate, rel=1e-12))
        assert found.i2[row] == pytest.approx(one.i2, rel=1e-10, abs=1e-10)


def test_gosh_draws_subsets_when_there_are_many():
    one, same, other = (stats.gosh(EFFECTS, subsets=50, seed=seed) for seed in (1, 1, 2))
    assert not one.exact
    assert one.code.tolist() == same.code.tolist() != other.code.tolist()
    assert one.code.min() > 0
    every = stats.gosh(EFFECTS)
    np.testing.assert_allclose(one.estimate, every.estimate[one.code - 1], rtol=1e-12)
    generator = np.random.default_rng(3)
    wide = stats.effect_sizes("GEN", yi=generator.normal(size=70), vi=np.full(70, 0.1))
    drawn = stats.gosh(wide, subsets=200, tau2="DL")
    assert drawn.members().sum(axis=1).tolist() == drawn.k.tolist()
    with pytest.raises(stats.UnknownOption, match="63"):
        _ = drawn.code


def test_gosh_refuses_nonsense():
    with pytest.raises(stats.TooFewStudies):
        stats.gosh(EFFECTS.select([0]))
    with pytest.raises(stats.UnknownOption):
        stats.gosh(EFFECTS, subsets=0)


@pytest.mark.parametrize("test", ["z", "knha", "adhoc"])
def test_signs_flipped_by_hand(test):
    observed = abs(stats.pool(EFFECTS, test=test).stat)
    flipped = [
        abs(stats.pool(stats.effect_sizes("GEN", yi=np.array(YI) * signs, vi=VI), test=test).stat)
        for signs in itertools.product((1, -1), repeat=7)
    ]
    found = stats.permutation_test(EFFECTS, test=test)
    assert found.pval[0] == np.mean(np.array(flipped) >= observed - 1e-9)
    assert found.stat[0] == pytest.approx(stats.pool(EFFECTS, test=test).stat, rel=1e-12)


def test_groups_rearranged_by_hand():
    group = list("aabbaba")
    observed = stats.regress(EFFECTS, {"group": group})
    others = []
    for chosen in itertools.combinations(range(7), 3):
        moved = ["b" if i in chosen else "a" for i in range(7)]
        others.append(stats.regress(EFFECTS, {"group": moved}).stat)
    found = stats.permutation_test(EFFECTS, {"group": group})
    assert found.permutations == 35  # as many as there are different arrangements
    assert found.pval == pytest.approx(
        np.mean(np.abs(others) >= np.abs(observed.stat) - 1e-9, axis=0), abs=1e-15
    )
    assert found.stat == pytest.approx(observed.stat, rel=1e-10)
    assert found.qm == pytest.approx(observed.qm, rel=1e-10)


def test_two_moderators_and_a_missing_one():
    x, group = [1.0, 2.0, None, 4.0, 2.5, 3.0, 7.0], list("aabbaba")
    for test in ("z", "knha"):
        found = stats.permutation_test(EFFECTS, {"x": x, "group": group}, tau2="PM", test=test)
        observed = stats.regress(EFFECTS, {"x": x, "group": group}, tau2="PM", test=test)
        assert (found.k, found.names, found.permutations) == (6, observed.names, 720)
        assert found.qm == pytest.approx(observed.qm, rel=1e-9)
        assert found.stat == pytest.approx(observed.stat, rel=1e-9)


def test_drawn_permutations_come_from_the_seed_and_are_near_the_exact_p():
    exact = stats.permutation_test(EFFECTS, tau2="DL").pval[0]
    drawn = [
        stats.permutation_test(EFFECTS, tau2="DL", exact=False, iterations=4000, seed=s) for s in (1, 1, 2)
    ]
    assert drawn[0].pval[0] == drawn[1].pval[0] != drawn[2].pval[0]
    assert drawn[0].pval[0] == pytest.approx(exact, abs=0.03)
    assert drawn[0].permutations == 4000
    assert stats.permutation_test(EFFECTS, {"x": range(7)}, exact=False, iterations=3).pval.min() >= 0.25


def test_permutations_refuse_nonsense():
    with pytest.raises(stats.TooFewStudies):
        stats.permutation_test(EFFECTS.select([0]))
    with pytest.raises(stats.RankDeficient):
        stats.permutation_test(EFFECTS, {"x": [1] * 7})
    with pytest.raises(stats.LengthMismatch):
        stats.permutation_test(EFFECTS, {"x": [1]})
    with pytest.raises(stats.UnknownOption):
        stats.permutation_test(EFFECTS, iterations=0)
    many = stats.effect_sizes("GEN", yi=np.arange(40.0), vi=np.ones(40))
    with pytest.raises(stats.UnknownOption, match="too many"):
        stats.permutation_test(many, exact=True)
    with pytest.raises(stats.ZeroVariance):
        stats.permutation_test(stats.effect_sizes("GEN", yi=[1, 2, 3], vi=[0.1, 0, 0.2]), tau2="SJ")
    with pytest.raises(stats.NotConverged):
        stats.permutation_test(stats.effect_sizes("GEN", yi=[0, 0, 0], vi=[1, 1, 1]), test="knha")
