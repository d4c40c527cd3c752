"""The contrasts of a network, gathered by study and checked: which treatments each study compares, and how
precisely."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analysis.stats.errors import InvalidValue, StatsError, UnknownOption, ZeroVariance
from analysis.stats.results import Effects

#: Contrasts of a multi-arm study may contradict one another by this share of their standard error (rounding).
ROUNDING = 0.05


class Unconnected(StatsError):
    """No study connects some of the treatments with the others."""


@dataclass(frozen=True, eq=False)
class Block:
    """One study: its `treatments` in alphabetical order and `contrasts` {(one, other): (effect, variance)} of all
    pairs in that order; `y` (p - 1,) and `s` (p - 1, p - 1) are the contrasts of the others against the first."""

    study: str
    treatments: tuple[str, ...]
    contrasts: dict[tuple[str, str], tuple[float, float]]
    y: np.ndarray
    s: np.ndarray

    @property
    def m(self) -> np.ndarray:
        """The structure of heterogeneity: 1 on the diagonal, 1/2 beside it."""
        return 0.5 * (np.eye(len(self.y)) + 1.0)

    @property
    def design(self) -> tuple[str, ...]:
        """What was compared, as studies of the same design share it."""
        return self.treatments


def blocks_of(
    effects: Effects, study: tuple[str, ...], treatment: tuple[str, ...], comparator: tuple[str, ...]
) -> tuple[Block, ...]:
    """The usable contrasts by study, in the order in which studies first come."""
    gathered: dict[str, dict[tuple[str, str], tuple[float, float]]] = {}
    for row in np.flatnonzero(effects.usable).tolist():
        one, other = treatment[row], comparator[row]
        y, v = float(effects.yi[row]), float(effects.vi[row])
        where = f"Row {row + 1} ({study[row]})"
        if one == other:
            raise InvalidValue(
                f"{where} compares {one} with itself; a contrast needs two treatments.", row=row
            )
        if v == 0.0:
            raise ZeroVariance(
                f"{where} has a sampling variance of zero; check it, or leave it out.", row=row
            )
        if other < one:
            one, other, y = other, one, -y
        contrasts = gathered.setdefault(study[row], {})
        if (one, other) in contrasts:
            raise InvalidValue(
                f"{where} compares {one} and {other} a second time in the same study. Give each contrast once, or "
                "name the studies apart.",
                row=row,
            )
        contrasts[one, other] = (y, v)
    return tuple(_block(name, contrasts) for name, contrasts in gathered.items())


def _block(study: str, contrasts: dict[tuple[str, str], tuple[float, float]]) -> Block:
    arms = tuple(sorted({name for pair in contrasts for name in pair}))
    missing = [pair for pair in combinations(arms, 2) if pair not in contrasts]
    if missing:
        one, other = missing[0]
        raise InvalidValue(
            f"{study} has {len(arms)} arms ({', '.join(arms)}) but no contrast of {one} with {other}. A study with "
            "more than two arms needs the contrasts of all its pairs, since they are correlated."
        )
    base, others = arms[0], arms[1:]
    y = np.array([-contrasts[base, name][0] for name in others])
    s = np.empty((len(others), len(others)))
    for i, one in enumerate(others):
        for j, other in enumerate(others):
            between = 0.0 if i == j else contrasts[min(one, other), max(one, other)][1]
            s[i, j] = (contrasts[base, one][1] + contrasts[base, other][1] - between) / 2.0
    _check(study, arms, contrasts, s)
    return Block(study, arms, dict(sorted(contrasts.items())), y, s)


def _check(
    study: str, arms: tuple[str, ...], contrasts: dict[tuple[str, str], tuple[float, float]], s: np.ndarray
) -> None:
    """Refuse a multi-arm study whose effects do not add up or whose variances cannot belong together."""
    if len(arms) == 2:
        return
    base = arms[0]
    for one, other in combinations(arms[1:], 2):
        y, v = contrasts[one, other]
        implied = contrasts[base, other][0] - contrasts[base, one][0]
        if abs(y - implied) > ROUNDING * math.sqrt(v):
            raise InvalidValue(
                f"The contrasts of {study} contradict one another: {one} against {other} is {y:g}, but through "
                f"{base} it comes to {implied:g}. Check their signs and numbers."
            )
    if np.min(np.linalg.eigvalsh(s)) <= 1e-10 * np.max(np.diagonal(s)):
        raise InvalidValue(
            f"The variances of the contrasts of {study} cannot belong to one study of {len(arms)} arms: check its "
            "standard errors."
        )


def parts_of(
    blocks: tuple[Block, ...], treatments: tuple[str, ...], *, allow: str = "refuse"
) -> tuple[tuple[str, ...], ...]:
    """The treatments that studies connect with one another, the largest part first."""
    if allow not in ("refuse", "parts"):
        raise UnknownOption(f"unconnected is 'refuse' or 'parts', not {allow!r}.")
    left, parts = set(treatments), []
    while left:
        part = {min(left)}
        while True:
            wider = part.union(*(block.treatments for block in blocks if part.intersection(block.treatments)))
            if wider == part:
                break
            part = wider
        parts.append(tuple(sorted(part)))
        left -= part
    parts.sort(key=lambda part: (-len(part), part))
    if len(parts) > 1 and allow == "refuse":
        listed = "; ".join(", ".join(part) for part in parts)
        raise Unconnected(
            f"No study connects these groups of treatments: {listed}. Analyse each group by itself, or add studies "
            "that compare across them."
        )
    return tuple(parts)
