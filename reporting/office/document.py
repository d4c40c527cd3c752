"""A flow diagram in a Word document: one group of boxes, texts and connectors, each of which can be edited.

The stages at the side stand beside the group, anchored to its paragraph: LibreOffice turns no text inside a group.
"""

from __future__ import annotations

from dataclasses import replace

from docx.document import Document
from docx.oxml import parse_xml
from docx.section import Section
from docx.shared import Emu, Mm, Pt

from reporting.flow.chart import BoxLine
from reporting.flow.sheet import HANGING, INDENT, LINE, PAD, SIZE, Label, Placed, Sheet
from reporting.office.drawingml import (
    EMU,
    FONT,
    A,
    Scale,
    arrow_name,
    attribute,
    body_area,
    box_name,
    colour,
    connector,
    glue,
    outline,
    text,
)
from reviews.documents.word import heading, new_document, notes, save
from reviews.figures.layout import INK

_NAMES = " ".join(
    f'xmlns:{prefix}="{address}"'
    for prefix, address in {
        "a": A,
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }.items()
)
_GROUP = "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"
_SHAPE = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
#: Letters are at least so much of the drawing's 9 points; a longer diagram gets a larger page.
LEAST = 0.7
#: Word's largest page is 22 inches.
LONGEST = 22 * 914_400
#: What heading and notes need above and below the boxes, a line of notes and the rest.
NOTE_LINE, AROUND = Mm(4.5), Mm(20)


def flow_docx(sheet: Sheet) -> bytes:
    """One page, upright or across as the diagram asks for; the same sheet gives the same bytes."""
    across = sheet.width > sheet.height
    document = new_document(sheet.chart.title, landscape=across)
    heading(document, sheet.chart.title, level=2)
    section = document.sections[0]
    below = NOTE_LINE * sum(len(note.lines) for note in sheet.notes) + AROUND
    _make_room(section, sheet, below)
    width, height = _inside(section)
    add_flow(document, sheet, width, height - below)
    notes(document, [note.note.text for note in sheet.notes])
    return save(document)


def add_flow(document: Document, sheet: Sheet, width: int, height: int) -> None:
    """The boxes and arrows as a paragraph of their own, as large as fits ``width`` and ``height`` in EMU."""
    left, top, right, bottom = body_area(sheet)
    factor = min(1.0, width / ((right - left) * EMU), height / ((bottom - top) * EMU))
    scale = Scale(left, top, factor)
    size = scale.by(right - left), scale.by(bottom - top)
    place = document.add_paragraph()
    place.paragraph_format.space_before, place.paragraph_format.space_after = Pt(0), Pt(8)
    place.paragraph_format.line_spacing = 1.0
    stages = [label for label in sheet.labels if label.upright]
    for number, label in enumerate(stages, start=400):
        place._p.append(parse_xml(_stage(label, number, scale).encode()))
    place._p.append(parse_xml(_drawing(sheet, scale, size).encode()))


def _make_room(section: Section, sheet: Sheet, below: int) -> None:
    """A page on which letters are not smaller than LEAST."""
    left, top, right, bottom = body_area(sheet)
    width, height = _inside(section)
    wide = max(0, round((right - left) * EMU * LEAST) - width)
    high = max(0, round((bottom - top) * EMU * LEAST) + below - height)
    section.page_width = Emu(min(LONGEST, (section.page_width or 0) + wide))
    section.page_height = Emu(min(LONGEST, (section.page_height or 0) + high))


def _inside(section: Section) -> tuple[int, int]:
    sides = (section.left_margin or 0) + (section.right_margin or 0)
    ends = (section.top_margin or 0) + (section.bottom_margin or 0)
    return (section.page_width or 0) - sides, (section.page_height or 0) - ends


def _drawing(sheet: Sheet, scale: Scale, size: tuple[int, int]) -> str:
    """The group in a run; programs that know no shapes show the description instead."""
    ids = {placed.box.id: 100 + i for i, placed in enumerate(sheet.boxes)}
    width, height = size
    # Keeps the group's place where the stages stand: LibreOffice shrinks a group to what is in it.
    shapes = [
        '<wps:wsp><wps:cNvPr id="2" name="Frame"/><wps:cNvSpPr/><wps:spPr><a:xfrm><a:off x="0" y="0"/>'
        f'<a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/>'
        "<a:ln><a:noFill/></a:ln></wps:spPr><wps:bodyPr/></wps:wsp>"
    ]
    shapes += [_label(label, 200 + i, scale) for i, label in enumerate(sheet.labels) if not label.upright]
    shapes += [_box(placed, ids[placed.box.id], scale) for placed in sheet.boxes]
    shapes += [
        f'<wps:wsp><wps:cNvPr id="{300 + i}" name={attribute(arrow_name(arrow))}/>'
        f"<wps:cNvCnPr>{glue(arrow, ids)}</wps:cNvCnPr><wps:spPr>{connector(arrow, scale)}</wps:spPr>"
        "<wps:bodyPr/></wps:wsp>"
        for i, arrow in enumerate(sheet.arrows)
    ]
    frame = f'<a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/>'
    inside = f'<a:chOff x="0" y="0"/><a:chExt cx="{width}" cy="{height}"/>'
    return (
        f'<w:r {_NAMES}><mc:AlternateContent><mc:Choice Requires="wpg"><w:drawing>'
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="1" name="Flow diagram" descr={attribute(sheet.chart.desc)}/>'
        f'<wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="{_GROUP}"><wpg:wgp><wpg:cNvGrpSpPr/>'
        f"<wpg:grpSpPr><a:xfrm>{frame}{inside}</a:xfrm></wpg:grpSpPr>{''.join(shapes)}</wpg:wgp></a:graphicData>"
        "</a:graphic></wp:inline></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:t>{text(sheet.chart.desc)}</w:t></mc:Fallback></mc:AlternateContent></w:r>"
    )


def _stage(label: Label, number: int, scale: Scale) -> str:
    """A stage as a shape of its own, at its place from the corner of the group."""
    place = (
        f'<wp:positionH relativeFrom="column"><wp:posOffset>{scale.x(label.x)}</wp:posOffset></wp:positionH>'
        f'<wp:positionV relativeFrom="paragraph"><wp:posOffset>{scale.y(label.y)}</wp:posOffset></wp:positionV>'
        f'<wp:extent cx="{scale.by(label.width)}" cy="{scale.by(label.height)}"/>'
    )
    at_corner = replace(label, x=scale.left, y=scale.top)
    return (
        f'<w:r {_NAMES}><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>'
        '<wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" behindDoc="0" locked="0" layoutInCell="1" '
        f'allowOverlap="1" relativeHeight="{number}"><wp:simplePos x="0" y="0"/>{place}<wp:wrapNone/>'
        f'<wp:docPr id="{number}" name={attribute(label.full or label.lines[0])}/><wp:cNvGraphicFramePr/>'
        f'<a:graphic><a:graphicData uri="{_SHAPE}">{_label(at_corner, 0, scale)}</a:graphicData></a:graphic>'
        "</wp:anchor></w:drawing></mc:Choice></mc:AlternateContent></w:r>"
    )


def _label(label: Label, number: int, scale: Scale) -> str:
    words = _paragraph(label.full or " ".join(label.lines), scale, bold=True, middle=True)
    return _shape(number, " ".join(label.lines), outline(label, scale), words, scale, upright=label.upright)


def _box(placed: Placed, number: int, scale: Scale) -> str:
    words = "".join(_line(line, scale) for line, _ in placed.lines)
    return _shape(number, box_name(placed), outline(placed, scale), words, scale)


def _shape(
    number: int, name: str, properties: str, words: str, scale: Scale, *, upright: bool = False
) -> str:
    side, top = (0, 0) if upright else (scale.by(PAD), scale.by(PAD - 4))
    named = f'<wps:cNvPr id="{number}" name={attribute(name)}/>' if number else ""
    return (
        f"<wps:wsp>{named}<wps:cNvSpPr/><wps:spPr>{properties}</wps:spPr>"
        f"<wps:txbx><w:txbxContent>{words}</w:txbxContent></wps:txbx>"
        f'<wps:bodyPr rot="0" vert="{"vert270" if upright else "horz"}" wrap="square" lIns="{side}" tIns="{top}" '
        f'rIns="{scale.by(2)}" bIns="{top}" anchor="ctr" anchorCtr="0"><a:noAutofit/></wps:bodyPr></wps:wsp>'
    )


def _line(line: BoxLine, scale: Scale) -> str:
    return _paragraph(line.text, scale, indent=line.indent)


def _paragraph(words: str, scale: Scale, *, indent: int = 0, bold: bool = False, middle: bool = False) -> str:
    """A paragraph whose lines after the first hang back, as in the drawing. Word counts in twentieths of a point."""
    left = round((INDENT * indent + HANGING) * 15 * scale.factor) if indent else 0
    hanging = round(HANGING * 15 * scale.factor) if indent else 0
    look = (
        f'<w:rPr><w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:cs="{FONT}"/>{"<w:b/>" if bold else ""}'
        f'<w:color w:val="{colour(INK)}"/><w:sz w:val="{round(scale.points(SIZE) * 2)}"/></w:rPr>'
    )
    runs = f"<w:r>{look}<w:br/></w:r>".join(
        f'<w:r>{look}<w:t xml:space="preserve">{text(part)}</w:t></w:r>' for part in words.split("\n")
    )
    return (
        f'<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="{round(LINE * 15 * scale.factor)}" '
        f'w:lineRule="exact"/><w:ind w:left="{left}" w:hanging="{hanging}"/>'
        f'<w:jc w:val="{"center" if middle else "left"}"/></w:pPr>{runs}</w:p>'
    )
