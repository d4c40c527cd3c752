"""The figures of a run: each module turns snapshot and result into a figure and offers a `DRAWING`.

The order here is the order on the page.
"""

from analysis.drawings import forest
from analysis.figures.catalogue import DRAWINGS, offer

offer(
    forest.DRAWING,
)

__all__ = ["DRAWINGS"]
