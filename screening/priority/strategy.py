"""In which order to read: oldest, random, most likely, most uncertain, or likely ones with some at random."""

import hashlib
from collections.abc import Sequence

import numpy as np

MODES = ("oldest", "random", "likely", "uncertain", "mixed")
#: Scores are compared after rounding: the last bits of a sum differ between processors, and must not decide.
DECIMALS = 9


def arrange(
    scores: np.ndarray | Sequence[float],
    ids: Sequence[int] | np.ndarray,
    *,
    mode: str = "likely",
    seed: int = 0,
    random_share: float = 0.1,
) -> np.ndarray:
    """Positions (n,) in reading order, first to read first. Ties go by id, so every machine gives the same order.

    ``likely`` has the highest score first, ``uncertain`` the one nearest to 0.5, ``oldest`` the smallest id,
    ``random`` a permutation that depends on seed and ids alone. ``mixed`` is ``likely`` in which about
    ``random_share`` of the places, spread evenly, go to the next of the random order. Raises ValueError for an
    unknown mode, a share outside 0 to 1, or scores and ids of different length.
    """
    if mode not in MODES:
        raise ValueError(f"Mode must be one of {', '.join(MODES)}, not {mode!r}.")
    if not 0 <= random_share <= 1:
        raise ValueError(f"The random share must be between 0 and 1, not {random_share}.")
    values, names = np.round(np.asarray(scores, dtype=float), DECIMALS), np.asarray(ids)
    if values.shape != names.shape or values.ndim != 1:
        raise ValueError(f"Each id needs a score: {names.size} ids, {values.size} scores.")
    if mode == "oldest":
        return np.argsort(names, kind="stable")
    if mode == "random":
        return _shuffled(names, seed)
    if mode == "uncertain":
        return np.lexsort((names, np.round(np.abs(values - 0.5), DECIMALS)))
    likely = np.lexsort((names, -values))
    return likely if mode == "likely" else _mixed(likely, _shuffled(names, seed), random_share)


def _shuffled(names: np.ndarray, seed: int) -> np.ndarray:
    """By the sha256 of seed and id: the place of a record does not hang on which others there are."""
    keys = [hashlib.sha256(f"{seed}:{name}".encode()).digest() for name in names.tolist()]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def _mixed(likely: np.ndarray, shuffled: np.ndarray, share: float) -> np.ndarray:
    order: list[int] = []
    taken = np.zeros(len(likely), dtype=bool)
    queues = [iter(likely.tolist()), iter(shuffled.tolist())]
    drawn = 0
    for place in range(1, len(likely) + 1):
        turn = int(place * share + 1e-9) > drawn
        drawn += turn
        order.append(next(row for row in queues[turn] if not taken[row]))
        taken[order[-1]] = True
    return np.array(order, dtype=np.int64)
