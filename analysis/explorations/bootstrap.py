"""Bootstrap intervals of the pooled effect and of tau2, by two schemes.

Nonparametric: k studies drawn with replacement, each with its effect and variance. Parametric: new effects drawn from
the fitted model, y* ~ N(mu, vi + tau2). The intervals are the percentiles of the refitted values (Efron & Tibshirani
1993, chapter 13; Viechtbauer 2007, doi 10.1002/sim.2514, for tau2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.explorations.base import (
    BadChoice,
    Data,
    Kind,
    Piece,
    Size,
    Step,
    Work,
    blocks_of,
    counted,
    method_note,
    names,
    only,
    whole,
)
from analysis.stats import fit_many, pool

BLOCK = 250
DEFAULT, MOST = 2000, 20_000
BINS = 60
SCHEMES = {
    "nonparametric": "Studies drawn with replacement",
    "parametric": "Effects drawn from the fitted model",
}
STREAMS = {"nonparametric": 11, "parametric": 12}


def read(snapshot: Data, given: Data) -> dict[str, Any]:
    only(given, ["replicates", "schemes"])
    schemes = names(given.get("schemes") or list(SCHEMES), "schemes", "Schemes")
    if unknown := [name for name in schemes if name not in SCHEMES]:
        raise BadChoice(f"There is no scheme '{unknown[0]}'; choose among {', '.join(SCHEMES)}.", "schemes")
    return {
        "replicates": whole(given, "replicates", DEFAULT, 200, MOST, "Replicates"),
        "schemes": [name for name in SCHEMES if name in schemes],
    }


def size(work: Work) -> Size:
    """One unit is a replicate by every scheme."""
    replicates, schemes = work.settings["replicates"], work.settings["schemes"]
    by = " and as many by the other scheme" if len(schemes) == 2 else ""
    return Size(replicates, BLOCK, False, f"{replicates:,} replicates of {work.effects.k} studies{by}.")


def do(work: Work, piece: Piece, step: Step) -> dict[str, Any]:
    fit = pool(work.effects, tau2=work.tau2, test="z")
    found: dict[str, dict[str, list[float]]] = {
        scheme: {"estimate": [], "tau2": []} for scheme in work.settings["schemes"]
    }
    for block, first, after in blocks_of(size(work), piece, step):
        for scheme, values in found.items():
            yi, vi = _drawn(work, scheme, block, after - first, fit)
            fits = fit_many(yi, vi, tau2=work.tau2)
            values["estimate"] += fits.estimate.tolist()
            values["tau2"] += fits.tau2.tolist()
    return found


def combine(work: Work, parts: Sequence[Data]) -> dict[str, Any]:
    fit = pool(work.effects, tau2=work.tau2, test=work.plan["test"], level=work.plan["level"] / 100)
    schemes = []
    for scheme in work.settings["schemes"]:
        values = {
            name: np.concatenate([np.asarray(part[scheme][name]) for part in parts])
            for name in ("estimate", "tau2")
        }
        about = {
            name: _described(of, fitted, work.plan["level"])
            for (name, of), fitted in zip(values.items(), (fit.estimate, fit.tau2), strict=True)
        }
        schemes.append(
            {"scheme": scheme, "label": SCHEMES[scheme], "replicates": len(values["estimate"]), **about}
            | {"tau2_zero": int((values["tau2"] <= 0.0).sum())}
        )
    return {
        "replicates": schemes[0]["replicates"],
        "planned_replicates": work.settings["replicates"],
        "schemes": schemes,
        "planned": {
            name: getattr(fit, name) for name in ("estimate", "ci_low", "ci_high", "tau2", "test", "k")
        },
        "tau2_method": work.tau2,
        "measure": work.plan["measure"],
        "level": work.plan["level"],
        "notes": method_note(work.plan),
    }


def _drawn(work: Work, scheme: str, block: int, count: int, fit: Any) -> tuple[np.ndarray, np.ndarray]:
    yi, vi = work.effects.yi, work.effects.vi
    generator = work.generator(STREAMS[scheme], block)
    if scheme == "nonparametric":
        chosen = generator.integers(0, len(yi), size=(count, len(yi)))
        return yi[chosen], vi[chosen]
    noise = generator.standard_normal(size=(count, len(yi)))
    return fit.estimate + noise * np.sqrt(vi + fit.tau2), np.broadcast_to(vi, noise.shape)


def _described(values: np.ndarray, fitted: float, level: float) -> dict[str, Any]:
    tail = (1.0 - level / 100.0) / 2.0
    low, high = np.quantile(values, [tail, 1.0 - tail]).tolist()
    least, most = float(values.min()), float(values.max())
    return {
        "ci_low": low,
        "ci_high": high,
        "se": float(values.std(ddof=1)),
        "bias": float(values.mean() - fitted),
        "low": least,
        "high": most,
        "bins": counted(values, least, most, BINS).tolist(),
    }


KIND = Kind(
    key="bootstrap",
    title="Bootstrap intervals",
    about="Draws the studies again and again, with replacement, or their effects from the fitted model, and pools "
    "each draw: intervals that lean less on the normal distribution.",
    limits="With few studies the percentile intervals are too narrow, most of all those of studies drawn with "
    "replacement; they are to be read beside the planned interval, not in its place.",
    what="A bootstrap",
    least=4,
    read=read,
    size=size,
    do=do,
    combine=combine,
)
