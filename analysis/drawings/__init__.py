"""The figures of a run: each module turns snapshot and result into a figure and offers a `DRAWING`.

The order here is the order on the page.
"""

from analysis.drawings import (
    baujat,
    bubble,
    cumulative,
    drapery,
    forest,
    funnel,
    galbraith,
    labbe,
    leave_one_out,
)
from analysis.figures.catalogue import DRAWINGS, offer

offer(
    forest.DRAWING,
    funnel.DRAWING,
    leave_one_out.DRAWING,
    cumulative.DRAWING,
    baujat.DRAWING,
    galbraith.DRAWING,
    labbe.DRAWING,
    bubble.DRAWING,
    drapery.DRAWING,
)

__all__ = ["DRAWINGS"]
