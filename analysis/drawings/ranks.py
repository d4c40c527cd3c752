"""The ranks of a network's treatments and how certain they are."""

from __future__ import annotations

from typing import Any

from analysis.drawings.options import form_of
from analysis.figures.catalogue import NETWORK, Address, Data, Drawing, Table
from analysis.figures.plot_settings import PlotSettings
from analysis.figures.rank_plot import RankRow, rank_plot
from analysis.wording import plain_number
from reviews.figures.layout import Figure

MOST = 40


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    rows, parts = _ranked(result), result["parts"]
    most = max(len(row["ranks"]) for row in rows)
    notes = [
        f"Shades and numbers: the probability of each rank in percent, from {result['ranking']['draws']:,} draws. "
        f"Lines: {result['level']:g}% of the ranks."
    ]
    if len(parts) > 1:
        notes.append("Ranks are within the part of the network a treatment belongs to.")
    return rank_plot(
        [
            RankRow(
                name=row["treatment"],
                score=plain_number(row["p_score"]),
                shares=(*row["ranks"], *[0.0] * (most - len(row["ranks"]))),
                low=row["rank_low"],
                high=row["rank_high"],
            )
            for row in rows
        ],
        page=PlotSettings.read(settings).page,
        title=f"{snapshot['outcome']['name']}: ranks of {len(rows)} treatments",
        notes=notes,
    )


def _ranked(result: Data) -> list[Data]:
    return [row for row in result["ranking"]["treatments"] if "ranks" in row]


def why_not(snapshot: Data, result: Data) -> str:
    if len(_ranked(result)) > MOST:
        return "A figure of so many ranks cannot be read; the table on the page and the CSV hold them all."
    return "" if _ranked(result) else "There are no two treatments to rank."


def text(snapshot: Data, result: Data) -> Table:
    rows = [
        (
            row["treatment"],
            plain_number(row["p_score"]),
            plain_number(row["sucra"]),
            plain_number(row["mean_rank"], 1),
            f"{row['rank_low']} to {row['rank_high']}",
            f"{100 * row['ranks'][0]:.0f}%",
        )
        for row in _ranked(result)
    ]
    interval = f"{result['level']:g}% of ranks"
    return Table(("Treatment", "P-score", "SUCRA", "Mean rank", interval, "Ranks first"), rows)


DRAWING = Drawing(
    key="ranks",
    title="Ranks",
    about="How likely each treatment has each rank. A rank does not say by how much one is better.",
    kinds=frozenset({NETWORK}),
    draw=draw,
    why_not=why_not,
    text=text,
    form=form_of(PlotSettings),
)
