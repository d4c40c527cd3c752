"""A flow diagram as a slide whose boxes, texts and connectors can be edited."""

from __future__ import annotations

import io

from lxml import etree
from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.util import Emu

from reporting.flow.chart import BoxLine
from reporting.flow.sheet import HANGING, INDENT, LINE, MARGIN, PAD, SIZE, SMALL, TITLE, TITLE_LINE, Sheet
from reporting.office.drawingml import (
    EMU,
    FONT,
    A,
    Scale,
    arrow_name,
    attribute,
    box_name,
    colour,
    connector,
    glue,
    outline,
    text,
)
from reviews.documents.packages import LONG_AGO, fixed
from reviews.figures.layout import INK, SOFT_INK

P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_NAMES = f'xmlns:a="{A}" xmlns:p="{P}"'
#: A slide is at most 56 inches wide or high.
LONGEST = 56 * 914_400
TITLE_ONLY = 5


def flow_pptx(sheet: Sheet) -> bytes:
    """One slide of the size of the diagram; the same sheet gives the same bytes."""
    shown = Presentation()
    factor = min(1.0, LONGEST / (max(sheet.width, sheet.height) * EMU))
    scale = Scale(factor=factor)
    shown.slide_width, shown.slide_height = Emu(scale.by(sheet.width)), Emu(scale.by(sheet.height))
    about = shown.core_properties
    about.title, about.author, about.last_modified_by = sheet.chart.title[:255], "Review app", "Review app"
    about.created = about.modified = LONG_AGO
    slide = shown.slides.add_slide(shown.slide_layouts[TITLE_ONLY])
    tree = slide.shapes._spTree
    title = slide.shapes.title
    tree.replace(title._element, _node(_title(sheet, scale, title.shape_id)))
    ids: dict[str, int] = {}
    number = 10
    for label in sheet.labels:
        number += 1
        words = "".join(_paragraph(line, scale, bold=True, middle=True) for line in (label.full,) if line)
        words = words or _paragraph(" ".join(label.lines), scale, bold=True, middle=True)
        body = _body(words, 'vert="vert270"' if label.upright else "", scale)
        tree.append(_node(_shape(number, " ".join(label.lines), outline(label, scale), body)))
    for placed in sheet.boxes:
        number += 1
        ids[placed.box.id] = number
        words = "".join(_line(line, scale) for line, _ in placed.lines)
        tree.append(_node(_shape(number, box_name(placed), outline(placed, scale), _body(words, "", scale))))
    for arrow in sheet.arrows:
        number += 1
        about_it = f'<p:cNvPr id="{number}" name={attribute(arrow_name(arrow))}/>'
        tree.append(
            _node(
                f"<p:cxnSp {_NAMES}><p:nvCxnSpPr>{about_it}<p:cNvCxnSpPr>{glue(arrow, ids)}</p:cNvCxnSpPr><p:nvPr/>"
                f"</p:nvCxnSpPr><p:spPr>{connector(arrow, scale)}</p:spPr></p:cxnSp>"
            )
        )
    tree.append(_node(_notes(sheet, scale, number + 1)))
    out = io.BytesIO()
    shown.save(out)
    return fixed(out.getvalue())


def _node(xml: str) -> etree._Element:
    return parse_xml(xml.encode())


def _shape(number: int, name: str, properties: str, body: str) -> str:
    return (
        f'<p:sp {_NAMES}><p:nvSpPr><p:cNvPr id="{number}" name={attribute(name)}/><p:cNvSpPr/><p:nvPr/></p:nvSpPr>'
        f"<p:spPr>{properties}</p:spPr><p:txBody>{body}</p:txBody></p:sp>"
    )


def _body(paragraphs: str, upright: str, scale: Scale) -> str:
    side, top = (0, 0) if upright else (scale.by(PAD), scale.by(PAD - 4))
    return (
        f'<a:bodyPr {upright} wrap="square" lIns="{side}" tIns="{top}" rIns="{scale.by(2)}" bIns="{top}" '
        f'anchor="ctr"><a:noAutofit/></a:bodyPr><a:lstStyle/>{paragraphs}'
    )


def _line(line: BoxLine, scale: Scale) -> str:
    return _paragraph(line.text, scale, indent=line.indent)


def _paragraph(
    words: str,
    scale: Scale,
    *,
    size: float = SIZE,
    line: float = LINE,
    ink: str = INK,
    indent: int = 0,
    bold: bool = False,
    middle: bool = False,
) -> str:
    """A paragraph whose lines after the first hang back, as in the drawing."""
    left = scale.by(INDENT * indent + HANGING) if indent else 0
    look = f'lang="en-GB" sz="{round(scale.points(size) * 100)}"' + (' b="1"' if bold else "")
    font = (
        f'<a:solidFill><a:srgbClr val="{colour(ink)}"/></a:solidFill>'
        f'<a:latin typeface="{FONT}"/><a:cs typeface="{FONT}"/>'
    )
    runs = "<a:br/>".join(
        f"<a:r><a:rPr {look}>{font}</a:rPr><a:t>{text(part)}</a:t></a:r>" for part in words.split("\n")
    )
    return (
        f'<a:p><a:pPr marL="{left}" indent="{-scale.by(HANGING) if indent else 0}" '
        f'algn="{"ctr" if middle else "l"}"><a:lnSpc><a:spcPts val="{round(scale.points(line) * 100)}"/></a:lnSpc>'
        f'<a:spcBef><a:spcPts val="0"/></a:spcBef><a:buNone/></a:pPr>{runs}</a:p>'
    )


def _title(sheet: Sheet, scale: Scale, number: int) -> str:
    """The slide's title, where the diagram has it."""
    words = _paragraph(sheet.chart.title, scale, size=TITLE, line=TITLE_LINE, bold=True)
    return (
        f'<p:sp {_NAMES}><p:nvSpPr><p:cNvPr id="{number}" name="Title" descr={attribute(sheet.chart.desc)}/>'
        '<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>'
        f"<p:spPr>{_area(sheet, scale, MARGIN, TITLE_LINE * len(sheet.title))}</p:spPr>"
        '<p:txBody><a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="t"><a:noAutofit/></a:bodyPr>'
        f"<a:lstStyle/>{words}</p:txBody></p:sp>"
    )


def _notes(sheet: Sheet, scale: Scale, number: int) -> str:
    """The notes as one text below the boxes."""
    words = "".join(_paragraph(note.note.text, scale, size=SMALL, ink=SOFT_INK) for note in sheet.notes)
    top = sheet.notes[0].y if sheet.notes else sheet.height
    return (
        f'<p:sp {_NAMES}><p:nvSpPr><p:cNvPr id="{number}" name="Notes"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>'
        f"<p:spPr>{_area(sheet, scale, top, sheet.height - top)}"
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/></p:spPr>'
        '<p:txBody><a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="t"><a:noAutofit/></a:bodyPr>'
        f"<a:lstStyle/>{words}</p:txBody></p:sp>"
    )


def _area(sheet: Sheet, scale: Scale, top: float, height: float) -> str:
    return (
        f'<a:xfrm><a:off x="{scale.x(MARGIN)}" y="{scale.y(top)}"/>'
        f'<a:ext cx="{scale.by(sheet.width - 2 * MARGIN)}" cy="{scale.by(height)}"/></a:xfrm>'
    )
