"""Permutation tests of the pooled effect, or of the plan's moderators, gone through in parts.

Higgins & Thompson 2004, doi 10.1002/sim.1752; Follmann & Proschan 1999. The arrangements and their statistics are
those of `analysis.stats.permutation_test`.
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
    method_note,
    only,
    whole,
)
from analysis.stats import Arrangements

BLOCK = 2000
DEFAULT, MOST = 10_000, 200_000
EFFECT, MODERATORS = "effect", "moderators"
STREAM = 21


def read(snapshot: Data, given: Data) -> dict[str, Any]:
    only(given, ["of", "iterations"])
    known = [EFFECT, *([MODERATORS] if snapshot["plan"].get("moderators") else [])]
    of = given.get("of") or EFFECT
    if of == MODERATORS and of not in known:
        raise BadChoice("The plan has no moderators, so only the pooled effect can be tested.", "of")
    if of not in known:
        raise BadChoice(f"There is no test of '{of}'; choose among {', '.join(known)}.", "of")
    iterations = whole(given, "iterations", DEFAULT, 500, MOST, "Arrangements")
    return {"of": of, "iterations": iterations}


def size(work: Work) -> Size:
    all_of_them = _arrangements(work)
    what = "signs of the effects" if all_of_them.flips else "orders of the moderators"
    wanted, every = work.settings["iterations"], all_of_them.number
    if every <= wanted:
        return Size(every, BLOCK, True, f"All {every:,} different {what} of {all_of_them.k} studies.")
    return Size(wanted, BLOCK, False, f"{wanted:,} {what} of {all_of_them.k} studies, drawn at random.")


def do(work: Work, piece: Piece, step: Step) -> dict[str, Any]:
    all_of_them, told = _arrangements(work), size(work)
    extreme, seen = np.zeros(len(all_of_them.observed)), 0
    for block, first, after in blocks_of(told, piece, step):
        chunks = (
            all_of_them.every(first, after)
            if told.exact
            else all_of_them.drawn(after - first, work.generator(STREAM, block))
        )
        found, number = all_of_them.extreme(chunks)
        extreme, seen = extreme + found, seen + number
    return {"extreme": extreme.astype(int).tolist(), "seen": seen}


def combine(work: Work, parts: Sequence[Data]) -> dict[str, Any]:
    all_of_them, told = _arrangements(work), size(work)
    extreme = np.sum([part["extreme"] for part in parts], axis=0, dtype=float)
    seen = sum(part["seen"] for part in parts)
    found = all_of_them.tested(extreme, seen, exact=told.exact, seed=work.seed)
    return {
        "of": work.settings["of"],
        "seen": seen,
        "planned_arrangements": told.units,
        "extreme": extreme.astype(int).tolist(),
        **found.to_dict(),
        "notes": method_note(work.plan),
    }


def _arrangements(work: Work) -> Arrangements:
    moderators = _moderators(work) if work.settings["of"] == MODERATORS else None
    return Arrangements(work.effects, moderators, tau2=work.tau2, test=work.plan["test"])


def _moderators(work: Work) -> dict[str, Any]:
    """The plan's moderators as columns; missing values are left out with their study, as in a meta-regression."""
    columns: dict[str, Any] = {}
    for moderator in work.plan["moderators"]:
        values = [row.get("moderators", {}).get(moderator["name"]) for row in work.rows]
        number = moderator["type"] == "number"
        columns[moderator["name"]] = (
            [float("nan") if value is None else float(value) for value in values] if number else values
        )
    return columns


KIND = Kind(
    key="permutation",
    title="Permutation test",
    about="Gives each effect the other sign, or the moderators to other studies, in every way or many, and counts "
    "how often the result is as far from none as the one found.",
    limits="The p value is of this model and these studies; it does not say that the studies are sound or "
    "comparable, and with few studies it cannot be small.",
    what="A permutation test",
    least=4,
    read=read,
    size=size,
    do=do,
    combine=combine,
)
