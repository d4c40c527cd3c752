"""How well an order of screening puts the included records first.

The definitions are those in common use for simulated screening (work saved over sampling: Cohen 2006,
doi 10.1197/jamia.M1929; average time to discovery: Ferdinands 2023, doi 10.1186/s13643-023-02257-7). Records that
were known before screening began (priors) are left out before these functions are called.
"""

from collections.abc import Sequence
from math import ceil
from typing import TypedDict


class Metrics(TypedDict):
    """What ``metrics`` returns; shares are percentages, None where nothing is included."""

    n: int
    included: int
    wss95: float | None
    wss100: float | None
    recall_at_10: float | None
    recall_at_20: float | None
    n95: int | None
    n100: int | None
    atd: float | None


def metrics(labels_in_order: Sequence[int]) -> Metrics:
    """The figures of one order, from the labels (1 included, 0 not) of the records in the order they were read.

    With n labels and P of them 1:

    - ``n95``: records read until ceil(0.95 P) of the included are found; ``n100``: until all are.
    - ``wss95`` = 100 (1 - n95 / n - 0.05): work saved over sampling at 95 % recall, in percent; ``wss100`` =
      100 (1 - n100 / n). Negative when the order is worse than chance.
    - ``recall_at_10`` (``_20``): percent of the included found in the first ceil(0.1 n) (ceil(0.2 n)) records.
    - ``atd``: mean place of the included records (the first is 1) in percent of n. Half of the list is 50.

    ValueError for a label that is neither 0 nor 1.
    """
    places = _places(labels_in_order)
    n, found = len(labels_in_order), len(places)
    if not found:
        return Metrics(
            n=n,
            included=0,
            wss95=None,
            wss100=None,
            recall_at_10=None,
            recall_at_20=None,
            n95=None,
            n100=None,
            atd=None,
        )
    n95, n100 = places[_share(found, 95) - 1], places[-1]
    return Metrics(
        n=n,
        included=found,
        wss95=100 * (1 - n95 / n - 0.05),
        wss100=100 * (1 - n100 / n),
        recall_at_10=_recall(places, _share(n, 10)),
        recall_at_20=_recall(places, _share(n, 20)),
        n95=n95,
        n100=n100,
        atd=100 * sum(places) / found / n,
    )


def recall_curve(labels_in_order: Sequence[int]) -> list[int]:
    """How many included were found after 0, 1, 2, ... records: n + 1 numbers."""
    found = [0]
    for label in labels_in_order:
        found.append(found[-1] + int(label))
    return found


def _places(labels: Sequence[int]) -> list[int]:
    """Places of the included, counted from 1."""
    wrong = next((label for label in labels if label not in (0, 1)), None)
    if wrong is not None:
        raise ValueError(f"A label is 1 (included) or 0 (excluded), not {wrong!r}.")
    return [place for place, label in enumerate(labels, 1) if label == 1]


def _share(n: int, percent: int) -> int:
    """ceil(n * percent / 100) in whole numbers: 0.1 * 30 is a little more than 3 for a computer."""
    return ceil(n * percent / 100) if (n * percent) % 100 else n * percent // 100


def _recall(places: Sequence[int], depth: int) -> float:
    return 100 * sum(place <= depth for place in places) / len(places)
