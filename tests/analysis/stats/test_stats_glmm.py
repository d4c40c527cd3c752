"""Models of counts: against metafor's rma.glmm, against integrals computed in R, and laws that hold for any data."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from analysis import stats
from analysis.stats.glmm_families import Hypergeometric
from tests.analysis.stats.reference_case import PERCENT, different

PINNED = Path(__file__).parent / "reference" / "glmm"
OPEN = Path(__file__).parents[4] / "shared" / "reference" / "stats" / "open"
RENAMED = {"tpos": "ai", "tneg": "bi", "cpos": "ci", "cneg": "di"}
MODERATORS = {"dat.bcg": "ablat", "dat.debruin2009": "scq"}
#: metafor's own digits: glmer stops early, and with two random effects its numerical Hessian is off by 1 %.
GLMER, UNCERTAIN = 1e-3, 6e-3
#: Wald test of CM.EL: metafor's numerical Hessian for thousands of events is off (BCG: 268.5, true 163.09).
LARGE = 200


def cases(folder, besides=()):
    return sorted(p for p in folder.glob("glmm_*.json") if p.name not in besides) or [None]


def columns_of(case):
    columns = {RENAMED.get(name, name): values for name, values in case["inputs"].items()}
    mods = {name: columns.pop(name) for name in ("ablat", "scq") if name in columns}
    measure = case["id"].rsplit("_", 1)[1]
    return measure, columns, mods


def fitted(case, key):
    measure, columns, mods = columns_of(case)
    if key.endswith("mod") and not mods:
        return None
    parts = key.split("_")
    method = "EE" if parts[-1] == "EE" else "ML"
    test = "t" if parts[-1] == "t" else "z"
    points = 1 if parts[0] == "UM.RS" else None
    model = parts[0] if "." in parts[0] else None
    moderators = mods if parts[-1] == "mod" else None
    return stats.glmm(
        measure, model=model, method=method, test=test, moderators=moderators, points=points, **columns
    )


def differences(case):
    found = []
    for key, theirs in case.items():
        if not isinstance(theirs, dict) or "beta" not in theirs:
            continue
        ours = fitted(case, key)
        if ours is None:
            continue
        found += [f"{key} {line}" for line in compare(key, ours, theirs, case)]
    return found


def compare(key, ours, theirs, case):
    joint = key.startswith("UM.RS")  # two random effects: Laplace's approximation, differentiated numerically
    loose = UNCERTAIN if joint else GLMER
    coefficients = ours.coefficients if key.endswith("mod") else ours.estimate
    lines = different("beta", coefficients, theirs["beta"], GLMER, 1.0)
    lines += different("se", ours.se, theirs["se"], loose, 1.0)
    lines += different("stat", ours.stat, theirs["stat"], loose, 1.0)
    for name, value in (("ci_lb", ours.ci_low), ("ci_ub", ours.ci_high)):
        lines += different(name, value, theirs[name], 2 * loose, 1.0)
    lines += different("tau2", ours.tau2, theirs["tau2"], GLMER, 1.0)
    lines += different("I2", ours.i2, theirs["I2"], GLMER, PERCENT)
    lines += different("H2", ours.h2, theirs["H2"], GLMER, 1.0)
    lines += different("QE_LRT", ours.q_lrt, theirs["QE_LRT"], 1e-4, 1.0)
    events = np.max(np.array(case["inputs"].get("tpos", [0])))
    if key != "CM.EL" or events < LARGE:
        lines += different("QE_Wld", ours.q, theirs["QE_Wld"], 0.02 if joint else GLMER, 1.0)
    if ours.sigma2 is not None:
        lines += different("sigma2", ours.sigma2, theirs["sigma2"], GLMER, 1.0)
    if theirs["se_tau2"] is not None:
        lines += different("se_tau2", ours.se_tau2, theirs["se_tau2"], GLMER, 1.0)
    exact = joint or key == "CM.EL" or ours.tau2 == 0.0
    loglik = ours.loglik if exact else ours.loglik_at_modes
    lines += different("loglik", loglik, theirs["loglik"], 1e-4, 1.0)
    if exact:
        lines += different("AIC", ours.aic, theirs["AIC"], 1e-4, 1.0)
    lines += different("k", ours.k, theirs["k"], 0.0, 1.0)
    lines += different("QE_df", ours.q_df, theirs["QE_df"], 0.0, 1.0)
    return lines


@pytest.mark.parametrize("path", cases(PINNED), ids=lambda p: p.stem)
def test_pinned_case_agrees(path):
    assert differences(json.loads(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "path", cases(OPEN, {p.name for p in PINNED.iterdir()}), ids=lambda p: p.stem if p else "absent"
)
def test_every_shared_case_agrees(path):
    if path is None:
        pytest.skip("no reference values beside the repository other than the pinned ones")
    assert differences(json.loads(path.read_text(encoding="utf-8"))) == []


# ---------------------------------------------------------------- integrals computed in R with integrate() and nlminb


def pinned(name):
    measure, columns, _ = columns_of(json.loads((PINNED / f"glmm_{name}.json").read_text(encoding="utf-8")))
    return measure, columns


def test_proportions_agree_with_an_integral_computed_in_r():
    # R 4.2.2: sum of log(integrate(dbinom * dnorm)), rel.tol 1e-12; standard error by numDeriv::hessian
    measure, columns = pinned("debruin2009_PLO")
    result = stats.glmm(measure, **columns)
    assert result.estimate == pytest.approx(-0.1118126, abs=1e-6)
    assert result.se == pytest.approx(0.1880444377, rel=1e-7)
    assert math.sqrt(result.tau2) == pytest.approx(0.6153766561, rel=1e-7)
    assert result.loglik == pytest.approx(-50.1551532712, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "estimate", "se", "sigma", "tau", "loglik"),
    [
        ("bcg_OR", -0.761648946, 0.182141349, 1.364404806, 0.565561433, -126.296277284),
        ("nielweise2007_OR", -1.281227786, 0.329654957, 0.721928319, 0.851965758, -74.857714186),
    ],
)
def test_laplace_agrees_with_nested_optimisation_in_r(name, estimate, se, sigma, tau, loglik):
    # R 4.2.2: modes by nlminb and Newton, outer nlminb at rel.tol 1e-15, numDeriv::hessian. glmer's standard error of
    # BCG is 0.18146, because its differences are so small that the inner iteration stays; steps of 0.01 give 0.1822.
    measure, columns = pinned(name)
    result = stats.glmm(measure, model="UM.RS", points=1, **columns)
    assert result.estimate == pytest.approx(estimate, abs=1e-6)
    assert result.se == pytest.approx(se, rel=1e-6)
    assert math.sqrt(result.sigma2) == pytest.approx(sigma, rel=1e-6)
    assert math.sqrt(result.tau2) == pytest.approx(tau, rel=1e-6)
    assert result.loglik == pytest.approx(loglik, abs=1e-8)


@pytest.mark.parametrize(
    ("model", "year", "random", "tau2", "sigma2", "lrt", "qm"),
    [
        ("UM.FS", 0.03484747, -0.54868043, 0.157582, None, 98.203250, 2.591391),
        ("UM.RS", 0.02935069, -0.56573937, 0.175268, 2.183564, 97.580123, 1.778370),
        ("CM.AL", 0.03175014, -0.61082625, 0.166002, None, 99.336078, 2.294470),
    ],
)
def test_several_moderators_as_in_metafor(model, year, random, tau2, sigma2, lrt, qm):
    # R 4.2.2, metafor 3.8-1: rma.glmm(..., mods = ~ year + alloc, test="t"); glmer stops early with years as they are
    years = [1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976]
    alloc = ["random"] * 4 + ["alternate"] * 2 + ["random"] * 3 + ["systematic"] * 4
    measure, columns = pinned("bcg_OR")
    points = 1 if model == "UM.RS" else None
    ours = stats.glmm(
        measure, model=model, moderators={"year": years, "alloc": alloc}, test="t", points=points, **columns
    )
    assert ours.names == ("intrcpt", "year", "alloc: random", "alloc: systematic")
    assert ours.coefficients[1:3] == pytest.approx([year, random], rel=4e-3)
    assert ours.tau2 == pytest.approx(tau2, rel=2e-3)
    assert ours.sigma2 == (None if sigma2 is None else pytest.approx(sigma2, rel=2e-3))
    assert ours.q_lrt == pytest.approx(lrt, rel=1e-5)
    assert ours.qm == pytest.approx(qm, rel=2e-2)  # rests on standard errors, see above
    assert ours.qm_df == (3, 9)


def test_many_fixed_nodes_and_refinement_meet():
    measure, columns = pinned("nielweise2007_OR")
    refined = stats.glmm(measure, model="CM.EL", **columns)
    fixed = stats.glmm(measure, model="CM.EL", points=40, **columns)
    assert fixed.estimate == pytest.approx(refined.estimate, abs=1e-8)
    assert fixed.se == pytest.approx(refined.se, rel=1e-6)
    assert fixed.loglik == pytest.approx(refined.loglik, abs=1e-9)


def test_huge_variance_between_studies_is_integrated_all_the_same():
    # R 4.2.2: integrate(dbinom * dnorm) in 400 pieces from -20 to 20, rel.tol 1e-13; nlminb; numDeriv::hessian
    columns = {"ai": [0, 0, 8, 6, 0], "n1i": [100] * 5, "ci": [1, 14, 4, 1, 1], "n2i": [100] * 5}
    result = stats.glmm("OR", model="CM.AL", **columns)
    assert result.estimate == pytest.approx(-1.754607, abs=2e-6)
    assert result.se == pytest.approx(2.110257, rel=1e-6)
    assert math.sqrt(result.tau2) == pytest.approx(3.088125, rel=1e-6)
    assert result.loglik == pytest.approx(-7.8803386649, abs=1e-9)
    assert "beyond what effects do" in result.notes[1]


def test_groups_without_events_leave_the_homogeneity_test_of_rates_alone():
    # R 4.2.2, metafor 3.8-1: rma.glmm(measure="IRR", ..., model="UM.RS"), Laplace's approximation
    columns = {
        "x1i": [1, 2, 0],
        "t1i": [59127, 87539, 26623],
        "x2i": [2, 12, 2],
        "t2i": [59127, 87539, 26623],
    }
    result = stats.glmm("IRR", model="UM.RS", points=1, **columns)
    assert result.q_lrt == pytest.approx(0.910358449, rel=2e-4)
    assert result.q_df == 2


# ---------------------------------------------------------------- by hand


def test_common_effect_of_one_table_is_its_log_odds_ratio():
    result = stats.glmm("OR", ai=[10], bi=[20], ci=[4], di=[26], method="CE")
    assert result.estimate == pytest.approx(math.log(10 * 26 / (20 * 4)), abs=1e-10)
    assert result.se == pytest.approx(math.sqrt(1 / 10 + 1 / 20 + 1 / 4 + 1 / 26), rel=1e-9)
    assert result.pi_low is None


def test_common_rate_is_events_over_time():
    result = stats.glmm("IRLN", xi=[3, 5, 2], ti=[100, 150, 90], method="CE")
    assert result.estimate == pytest.approx(math.log(10 / 340), abs=1e-10)
    assert result.se == pytest.approx(1 / math.sqrt(10), rel=1e-9)


def test_conditional_rate_ratio_is_a_binomial():
    result = stats.glmm(
        "IRR", model="CM.EL", x1i=[4, 6], t1i=[50, 50], x2i=[8, 12], t2i=[50, 50], method="CE"
    )
    assert result.estimate == pytest.approx(math.log(10 / 20), abs=1e-10)
    assert result.se == pytest.approx(math.sqrt(1 / 10 + 1 / 20), rel=1e-9)


def test_hypergeometric_of_a_small_table():
    # n1 = 3, n2 = 4, 2 events: g(0), g(1), g(2) = 6, 12, 3 (C(3,s) C(4,2-s))
    family = Hypergeometric(*(np.array([v]) for v in (1.0, 3.0, 4.0, 2.0)))
    loglik, slope, curvature = (x.item() for x in family(np.array([[[math.log(2.0)]]])))
    weights = np.array([6.0, 24.0, 12.0]) / 42.0
    assert loglik == pytest.approx(math.log(weights[1]) - math.log(12 * 2 / 12 / 2))
    mean = weights @ [0, 1, 2]
    assert slope == pytest.approx(1 - mean)
    assert curvature == pytest.approx(-(weights @ [0, 1, 4] - mean**2))


@pytest.mark.parametrize("eta", [-40.0, -3.0, 0.0, 0.7, 8.0])
@pytest.mark.parametrize(
    ("a", "n1", "n2", "m"), [(3, 9, 400000, 40), (500, 2000, 1500, 1800), (0, 5000, 7000, 900)]
)
def test_hypergeometric_of_large_tables_is_the_whole_sum(a, n1, n2, m, eta):
    ours = [
        x.item() for x in Hypergeometric(*(np.array([float(v)]) for v in (a, n1, n2, m)))(np.array([[[eta]]]))
    ]
    s = np.arange(max(0, m - n2), min(n1, m) + 1)
    terms = np.array([_log_choose(n1, i) + _log_choose(n2, m - i) + i * eta for i in s.tolist()])
    weights = np.exp(terms - terms.max())
    mean = weights @ s / weights.sum()
    at = terms[s == a][0] - terms.max()
    scale = max(1.0, mean)
    assert ours[0] == pytest.approx(at - math.log(weights.sum()), rel=1e-9, abs=1e-9)
    assert ours[1] == pytest.approx(a - mean, abs=1e-8 * scale)
    assert -ours[2] == pytest.approx(weights @ (s - mean) ** 2 / weights.sum(), rel=1e-6, abs=1e-12)


def _log_choose(n, r):
    return math.lgamma(n + 1) - math.lgamma(r + 1) - math.lgamma(n - r + 1)


# ---------------------------------------------------------------- laws

tables = st.lists(
    st.tuples(st.integers(0, 8), st.integers(10, 60), st.integers(0, 8), st.integers(10, 60)),
    min_size=3,
    max_size=7,
)
slow = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def odds_ratio(rows, model, flip=False, swap=False):
    a, n1, c, n2 = (np.array(column) for column in zip(*rows, strict=True))
    if flip:
        a, c = n1 - a, n2 - c
    if swap:
        a, n1, c, n2 = c, n2, a, n1
    assume(a.sum() > 0 and c.sum() > 0)
    try:
        return stats.glmm("OR", model=model, ai=a, n1i=n1, ci=c, n2i=n2)
    except stats.NotConverged:
        assume(False)


@slow
@given(tables, st.sampled_from(["UM.FS", "UM.RS", "CM.EL"]))
def test_other_outcome_and_other_group_flip_the_sign(rows, model):
    one = odds_ratio(rows, model)
    for other in (odds_ratio(rows, model, flip=True), odds_ratio(rows, model, swap=True)):
        assert other.estimate == pytest.approx(-one.estimate, abs=1e-5)
        assert other.se == pytest.approx(one.se, rel=1e-4)
        assert other.tau2 == pytest.approx(one.tau2, abs=1e-4, rel=1e-4)
        assert other.loglik == pytest.approx(one.loglik, abs=1e-7)


@slow
@given(tables, st.sampled_from(["UM.FS", "CM.EL", "CM.AL"]), st.randoms())
def test_order_does_not_matter(rows, model, random):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    one, other = odds_ratio(rows, model), odds_ratio(shuffled, model)
    assert other.estimate == pytest.approx(one.estimate, abs=1e-6)
    assert other.q_lrt == pytest.approx(one.q_lrt, abs=1e-6)


@slow
@given(tables)
def test_random_effects_never_fit_worse(rows):
    a, n1, c, n2 = (np.array(column) for column in zip(*rows, strict=True))
    assume(a.sum() > 0 and c.sum() > 0)
    try:
        random = stats.glmm("OR", ai=a, n1i=n1, ci=c, n2i=n2)
    except stats.NotConverged:
        assume(False)
    common = stats.glmm("OR", ai=a, n1i=n1, ci=c, n2i=n2, method="CE")
    assert random.loglik >= common.loglik - 1e-9
    assert random.q_lrt == pytest.approx(common.q_lrt, abs=1e-7)


def test_moderators_on_another_scale():
    measure, columns = pinned("bcg_OR")
    latitude = np.array([44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33])
    one = stats.glmm(measure, moderators={"ablat": latitude}, **columns)
    other = stats.glmm(measure, moderators={"ablat": 1000 * latitude + 5e5}, **columns)
    assert other.coefficients[1] * 1000 == pytest.approx(one.coefficients[1], rel=1e-6)
    assert other.se[1] * 1000 == pytest.approx(one.se[1], rel=1e-6)
    assert other.qm == pytest.approx(one.qm, rel=1e-6)
    assert one.qm == pytest.approx(one.stat[1] ** 2)


# ---------------------------------------------------------------- edges and refusals


def test_left_out_studies_are_named():
    result = stats.glmm(
        "OR", ai=[1, 0, None, 4], n1i=[20, 20, 20, 30], ci=[3, 0, 2, 5], n2i=[20, 20, 20, 30], slab="ABCD"
    )
    assert result.k == 2
    assert result.slab == ("A", "D")
    assert [(d.label, d.reason) for d in result.dropped] == [
        ("B", "No events, or nothing but events, in both groups."),
        ("C", "ai is missing."),
    ]


def test_double_zero_studies_inform_the_model_with_random_study_effects():
    columns = {"ai": [1, 0, 2, 4], "n1i": [20, 50, 20, 30], "ci": [3, 0, 5, 5], "n2i": [20, 50, 20, 30]}
    without = stats.glmm("OR", model="UM.RS", **columns)
    having = stats.glmm("OR", model="UM.RS", drop00=False, **columns)
    assert (without.k, having.k) == (3, 4)
    assert having.sigma2 > without.sigma2


def test_one_study_has_no_variance_between():
    result = stats.glmm("PLO", xi=[3], ni=[10])
    assert (result.tau2, result.tau2_method, result.k) == (0.0, "CE", 1)
    assert result.estimate == pytest.approx(math.log(3 / 7))
    assert "taken as 0" in result.notes[0]


def test_infinite_own_effects_come_with_a_note():
    measure, columns = pinned("nielweise2007_OR")
    result = stats.glmm(measure, **columns)
    assert "5 of 17 studies have an infinite effect" in result.notes[0]


def test_a_variance_without_bound_is_refused():
    with pytest.raises(stats.NotConverged, match=r"without bound|do not determine|too sparse"):
        stats.glmm("IRR", model="CM.EL", x1i=[0, 9], t1i=[10, 10], x2i=[9, 0], t2i=[10, 10])


@pytest.mark.parametrize("model", ["UM.FS", "UM.RS", "CM.EL", "CM.AL"])
def test_no_event_in_a_group_is_refused(model):
    with pytest.raises(stats.InvalidValue, match="no event in group 1 of any study"):
        stats.glmm("OR", model=model, ai=[0, 0, 0], n1i=[10, 20, 30], ci=[2, 1, 4], n2i=[10, 20, 30])


@pytest.mark.parametrize(
    ("measure", "columns", "error", "words"),
    [
        ("OR", {"ai": [0, 0], "n1i": [9, 9], "ci": [0, 0], "n2i": [9, 9]}, stats.NoStudies, "nothing to fit"),
        ("OR", {"ai": [1.5], "n1i": [9], "ci": [1], "n2i": [9]}, stats.InvalidValue, "whole number"),
        (
            "OR",
            {"ai": [10], "n1i": [9], "ci": [1], "n2i": [9]},
            stats.InvalidValue,
            "more events than people",
        ),
        ("PLO", {"xi": [3, 4], "ni": [3, 4]}, stats.InvalidValue, "no one without an event in any study"),
        ("SMD", {}, stats.UnknownOption, "Use pool"),
        ("OR", {"ai": [1]}, stats.MissingColumns, "needs the columns"),
        ("OR", {"model": "XY"}, stats.UnknownOption, "no model 'XY'"),
        ("IRR", {"model": "CM.AL"}, stats.UnknownOption, "no model 'CM.AL'"),
        ("OR", {"method": "REML"}, stats.UnknownOption, "fitted by ML"),
        ("OR", {"test": "knha"}, stats.UnknownOption, "choose z or t"),
        ("OR", {"points": 0}, stats.UnknownOption, "whole number"),
    ],
)
def test_refusals(measure, columns, error, words):
    with pytest.raises(error, match=words):
        stats.glmm(measure, **columns)


def test_moderators_that_repeat_one_another_are_refused():
    columns = {"xi": [3, 4, 5, 2], "ni": [10, 10, 20, 30]}
    with pytest.raises(stats.RankDeficient, match="repeat one another"):
        stats.glmm("PLO", moderators={"a": [1, 2, 3, 4], "b": [2, 4, 6, 8]}, **columns)


def test_result_is_fit_for_json():
    result = stats.glmm("PLO", xi=[3, 4, 5, 2], ni=[10, 10, 20, 30])
    keys = json.loads(json.dumps(result.to_dict()))
    assert set(stats.Pooled.KEYS) <= set(keys)
    assert {"q_lrt", "loglik", "aic", "model", "points"} <= set(keys)
    assert stats.natural_scale(result)["estimate"] == pytest.approx(1 / (1 + math.exp(-result.estimate)))
