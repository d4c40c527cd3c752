"""Which results are eligible for a plan, and which of several goes first. No Django here.

``Selection.read({"when": "last", "multi_arm": "combine"})`` checks what a plan stores; ``select(results, selection)``
applies it to the results of all studies. ``{}`` is the result marked as preferred in extraction.
"""

from analysis.selection.choosing import Chosen, LeftOut, Tie, cautions, remarks, select
from analysis.selection.settings import (
    ADJUSTED,
    CHANGE,
    DATA,
    MULTI_ARM,
    POPULATIONS,
    RATERS,
    WHEN,
    WITHOUT_WEEKS,
    Selection,
    SelectionError,
)

__all__ = [
    "ADJUSTED",
    "CHANGE",
    "DATA",
    "MULTI_ARM",
    "POPULATIONS",
    "RATERS",
    "WHEN",
    "WITHOUT_WEEKS",
    "Chosen",
    "LeftOut",
    "Selection",
    "SelectionError",
    "Tie",
    "cautions",
    "remarks",
    "select",
]
