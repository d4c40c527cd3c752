"""Conversions: published numbers, examples by hand, ways there and back, and nonsense that is refused."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from math import exp, isclose, log, pi, sqrt
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extraction.conversions import (
    CONVERSIONS,
    BadInput,
    ConversionError,
    MissingInput,
    NoResult,
    UnknownConversion,
    UnknownInput,
    convert,
    suggest,
)

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "reference" / "conversions.json"
PINNED = json.loads((Path(__file__).parent / "reference" / "conversions.json").read_text(encoding="utf-8"))
ENTRIES = json.loads(SHARED.read_text(encoding="utf-8"))["entries"] if SHARED.exists() else []
#: Entries of the shared file whose name is an example rather than a formula.
EXAMPLES = {
    "change.corr_exp": "change.corr",
    "change.corr_ctl": "change.corr",
    "change.sd_imputed": "change.sd",
    "change.crossover_handbook": "change.crossover",
    "combine.three_sequential": "combine.several",
    "cluster.handbook_example": "cluster.dichotomous",
}


def key_of(entry_id: str) -> str:
    """The conversion that an entry of the shared file is an example of."""
    if entry_id in CONVERSIONS:
        return entry_id
    stem = EXAMPLES.get(entry_id) or re.sub(r"_\d+$", "", entry_id)
    return stem.split("_")[0] if stem.startswith("agreement.") else stem


def near(got, expected, rel, absolute):
    if isinstance(expected, dict):
        return all(near(got[name], value, rel, absolute) for name, value in expected.items())
    if isinstance(expected, list):
        return len(got) == len(expected) and all(
            near(a, b, rel, absolute) for a, b in zip(got, expected, strict=True)
        )
    if expected is None or isinstance(expected, str):
        return got == expected
    return isclose(got, expected, rel_tol=rel, abs_tol=absolute)


def wrong(entry) -> dict:
    """Output: (got, expected), for what an entry expects and does not get."""
    expected = dict(entry["expected"])
    got = dict(convert(key_of(entry["id"]), **entry["inputs"]).values)
    if "se_md_if_sd_diff_2" in expected:  # the Handbook's example goes on with another conversion
        got["se_md_if_sd_diff_2"] = convert("change.paired_se_from_sd", sd_diff=2, n=entry["inputs"]["n"])[
            "se"
        ]
    rel, absolute = entry["rel_tol"], entry["abs_tol"]
    return {k: (got.get(k), v) for k, v in expected.items() if not near(got.get(k), v, rel, absolute)}


@pytest.mark.parametrize("entry", PINNED["entries"], ids=lambda entry: entry["id"])
def test_pinned_numbers(entry):
    assert wrong(entry) == {}


@pytest.mark.skipif(not ENTRIES, reason="../shared/reference/conversions.json is not here")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_shared_numbers(entry):
    assert wrong(entry) == {}


def test_every_conversion_has_a_pinned_number():
    by_hand = {
        "change.paired_se_from_sd",
        "ratio.se_from_p_diff",
        "combine.split_means",
        "combine.split_events",
        "es.t_to_g",
        "es.p_to_g",
        "es.F_to_g",
    }
    assert {key_of(entry["id"]) for entry in PINNED["entries"]} | by_hand == set(CONVERSIONS)


# Examples to be done by hand.


@pytest.mark.parametrize(
    ("key", "inputs", "output", "by_hand"),
    [
        ("sd.from_se", {"se": 2, "n": 25}, "sd", 10),
        ("sd.pooled_from_t_md", {"md": 6, "t": -2, "n1": 8, "n2": 8}, "sd", 6),
        ("sd.from_F_two_groups", {"md": -6, "F": 4, "n1": 8, "n2": 8}, "sd", 6),
        ("sd.range_over_4", {"min": -4, "max": 4}, "sd", 2),
        ("combine.two", {"n1": 1, "mean1": 0, "sd1": 0, "n2": 1, "mean2": 2, "sd2": 0}, "sd", sqrt(2)),
        ("change.sd", {"sd_baseline": 3, "sd_final": 4, "corr": 0}, "sd_change", 5),
        ("change.sd", {"sd_baseline": 4, "sd_final": 4, "corr": 1}, "sd_change", 0),
        ("change.paired_se_from_sd", {"sd_diff": 8, "n": 16}, "se", 2),
        ("ratio.se_from_p_diff", {"estimate": -1.959963984540054, "p": 0.05}, "se", 1),
        # df = 2: J = Gamma(1) / Gamma(1/2) = 1 / sqrt(pi), d = t
        ("es.t_to_g", {"t": 2, "n1": 2, "n2": 2}, "g", 2 / sqrt(pi)),
        ("es.t_to_g", {"t": 2, "n1": 2, "n2": 2}, "se", sqrt(1 + 1 / (2 * pi))),
        ("es.F_to_g", {"F": 4, "n1": 2, "n2": 2, "sign": -1}, "g", -2 / sqrt(pi)),
        # two degrees of freedom: p = 1 - t / sqrt(t^2 + 2)
        ("es.p_to_g", {"p": 1 - 2 / sqrt(6), "n1": 2, "n2": 2}, "g", 2 / sqrt(pi)),
        ("combine.split_means", {"n": 41, "k": 2}, "n", 21),
        ("combine.split_means", {"n": 41, "k": 2, "part": 2}, "n", 20),
        ("combine.split_events", {"events": 5, "n": 40, "k": 3, "part": 3}, "events", 1),
        ("combine.split_events", {"events": 5, "n": 40, "k": 3, "part": 2}, "events", 2),
        ("combine.split_events", {"events": 5, "n": 40, "k": 3, "part": 1}, "n", 14),
        ("es.or_to_rr", {"or": 1, "p0": 0.3}, "rr", 1),
        ("es.rr_to_or", {"rr": 0.5, "p0": 0.5}, "or", 1 / 3),
        ("es.logor_to_d", {"log_or": pi, "var": pi**2}, "d", sqrt(3)),
        ("es.eta2_to_d_two_groups", {"eta2": 0.5, "n1": 9, "n2": 9, "sign": -1}, "d", -2),
        ("hr.oe_v", {"observed": 10, "expected": 20, "variance": 10}, "hr", exp(-1)),
        ("hr.V_from_arm_events", {"events1": 20, "events2": 20}, "V", 10),
        ("absolute.from_rr", {"acr": 0.2, "rr": 0.5, "ci_low": 0.25, "ci_high": 1}, "diff_per1000", -100),
        ("absolute.nnt_from_rd", {"rd": -0.1, "ci_low": -0.2, "ci_high": 0.05}, "ci", None),
        ("twobytwo.from_or_margins", {"or": 1, "n1": 10, "n2": 30, "events_total": 8}, "a", 2),
        ("diagnostic.table", {"tp": 5, "fp": 0, "fn": 5, "tn": 10}, "lr_pos", None),
        ("i2.from_q", {"Q": 16, "k": 9}, "I2", 50),
        ("agreement.percent", {"table": [[6, 2], [2, 10]]}, "percent", 80),
    ],
)
def test_by_hand(key, inputs, output, by_hand):
    got = convert(key, **inputs)[output]
    assert got is None if by_hand is None else got == pytest.approx(by_hand, abs=1e-12)


def test_a_table_from_an_extreme_odds_ratio_has_that_odds_ratio():
    got = convert("twobytwo.from_or_margins", or_=0.01, n1=100, n2=5, events_total=50)
    a, b, c, d = (got[cell] for cell in "abcd")
    assert min(a, b, c, d) > 0
    assert a * d / (b * c) == pytest.approx(0.01)


def test_bland_keeps_its_digits_far_from_zero():
    five = {"min": 2, "q1": 5, "median": 8, "q3": 12, "max": 20}
    far = {name: value + 1e9 for name, value in five.items()}
    assert convert("quantile.bland_s2", **far, n=45)["sd"] == pytest.approx(
        convert("quantile.bland_s2", **five, n=45)["sd"], rel=1e-7
    )


def test_quantile_estimation_takes_only_the_normal_below_zero():
    found = convert("quantile.mcgrath_qe_s2", q1=-2, median=0.5, q3=4, n=40)
    assert found["distribution"] == "normal"
    assert set(found["sse"]) == {"normal"}


# The passport of a converted number.


def test_converted_keeps_everything():
    got = convert("sd.from_ci_t", ci_low=30, ci_high=Decimal("34.2"), n=25)
    assert got.converted is True
    assert dict(got.inputs) == {"ci_low": 30.0, "ci_high": 34.2, "n": 25, "level": 0.95}
    assert got.formula == CONVERSIONS["sd.from_ci_t"].formula
    assert got.filled.startswith("sd = sqrt(25) * (34.2 - 30) / (2 * t(0.95; 25 - 1)); mean = ")
    assert got.filled.endswith("Result: sd = 5.08746, mean = 32.1")
    assert got.source.endswith("6.5.2.2 (small samples, t with n - 1 degrees of freedom)")
    assert got["sd"] == pytest.approx(5.087459333135781)
    with pytest.raises(TypeError):
        got.values["sd"] = 1


def test_negative_numbers_are_in_brackets_in_the_formula():
    assert "|(-6) / (-2)|" in convert("sd.pooled_from_t_md", md=-6, t=-2, n1=8, n2=8).filled


@pytest.mark.parametrize("entry", PINNED["entries"], ids=lambda entry: entry["id"])
def test_passports_are_json_and_name_every_output(entry):
    got = convert(key_of(entry["id"]), **entry["inputs"])
    assert json.loads(json.dumps(got.to_dict(), allow_nan=False)) == got.to_dict()
    assert set(got.values) == set(CONVERSIONS[got.key].outputs)


@pytest.mark.parametrize("conversion", CONVERSIONS.values(), ids=CONVERSIONS)
def test_every_conversion_tells_what_it_is(conversion):
    assert conversion.name
    assert conversion.source
    assert all(given.meaning and given.limits for given in conversion.inputs.values())
    if conversion.key == "ratio.se_from_ci_diff":
        return  # the estimate is only compared with its interval
    words = set(re.findall(r"\w+", conversion.formula))
    single = {name for name, given in conversion.inputs.items() if not given.depth and not given.choices}
    if conversion.group in {"sd", "ratio", "change", "es", "hr", "logscale", "cluster"}:
        unnamed = single - words - {"events1", "events2", "n1", "n2"}
        assert not unnamed


def test_an_input_named_like_a_keyword_may_end_in_an_underscore():
    assert (
        convert("es.or_to_rr", or_=0.6, p0=0.3).values == convert("es.or_to_rr", **{"or": 0.6}, p0=0.3).values
    )


# What can be done with what a report gives.


def keys(known):
    return [conversion.key for conversion in suggest(known)]


def test_suggestions():
    assert keys({"se": 0.5, "n": 25}) == ["sd.from_se"]
    assert keys({"se": 0.5, "n": 25, "sd": 2.5}) == []
    assert keys({"se": 0.5, "n": None}) == []
    assert keys({"se": -0.5, "n": 25}) == []
    assert keys({"n": [25, 30], "events": [4, 5]}) == ["combine.dichotomous"]


def test_suggestions_put_the_cautioned_last():
    found = keys({"min": 2, "q1": 5, "median": 8, "q3": 12, "max": 20, "n": 45})
    assert found[0] == "quantile.luo_s2"
    assert found.index("quantile.luo_s1") < found.index("quantile.wan_s2")
    assert found[-1] in {"sd.range_over_4", "sd.iqr_large"}


# There and back.

LIVE = {"allow_nan": False, "allow_infinity": False}
POSITIVE = st.floats(1e-3, 1e4, **LIVE)
PEOPLE = st.integers(2, 5000)
QUICK = settings(max_examples=40, deadline=None)


@QUICK
@given(POSITIVE, PEOPLE)
def test_se_and_back(se, n):
    assert convert("sd.from_se", se=se, n=n)["sd"] / sqrt(n) == pytest.approx(se)


@QUICK
@given(st.floats(-20, 20, **LIVE), POSITIVE)
def test_log_odds_ratio_and_back(log_or, var):
    d = convert("es.logor_to_d", log_or=log_or, var=var)
    back = convert("es.d_to_logor", d=d["d"], var=d["var_d"])
    assert (back["log_or"], back["var_log_or"]) == pytest.approx((log_or, var))


@QUICK
@given(st.floats(0.05, 20, **LIVE), st.floats(0.01, 0.9, **LIVE))
def test_odds_ratio_and_back(ratio, p0):
    rr = convert("es.or_to_rr", or_=ratio, p0=p0)["rr"]
    assert convert("es.rr_to_or", rr=rr, p0=p0)["or"] == pytest.approx(ratio)


@QUICK
@given(POSITIVE, POSITIVE)
def test_log_scale_and_back(mean, sd):
    assume(1e-3 < sd / mean < 100)
    logs = convert("logscale.raw_to_log", mean=mean, sd=sd)
    back = convert("logscale.log_to_raw", mean_log=logs["mean_log"], sd_log=logs["sd_log"])
    assert (back["mean"], back["sd"]) == pytest.approx((mean, sd), rel=1e-6)


@QUICK
@given(POSITIVE, POSITIVE, st.floats(-0.99, 0.99, **LIVE))
def test_correlation_and_back(sd_baseline, sd_final, corr):
    assume(0.01 < sd_baseline / sd_final < 100)
    sds = {"sd_baseline": sd_baseline, "sd_final": sd_final}
    change = convert("change.sd", **sds, corr=corr)["sd_change"]
    assert convert("change.corr", **sds, sd_change=change)["corr"] == pytest.approx(corr, abs=1e-6)


@QUICK
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=12), st.lists(st.integers(-50, 50), min_size=2))
def test_two_groups_as_one_is_what_the_raw_data_give(first, second):
    from statistics import fmean, stdev

    got = convert(
        "combine.two",
        **{"n1": len(first), "mean1": fmean(first), "sd1": stdev(first)},
        **{"n2": len(second), "mean2": fmean(second), "sd2": stdev(second)},
    )
    assert got["n"] == len(first + second)
    assert (got["mean"], got["sd"]) == pytest.approx((fmean(first + second), stdev(first + second)), abs=1e-9)


@QUICK
@given(st.integers(1, 80), st.integers(1, 80), st.integers(1, 80), st.integers(1, 80))
def test_odds_ratio_and_margins_give_the_table_back(a, b, c, d):
    ratio = a * d / (b * c)
    got = convert("twobytwo.from_or_margins", or_=ratio, n1=a + b, n2=c + d, events_total=a + c)
    assert [got[cell] for cell in "abcd"] == pytest.approx([a, b, c, d], abs=1e-6)


@QUICK
@given(POSITIVE, st.floats(0.01, 2, **LIVE), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_ratio_intervals_give_their_standard_error_back(hr, se, level):
    from statistics import NormalDist

    half = NormalDist().inv_cdf(0.5 + level / 2) * se
    limits = {"ci_low": hr * exp(-half), "ci_high": hr * exp(half), "level": level}
    got = convert("hr.from_ci", hr=hr, **limits)
    assert (got["log_hr"], got["se"]) == pytest.approx((log(hr), se), abs=1e-9)
    assert convert("ratio.se_from_ci", estimate=hr, **limits)["se"] == pytest.approx(se)


@QUICK
@given(st.floats(0.5, 50, **LIVE), st.floats(0.1, 0.4, **LIVE))
def test_quantile_estimation_finds_a_log_normal_again(middle, sigma):
    quartile = exp(0.6744897501960817 * sigma)
    got = convert("quantile.mcgrath_qe_s2", q1=middle / quartile, median=middle, q3=middle * quartile, n=99)
    assert got["distribution"] == "log-normal"
    assert got["mean"] == pytest.approx(middle * exp(sigma**2 / 2), rel=1e-4)


# Nonsense is refused, in a sentence that says what and where.


@pytest.mark.parametrize(
    ("key", "inputs", "at_fault", "said"),
    [
        ("sd.from_se", {"se": 1, "n": 1}, "n", "a whole number, 2 or more, not 1"),
        ("sd.from_se", {"se": 1, "n": 2.5}, "n", "whole"),
        ("sd.from_se", {"se": -1, "n": 9}, "se", "above 0"),
        ("sd.from_se", {"se": float("nan"), "n": 9}, "se", "above 0"),
        ("sd.from_se", {"se": "1", "n": 9}, "se", "above 0"),
        ("sd.from_se", {"se": True, "n": 9}, "se", "above 0"),
        ("sd.from_se", {"se": 1, "n": float("inf")}, "n", "whole"),
        ("sd.from_ci_t", {"ci_low": 3, "ci_high": 2, "n": 9}, "ci_low", "must be below the upper limit"),
        ("sd.from_ci_t", {"ci_low": 1, "ci_high": 2, "n": 9, "level": 95}, "level", "below 1"),
        ("sd.pooled_from_p_md", {"md": 1, "p": 0, "n1": 9, "n2": 9}, "p", "above 0, at most 1"),
        ("sd.pooled_from_p_md", {"md": 1, "p": 1.2, "n1": 9, "n2": 9}, "p", "above 0, at most 1"),
        ("sd.pooled_from_p_md", {"md": 1, "p": 1, "n1": 9, "n2": 9}, "p", "leaves the SD open"),
        ("sd.pooled_from_t_md", {"md": 0, "t": 2, "n1": 9, "n2": 9}, "md", "other than 0"),
        ("sd.pooled_from_t_md", {"md": 1, "t": 2, "n1": 1, "n2": 1}, "n1", "3 people or more"),
        (
            "ratio.se_from_ci",
            {"estimate": 3, "ci_low": 1, "ci_high": 2},
            "estimate",
            "outside its confidence",
        ),
        ("ratio.se_from_ci", {"estimate": 1, "ci_low": 0, "ci_high": 2}, "ci_low", "above 0"),
        ("ratio.se_from_p", {"estimate": 1, "p": 0.5}, "estimate", "leaves the SE open"),
        ("combine.two", {"n1": 9, "mean1": 1, "sd1": -2, "n2": 9, "mean2": 1, "sd2": 1}, "sd1", "0 or more"),
        ("combine.several", {"n": [4, 5], "mean": [1, 2, 3], "sd": [1, 2]}, "n", "the same groups"),
        ("combine.dichotomous", {"events": [5, 1], "n": [4, 4]}, "events", "more events than people"),
        ("combine.dichotomous", {"events": [5], "n": [9]}, "events", "a list of 2 or more"),
        ("change.corr", {"sd_baseline": 5, "sd_final": 5, "sd_change": 20}, "sd_change", "cannot be"),
        ("change.sd", {"sd_baseline": 5, "sd_final": 5, "corr": 1.1}, "corr", "from -1 to 1"),
        ("quantile.luo_s3", {"q1": 9, "median": 8, "q3": 12, "n": 40}, "median", "must rise"),
        ("quantile.luo_s3", {"q1": 8, "median": 8, "q3": 8, "n": 40}, "median", "not all be equal"),
        ("quantile.mcgrath_qe_s1", {"min": 1, "median": 2, "max": 3, "n": 4}, "n", "4 people or fewer"),
        ("quantile.mcgrath_qe_s1", {"min": 1, "median": 2, "max": 3, "n": 10**17}, "n", "so large"),
        ("es.fisher_z", {"r": 0.5, "n": 3}, "n", "4 people or more"),
        ("es.chi2_to_phi", {"chi2": 50, "n": 40}, "chi2", "below the number of people"),
        ("es.beta_to_r", {"beta": 0.9}, "beta", "from -0.5 to 0.5"),
        ("es.rr_to_or", {"rr": 3, "p0": 0.5}, "rr", "a risk of 1 or more"),
        ("absolute.from_rr", {"acr": 0.8, "rr": 2, "ci_low": 1, "ci_high": 3}, "acr", "above 1"),
        ("absolute.nnt_from_rd", {"rd": -8, "ci_low": -15, "ci_high": -1}, "ci_low", "in percent"),
        ("hr.from_p_events", {"p": 0.1, "events": 99, "n1": 9, "n2": 9, "sign": 1}, "events", "more events"),
        ("hr.from_p_events_equal", {"p": 0.1, "events": 99, "sign": 0}, "sign", "1 or -1"),
        ("proportion_ci.p", {"x": 5, "n": 4}, "x", "more events (5) than people (4)"),
        ("diagnostic.table", {"tp": 0, "fp": 1, "fn": 0, "tn": 1}, "tp", "no sensitivity"),
        ("agreement.kappa", {"table": [[5, 0], [0, 0]]}, "table", "not defined"),
        (
            "agreement.kappa",
            {"table": [[5, 0], [0, 1]], "weights": "cubic"},
            "weights",
            "one of none, linear",
        ),
        ("agreement.ac1", {"table": [[5, 1, 1], [0, 0, 2]]}, "table", "as many columns as rows"),
        ("agreement.fleiss", {"counts": [[3, 0], [1, 1]], "raters": 3}, "counts", "3 ratings"),
        ("pvalues.stouffer", {"p": [0.5, 1]}, "p", "below 1"),
        ("i2.ci_test_based", {"Q": 1, "k": 2}, "k", "there is no interval"),
    ],
)
def test_bad_input_is_named(key, inputs, at_fault, said):
    with pytest.raises(BadInput, match=re.escape(said)) as caught:
        convert(key, **inputs)
    assert (caught.value.conversion, caught.value.input) == (key, at_fault)
    assert str(caught.value).startswith(key)


def test_other_errors():
    with pytest.raises(UnknownConversion, match=r"docs/conversions\.md"):
        convert("sd.from_hope", n=3)
    with pytest.raises(MissingInput, match=r"needs n \(people in the group\)"):
        convert("sd.from_se", se=2)
    with pytest.raises(UnknownInput, match=r"has no input sd\. Its inputs are se, n"):
        convert("sd.from_se", se=2, n=9, sd=3)
    with pytest.raises(NoResult, match="Check these numbers"):
        convert("logscale.log_to_raw", mean_log=5000, sd_log=1)
    assert issubclass(NoResult, ConversionError)
    assert issubclass(ConversionError, ValueError)


def test_imports_without_django():
    code = "import sys\nsys.modules['django'] = None\nimport extraction.conversions"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_document_has_every_conversion():
    text = (ROOT / "docs" / "conversions.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}
    assert set(rows) == set(CONVERSIONS)
    for key, conversion in CONVERSIONS.items():
        assert conversion.formula.replace("|", "\\|") in rows[key]
        assert conversion.source in rows[key]
        assert all(f"`{name}`" in rows[key] for name in conversion.inputs)
