"""GOSH, the graphical overview of study heterogeneity: every subset of the studies pooled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.stats.batch import fit_many
from analysis.stats.errors import UnknownOption
from analysis.stats.pooling import need_studies
from analysis.stats.results import Effects, Result
from analysis.stats.tau2 import Estimator

#: As many subsets as are fitted when nothing is said: all of 19 studies, a sample of more.
MOST = 1_000_000
STEP = 1 << 15  # subsets at a time


@dataclass(frozen=True, eq=False)
class Gosh(Result):
    """One value per subset: arrays of shape (subsets,), named as in `Pooled`.

    `packed`: which studies each subset holds, (subsets, bytes) of bits: bit j of a row, counted from the lowest bit
    of the first byte, is study j of `slab`. `exact`: all subsets, not a sample."""

    packed: np.ndarray
    k: np.ndarray
    estimate: np.ndarray
    tau2: np.ndarray
    i2: np.ndarray
    h2: np.ndarray
    q: np.ndarray
    slab: tuple[str, ...]
    measure: str
    tau2_method: str
    exact: bool
    seed: int | None

    def __len__(self) -> int:
        return len(self.estimate)

    @property
    def code(self) -> np.ndarray:
        """The subsets as numbers, 2^j for study j; for at most 63 studies."""
        if len(self.slab) > 63:
            raise UnknownOption("Subsets of more than 63 studies have no number; see `members`.")
        wide = np.zeros((len(self.packed), 8), dtype=np.uint8)
        wide[:, : self.packed.shape[1]] = self.packed
        return wide.view("<u8").ravel().astype(np.int64)

    def members(self, subsets: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Which studies are in, a mask of shape (subsets, studies); all subsets, or those asked for."""
        bits = np.unpackbits(self.packed[subsets], axis=1, count=len(self.slab), bitorder="little")
        return bits.astype(bool)


def gosh(
    effects: Effects, *, tau2: str | Estimator = "REML", subsets: int | None = None, seed: int = 0
) -> Gosh:
    """Pool every subset of the usable studies, or a random sample of the subsets.

    With k studies there are 2^k - 1 subsets, those of one study (its own effect, tau2 = 0) among them. `subsets`:
    how many to draw at random, each equally likely, with replacement, from `seed`; all are taken when there are
    no more than that. Default: all when they are at most a million, otherwise a million drawn. All come in the
    order of their `code`; a sample, in the order drawn.

    `h2` is Q/df with a common effect and with DL, below 1 too, as metafor's `gosh` has it; otherwise that of `pool`.

    Errors: `TooFewStudies` below 2, `UnknownOption`, those of `pool`.
    Source: Olkin, Dahabreh & Trikalinos 2012, doi 10.1002/jrsm.1053. metafor: `gosh(rma(...), subsets=)`, which takes
    each study with probability 1/2."""
    yi, vi = need_studies(effects, 2, "Subsets need")
    if subsets is not None and subsets < 1:
        raise UnknownOption(f"{subsets} subsets cannot be drawn; give a number of 1 or more.")
    k = len(yi)
    wanted = MOST if subsets is None else int(subsets)
    exact = 2**k - 1 <= wanted
    packed = _all(k) if exact else _drawn(k, wanted, seed)
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("k", "estimate", "tau2", "i2", "h2", "q")}
    method = ""
    for begin in range(0, len(packed), STEP):
        mask = np.unpackbits(packed[begin : begin + STEP], axis=1, count=k, bitorder="little")
        batch = fit_many(yi, vi, tau2=tau2, mask=mask)
        method = batch.tau2_method
        for name, parts in found.items():
            parts.append(getattr(batch, name))
    columns = {name: np.concatenate(parts) for name, parts in found.items()}
    if method == "DL":
        columns["h2"] = np.divide(
            columns["q"], columns["k"] - 1.0, out=np.ones(len(packed)), where=columns["k"] > 1
        )
    for array in (packed, *columns.values()):
        array.setflags(write=False)
    return Gosh(
        packed,
        **columns,
        slab=tuple(label for label, kept in zip(effects.slab, effects.usable, strict=True) if kept),
        measure=effects.measure,
        tau2_method=method,
        exact=exact,
        seed=None if exact else seed,
    )


def _all(k: int) -> np.ndarray:
    codes = np.arange(1, 2**k, dtype="<u8")
    return codes.view(np.uint8).reshape(-1, 8)[:, : (k + 7) // 8].copy()


def _drawn(k: int, wanted: int, seed: int) -> np.ndarray:
    """Non-empty subsets, each equally likely."""
    generator = np.random.default_rng(seed)
    width = (k + 7) // 8
    packed = generator.integers(0, 256, size=(wanted, width), dtype=np.uint8)
    packed[:, -1] &= 0xFF >> (8 * width - k)
    while (empty := np.flatnonzero(~packed.any(axis=1))).size:
        packed[empty] = generator.integers(0, 256, size=(empty.size, width), dtype=np.uint8)
        packed[:, -1] &= 0xFF >> (8 * width - k)
    return packed
