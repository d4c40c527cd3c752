"""The optimal information size: how many participants one adequate trial would need. No Django here.

Two-sided error 5%, power 80% (Guyatt et al. 2011, GRADE guidelines 6, doi 10.1016/j.jclinepi.2011.01.012). Formulas:
Chow, Shao & Wang, Sample size calculations in clinical research (2008), 4.2.1 (two proportions, unpooled) and 3.2.1
(two means), for groups of one size.
"""

import math
from dataclasses import dataclass

ALPHA, POWER = 0.05, 0.80
#: Standard normal quantiles of 1 - ALPHA / 2 and POWER.
Z = 1.959963984540054 + 0.8416212335729143
#: The relative risk reduction looked for where no important difference is known (GRADE guidelines 6).
REDUCTION = 0.25
#: The standardised difference looked for where no important difference is known (GRADE guidelines 6).
SMALL_SD = 0.2
#: From so many participants on, rare events do not make a result imprecise (GRADE guidelines 6: 2,000 per group).
ENOUGH = 4000


@dataclass(frozen=True)
class InformationSize:
    """``participants`` of both groups together, and ``how`` they were computed, for a sentence."""

    participants: int
    how: str


def for_risks(comparator: float, intervention: float) -> int:
    """Participants of two equal groups to tell two risks (0 to 1) apart: 2 z^2 (p1 q1 + p2 q2) / (p1 - p2)^2.

    ValueError for risks outside 0 to 1 or equal ones.
    """
    if not (0 <= comparator <= 1 and 0 <= intervention <= 1) or comparator == intervention:
        raise ValueError("Two different risks between 0 and 1 are needed.")
    spread = comparator * (1 - comparator) + intervention * (1 - intervention)
    return 2 * math.ceil(Z**2 * spread / (comparator - intervention) ** 2)


def for_means(difference: float, sd: float = 1.0) -> int:
    """Participants of two equal groups to find a difference of means: 2 * 2 z^2 sd^2 / difference^2.

    ValueError for a difference of 0 or an SD that is not above 0.
    """
    if not difference or sd <= 0:
        raise ValueError("A difference other than 0 and an SD above 0 are needed.")
    return 2 * math.ceil(2 * Z**2 * sd**2 / difference**2)
