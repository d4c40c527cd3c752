"""A model's votes to exclude, and what it would have made of records whose outcome is known. No Django here.

``cross_fit`` learns ``folds`` models, each without one part of the labelled records, and lets each score the part it
never saw. ``choose`` sets the threshold on these scores: the largest below which at most ``1 - recall`` of the
included lie. An open record is voted out only if *all* models score it below the threshold. A relevant record that is
like those labelled scores, with any one of the models, as an included one that was held out does; the largest of
several scores is not smaller than one of them. So no larger share of the relevant is voted out than was found, as
long as what is still open is like what was labelled: that is an assumption, not a result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import betaincinv

from screening.priority import model
from screening.priority.features import Features

FOLDS = 5


@dataclass(frozen=True)
class CrossFit:
    """``held_out`` (m,): scores of the labelled rows by a model that did not know them; ``highest`` (n,): for every
    record the highest score that any of the models gives it."""

    held_out: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    highest: np.ndarray = field(repr=False)
    name: str


@dataclass(frozen=True)
class Threshold:
    """Below ``value`` the model votes to exclude. Of ``included`` known inclusions ``missed`` lie below it, of
    ``excluded`` known exclusions ``spared``. ``recall`` has its exact interval (Clopper & Pearson 1934).
    """

    value: float
    included: int
    missed: int
    excluded: int
    spared: int
    recall: float
    low: float
    high: float


def cross_fit(
    features: Features, rows: Sequence[int], labels: Sequence[int], *, folds: int = FOLDS, seed: int = 0
) -> CrossFit:
    """Learn from all parts but one, for each of ``folds`` parts; raises ValueError if either label has fewer rows
    than there are parts. The parts have the same share of inclusions, and are drawn by ``seed``.
    """
    places, known = np.asarray(rows, dtype=np.int64), np.asarray(labels, dtype=np.int64)
    order = np.argsort(places)  # the same labels give the same parts, in whichever order they came
    places, known = places[order], known[order]
    part = _parts(known, folds, seed)
    held_out, highest = np.zeros(len(known)), np.zeros(len(features))
    for each in range(folds):
        out = part == each
        fitted = model.fit(features, places[~out], known[~out], seed=seed)
        scores = fitted.scores(features)
        held_out[out] = scores[places[out]]
        highest = np.maximum(highest, scores)
    return CrossFit(held_out[np.argsort(order)], known[np.argsort(order)], highest, model.name())


def choose(fit: CrossFit, *, recall: float = 0.98) -> Threshold:
    """The threshold that keeps at least ``recall`` (above 0, at most 1) of the known inclusions above it."""
    if not 0 < recall <= 1:
        raise ValueError(f"Recall is a share above 0 and at most 1, not {recall:g}.")
    relevant = np.sort(fit.held_out[fit.labels == 1])
    others = fit.held_out[fit.labels == 0]
    allowed = int(np.floor((1 - recall) * len(relevant) + 1e-9))
    value = float(relevant[min(allowed, len(relevant) - 1)])
    missed = int((relevant < value).sum())  # fewer than allowed where scores are equal
    found = len(relevant) - missed
    low = float(betaincinv(found, missed + 1, 0.025)) if found else 0.0
    high = float(betaincinv(found + 1, missed, 0.975)) if missed else 1.0
    return Threshold(
        value,
        len(relevant),
        missed,
        len(others),
        int((others < value).sum()),
        found / len(relevant),
        low,
        high,
    )


def _parts(labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The number of its part for every label, (m,)."""
    draw = np.random.default_rng(seed)
    part = np.zeros(len(labels), dtype=np.int64)
    for label in (0, 1):
        here = np.flatnonzero(labels == label)
        if len(here) < folds:
            raise ValueError(f"{len(here)} records are labelled {label}: too few for {folds} parts.")
        part[draw.permutation(here)] = np.arange(len(here)) % folds
    return part
