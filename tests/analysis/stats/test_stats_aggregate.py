"""Covariances of effects that share patients, and one effect per cluster."""

import math

import numpy as np
import pytest

from analysis import stats
from tests.analysis.stats.reference_multilevel import PINNED, cases, different, effects_of, read

VCALC = read(PINNED / "structures.json")["vcalc"]
ARMS = {"grp1": "ABAABA", "grp2": "PPPPPB", "w1": [20, 25, 30, 40, 41, 40], "w2": [30, 30, 33, 42, 42, 41]}
ARM_VARIANCES = [0.1, 0.12, 0.08, 0.05, 0.06, 0.055]
STUDY, OUTCOME = [1, 1, 1, 1, 2, 2], list("aabbab")
VARIANCES, TIME = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [1, 2, 1, 2, 1, 3]


def differences(data):
    effects, cluster = effects_of(data["data"]), data["data"]["district"]
    calls = {
        "ID": {"struct": "ID"},
        "CS_06": {"rho": 0.6},
        "CS_06_unweighted": {"rho": 0.6, "weighted": False},
    }
    found = []
    for key, arguments in calls.items():
        ours, ref = stats.aggregate(effects, cluster, **arguments), data[key]
        found += different(f"{key} yi", ours.yi, ref["yi"], 1e-12, 1e3)
        found += different(f"{key} vi", ours.vi, ref["vi"], 1e-12, 1.0)
        found += [] if ours.slab == tuple(map(str, ref["district"])) else [f"{key}: {ours.slab}"]
    return found


def test_pinned_case_agrees():
    assert differences(read(PINNED / "aggregate_konstantopoulos.json")) == []


@pytest.mark.parametrize("path", cases("aggregate_"), ids=lambda p: p.stem if p else "absent")
def test_every_shared_case_agrees(path):
    if path is None:
        pytest.skip("the full set of reference values is not beside the repository")
    assert differences(read(path)) == []


@pytest.mark.parametrize(
    ("key", "arguments"),
    [
        ("arms", ARMS),
        ("arms_equal", {"grp1": ARMS["grp1"], "grp2": ARMS["grp2"]}),
        ("rho", {"rho": 0.6}),
        ("types", {"type": OUTCOME, "rho": (0.6, 0.3)}),
        ("type_time", {"type": OUTCOME, "rho": 0.5, "time": TIME, "phi": 0.8}),
        ("time", {"time": TIME, "phi": 0.8}),
    ],
)
def test_sampling_covariances_agree_with_vcalc(key, arguments):
    by_arm = key in ("arms", "arms_equal", "rho")
    variances, cluster = (ARM_VARIANCES, [1, 1, 2, 3, 3, 3]) if by_arm else (VARIANCES, STUDY)
    ours = stats.sampling_covariance(variances, cluster, **arguments)
    assert ours == pytest.approx(np.array(VCALC[key]), rel=1e-14, abs=1e-16)


def test_shared_control_by_hand():
    """Two arms of 20 against one control of 30: r = (1/30)/sqrt((1/20 + 1/30)(1/20 + 1/30)) = 0.4."""
    v = stats.sampling_covariance([1.0, 1.0], [7, 7], grp1="AB", grp2="PP", w1=[20, 20], w2=[30, 30])
    assert v[0, 1] == pytest.approx(0.4, rel=1e-14)
    opposite = stats.sampling_covariance([1.0, 1.0], [7, 7], grp1="AP", grp2="PB", w1=[20, 30], w2=[30, 20])
    assert opposite[0, 1] == pytest.approx(-0.4, rel=1e-14)


def test_correlations_by_pair_of_types():
    pairs = {("a", "b"): 0.6, ("b", "c"): 0.2, ("a", "c"): 0.4}
    v = stats.sampling_covariance([1.0, 4.0, 1.0], [1, 1, 1], type="abc", rho=pairs)
    assert v[0, 1] == pytest.approx(1.2)
    assert (v[1, 2], v[0, 2]) == pytest.approx((0.4, 0.4))
    with pytest.raises(stats.MissingColumns, match="no correlation of a and d"):
        stats.sampling_covariance([1.0, 4.0], [1, 1], type="ad", rho=pairs)


def test_two_effects_by_hand():
    """y = 1, 3; v = 1, 4; rho 0.5, so c = 1: weights (4 - 1, 1 - 1) = all on the first; independent: 4:1."""
    effects = stats.effect_sizes("GEN", yi=[1.0, 3.0], vi=[1.0, 4.0])
    one = stats.aggregate(effects, ["s", "s"], rho=0.5)
    assert (one.yi[0], one.vi[0]) == pytest.approx((1.0, 1.0), rel=1e-14)
    other = stats.aggregate(effects, ["s", "s"], rho=0.0)
    assert (other.yi[0], other.vi[0]) == pytest.approx((1.4, 0.8), rel=1e-14)
    plain = stats.aggregate(effects, ["s", "s"], rho=0.5, weighted=False)
    assert (plain.yi[0], plain.vi[0]) == pytest.approx((2.0, (1.0 + 4.0 + 2.0) / 4.0), rel=1e-14)


def test_full_covariance_is_that_of_its_structure():
    effects = stats.effect_sizes("GEN", yi=[0.1, 0.4, 0.3, 0.2], vi=[0.1, 0.2, 0.1, 0.3])
    v = stats.sampling_covariance(effects, "aabb", rho=0.6)
    assert (
        stats.aggregate(effects, "aabb", V=v).to_dict() == stats.aggregate(effects, "aabb", rho=0.6).to_dict()
    )


def test_rows_and_clusters_without_effects():
    effects = stats.effect_sizes("GEN", yi=[None, 0.4, 0.3, None], vi=[0.1, 0.2, 0.1, 0.3])
    ours = stats.aggregate(effects, ["b", "b", "a", "c"], rho=0.6)
    assert ours.slab == ("b", "a", "c")
    assert ours.yi[:2] == pytest.approx([0.4, 0.3])
    assert [(d.row, d.label) for d in ours.dropped] == [(2, "c")]
    assert stats.pool(ours).k == 2


def test_refusals():
    effects = stats.effect_sizes("GEN", yi=[0.1, 0.4], vi=[0.1, 0.2])
    with pytest.raises(stats.MissingColumns, match="how the effects of a cluster correlate"):
        stats.aggregate(effects, "aa")
    with pytest.raises(stats.UnknownOption, match="no structure 'UN'"):
        stats.aggregate(effects, "aa", struct="UN")
    with pytest.raises(stats.InvalidValue, match="not positive definite"):
        stats.aggregate(effects, "aa", rho=1.0)
    with pytest.raises(stats.InvalidValue, match=r"1\.5 is not a correlation"):
        stats.aggregate(effects, "aa", rho=1.5)
    with pytest.raises(stats.LengthMismatch, match="cluster has 1 values"):
        stats.aggregate(effects, "a", rho=0.5)
    with pytest.raises(stats.InvalidValue, match="Row 2: cluster is missing"):
        stats.aggregate(effects, ["a", None], rho=0.5)
    with pytest.raises(stats.MissingColumns, match="how the effects correlate"):
        stats.sampling_covariance(effects, "aa")
    with pytest.raises(stats.MissingColumns, match="both grp1 and grp2"):
        stats.sampling_covariance(effects, "aa", grp1="AB")
    with pytest.raises(stats.MissingColumns, match="time and phi belong together"):
        stats.sampling_covariance(effects, "aa", rho=0.5, time=[1, 2])
    with pytest.raises(stats.InvalidValue, match="above 0"):
        stats.sampling_covariance(effects, "aa", grp1="AB", grp2="PP", w1=[1, 0], w2=[1, 1])


def test_missing_variances_stay_missing():
    v = stats.sampling_covariance([0.1, None, 0.2], "aab", rho=0.5)
    assert math.isnan(v[0, 1])
    assert v[0, 0] == pytest.approx(0.1)
    assert v[0, 2] == 0.0
