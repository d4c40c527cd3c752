"""What blinding costs in records read: two people who each read all records, by orders learned from different labels.

    python -m benchmarks.two_readers ../shared/data/screening/*.csv --seeds 3

``told``: outcomes told to everybody (both have voted). ``own``: these and the reader's own votes, which is what the
application does (docs/priority.md). ``all``: every vote of both, which would tell them about each other. Each reader
errs on ``--wrong`` of the records; a conflict is resolved rightly at once. Printed: the mean place at which a reader
comes to the included, in percent of all records, for each way of working:

    together  one record each, in turn
    faster    one reads three records while the other reads one, until each is done
    shifts    each reads 100 records at a stretch
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import numpy as np

from screening.priority import features, model, strategy

POLICIES = ("told", "own", "all")
WAYS = ("together", "faster", "shifts")
NEW, NEW_SHARE = 10, 0.05  # as screening/services/rankings/asking.py


class Reader:
    def __init__(self, truth: list[int], wrong: float, seed: int) -> None:
        dice = random.Random(seed)
        self.says = [1 - label if dice.random() < wrong else label for label in truth]
        self.votes: dict[int, int] = {}
        self.order: list[int] = []
        self.learned_from = -NEW
        self.places: list[int] = []


class Team:
    """Two readers of one data set, under one policy; ``priors`` are told at the start."""

    def __init__(
        self, words: features.Features, truth: list[int], policy: str, wrong: float, seed: int
    ) -> None:
        self.words, self.truth, self.policy = words, truth, policy
        dice = random.Random(seed)
        rows = range(len(truth))
        priors = [dice.choice([row for row in rows if truth[row] == label]) for label in (1, 0)]
        self.told = {row: truth[row] for row in priors}
        self.readers = [Reader(truth, wrong, 2 * seed + number) for number in range(2)]

    def read(self, number: int) -> bool:
        """Reader ``number`` reads one record; False when none is left."""
        me, other = self.readers[number], self.readers[1 - number]
        self._learn(me)
        row = next((row for row in me.order if row not in me.votes and row not in self.told), None)
        if row is None:
            return False
        me.votes[row] = me.says[row]
        if self.truth[row]:
            me.places.append(len(me.votes))
        if row in other.votes:
            self.told[row] = me.votes[row] if me.votes[row] == other.votes[row] else self.truth[row]
        return True

    def _learn(self, me: Reader) -> None:
        known = dict(self.told)
        if self.policy != "told":
            known = me.votes | known
        if self.policy == "all":
            known = self.readers[0].votes | self.readers[1].votes | known
        if len(known) - me.learned_from < max(NEW, NEW_SHARE * me.learned_from):
            return
        me.learned_from = len(known)
        if len(set(known.values())) == 2:
            rows = sorted(known)
            me.order = strategy.arrange(self._distances(rows, known), np.arange(len(self.truth))).tolist()

    def _distances(self, rows: list[int], known: dict[int, int]) -> np.ndarray:
        """As ``model.fit`` learns them; the sigmoid over them takes five times as long and changes no order."""
        matrix, labels = self.words.matrix, np.array([known[row] for row in rows])
        alpha = model.learn(matrix[rows].astype(np.float64), self.words.own[rows], labels)
        return matrix @ (matrix[rows].T @ alpha)

    def atd(self) -> float:
        return mean(100 * mean(me.places) / len(self.truth) for me in self.readers if me.places)


def turns(way: str) -> Iterator[int]:
    pattern = {"together": [0, 1], "faster": [0, 0, 0, 1], "shifts": [0] * 100 + [1] * 100}[way]
    while True:
        yield from pattern


def play(team: Team, way: str) -> float:
    """A reader who is done leaves their turns to the other."""
    done: set[int] = set()
    for number in turns(way):
        reader = 1 - number if number in done else number
        if not team.read(reader):
            done.add(reader)
        if len(done) == 2:
            return team.atd()
    raise AssertionError


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--wrong", type=float, default=0.05)
    given = parser.parse_args()
    print("set", "way", *POLICIES, sep="\t")
    for path in given.files:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        truth = [int(row["label_included"]) for row in rows]
        words = features.build([row["title"] for row in rows], [row["abstract"] for row in rows])
        for way in WAYS:
            found = [
                mean(play(Team(words, truth, policy, given.wrong, seed), way) for seed in range(given.seeds))
                for policy in POLICIES
            ]
            print(path.stem, way, *(f"{value:.1f}" for value in found), sep="\t", flush=True)


if __name__ == "__main__":
    main()
