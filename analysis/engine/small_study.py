"""Small-study effects: the test that suits the measure, those the plan names, and trim and fill."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from analysis import stats
from analysis.engine.base import Data, or_reason
from analysis.engine.methods import has_tau2
from analysis.intake import people, stats_name
from analysis.stats import StatsError
from analysis.stats.proposal import TWO_GROUPS
from analysis.stats.results import plain

MINIMUM = 10
AUTO = "auto"
TEST_NAMES = {
    "egger": "Egger's regression test",
    "begg": "Begg and Mazumdar's rank test",
    "thompson-sharp": "Thompson and Sharp's regression test",
    "harbord": "Harbord's score test",
    "peters": "Peters' regression test",
    "macaskill": "Macaskill's regression test",
    "rucker": "Rücker's arcsine test",
    "schwarzer": "Schwarzer's rank test of counts",
    "deeks": "Deeks' regression test",
    "pustejovsky-rodgers": "Pustejovsky and Rodgers' regression test",
}
RANKS = ("begg", "schwarzer")
#: Tests that read the 2x2 tables themselves.
ON_TABLES = ("harbord", "peters", "macaskill", "rucker", "schwarzer")
CHOSEN = "Chosen in the plan."
NO_SIZES = (
    "The size of some studies is not known, so the standard error is used; it depends on the effect with this "
    "measure, and a small p may come from that alone."
)


def small_study(data: Data) -> dict[str, Any]:
    """``{"tests": [...], "proposed": key}``: the plan's tests, or the one proposed for the measure."""
    if fault := too_few(data):
        return {"reason": fault}
    proposal = _proposal(data)
    wanted = [key for key in data.plan.get("small_study_tests") or [AUTO] if key != AUTO]
    if len(wanted) < len(data.plan.get("small_study_tests") or [AUTO]):
        wanted.insert(0, proposal.test)
    tests = []
    for key in dict.fromkeys(wanted):
        options = proposal.options if key == proposal.test else {}
        why = proposal.reason if key == proposal.test else CHOSEN
        tests.append(_tested(data, key, options) | {"why": why})
    return {"tests": tests, "proposed": proposal.test, "why": proposal.reason}


def too_few(data: Data) -> str:
    """Why there is no test; "" from ten studies on."""
    if data.effects.k >= MINIMUM:
        return ""
    return (
        f"Tests for small-study effects need at least {MINIMUM} studies; there are {data.effects.k} (Cochrane "
        "Handbook, 13.3.5.4)."
    )


def egger(data: Data) -> dict[str, Any]:
    """Egger's test in a random-effects regression on the standard error, as always shown."""
    if fault := too_few(data):
        return {"reason": fault}
    return stats.egger(data.effects, model="rma", tau2="REML").to_dict()


def begg(data: Data) -> dict[str, Any]:
    if fault := too_few(data):
        return {"reason": fault}
    return stats.begg(data.effects).to_dict()


def trim_and_fill(data: Data) -> dict[str, Any]:
    """The funnel made symmetric by mirror images, and the effect with them."""
    if not data.is_inverse_variance:
        raise StatsError(
            "Trim and fill is defined for inverse-variance pooling; see it in a plan with that method."
        )
    found = stats.trim_and_fill(
        data.effects, tau2=data.plan["tau2_method"], test=data.plan["test"], level=data.level
    )
    return {
        "estimator": found.estimator,
        "side": found.side,
        "k0": found.k0,
        "se_k0": plain(found.se_k0),
        "observed": found.observed.to_dict(),
        "pooled": found.pooled.to_dict(),
        "filled": [
            {"label": label, "yi": plain(yi), "sei": plain(vi**0.5)}
            for label, yi, vi in zip(
                found.effects.slab[-found.k0 :], found.filled_yi, found.filled_vi, strict=True
            )
        ]
        if found.k0
        else [],
        "notes": list(found.notes),
    }


def _proposal(data: Data) -> stats.Proposal:
    name = stats_name(data.measure)
    tables = bool(_tables(data)) if name in TWO_GROUPS else _has_sizes(data)
    tau2 = data.main.tau2 if data.measure in ("OR", "PETO") and has_tau2(data.plan) else None
    found = stats.propose_asymmetry_test(
        name,
        data.effects.k,
        tau2=tau2,
        tables=tables,
        diagnostic=data.measure == "DOR" and bool(_diagnostic(data)),
    )
    if found.options and not _knows_people(data):
        return replace(found, options={}, reason=NO_SIZES)
    return found


def _tested(data: Data, key: str, options: dict[str, Any]) -> dict[str, Any]:
    """A test by its key as numbers, or the reason why it cannot be made on these data."""
    named = {"key": key, "name": TEST_NAMES.get(key, key)}
    return named | or_reason(lambda: _numbers(key, _outcome(data, key, options)))


def _outcome(data: Data, key: str, options: dict[str, Any]) -> Any:
    if key == "egger":
        return stats.egger(data.effects, model="rma", tau2="REML", level=data.level, **options)
    if key == "begg":
        return stats.begg(data.effects)
    if key == "thompson-sharp":
        return stats.thompson_sharp(data.effects, level=data.level)
    if key == "pustejovsky-rodgers":
        if not _has_sizes(data):
            raise StatsError("It needs the size of both groups of every study, and of some it is not known.")
        sizes = {f"n{arm}i": [row[f"n{arm}"] for row in data.rows] for arm in "12"}
        return stats.pustejovsky_rodgers(data.effects, level=data.level, **sizes)
    columns = _diagnostic(data) if key == "deeks" else _tables(data) if key in ON_TABLES else {}
    if not columns:
        what = "the table of a diagnostic test" if key == "deeks" else "the events of both groups"
        raise StatsError(f"It needs {what} of every study, and not every study here gives them.")
    test: Callable[..., Any] = stats.ASYMMETRY_TESTS[key]
    return test(**columns) if key == "schwarzer" else test(level=data.level, **columns)


def _numbers(key: str, found: Any) -> dict[str, Any]:
    if not math.isfinite(found.pval):
        raise StatsError("It is not defined for these studies, which are all of the same precision.")
    if key == "begg":
        return {
            "stat": plain(found.tau),
            "statistic": "tau",
            "df": None,
            "pval": plain(found.pval),
            "k": found.k,
        }
    told = {
        "stat": plain(found.stat),
        "statistic": "z" if found.df is None else "t",
        "df": found.df,
        "pval": plain(found.pval),
        "predictor": found.predictor,
        "k": found.k,
    }
    if key in RANKS:
        return told | {"tau": plain(found.slope)}
    return told | {
        "estimate": plain(found.limit),
        "ci_low": plain(found.limit_low),
        "ci_high": plain(found.limit_high),
    }


def _tables(data: Data) -> dict[str, Any]:
    """Columns of the 2x2 tables; none unless every study has one."""
    rows = [data.rows[i] for i in data.used.tolist()]
    if any(row["kind"] != "events" for row in rows):
        return {}
    names = {"ai": "events1", "n1i": "n1", "ci": "events2", "n2i": "n2"}
    return {name: [row[field] for row in rows] for name, field in names.items()}


def _diagnostic(data: Data) -> dict[str, Any]:
    """Those with the disease and without: true positives of them, false positives of them."""
    rows = [data.rows[i] for i in data.used.tolist()]
    if any(row["kind"] != "diagnostic" for row in rows):
        return {}
    return {
        "ai": [row["tp"] for row in rows],
        "n1i": [row["tp"] + row["fn"] for row in rows],
        "ci": [row["fp"] for row in rows],
        "n2i": [row["fp"] + row["tn"] for row in rows],
    }


def _knows_people(data: Data) -> bool:
    """Whether the number of people of every study with an effect is known."""
    return all(people(data.rows[i]) for i in data.used.tolist())


def _has_sizes(data: Data) -> bool:
    """Whether the size of both groups is known of every study that has an effect."""
    return all(data.rows[i].get("n1") and data.rows[i].get("n2") for i in data.used.tolist())
