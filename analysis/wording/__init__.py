"""A result in words, on the scale people read. Takes the JSON of a run; computes no statistics. No Django.

``snapshot`` and ``result`` are those of a Run (see analysis.snapshot and analysis.engine). Levels are in percent.
"""

from analysis.wording.findings import (
    has_prediction,
    has_spread,
    headline,
    heterogeneity,
    participants,
    prediction,
    sides,
    trials,
)
from analysis.wording.methods import (
    METHODS_OF_MEASURE,
    METHODS_OF_TAU2,
    METHODS_OF_TEST,
    SOFTWARE,
    methods,
    references,
)
from analysis.wording.parts import (
    fit_label,
    regression_sentence,
    sensitivity_sentence,
    small_study_sentences,
    trim_and_fill_sentence,
)
from analysis.wording.scale import NONE, THREE_DIGITS, Scale, p_value, plain_number

__all__ = [
    "METHODS_OF_MEASURE",
    "METHODS_OF_TAU2",
    "METHODS_OF_TEST",
    "NONE",
    "SOFTWARE",
    "THREE_DIGITS",
    "Scale",
    "fit_label",
    "has_prediction",
    "has_spread",
    "headline",
    "heterogeneity",
    "methods",
    "p_value",
    "participants",
    "plain_number",
    "prediction",
    "references",
    "regression_sentence",
    "sensitivity_sentence",
    "sides",
    "small_study_sentences",
    "trials",
    "trim_and_fill_sentence",
]
