"""How much each labelled record weighs: far more are excluded than included, and at first there are few of both."""

import numpy as np

#: All included records together weigh so many times what all excluded ones weigh.
RATIO = 9.8
#: An error costs the model GROWTH times the root of the number of labels, and MOST at most. The cheaper errors are,
#: the more a model resembles the mean of its examples: right for a handful, too coarse for hundreds
#: (benchmarks/priority.md).
GROWTH, MOST = 0.003, 0.2


def weights(labels: np.ndarray, ratio: float = RATIO) -> np.ndarray:
    """A weight for each label (1 or 0), with mean 1: the included together weigh ``ratio`` times the excluded.

    With labels of one kind only, all weigh 1.
    """
    labels = np.asarray(labels)
    included = int((labels == 1).sum())
    excluded = len(labels) - included
    if not included or not excluded:
        return np.ones(len(labels))
    light = len(labels) / (1 + ratio)
    return np.where(labels == 1, (len(labels) - light) / included, light / excluded)


def costs(labels: np.ndarray) -> np.ndarray:
    """What it costs the model to be wrong about each label (1 or 0)."""
    return min(MOST, GROWTH * float(np.sqrt(len(labels)))) * weights(labels)
