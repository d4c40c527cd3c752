"""What may be given by name: mappings and data frames, and what is refused with a sentence."""

import math

import numpy as np
import pytest

from analysis import stats

EFFECTS = stats.effect_sizes(
    "GEN", yi=[0.1, 0.3, 0.5, 0.2, 0.7, 0.9, 0.1], vi=[0.1, 0.1, 0.2, 0.1, 0.2, 0.3, 0.2]
)
X = [1, 2, 4, 3, 5, 7, 6]
GROUPS = list("aabbccc")


class Frame:
    """As much of a data frame as is needed: columns, items() and no truth value."""

    def __init__(self, **columns):
        self.named = {name: np.array(values) for name, values in columns.items()}
        self.columns = tuple(columns)

    def items(self):
        return self.named.items()

    def __bool__(self):
        raise ValueError("The truth value of a data frame is ambiguous.")


TAKERS = {
    "regress": lambda given: stats.regress(EFFECTS, given).to_dict(),
    "influence": lambda given: stats.influence(EFFECTS, moderators=given).to_dict(),
    "permutation_test": lambda given: stats.permutation_test(
        EFFECTS, given, exact=False, iterations=20
    ).to_dict(),
    "robust": lambda given: stats.robust(EFFECTS, GROUPS, moderators=given).to_dict(),
    "multilevel": lambda given: stats.multilevel(
        EFFECTS, random="~ 1 | g", data=Frame(g=GROUPS), moderators=given
    ).to_dict(),
    "glmm": lambda given: stats.glmm(
        "PLO", xi=[1, 2, 3, 4, 5, 2, 3], ni=[10] * 7, moderators=given
    ).to_dict(),
}


@pytest.mark.parametrize("taker", TAKERS)
def test_a_data_frame_is_as_good_as_a_mapping(taker):
    assert TAKERS[taker](Frame(x=X)) == TAKERS[taker]({"x": X})


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([1, 2, 3], stats.MissingColumns),
        ({"x": 3}, stats.LengthMismatch),
        ({"x": [1, 2]}, stats.LengthMismatch),
    ],
)
def test_other_forms_are_refused_with_a_sentence(taker, given, error):
    with pytest.raises(error, match=r"one (value )?per"):
        TAKERS[taker](given)


def test_diagnostics_check_their_moderators_as_the_regression_does():
    with pytest.raises(stats.RankDeficient):
        stats.influence(EFFECTS, moderators={"x": [1.0] * 7})
    rest = stats.influence(EFFECTS.select([0, *range(2, 7)]), moderators={"x": [X[0], *X[2:]]})
    gap = stats.influence(EFFECTS, moderators={"x": [X[0], None, *X[2:]]})
    assert gap.to_dict() == rest.to_dict()


@pytest.mark.parametrize("gap", [None, math.nan])
def test_an_order_has_no_gaps(gap):
    with pytest.raises(stats.InvalidValue, match="Row 2 has no place in the order"):
        stats.cumulative(EFFECTS, order=[1990, gap, 1992, 1993, 1994, 1995, 1996])
