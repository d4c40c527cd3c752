"""The figures of a run: each module turns snapshot and result into a figure and offers a `DRAWING`.

The order here is the order on the page.
"""

from analysis.drawings import (
    albatross,
    baujat,
    bubble,
    comparison_adjusted,
    cumulative,
    drapery,
    effect_direction,
    explored,
    forest,
    funnel,
    galbraith,
    harvest,
    labbe,
    league_table,
    leave_one_out,
    network_forest,
    network_graph,
    ranks,
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
    # explorations, once there are any
    *explored.DRAWN.values(),
    # networks of treatments
    network_graph.DRAWING,
    network_forest.DRAWING,
    ranks.DRAWING,
    league_table.DRAWING,
    comparison_adjusted.DRAWING,
    # synthesis without meta-analysis
    effect_direction.DRAWING,
    harvest.DRAWING,
    albatross.DRAWING,
)

__all__ = ["DRAWINGS"]
