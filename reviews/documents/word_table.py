"""Tables of a Word document: rules above and below, a head that returns on every page, cells over rows and columns.

They are written as XML in one go: the library's own way takes minutes for a thousand rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from docx.document import Document
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.table import Table
from docx.text.paragraph import Paragraph

from reviews.documents.word_look import text_area
from reviews.documents.word_text import Content, element, plain, write

#: A row with less text than this is never cut by the end of a page.
WHOLE_ROW = 700
#: A table with less text than this stays on one page.
WHOLE_TABLE = 900
_RULE, _HAIR, _SHADE, _GROUP = "55606E", "C5CCD4", "EEF1F4", "F6F7F9"


@dataclass(frozen=True)
class Cell:
    """A cell that needs more than its text: over several columns (``across``) or rows (``down``), bold, with an
    alignment (left, center, right) or a colour (RRGGBB) of its own. The rows below a cell with ``down`` leave its
    place out, as in HTML."""

    content: Content
    across: int = 1
    down: int = 1
    bold: bool = False
    align: str = ""
    fill: str = ""


Row = Sequence[Content | Cell]


def group_row(text: Content, columns: int) -> list[Cell]:
    """A row that names the group of the rows below it."""
    return [Cell(text, across=columns, bold=True, fill=_GROUP)]


def add_table(
    document: Document,
    head: Sequence[Row],
    rows: Iterable[Row],
    *,
    widths: Sequence[float] | None,
    align: Sequence[str],
    summary: str,
) -> Table:
    """See ``word.table``. Raises ValueError for a row that has not as many cells as the table columns."""
    columns = len(widths) if widths else sum(_cell(one).across for one in head[0])
    shares = [float(share) for share in widths or [1] * columns]
    whole = text_area(document.sections[-1])[0].twips
    grid = [round(whole * share / sum(shares)) for share in shares]
    found = document.add_table(0, columns)
    _shape(found, grid, summary)
    writer = _Writer(found, grid, align)
    for row in head:
        writer.add([_as_head(_cell(one)) for one in row], head=True)
    lines = [[_cell(one) for one in row] for row in rows]
    short = sum(len(plain(cell.content)) for line in lines for cell in line) < WHOLE_TABLE
    for number, line in enumerate(lines, start=1):
        writer.add(line, head=False, together=short and number < len(lines))
    return found


class _Writer:
    """Adds rows, and remembers which places are taken by a cell of a row above."""

    def __init__(self, table: Table, grid: Sequence[int], align: Sequence[str]) -> None:
        self.table, self.grid = table, grid
        self.align = [*align, *[""] * (len(grid) - len(align))]
        self.taken: dict[int, tuple[int, Cell]] = {}  # column -> rows still to come, the cell above

    def add(self, cells: Sequence[Cell], *, head: bool, together: bool = False) -> None:
        row = element("w:tr")
        about = element("w:trPr")
        if head or sum(len(plain(cell.content)) for cell in cells) < WHOLE_ROW:
            about.append(element("w:cantSplit"))
        if head:
            about.append(element("w:tblHeader"))
        if len(about):
            row.append(about)
        together = (
            together or head or (len(cells) == 1 and cells[0].across == len(self.grid))
        )  # with the row after it
        waiting, column = list(cells), 0
        while column < len(self.grid):
            if column in self.taken:
                column += self._go_on(row, column)
                continue
            if not waiting or column + waiting[0].across > len(self.grid):
                break
            cell = waiting.pop(0)
            self._write(row, column, cell, together=together, merge="restart" if cell.down > 1 else "")
            if cell.down > 1:
                self.taken[column] = (cell.down - 1, cell)
            column += cell.across
        if waiting or column != len(self.grid):
            shown = " | ".join(plain(cell.content) for cell in cells)[:200]
            raise ValueError(f"This row does not fill the table's {len(self.grid)} columns: {shown}")
        self.table._tbl.append(row)

    def _go_on(self, row: BaseOxmlElement, column: int) -> int:
        left, cell = self.taken.pop(column)
        if left > 1:
            self.taken[column] = (left - 1, cell)
        self._write(row, column, replace(cell, content=""), together=False, merge="continue")
        return cell.across

    def _write(self, row: BaseOxmlElement, column: int, cell: Cell, *, together: bool, merge: str) -> None:
        node, about = element("w:tc"), element("w:tcPr")
        width = sum(self.grid[column : column + cell.across])
        about.append(element("w:tcW", w=width, type="dxa"))
        if cell.across > 1:
            about.append(element("w:gridSpan", val=cell.across))
        if merge:
            about.append(element("w:vMerge", val=merge))
        if cell.fill:
            about.append(element("w:shd", val="clear", color="auto", fill=cell.fill))
        node.append(about)
        holder, look = element("w:p"), element("w:pPr")
        look.append(element("w:pStyle", val="Cell"))
        if together:
            look.append(element("w:keepNext"))
        side = cell.align or ("" if cell.across > 1 else self.align[column])
        if side:
            look.append(element("w:jc", val=side))
        holder.append(look)
        write(Paragraph(holder, self.table), cell.content, bold=cell.bold)
        node.append(holder)
        row.append(node)


def _cell(one: Content | Cell) -> Cell:
    return one if isinstance(one, Cell) else Cell(one)


def _as_head(cell: Cell) -> Cell:
    return replace(cell, bold=True, fill=cell.fill or _SHADE)


def _shape(table: Table, grid: Sequence[int], summary: str) -> None:
    """Width, rules and margins of the table, and the words read to those who cannot see it."""
    about = table._tbl.tblPr
    for old in list(about):
        about.remove(old)
    rules = element("w:tblBorders")
    for side, size, colour in (("top", 8, _RULE), ("bottom", 8, _RULE), ("insideH", 4, _HAIR)):
        rules.append(element(f"w:{side}", val="single", sz=size, space=0, color=colour))
    margins = element("w:tblCellMar")
    margins.extend(element(f"w:{side}", w=70, type="dxa") for side in ("left", "right"))
    about.extend(
        [
            element("w:tblW", w=sum(grid), type="dxa"),
            rules,
            element("w:tblLayout", type="fixed"),
            margins,
            element("w:tblLook", val="0020", firstRow=1, firstColumn=0, noHBand=1, noVBand=1),
        ]
    )
    if summary:
        about.append(element("w:tblDescription", val=summary))
    for column, width in zip(table._tbl.tblGrid.findall(qn("w:gridCol")), grid, strict=True):
        column.set(qn("w:w"), str(width))
