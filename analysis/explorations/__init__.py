"""Explorations: big computations beside a run's result, done in pieces. Plain data in and out; no Django.

work = Work(snapshot, KINDS["gosh"].read(snapshot, {"subsets": 50_000}), seed=1)
parts = [KINDS["gosh"].do(work, piece, step) for piece, units in pieces_of(KINDS["gosh"].size(work))]
result = KINDS["gosh"].combine(work, parts)
"""

from analysis.explorations import bootstrap, gosh, multiverse, permutation
from analysis.explorations.base import BadChoice, Kind, Piece, Size, Work, pieces_of
from analysis.explorations.factors import Factor, Level, offered

KINDS: dict[str, Kind] = {
    kind.key: kind for kind in (gosh.KIND, multiverse.KIND, permutation.KIND, bootstrap.KIND)
}

__all__ = ["KINDS", "BadChoice", "Factor", "Kind", "Level", "Piece", "Size", "Work", "offered", "pieces_of"]
