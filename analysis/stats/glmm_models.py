"""From columns of events to the counts, designs and own effects that the models for rare events need.

Two groups: x = 1/2 in group 1 and -1/2 in group 2, so the coefficient is a log odds ratio or log rate ratio.

    UM.FS  logit(p) or log(rate) = a_i + x (mu + u_i)           a_i fixed, one per study
    UM.RS                        = a + s_i + g mu + x u_i       s_i ~ N(0, sigma2), g = 1 in group 1, 0 in group 2
    CM.EL  group 1's events given all events of the study: noncentral hypergeometric (OR), binomial (IRR)
    CM.AL  OR only: the binomial of CM.EL's IRR, which the hypergeometric becomes when events are rare

u_i ~ N(0, tau2). One group: logit(p) or log(rate) = mu + u_i. With moderators mu becomes X b."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.stats.columns import Columns
from analysis.stats.errors import InvalidValue
from analysis.stats.glmm_families import Binomial, Hypergeometric, Poisson
from analysis.stats.glmm_likelihood import Counts
from analysis.stats.tables import two_by_two


@dataclass(frozen=True)
class Events:
    """Events and sizes, each (k,): people (binomial) or person-time (Poisson). Group 2 is None for one group."""

    x1: np.ndarray
    n1: np.ndarray
    x2: np.ndarray | None
    n2: np.ndarray | None
    people: bool

    def rows(self, mask: np.ndarray) -> Events:
        x2, n2 = (None if v is None else v[mask] for v in (self.x2, self.n2))
        return Events(self.x1[mask], self.n1[mask], x2, n2, self.people)

    @property
    def one_sided(self) -> np.ndarray:
        """Studies without events in both groups, or with nothing but events."""
        if self.x2 is None or self.n2 is None:
            return np.zeros(len(self.x1), dtype=bool)
        nothing = (self.x1 == 0) & (self.x2 == 0)
        return nothing | (self.people & (self.x1 == self.n1) & (self.x2 == self.n2))

    @property
    def both(self) -> tuple[np.ndarray, np.ndarray]:
        """Events and sizes of shape (k, J)."""
        if self.x2 is None or self.n2 is None:
            return self.x1[:, None], self.n1[:, None]
        return np.column_stack([self.x1, self.x2]), np.column_stack([self.n1, self.n2])


def read_events(measure: str, columns: Columns) -> Events:
    """Events from checked columns; nan where missing."""
    if measure == "OR":
        t = two_by_two(columns)
        return Events(t.a, t.n1, t.c, t.n2, True)
    if measure == "IRR":
        return Events(columns["x1i"], columns["t1i"], columns["x2i"], columns["t2i"], False)
    if measure == "PLO":
        n = columns["ni"] if "ni" in columns else columns["xi"] + columns["mi"]
        return Events(columns["xi"], n, None, None, True)
    return Events(columns["xi"], columns["ti"], None, None, False)


@dataclass(frozen=True)
class Model:
    """A model ready to fit. `first_effect`: where in `shared` the coefficients of the design begin.

    `saturated`: log-likelihood with one effect per study, or the counts to fit it to (UM.RS). `effects`,
    `precision`: those effects (k,) and their precisions, 0 where an effect is infinite."""

    counts: Counts
    saturated: float | Counts
    effects: np.ndarray
    precision: np.ndarray
    own_parameters: int
    first_effect: int = 0


def _family(events: Events) -> tuple[Binomial | Poisson, np.ndarray]:
    """The family of the counts and their offset (k, J)."""
    x, n = events.both
    return (Binomial(x, n), np.zeros_like(x)) if events.people else (Poisson(x), np.log(n))


def _raw_effects(events: Events) -> tuple[np.ndarray, np.ndarray]:
    """Log odds (ratios) or log rates (rate ratios) without any correction, and 1/variance."""
    x, n = events.both
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.log(x / (n - x)) if events.people else np.log(x / n)
        variance = 1.0 / x + (1.0 / (n - x) if events.people else 0.0)
        effect = value[:, 0] if x.shape[1] == 1 else value[:, 0] - value[:, 1]
        precision = 1.0 / np.sum(variance, axis=1)
    usable = np.isfinite(effect) & (precision > 0.0)
    return np.where(usable, effect, 0.0), np.where(usable, precision, 0.0)


def fixed_study_effects(events: Events, design: np.ndarray) -> Model:
    """UM.FS: a coefficient of each study's own, eliminated in every step."""
    family, offset = _family(events)
    x = np.broadcast_to([0.5, -0.5], offset.shape)
    counts = Counts(
        family=family,
        offset=offset,
        own=np.ones_like(offset),
        shared=x[..., None] * design[:, None, :],
        spread=x[..., None].copy(),
    )
    return Model(counts, float(np.sum(family.saturated())), *_raw_effects(events), len(offset))


def random_study_effects(events: Events, design: np.ndarray) -> Model:
    """UM.RS: random study effects, independent of the random treatment effects; moderators act in group 1."""
    family, offset = _family(events)
    first, x = (np.broadcast_to(column, offset.shape) for column in ([1.0, 0.0], [0.5, -0.5]))
    ones = np.ones_like(offset)
    counts = Counts(
        family=family,
        offset=offset,
        own=None,
        shared=np.concatenate([ones[..., None], first[..., None] * design[:, None, :]], axis=-1),
        spread=np.stack([ones, x], axis=-1),
    )
    return Model(counts, _effect_per_study(events), *_raw_effects(events), 0, first_effect=1)


def _effect_per_study(events: Events) -> Counts:
    """UM.RS with a free effect for each study on top of a random level in group 2 (metafor's alternative).

    Where group 1 has nothing or nothing but events its effect is infinite and its likelihood 1: an empty count
    without a design."""
    x, n = events.both
    silent = np.zeros(x.shape, dtype=bool)
    silent[:, 0] = (x[:, 0] == 0) | (events.people & (x[:, 0] == n[:, 0]))
    x, n = np.where(silent, 0.0, x), np.where(silent, 0.0, n)
    ones = np.where(silent, 0.0, 1.0)
    offset = np.zeros_like(x) if events.people else np.where(silent, -600.0, np.log(np.where(silent, 1.0, n)))
    family = Binomial(x, n) if events.people else Poisson(x)
    own = np.where(silent, 0.0, [1.0, 0.0])
    return Counts(family, offset, own, ones[..., None], ones[..., None])


def exact_conditional(events: Events, design: np.ndarray) -> Model:
    """CM.EL: the events of group 1 given the margins, free of the study effects."""
    if not events.people:
        return approximate_conditional(events, design)
    assert events.x2 is not None
    assert events.n2 is not None
    family = Hypergeometric(events.x1, events.n1, events.n2, events.x1 + events.x2)
    own, variance = family.own_effects()
    counts = _single(family, np.zeros((len(own), 1)), design)
    effects = np.where(np.isfinite(own), own, 0.0)
    return Model(counts, float(np.sum(family.saturated())), effects, 1.0 / variance, 0)


def approximate_conditional(events: Events, design: np.ndarray) -> Model:
    """CM.AL, and CM.EL for rates: x1 of x1 + x2 with logit = effect + log(n1/n2)."""
    assert events.x2 is not None
    assert events.n2 is not None
    total = events.x1 + events.x2
    family = Binomial(events.x1[:, None], total[:, None])
    offset = np.log(events.n1 / events.n2)
    with np.errstate(divide="ignore"):
        effects = np.log(events.x1 / events.x2) - offset
    precision = events.x1 * events.x2 / total
    effects = np.where(precision > 0.0, effects, 0.0)
    counts = _single(family, offset[:, None], design)
    return Model(counts, float(np.sum(family.saturated())), effects, precision, 0)


def one_group(events: Events, design: np.ndarray) -> Model:
    """Proportions or rates: a logistic or Poisson model with a random study effect."""
    family, offset = _family(events)
    counts = _single(family, offset, design)
    return Model(counts, float(np.sum(family.saturated())), *_raw_effects(events), 0)


def _single(family: Binomial | Poisson | Hypergeometric, offset: np.ndarray, design: np.ndarray) -> Counts:
    return Counts(family, offset, None, design[:, None, :], np.ones((*offset.shape, 1)))


#: Measure -> model -> how it is built. One group has one model, whatever the name.
MODELS: dict[str, dict[str, Callable[[Events, np.ndarray], Model]]] = {
    "OR": {
        "UM.FS": fixed_study_effects,
        "UM.RS": random_study_effects,
        "CM.EL": exact_conditional,
        "CM.AL": approximate_conditional,
    },
    "IRR": {"UM.FS": fixed_study_effects, "UM.RS": random_study_effects, "CM.EL": exact_conditional},
    "PLO": {"one group": one_group},
    "IRLN": {"one group": one_group},
}
RAW_COLUMNS = {
    "OR": ("ai", "bi", "ci", "di", "n1i", "n2i"),
    "IRR": ("x1i", "t1i", "x2i", "t2i"),
    "PLO": ("xi", "ni", "mi"),
    "IRLN": ("xi", "ti"),
}


def require_determined(measure: str, events: Events) -> None:
    """Refuse data in which one outcome never happens in a group of any study: the estimate would be infinite."""
    x, n = events.both
    for group, (count, size) in enumerate(zip(x.T, n.T, strict=True), start=1):
        where = f"group {group} of any study" if x.shape[1] == 2 else "any study"
        if np.sum(count) == 0.0:
            raise InvalidValue(
                f"There is no event in {where}, so {measure} has no finite estimate. Report the counts, or use "
                "risk differences."
            )
        if events.people and np.sum(count) == np.sum(size):
            raise InvalidValue(
                f"There is no one without an event in {where}, so {measure} has no finite estimate. Report the "
                "counts, or use risk differences."
            )
