"""How much each labelled record weighs when there are far more excluded than included ones."""

import numpy as np

#: Cost of an error; the smaller, the more a model resembles the mean of its examples (benchmarks/priority.md).
C = 0.11

#: All included records together weigh so many times what all excluded ones weigh (benchmarks/priority.md).
RATIO = 9.8


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
    """What it costs the model to be wrong about each label."""
    return C * weights(labels)
