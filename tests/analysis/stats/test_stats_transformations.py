"""From the pooled scale to the natural one and into other words, against metafor's transf.* and by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from analysis.stats import MEASURES, InvalidValue, back_transform, effect_sizes, natural_scale, pool
from analysis.stats import transformations as to
from analysis.stats import translations as into
from tests.analysis.stats.reference_case import different

VALUES = json.loads((Path(__file__).parent / "reference" / "transformations.json").read_text())["values"]
OURS = {
    "transf.logit": to.logit,
    "transf.arcsin": to.arcsine,
    "transf.ilogit": to.logistic,
    "transf.isqrt": to.square,
    "transf.rtoz": np.arctanh,
    "transf.ztor": np.tanh,
    "transf.pft": to.freeman_tukey,
    "transf.ipft": to.freeman_tukey_inverse,
    "transf.ipft.hm": lambda x, ni: to.freeman_tukey_inverse(x, to.harmonic_mean(ni)),
    "transf.dtou1": into.cohens_u1,
    "transf.dtou2": into.cohens_u2,
    "transf.dtou3": into.cohens_u3,
    "transf.dtocles": into.superiority,
    "transf.dtorpb": into.point_biserial,
    "transf.abt": to.alpha_log,
    "transf.ahw": to.alpha_cube_root,
    "transf.exp.int": lambda x, tau2: into.mean_of(np.exp, x, tau2),
    "transf.ilogit.int": lambda x, tau2: into.mean_of(to.logistic, x, tau2),
}


@pytest.mark.parametrize("name", VALUES)
def test_grid_agrees(name):
    block = {key: np.array(value) for key, value in VALUES[name].items() if key != "harmonic_mean"}
    ours = OURS[name](block.pop("x"), **{key: value for key, value in block.items() if key != "y"})
    assert different(name, ours, VALUES[name]["y"], 1e-11, 1.0) == []


#: R 4.2.2, metafor 3.8-1: transf.irft(c(0, .1, .5), 20), transf.iirft(c(.05, .3, .7), 20), transf.iahw, ....
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            to.freeman_tukey_rate([0, 0.1, 0.5], 20),
            [0.11180339887498948, 0.35176305031878985, 0.72436331494805695],
        ),
        (
            to.freeman_tukey_rate_inverse(np.array([0.05, 0.3, 0.7]), 20),
            [0, 0.066736111111111107, 0.465318877551020305],
        ),
        (to.cube_root_alpha([0.1, 0.5]), [0.27099999999999991, 0.875]),
        (to.log_alpha([0.1, 0.5]), [0.095162581964040482, 0.393469340287366576]),
        (into.success_rate(0.5), [0.62126781251816654]),
        (into.risk_difference(0.5, 0.2), [0.091875132740578291]),
        (into.risk_ratio(0.5, 0.2), [1.4593756637028918]),
        (into.point_biserial(0.5), [0.24253562503633297]),
        (into.mean_difference(0.5, 12.0), [6.0]),
    ],
)
def test_single_values_agree(ours, theirs):
    assert np.atleast_1d(ours) == pytest.approx(theirs, rel=1e-13, abs=1e-15)


def test_mean_of_a_normal_logarithm_is_log_normal():
    assert into.mean_of(np.exp, 0.3, 0.5) == pytest.approx(math.exp(0.55), rel=1e-12)
    assert into.mean_of(np.exp, 0.3, 0.0) == pytest.approx(math.exp(0.3))
    with pytest.raises(InvalidValue, match=r"tau2 is -1\.0"):
        into.mean_of(np.exp, 0.3, -1.0)
    with pytest.raises(InvalidValue, match="control risk is 1"):
        into.risk_ratio(0.5, 1)
    with pytest.raises(InvalidValue, match="standard deviation is 0"):
        into.mean_difference(0.5, 0)


@pytest.mark.parametrize(
    ("measure", "columns", "natural", "sizes"),
    [
        ("MPRR", {"ai": [20], "bi": [15], "ci": [5], "di": [60]}, 35 / 25, {}),
        ("ABT", {"ai": [0.8], "mi": [10], "ni": [50]}, 0.8, {}),
        ("AHW", {"ai": [0.8], "mi": [10], "ni": [50]}, 0.8, {}),
        ("IRFT", {"xi": [7], "ti": [31.0]}, 7 / 31, {"ti": 31.0}),
        ("PFT", {"xi": [7], "ni": [31]}, 7 / 31, {"ni": 31.0}),
        ("ZPCOR", {"ri": [0.4], "ni": [50], "mi": [4]}, 0.4, {}),
        ("ZR2", {"r2i": [0.3], "ni": [50]}, 0.3, {}),
        ("MNLN", {"mi": [12.0], "sdi": [3.0], "ni": [20]}, 12.0, {}),
        ("OE", {"oi": [12], "ei": [16.0], "voi": [8.0]}, math.exp(-0.5), {}),
    ],
)
def test_one_study_comes_back_to_its_figure(measure, columns, natural, sizes):
    pooled = pool(effect_sizes(measure, **columns))
    turned = natural_scale(pooled, **sizes)
    assert turned["estimate"] == pytest.approx(natural, rel=1e-9)
    assert turned["ci_low"] < turned["estimate"] < turned["ci_high"]
    assert turned["scale"]


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_every_way_back_is_increasing(measure):
    sizes = {name: 40.0 for name in ("ni", "ti") if to.NEEDS_SIZE.get(measure) == name}
    turned = back_transform(np.linspace(0.05, 1.2, 30), measure, **sizes)
    assert np.all(np.diff(turned) >= 0)
    assert np.all(np.isfinite(turned))


def test_a_size_is_asked_for():
    with pytest.raises(InvalidValue, match="Give ti, the person-time at which Freeman-Tukey values"):
        back_transform(0.5, "IRFT")
    with pytest.raises(InvalidValue, match="ni is 0, but it must be above 0"):
        back_transform(0.5, "PFT", ni=0)
