"""Word documents in one look: what every room that writes a document is built from.

    document = new_document("Summary of findings", landscape=True)
    heading(document, "Exercise compared with no treatment")
    table(document, ["Outcome", "Certainty"], [["Pain", "Low"]], widths=[3, 1], caption="Summary of findings")
    notes(document, [[Words("a", raised=True), " High risk of bias in most studies."]])
    content = save(document)

Texts may come from anywhere: what XML cannot hold is left out, links lead to http, https and mailto only. The same
content gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import docx
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.shared import Length, Mm, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from reviews.documents.packages import DOCX, LONG_AGO, fixed
from reviews.documents.word_contents import fill_contents, mark_heading, mark_place
from reviews.documents.word_look import dress, lay_out, text_area
from reviews.documents.word_table import Cell, Row, add_table, group_row
from reviews.documents.word_text import Content, Words, clean, field, write
from reviews.figures.convert import to_png
from reviews.figures.layout import Figure
from reviews.figures.render import render_svg

__all__ = [
    "DOCX",
    "Cell",
    "Content",
    "Row",
    "Words",
    "bullets",
    "callout",
    "contents",
    "figure",
    "group_row",
    "heading",
    "new_document",
    "notes",
    "paragraph",
    "picture",
    "save",
    "section",
    "table",
    "title",
]

#: Of a picture in print; sharp, and a report of thirty figures stays below some ten megabytes.
DPI = 220
MM_PER_PIXEL = 25.4 / 96
BELOW_TABLE, BELOW_FIGURE = Pt(5), Pt(10)


def new_document(title: str, *, landscape: bool = False, lang: str = "en-GB") -> Document:
    """An empty document on A4: its title among the properties and at the head of each page, page numbers at the foot.

    ``lang`` is what spelling checkers and screen readers take, such as en-GB.
    """
    document = docx.Document()
    dress(document, lang)
    about = document.core_properties
    about.title, about.author, about.comments = clean(title)[:255], "Review app", ""
    about.created = about.modified = LONG_AGO
    first = document.sections[0]
    lay_out(first, landscape=landscape)
    head, foot = first.header.paragraphs[0], first.footer.paragraphs[0]
    head.style = foot.style = document.styles["Note"]
    write(head, _shortened(title))
    write(foot, "Page ")
    field(foot, "PAGE", "1")
    write(foot, " of ")
    field(foot, "NUMPAGES", "1")
    return document


def section(document: Document, *, landscape: bool = False) -> None:
    """Go on with a new page, upright or across."""
    lay_out(document.add_section(WD_SECTION.NEW_PAGE), landscape=landscape)
    document.element.body[-2].style = "Note"  # the break stands in a paragraph of its own: a low one


def title(document: Document, text: str, subtitle: str = "") -> None:
    """The title on the first page."""
    paragraph(document, text, style="Title")
    if subtitle:
        paragraph(document, subtitle, style="Subtitle")


def heading(document: Document, text: str, level: int = 1) -> Paragraph:
    """A heading of level 1 to 3; the document's contents (``contents``) can lead to it."""
    added = paragraph(document, text, style=f"Heading {level}")
    mark_heading(added, 1 + len(document.element.body.xpath("./w:p/w:bookmarkStart")))
    return added


def paragraph(document: Document, content: Content, style: str = "Normal") -> Paragraph:
    """A paragraph of text or of pieces of text. Styles: Normal, Title, Subtitle, Byline, Note, Prompt, Reference,
    Code."""
    below = _last(document, "tbl")
    added = _paragraph(document, style)
    if below and not style.startswith(("Heading", "Caption")):  # these keep their own distance
        added.paragraph_format.space_before = BELOW_TABLE
    write(added, content)
    return added


def bullets(document: Document, items: Iterable[Content]) -> None:
    for item in items:
        paragraph(document, item, style="List Bullet")


def callout(document: Document, content: Content) -> None:
    """What a reader must not overlook, in a box of its own."""
    paragraph(document, content, style="Callout")


def notes(document: Document, lines: Iterable[Content]) -> None:
    """Small print under a table or figure, a paragraph for each line."""
    for line in lines:
        paragraph(document, line, style="Note")


def table(
    document: Document,
    header: Row,
    rows: Iterable[Row],
    widths: Sequence[float] | None = None,
    caption: str = "",
    *,
    over: Sequence[Row] = (),
    align: Sequence[str] = (),
    summary: str = "",
) -> Table:
    """A table over the width of the page. Its head (``header``, below the rows of ``over``) returns on every page.

    A cell is text, pieces of text, or a ``Cell``; ``group_row`` names the group of the rows below it. ``widths`` are
    the columns' shares of the page in any unit (equal when left out), ``align`` is left, center or right for each
    column. ``caption`` gets the next number of its kind, ``summary`` (else the caption) is read to those who cannot
    see the table. Raises ValueError for a row that does not fill the columns.
    """
    if caption:
        _caption(document, "Table", caption).paragraph_format.keep_with_next = True
    elif _last(document, "tbl"):
        paragraph(document, "", style="Note")  # else Word takes two tables for one
    return add_table(document, [*over, header], rows, widths=widths, align=align, summary=summary or caption)


def figure(document: Document, figure: Figure, width_mm: float, alt: str, caption: str = "") -> None:
    """A figure at most ``width_mm`` wide, a page high, and as large as it was laid out; one laid out over several
    pages gets as many pictures.

    ``alt`` is read to those who cannot see it; ``caption`` gets the next number of its kind.
    """
    pages = figure.paged() if figure.paged else [figure]
    for number, page in enumerate(pages, start=1):
        part = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
        picture(document, page, width_mm, alt + part)
    if caption:
        _caption(document, "Figure", caption).paragraph_format.space_after = BELOW_FIGURE


def picture(document: Document, figure: Figure, width_mm: float, alt: str) -> None:
    """One picture, as wide as asked for if the page can hold it; never enlarged, which would enlarge its letters."""
    across, down = text_area(document.sections[-1])
    own = Mm(figure.width * MM_PER_PIXEL)
    width = min(Mm(width_mm), own, across, int(down * 0.88 * figure.width / figure.height))
    png = to_png(str(render_svg(figure, mm=Length(width).mm)), dpi=DPI)
    holder = document.add_paragraph(style="Normal")
    holder.paragraph_format.keep_with_next = True
    shape = holder.add_run().add_picture(io.BytesIO(png), width=Length(width))
    shape._inline.docPr.set("descr", clean(alt))
    shape._inline.docPr.set("title", clean(figure.title))


def contents(document: Document) -> None:
    """The list of contents: links to the headings of level 1 and 2, also to those that are added later."""
    mark_place(document)


def save(document: Document) -> bytes:
    """The document as bytes: the same for the same content."""
    fill_contents(document)
    if _last(document, "tbl"):
        paragraph(document, "", style="Note")  # a document ends with a paragraph
    raw = io.BytesIO()
    document.save(raw)
    return fixed(raw.getvalue())


def _caption(document: Document, kind: str, text: str) -> Paragraph:
    """A caption with the next number of its kind, as a field, so that Word's lists of tables and figures find it."""
    found = document.element.body.xpath(f'./w:p/w:fldSimple[contains(@w:instr, "SEQ {kind} ")]')
    added = _paragraph(document, "Caption")
    write(added, f"{kind} ")
    field(added, f"SEQ {kind} \\* ARABIC", str(len(found) + 1))
    write(added, f". {text}")
    return added


def _paragraph(document: Document, style: str) -> Paragraph:
    """An empty paragraph. By the style's id, which is its name without blanks: looking it up by name takes long."""
    added = document.add_paragraph()
    added._p.style = style.replace(" ", "")
    return added


def _last(document: Document, tag: str) -> bool:
    """Whether the body ends with such an element; after it only the section's own is left."""
    body = [node for node in document.element.body[-2:] if not node.tag.endswith("}sectPr")]
    return bool(body) and body[-1].tag.endswith("}" + tag)


def _shortened(text: str, longest: int = 90) -> str:
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0] + " …"
