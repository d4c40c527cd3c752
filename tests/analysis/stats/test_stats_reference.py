"""The engine against R metafor: pinned cases, and the full set beside the repository where it is there."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from analysis import stats
from analysis.stats.transformations import freeman_tukey_inverse, logistic, sine_squared
from tests.analysis.stats.reference_case import Case, different, numbers
from tests.analysis.stats.reference_models import check_effect_sizes, check_regression, check_subgroups
from tests.analysis.stats.reference_other import check_location_scale, check_predictions
from tests.analysis.stats.reference_pooling import check_confidence, check_fits
from tests.analysis.stats.reference_studies import check_sensitivity, check_small_study, check_tables

PINNED = Path(__file__).parent / "reference"
SHARED = Path(__file__).parents[4] / "shared"
OPEN = SHARED / "reference" / "stats" / "open"
OTHER = {"trd", "transformations"}
#: Kinds of model with tests of their own (dependent effects, rare events, subsets, permutation, selection, ...).
ELSEWHERE = ("mv_", "glmm_", "gosh_", "perm_", "sel_", "robust_", "aggregate_", "transf_")
CHECKS = (
    check_effect_sizes,
    check_fits,
    check_confidence,
    check_regression,
    check_subgroups,
    check_tables,
    check_small_study,
    check_sensitivity,
    check_location_scale,
    check_predictions,
)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def differences(data):
    case = Case(data)
    return [f"{check.__name__}: {sentence}" for check in CHECKS for sentence in check(case)]


@pytest.mark.parametrize(
    "path", sorted(p for p in PINNED.glob("*.json") if p.stem not in OTHER), ids=lambda p: p.stem
)
def test_pinned_case_agrees(path):
    assert differences(read(path)) == []


SUPPORTED = [path for path in sorted(OPEN.glob("*.json")) if not path.stem.startswith(ELSEWHERE)]


@pytest.mark.parametrize("path", SUPPORTED or [None], ids=lambda p: p.stem if p else "absent")
def test_every_shared_case_agrees(path):
    if path is None:
        pytest.skip("the full set of reference values is not beside the repository")
    assert differences(read(path)) == []


def test_the_checks_can_fail():
    data = read(PINNED / "bcg__RR.json")
    data["fits"][1]["tests"]["z"]["se"] = [data["fits"][1]["tests"]["z"]["se"][0] * (1 + 1e-9)]
    data["escalc_variants"][0]["vi"][0] *= 1 + 1e-9
    assert [d.split(":")[0] for d in differences(data)] == ["check_effect_sizes", "check_fits"]


def test_every_measure_and_estimator_has_a_pinned_case():
    cases = [read(path) for path in PINNED.glob("*.json") if path.stem not in OTHER]
    assert set(stats.MEASURES) <= {case.get("measure") for case in cases}
    assert set(stats.ESTIMATORS) - {"CE", "EE"} <= {
        fit["method"] for case in cases for fit in case.get("fits", [])
    }


# ---------------------------------------------------------------- the demo review

TRD = read(PINNED / "trd.json")
TRD_FITS = [(block, fit) for block in TRD["pooled"] for fit in block["fits"]]


def trd_effects(members):
    rows = {f"{e['study']} {e['scale']}": e for e in TRD["effects"]}
    chosen = [rows[name] for name in members]
    return stats.effect_sizes("GEN", yi=[e["yi"] for e in chosen], vi=[e["vi"] for e in chosen], slab=members)


@pytest.mark.parametrize(
    ("block", "fit"), TRD_FITS, ids=[f"{b['set']}-{f['method']}-{f['test']}" for b, f in TRD_FITS]
)
def test_demo_review_pools_to_the_expected_numbers(block, fit):
    result = stats.pool(trd_effects(block["members"]), tau2=fit["method"], test=fit["test"]).to_dict()
    for name, expected in fit.items():
        if isinstance(expected, (int, float)):
            # 15 printed digits; metafor's own tau2 is converged to about 1e-9
            assert result[name] == pytest.approx(expected, rel=1e-8, abs=1e-9), name


def test_demo_review_diagnostics():
    members = next(b for b in TRD["pooled"] if b["set"] == "all_eleven")["members"]
    expected, effects = TRD["all_eleven_REML"], trd_effects(members)
    found = stats.influence(effects)
    student = dict(zip(found.slab, found.rstudent, strict=True))
    assert student == pytest.approx(expected["rstudent"], rel=1e-6)
    refits = stats.leave_one_out(effects)
    for label, pooled, theirs in zip(refits.labels, refits.pooled, expected["leave_one_out"], strict=True):
        assert label == theirs["without"]
        for name in ("estimate", "ci_low", "ci_high", "tau2", "i2"):
            # made with metafor's default stopping rule
            assert getattr(pooled, name) == pytest.approx(theirs[name], rel=1e-5, abs=1e-6), name
    egger = stats.egger(effects, model="rma", tau2="REML")
    assert (egger.stat, egger.pval) == pytest.approx(
        (expected["egger"]["z"], expected["egger"]["pval"]), rel=1e-6
    )


def test_demo_review_effects_from_the_trial_table():
    path = SHARED / "data" / "trd" / "trials.csv"
    if not path.exists():
        pytest.skip("the trial table is not beside the repository")
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    escalc = {"m1i": "mean_t", "sd1i": "sd_t", "n1i": "n_t", "m2i": "mean_c", "sd2i": "sd_c", "n2i": "n_c"}
    escalc |= {"yi": "g", "sei": "g_se"}  # three trials are known by effect and standard error only
    columns = {
        ours: [float(r[theirs]) if r[theirs] else None for r in rows] for ours, theirs in escalc.items()
    }
    effects = stats.effect_sizes("SMD", slab=[f"{r['study']} {r['scale']}" for r in rows], **columns)
    ours = {label: (y, v) for label, y, v in zip(effects.slab, effects.yi, effects.vi, strict=True)}
    for row in TRD["effects"]:
        assert ours[f"{row['study']} {row['scale']}"] == pytest.approx((row["yi"], row["vi"]), rel=1e-12)


# ---------------------------------------------------------------- back-transformation


@pytest.mark.parametrize(
    ("name", "function"),
    [("transf.isqrt", np.square), ("transf.ztor", np.tanh), ("transf.ilogit", logistic)],
)
def test_back_transformations_agree(name, function):
    grid = read(PINNED / "transformations.json")["values"][name]
    assert different(name, function(numbers(grid["x"])), grid["y"], 1e-12, 1.0) == []


def test_double_arcsine_comes_back():
    grid = read(PINNED / "transformations.json")["values"]["transf.ipft"]
    ours = freeman_tukey_inverse(numbers(grid["x"]), numbers(grid["ni"]))
    assert different("ipft", ours, grid["y"], 1e-10, 1.0) == []
    p = read(PINNED / "transformations.json")["values"]["transf.arcsin"]
    assert sine_squared(numbers(p["y"])) == pytest.approx(p["x"], rel=1e-12)
