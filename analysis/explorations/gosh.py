"""GOSH: the effect and the heterogeneity of every subset of the studies, or of a sample of the subsets.

Olkin, Dahabreh & Trikalinos 2012, doi 10.1002/jrsm.1053. Each subset is pooled with the plan's estimator of tau2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.explorations.base import (
    Data,
    Kind,
    Piece,
    Size,
    Step,
    Work,
    blocks_of,
    counted,
    method_note,
    only,
    whole,
)
from analysis.stats import fit_many

BLOCK = 2048
DEFAULT, MOST = 100_000, 1_000_000
#: Subsets kept as points, for the figure; everything else counts all of them.
POINTS = 2000
BINS = 60
SUBSETS, SAMPLE = 1, 2  # streams of random numbers
#: Means are summed as whole numbers of this part of the range, so that the order of adding does not matter.
GRAIN = float(1 << 40)


def read(snapshot: Data, given: Data) -> dict[str, Any]:
    only(given, ["subsets"])
    return {"subsets": whole(given, "subsets", DEFAULT, 100, MOST, "Subsets")}


def size(work: Work) -> Size:
    k, wanted = work.effects.k, work.settings["subsets"]
    every = 2**k - 1
    if every <= wanted:
        return Size(every, BLOCK, True, f"All {every:,} subsets of {k} studies.")
    many = f"{every:,}" if k <= 40 else f"2^{k}"
    return Size(wanted, BLOCK, False, f"{wanted:,} of the {many} subsets of {k} studies, drawn at random.")


def do(work: Work, piece: Piece, step: Step) -> dict[str, Any]:
    effects, told = work.effects, size(work)
    low, high = _range(work)
    k = effects.k
    sums = {name: np.zeros(k + 1, dtype=object) for name in ("estimate", "i2")}
    counts = np.zeros(k + 1, dtype=np.int64)
    bins, with_bins = np.zeros(BINS, dtype=np.int64), np.zeros((k, BINS), dtype=np.int64)
    i2_bins = np.zeros(BINS, dtype=np.int64)
    above = 0
    points: dict[str, list[Any]] = {"estimate": [], "i2": [], "tau2": [], "k": [], "members": []}
    for block, first, after in blocks_of(told, piece, step):
        mask = _members(work, told, block, first, after)
        fits = fit_many(effects.yi, effects.vi, tau2=work.tau2, mask=mask)
        weights = np.concatenate((np.ones((len(mask), 1), dtype=np.int64), mask.astype(np.int64)), axis=1)
        counts += weights.sum(axis=0)
        parts = {"estimate": (fits.estimate - low) / ((high - low) or 1.0), "i2": fits.i2 / 100.0}
        for name, part in parts.items():
            sums[name] += (np.rint(part * GRAIN).astype(np.int64) @ weights).astype(object)
        bins += counted(fits.estimate, low, high, BINS)
        i2_bins += counted(fits.i2, 0.0, 100.0, BINS)
        for j in range(k):
            with_bins[j] += counted(fits.estimate[mask[:, j]], low, high, BINS)
        above += int((fits.estimate > 0.0).sum())
        _keep(points, work, told, block, mask, fits)
    return {
        "counts": counts.tolist(),
        "sums": {name: [int(value) for value in values] for name, values in sums.items()},
        "bins": bins.tolist(),
        "i2_bins": i2_bins.tolist(),
        "with_bins": with_bins.tolist(),
        "above": above,
        "points": points,
    }


def combine(work: Work, parts: Sequence[Data]) -> dict[str, Any]:
    """What all subsets show, and each study's part in it; ``points`` is a sample for the figure."""
    told = size(work)
    low, high = _range(work)
    counts = np.asarray([part["counts"] for part in parts], dtype=np.int64).sum(axis=0)
    sums = {
        name: [sum(values) for values in zip(*(part["sums"][name] for part in parts), strict=True)]
        for name in ("estimate", "i2")
    }

    def mean(name: str, total: int, number: int) -> float | None:
        if not number:
            return None
        part = total / number / GRAIN
        return low + (high - low) * part if name == "estimate" else 100.0 * part

    every = {name: sums[name][0] for name in sums}
    number = int(counts[0])
    with_bins = np.asarray([part["with_bins"] for part in parts], dtype=np.int64).sum(axis=0)
    studies = []
    for j, row in enumerate(work.rows):
        inside = int(counts[j + 1])
        studies.append(
            {"study": row["study"], "row": row.get("row", row["study_id"]), "with": inside}
            | {f"{name}_with": mean(name, sums[name][j + 1], inside) for name in sums}
            | {
                f"{name}_without": mean(name, every[name] - sums[name][j + 1], number - inside)
                for name in sums
            }
            | {"bins": with_bins[j].tolist()}
        )
    return {
        "subsets": number,
        "planned_subsets": told.units,
        "exact": told.exact,
        "low": low,
        "high": high,
        "estimate": mean("estimate", every["estimate"], number),
        "i2": mean("i2", every["i2"], number),
        "above": sum(part["above"] for part in parts),
        "bins": np.sum([part["bins"] for part in parts], axis=0).tolist(),
        "i2_bins": np.sum([part["i2_bins"] for part in parts], axis=0).tolist(),
        "studies": studies,
        "points": {
            name: [value for part in parts for value in part["points"][name]] for name in parts[0]["points"]
        },
        "tau2_method": work.tau2,
        "measure": work.plan["measure"],
        "notes": method_note(work.plan),
    }


def members_of(text: str, k: int) -> np.ndarray:
    """Which studies a point's subset holds, as a mask: bit j of the bytes written in hexadecimal."""
    bits = np.frombuffer(bytes.fromhex(text), dtype=np.uint8)
    return np.unpackbits(bits, count=k, bitorder="little").astype(bool)


def _range(work: Work) -> tuple[float, float]:
    """A pooled effect lies between the least and the greatest effect."""
    return float(work.effects.yi.min()), float(work.effects.yi.max())


def _members(work: Work, told: Size, block: int, first: int, after: int) -> np.ndarray:
    """The subsets of a block as a mask (subsets, studies): by their number when all are taken, else drawn."""
    k = work.effects.k
    if told.exact:
        codes = np.arange(first + 1, after + 1, dtype=np.int64)
        return ((codes[:, None] >> np.arange(k)) & 1).astype(bool)
    generator = work.generator(SUBSETS, block)
    mask = generator.integers(0, 2, size=(after - first, k), dtype=np.int8).astype(bool)
    while (empty := np.flatnonzero(~mask.any(axis=1))).size:
        mask[empty] = generator.integers(0, 2, size=(empty.size, k), dtype=np.int8).astype(bool)
    return mask


def _keep(
    points: dict[str, list[Any]], work: Work, told: Size, block: int, mask: np.ndarray, fits: Any
) -> None:
    """A sample of the block's subsets, its share of POINTS; all when there are no more than that."""
    if told.units <= POINTS:
        chosen = np.arange(len(mask))
    else:
        share = max(1, round(POINTS * len(mask) / told.units))
        chosen = np.sort(work.generator(SAMPLE, block).choice(len(mask), size=share, replace=False))
    for name in ("estimate", "i2", "tau2", "k"):
        points[name] += getattr(fits, name)[chosen].tolist()
    packed = np.packbits(mask[chosen], axis=1, bitorder="little")
    points["members"] += [bytes(row).hex() for row in packed]


KIND = Kind(
    key="gosh",
    title="GOSH: every subset of the studies",
    about="Pools every subset of the studies and shows effect against heterogeneity: separate clouds, or a cloud "
    "that parts with one study in or out, mean that the result hangs on that study or on a group of studies.",
    limits="Subsets overlap, so the cloud is no distribution of the effect and gives no p value. A study found "
    "here to be unlike the others is no reason to leave it out.",
    what="GOSH",
    least=3,
    read=read,
    size=size,
    do=do,
    combine=combine,
)
