"""The flow diagram as DOCX and PPTX: real shapes with text, connectors that stick to them, the same bytes."""

import io
import zipfile
from dataclasses import replace

import docx
import pytest
from lxml import etree
from pptx import Presentation
from pptx.util import Emu

from reporting.flow import flow_sheet
from reporting.office import flow_docx, flow_pptx
from tests.reporting.test_flow import ASIDE, BOTH, UPDATED

FULL = replace(UPDATED, studies_in_analysis=11, reports_in_analysis=13, reasons=[("Dose < 5 & none\x07", 30)])
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
WPS = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@pytest.fixture(scope="module")
def sheet():
    return flow_sheet(FULL, meta_analysis=True, title="Flow: Nacht & Nebel")


@pytest.fixture(scope="module")
def slide(sheet):
    shown = Presentation(io.BytesIO(flow_pptx(sheet)))
    assert len(shown.slides) == 1
    assert (shown.slide_width, shown.slide_height) == (
        Emu(round(sheet.width * 9525)),
        Emu(round(sheet.height * 9525)),
    )
    return shown.slides[0]


@pytest.fixture(scope="module")
def body(sheet):
    document = docx.Document(io.BytesIO(flow_docx(sheet)))
    return document.element.body


def words_of(box) -> str:
    return " ".join(" ".join(line.text.split()) for line, _ in box.lines).replace("\x07", "")


def test_every_box_of_the_slide_is_a_shape_at_its_place(sheet, slide):
    shapes = {
        " ".join(shape.text_frame.text.split()): shape for shape in slide.shapes if shape.has_text_frame
    }
    for box in sheet.boxes:
        shape = shapes[words_of(box)]
        assert (shape.left, shape.top) == (round(box.x * 9525), round(box.y * 9525))
        assert (shape.width, shape.height) == (round(box.width * 9525), round(box.height * 9525))
    assert slide.shapes.title.text_frame.text == "Flow: Nacht & Nebel"
    assert any("The PRISMA 2020 statement" in words for words in shapes)
    assert {"Identification", "Screening", "Included", "Previous studies"} <= set(shapes)


def test_connectors_of_the_slide_end_where_the_arrows_end(sheet, slide):
    connectors = [
        shape for shape in slide.shapes if shape.shape_type is not None and hasattr(shape, "begin_x")
    ]
    assert len(connectors) == len(sheet.arrows)
    ids = {
        shape.shape_id: " ".join(shape.text_frame.text.split())
        for shape in slide.shapes
        if shape.has_text_frame
    }
    boxes = {box.box.id: words_of(box) for box in sheet.boxes}
    for arrow, connector in zip(sheet.arrows, connectors, strict=True):
        ends = connector._element.findall(f".//{A}endCxn")
        assert [ids[int(end.get("id"))] for end in ends] == [boxes[arrow.target]]
        starts = connector._element.findall(f".//{A}stCxn")
        assert [ids[int(start.get("id"))] for start in starts] == (
            [boxes[arrow.source]] if arrow.source else []
        )
        if len(arrow.points) == 2:
            (x1, y1), (x2, y2) = arrow.points
            assert abs(connector.left - x1 * 9525) <= 1
            assert abs(connector.top + connector.height - max(y1, y2) * 9525) <= 2
            assert abs(connector.left + connector.width - x2 * 9525) <= 2


def test_a_corner_is_a_turned_connector_around_the_same_middle(sheet, slide):
    bent = [a for a in sheet.arrows if len(a.points) == 3]
    assert len(bent) == 2
    turns = {shape._element.find(f".//{A}xfrm").get("rot") for shape in slide.shapes} - {None}
    assert turns == {"5400000", "16200000"}
    by_turn = {s._element.find(f".//{A}xfrm").get("rot"): s for s in slide.shapes if hasattr(s, "begin_x")}
    for arrow in bent:
        (x1, y1), _, (x2, y2) = arrow.points
        frame = by_turn["5400000" if x2 < x1 else "16200000"]
        assert abs(frame.left + frame.width / 2 - (x1 + x2) / 2 * 9525) < 3
        assert abs(frame.top + frame.height / 2 - (y1 + y2) / 2 * 9525) < 3
        assert abs(frame.width - abs(y2 - y1) * 9525) < 3  # before the turn


def _text(line) -> str:
    return "".join(part.text if part.tag == f"{W}t" else " " for part in line.iter(f"{W}t", f"{W}br"))


def test_every_box_of_the_document_is_a_shape_with_text(sheet, body):
    shapes = [" ".join(_text(line) for line in box.iter(f"{W}p")) for box in body.iter(f"{WPS}wsp")]
    told = {" ".join(shape.split()) for shape in shapes}
    assert {words_of(box) for box in sheet.boxes} <= told
    assert {"Identification", "Screening", "Included", "Previous studies"} <= told
    connectors = list(body.iter(f"{WPS}cNvCnPr"))
    assert len(connectors) == len(sheet.arrows)
    ids = {shape.get("id") for shape in body.iter(f"{WPS}cNvPr")}
    assert {end.get("id") for end in body.iter(f"{A}endCxn", f"{A}stCxn")} <= ids
    assert "Template: Page MJ" in "".join(t.text or "" for t in body.iter(f"{W}t"))


def test_ids_are_used_once(body):
    used = [shape.get("id") for shape in body.iter() if etree.QName(shape).localname in ("cNvPr", "docPr")]
    assert len(used) == len(set(used))


def test_wide_diagrams_lie_across_and_long_ones_get_a_larger_page():
    def page(counts):
        section = docx.Document(io.BytesIO(flow_docx(flow_sheet(counts)))).sections[0]
        return section.page_width, section.page_height

    across, upright = page(BOTH), page(replace(ASIDE, websites=0, organisations=0, citations=0, other_sought=0,
                                               other_assessed=0, other_ongoing=0))  # fmt: skip
    assert across[0] > across[1]
    assert upright[0] < upright[1]
    long = page(replace(BOTH, reasons=[(f"Reason {i}", i) for i in range(80)]))
    assert long[1] > across[1]


def test_the_same_diagram_gives_the_same_bytes(sheet):
    for made in (flow_docx, flow_pptx):
        first = made(sheet)
        assert first == made(flow_sheet(FULL, meta_analysis=True, title="Flow: Nacht & Nebel"))
        times = {entry.date_time[0] for entry in zipfile.ZipFile(io.BytesIO(first)).infolist()}
        assert times == {2000}
