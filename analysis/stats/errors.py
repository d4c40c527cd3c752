"""What the statistics refuse, and the sentence they say: every error is a `StatsError`, itself a `ValueError`.

An error about one cell of the input carries `column` (its name) and `row` (0-based), so that a form or a file
reader can point at the place."""

from __future__ import annotations


class StatsError(ValueError):
    """Base of every refusal of `analysis.stats`; `str(error)` is a sentence for the person who asked."""

    def __init__(self, message: str, *, column: str | None = None, row: int | None = None):
        super().__init__(message)
        self.column = column
        self.row = row


class UnknownMeasure(StatsError):
    """The effect measure is not in `MEASURES`."""


class UnknownEstimator(StatsError):
    """The between-study variance estimator is not in `ESTIMATORS`."""


class UnknownOption(StatsError):
    """A test, sampling-variance type, model or other choice that does not exist."""


class MissingColumns(StatsError):
    """The columns that the measure needs are not all there."""


class LengthMismatch(StatsError):
    """Columns (or labels, or moderators) of different lengths."""


class NonNumericInput(StatsError):
    """Text or another non-number where a number belongs."""


class NonFiniteInput(StatsError):
    """Infinite values in the input. (Missing values are None or nan and leave their row out.)"""


class InvalidValue(StatsError):
    """A finite number that cannot be: a negative count, more events than people, a correlation above 1."""


class NegativeVariance(InvalidValue):
    """A negative sampling variance or standard error."""


class ZeroVariance(StatsError):
    """A sampling variance of zero where the method divides by it."""


class NoStudies(StatsError):
    """No study is left to pool (k = 0)."""


class TooFewStudies(StatsError):
    """Fewer studies than the method needs."""


class RankDeficient(StatsError):
    """Moderators that repeat one another, so their coefficients are not defined."""


class NotConverged(StatsError):
    """An iterative estimator did not reach its stopping rule."""
