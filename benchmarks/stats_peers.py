"""Times PyMARE, statsmodels and PyMetaAnalysis; for the environment in which they are installed. See stats.py.

    PEERS/bin/python benchmarks/stats_peers.py FOLDER

The last line printed is JSON: CPU seconds per tool and row, and what was found."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")


def least(work: Callable[[], object], *, times: int = 1, rounds: int = 3) -> float:
    work()
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - begun) / times)
    return best


def subsets(k: int) -> list[np.ndarray]:
    codes = np.arange(1, 2**k)
    return list(((codes[:, None] >> np.arange(k)) & 1).astype(bool))


def statsmodels(one: np.ndarray, many: np.ndarray, large: np.ndarray) -> tuple[dict, dict]:
    """`combine_effects`, Paule-Mandel, with the Knapp-Hartung interval it computes besides."""
    from statsmodels.stats.meta_analysis import combine_effects

    def fit(y: np.ndarray, v: np.ndarray) -> float:
        found = combine_effects(y, v, method_re="iterated", use_t=True)
        return float(found.tau2) + 0.0 * float(found.sd_eff_w_re_hksj)

    y, v = one[:, 0], one[:, 1]
    every = subsets(13)
    seconds = {
        "one": least(lambda: fit(y, v), times=100, rounds=5),
        "many": 10.0 * least(lambda: [fit(row[:20], row[20:]) for row in many[:1000]], rounds=2),
        "large": least(lambda: fit(large[:, 0], large[:, 1]), times=10, rounds=5),
        "gosh": least(lambda: [fit(y[s], v[s]) for s in every if s.sum() > 1], rounds=1),
    }
    return seconds, {}


def pymare(one: np.ndarray, many: np.ndarray, large: np.ndarray) -> tuple[dict, dict]:
    """`VarianceBasedLikelihoodEstimator("REML")`, Knapp-Hartung; sets of one size at once."""
    from pymare import Dataset
    from pymare.estimators import VarianceBasedLikelihoodEstimator

    def fit(y: np.ndarray, v: np.ndarray, x: np.ndarray | None = None) -> tuple[object, list, list]:
        data = Dataset(y, v, X=x, add_intercept=True)
        result = VarianceBasedLikelihoodEstimator(method="REML").fit_dataset(data).summary()
        se = np.atleast_2d(result.get_fe_stats()["se"])[0]
        return result, np.ravel(result.tau2).tolist(), se.tolist()

    def fit_subsets() -> list[float]:
        tau2 = np.zeros(2**13)
        for group in by_size.values():
            tau2[np.sum(2**group, axis=1)] = fit(y[group].T, v[group].T)[1]
        return tau2[1:].tolist()

    y, v, x = one[:, 0], one[:, 1], one[:, 2:]
    many_y, many_v = many[:, :20].T.copy(), many[:, 20:].T.copy()
    by_size = {n: np.array([np.flatnonzero(s) for s in subsets(13) if s.sum() == n]) for n in range(2, 14)}
    _, tau2, se = fit(many_y, many_v)
    found = {"one": [fit(y, v)[1][0], fit(y, v)[2][0]], "many": [tau2[:100], se[:100]], "gosh": fit_subsets()}
    seconds = {
        "one": least(lambda: fit(y, v), times=20, rounds=5),
        "many": least(lambda: fit(many_y, many_v), rounds=5),
        "large": least(lambda: fit(large[:, 0], large[:, 1])),
        "permutations": least(lambda: fit(y, v)[0].permutation_test(n_perm=1000), rounds=5),
        "moderator": least(lambda: fit(y, v, x)[0].permutation_test(n_perm=1000), rounds=5),
        "gosh": least(fit_subsets),
        "regress": least(lambda: fit(y, v, x), times=20, rounds=3),
    }
    return seconds, found


def pymetaanalysis(one: np.ndarray, many: np.ndarray, large: np.ndarray) -> tuple[dict, dict]:
    """`meta_analysis(...)` with REML and Hartung-Knapp."""
    import meta_analyze as ma

    def fit(y: np.ndarray, v: np.ndarray) -> object:
        return ma.meta_analysis(effect=y, variance=v, model="random", tau2_method="REML", ci_method="HK")

    y, v = one[:, 0], one[:, 1]
    whole = fit(y, v)
    found = {"one": [float(whole.tau2)], "many": [[float(fit(r[:20], r[20:]).tau2) for r in many[:100]]]}
    seconds = {
        "one": least(lambda: fit(y, v), times=10),
        "many": 100.0 * least(lambda: [fit(row[:20], row[20:]) for row in many[:100]], rounds=1),
        "large": least(lambda: fit(large[:, 0], large[:, 1]), rounds=2),
        "leave_one_out": least(lambda: whole.leave_one_out(), times=3),
    }
    return seconds, found


TOOLS = {"PyMARE": pymare, "statsmodels": statsmodels, "PyMetaAnalysis": pymetaanalysis}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    data = [np.loadtxt(folder / f"{name}.csv", delimiter=",") for name in ("one", "many", "large")]
    out: dict[str, dict] = {"tools": {}, "found": {}, "versions": {}}
    for name, measure in TOOLS.items():
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                out["tools"][name], result = measure(*data)
        except Exception as error:  # a peer that fails leaves a gap in the table, not an end to the run
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        out["versions"][name] = importlib.metadata.version(name)
        if result:
            out["found"][name] = result
    print(json.dumps(out))
