"""How much each labelled record weighs when there are far more excluded than included ones."""

import numpy as np

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
