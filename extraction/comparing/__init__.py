"""Two independent extractions side by side: the same, only rounded or in another unit, or different. No Django here.

``compare_values(schema, left, right)`` compares form values, ``compare_results(left, right)`` results (and says what
a difference does to the effect), ``agreement_of(...)`` sums both up over studies.
"""

from .agreement import Agreement, FieldAgreement, agreement_of
from .effects import MATTERS, Effect, Shift, effects_of
from .grades import Grade, Verdict, worst
from .numbers import compare_numbers
from .results import CIRCUMSTANCES, Entry, Line, Pair, compare_results
from .texts import pieces, same_text
from .units import compare_quantities
from .values import Difference, compare_field, compare_values

__all__ = [
    "CIRCUMSTANCES",
    "MATTERS",
    "Agreement",
    "Difference",
    "Effect",
    "Entry",
    "FieldAgreement",
    "Grade",
    "Line",
    "Pair",
    "Shift",
    "Verdict",
    "agreement_of",
    "compare_field",
    "compare_numbers",
    "compare_quantities",
    "compare_results",
    "compare_values",
    "effects_of",
    "pieces",
    "same_text",
    "worst",
]
