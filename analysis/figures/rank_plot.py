"""How certain the rank of each treatment is: a row for each, a column for each rank, darker where it is likelier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures.names import shortened
from analysis.figures.plot_frame import Frame, Page
from reviews.figures.layout import FAINT, INK, PAPER, Figure, Group, Item, LayoutError, Line, Rect, Text
from reviews.figures.metrics import middle, text_width

#: From nothing to certainty.
LIGHT, DARK = (0xF4, 0xF7, 0xFA), (0x1D, 0x4E, 0x7E)
#: From this share on the words in a square are white.
INVERTED = 0.45
ROW = 26.0


@dataclass(frozen=True, kw_only=True)
class RankRow:
    """A treatment: its P-score as printed, the probability of each rank, the first and last rank of its interval."""

    name: str
    score: str
    shares: tuple[float, ...]
    low: int
    high: int


def rank_plot(
    rows: Sequence[RankRow],
    *,
    title: str = "Ranks",
    notes: Sequence[str] = (),
    page: Page | None = None,
    figure_id: str = "ranks",
) -> Figure:
    """Rows in the order of the ranking, all with the same number of ranks. Raises `LayoutError` without rows."""
    if not rows or len({len(row.shares) for row in rows}) != 1:
        raise LayoutError("A rank plot needs treatments with as many ranks each.")
    page = page or Page()
    size, small, count = page.size, page.small, len(rows[0].shares)
    step = ROW * size / 12
    name_width = min(max(text_width(row.name, size) for row in rows), page.room * 0.36)
    score_width = text_width("P-score", small, "bold")
    left = page.margin + name_width + score_width + 2 * size
    cell = max((page.width - page.margin - left) / count, text_width("100", small) + 4)
    page = Page(max(page.width, left + cell * count + page.margin), size, page.heading)
    frame = Frame(figure_id, title, page)
    y = frame.y + size * 1.3
    score_right = left - size
    frame.items.append(Text(x=score_right, y=y, text="P-score", size=small, weight="bold", anchor="end"))
    for rank in range(count):
        x = left + (rank + 0.5) * cell
        frame.items.append(Text(x=x, y=y, text=str(rank + 1), size=small, weight="bold", anchor="middle"))
    y += size * 0.6
    for i, row in enumerate(rows):
        shown = shortened(row.name, size, name_width)
        full = row.name if shown != row.name else ""
        centre = y + step / 2
        items: list[Item] = [
            Text(x=page.margin, y=middle(centre, size), text=shown, size=size, title=full),
            Text(x=score_right, y=middle(centre, size), text=row.score, size=size, anchor="end"),
        ]
        for rank, share in enumerate(row.shares):
            items += _square(left + rank * cell, y, cell, step, share, small, f"{row.name}, rank {rank + 1}")
        low, high = left + (row.low - 1) * cell + 2, left + row.high * cell - 2
        items.append(Line(x1=low, y1=y + step - 3, x2=high, y2=y + step - 3, stroke="#b84d00", width=2.2))
        frame.items.append(Group(items=tuple(items), id=f"{figure_id}-row-{i + 1}"))
        y += step
    frame.y = y
    frame.notes(notes)
    told = " ".join(f"{row.name}: P-score {row.score}, ranks {row.low} to {row.high}." for row in rows)
    return frame.figure(f"The probability of each rank, in percent. {told}")


def _square(
    x: float, y: float, width: float, height: float, share: float, size: float, told: str
) -> list[Item]:
    shade = "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(LIGHT, DARK, strict=True))
    percent = f"{100 * share:.0f}"
    square = Rect(
        x=x,
        y=y,
        width=width,
        height=height,
        fill=shade,
        stroke=FAINT,
        stroke_width=0.5,
        title=f"{told}: {percent}%",
    )
    if share < 0.005:
        return [square]
    fill = PAPER if share > INVERTED else INK
    x, y = x + width / 2, middle(y + height / 2 - 1.5, size)
    return [square, Text(x=x, y=y, text=percent, size=size, anchor="middle", fill=fill)]
