"""The league table of a network as a figure, and its cells for pages and files."""

from __future__ import annotations

from typing import Any

from analysis.choices import has_no_effect
from analysis.drawings.options import form_of
from analysis.figures.catalogue import NETWORK, Address, Data, Drawing, Table
from analysis.figures.league_table import LeagueCell, league_table
from analysis.figures.synthesis_settings import LeagueTableSettings
from analysis.network_words import cell_text, league_grid
from analysis.wording import Scale
from reviews.figures.layout import Figure

#: A figure with more treatments than this cannot be read on any page; the table on the page and the CSV hold them.
MOST = 40


def draw(
    snapshot: Data, result: Data, settings: Data, *, risk: Any = None, address: Address | None = None
) -> Figure:
    scale = Scale(result["measure"])
    names, grid = league_grid(result)
    look = LeagueTableSettings.read(settings)
    direct = look.direct
    cells = [
        [_cell(scale, cell if direct or i > j else None) for j, cell in enumerate(line)]
        for i, line in enumerate(grid)
    ]
    above = (
        "above it the direct estimates of the studies that compared the two" if direct else "above it nothing"
    )
    return league_table(
        names,
        cells,
        page=look.page,
        title=f"{snapshot['outcome']['name']}: {scale.label} ({result['level']:g}% CI)",
        notes=[
            f"Each cell: the treatment of its row against that of its column. Below the diagonal the network, "
            f"{above}. Bold: the interval excludes no difference. In the order of the ranking."
        ],
    )


def _cell(scale: Scale, cell: Data | None) -> LeagueCell | None:
    if cell is None:
        return None
    clear = has_no_effect(scale.measure) and (cell["ci_low"] > 0 or cell["ci_high"] < 0)
    return LeagueCell(scale.text(cell["estimate"]), scale.interval(cell["ci_low"], cell["ci_high"]), clear)


def why_not(snapshot: Data, result: Data) -> str:
    count = len(result["treatments"])
    if count > MOST:
        return (
            f"A figure of {count} treatments cannot be read; the table on the page and the CSV hold them all."
        )
    return ""


def text(snapshot: Data, result: Data) -> Table:
    scale = Scale(result["measure"])
    rows = [
        (cell["row"], cell["column"], cell_text(scale, cell), cell_text(scale, cell["direct"]))
        for cell in result["league"]
    ]
    return Table(("Treatment", "Against", "Network", "Direct"), rows)


DRAWING = Drawing(
    key="league-table",
    title="League table",
    about="Every treatment against every other: the network below the diagonal, direct evidence above it.",
    kinds=frozenset({NETWORK}),
    draw=draw,
    why_not=why_not,
    text=text,
    form=form_of(LeagueTableSettings),
)
