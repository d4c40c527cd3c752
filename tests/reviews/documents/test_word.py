"""Word documents: one look, any text, the same bytes."""

import io
import zipfile

import docx
import pytest
from docx.oxml.ns import qn

from reviews.documents import word
from reviews.documents.packages import fixed
from reviews.documents.word import Cell, Words
from reviews.figures.layout import Figure, Rect

SQUARE = Figure(
    id="f",
    width=80,
    height=80,
    title="Square",
    desc="D",
    items=(Rect(x=0, y=0, width=80, height=80, fill="#eee"),),
)


def opened(document):
    return docx.Document(io.BytesIO(word.save(document)))


def shown(node):
    """All text in an element, with that of links and fields."""
    return "".join(text.text for text in node.iter(qn("w:t")))


def a_document():
    document = word.new_document("Exercise for depression")
    word.contents(document)
    word.heading(document, "Methods")
    word.paragraph(document, ["See ", Words("the registry", href="https://example.org/?a=1&b=2"), "."])
    word.heading(document, "Searches", 2)
    word.table(document, ["Study", "n"], [["A", "3"], ["B", "4"]], caption="Studies", align=["", "right"])
    word.heading(document, "Details", 3)
    word.figure(document, SQUARE, 100, "A grey square", caption="The square")
    return document


def test_the_same_content_gives_the_same_bytes_without_a_time_in_them():
    first = word.save(a_document())
    assert first == word.save(a_document())
    with zipfile.ZipFile(io.BytesIO(first)) as package:
        assert package.namelist()[0] == "[Content_Types].xml"
        assert {entry.date_time for entry in package.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        assert b"thumbnail" not in b"".join(package.read(name) for name in package.namelist())
        assert "word/stylesWithEffects.xml" not in package.namelist()


def test_any_office_package_is_fixed():
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as package:
        package.writestr("b.xml", "<b/>")
        package.writestr(
            "docProps/core.xml", '<x><dcterms:modified t="">2026-01-02T03:04:05Z</dcterms:modified></x>'
        )
        package.writestr("[Content_Types].xml", "<t/>")
    with zipfile.ZipFile(io.BytesIO(fixed(raw.getvalue()))) as package:
        assert package.namelist() == ["[Content_Types].xml", "b.xml", "docProps/core.xml"]
        assert b">2000-01-01T00:00:00Z<" in package.read("docProps/core.xml")


def test_a_document_says_its_title_and_language_and_numbers_its_pages():
    found = opened(word.new_document("Exercise for depression", landscape=True, lang="de-DE"))
    assert (found.core_properties.title, found.core_properties.language) == (
        "Exercise for depression",
        "de-DE",
    )
    assert found.styles.element.xpath("//w:rPrDefault//w:lang/@w:val") == ["de-DE"]
    page = found.sections[0]
    assert page.page_width > page.page_height
    assert page.header.paragraphs[0].text == "Exercise for depression"
    assert page.footer.paragraphs[0]._p.xpath(".//w:fldSimple/@w:instr") == [" PAGE ", " NUMPAGES "]


def test_contents_lead_to_the_headings_that_were_added_later():
    body = opened(a_document()).element.body
    links = {link.get(qn("w:anchor")): shown(link) for link in body.xpath(".//w:hyperlink[@w:anchor]")}
    assert list(links.values()) == ["Methods", "Searches"]
    assert set(links) <= set(body.xpath(".//w:bookmarkStart/@w:name"))
    assert body.xpath(".//w:fldChar/@w:fldCharType") == ["begin", "separate", "end"]


def test_captions_are_numbered_by_kind():
    document = a_document()
    word.table(document, ["a"], [["b"]], caption="More")
    captions = [one for one in opened(document).paragraphs if one.style.name == "Caption"]
    assert [shown(one._p) for one in captions] == [
        "Table 1. Studies",
        "Figure 1. The square",
        "Table 2. More",
    ]


def test_nothing_that_xml_cannot_hold_breaks_a_document():
    document = word.new_document("A\x00B\ud800")
    word.heading(document, "Bad \x0b title")
    word.paragraph(document, "line one\r\nline two \uffff <b>& ")
    found = opened(document)
    assert found.core_properties.title == "AB"
    assert [one.text for one in found.paragraphs] == ["Bad  title", "line one\nline two  <b>& "]


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "file:///etc/passwd", "https://[x", "https://a\nb", ""]
)
def test_only_addresses_of_the_web_become_links(href):
    document = word.new_document("T")
    word.paragraph(document, [Words("here", href=href)])
    found = opened(document)
    assert found.element.body.xpath(".//w:hyperlink") == []
    assert found.paragraphs[0].text == "here"


def test_a_link_keeps_its_address():
    (target,) = [one for one in opened(a_document()).part.rels.values() if one.is_external]
    assert target.target_ref == "https://example.org/?a=1&b=2"


def test_the_head_of_a_table_returns_and_cells_span():
    document = word.new_document("T")
    word.table(
        document,
        ["without", "with"],
        [word.group_row("Pain", 3), ["1", ["2", Words("a", raised=True)], Cell("3", bold=True)]],
        over=[[Cell("Risks", across=2), Cell("Certainty", down=2)]],
        widths=[1, 1, 2],
    )
    (table,) = opened(document).tables
    assert len(table._tbl.xpath("./w:tr[w:trPr/w:tblHeader]")) == 2
    assert [cell.text for cell in table.rows[0].cells] == ["Risks", "Risks", "Certainty"]
    assert [cell.text for cell in table.rows[1].cells] == ["without", "with", "Certainty"]
    assert [cell.text for cell in table.rows[2].cells] == ["Pain"] * 3
    assert [cell.text for cell in table.rows[3].cells] == ["1", "2a", "3"]
    widths = [int(width) for width in table._tbl.xpath("./w:tblGrid/w:gridCol/@w:w")]
    assert widths[2] == pytest.approx(2 * widths[0], abs=1)


@pytest.mark.parametrize("row", [["1"], ["1", "2", "3"], [Cell("1", across=3)]])
def test_a_row_that_does_not_fill_the_columns_is_refused(row):
    with pytest.raises(ValueError, match="does not fill the table's 2 columns: 1"):
        word.table(word.new_document("T"), ["a", "b"], [row])


@pytest.mark.parametrize(
    "style", ["Title", "Subtitle", "Heading 3", "List Bullet", "Caption", "Prompt", "Byline"]
)
def test_a_style_goes_by_its_name(style):
    document = word.new_document("T")
    word.paragraph(document, "text", style=style)
    (found,) = opened(document).paragraphs
    assert (found.style.name, found.text) == (style, "text")


def test_two_tables_stay_two_and_a_document_ends_with_a_paragraph():
    document = word.new_document("T")
    word.table(document, ["a"], [["1"]])
    word.table(document, ["b"], [["2"]])
    tags = [node.tag.rpartition("}")[2] for node in opened(document).element.body]
    assert tags == ["tbl", "p", "tbl", "p", "sectPr"]


def test_a_picture_says_what_it_shows_and_fits_its_page():
    document = word.new_document("T")
    tall = Figure(id="t", width=40, height=400, title="Tall", desc="D", items=SQUARE.items)
    word.figure(document, tall, 160, "A tall thing")
    (shape,) = opened(document).inline_shapes
    assert shape._inline.docPr.get("descr") == "A tall thing"
    assert shape.height.mm < 297 - 44
    assert shape.height / shape.width == pytest.approx(10, rel=0.01)


def test_a_figure_over_several_pages_becomes_several_pictures():
    document = word.new_document("T")
    paged = Figure(
        id="t",
        width=40,
        height=900,
        title="Long",
        desc="D",
        items=SQUARE.items,
        paged=lambda: [SQUARE, SQUARE],
    )
    word.figure(document, paged, 60, "A forest plot", caption="Long")
    alts = [shape._inline.docPr.get("descr") for shape in opened(document).inline_shapes]
    assert alts == ["A forest plot (1 of 2)", "A forest plot (2 of 2)"]


def test_sections_turn_the_page():
    document = word.new_document("T")
    word.paragraph(document, "upright")
    word.section(document, landscape=True)
    word.paragraph(document, "across")
    found = opened(document)
    assert [one.page_width.mm > one.page_height.mm for one in found.sections] == [False, True]


def test_a_thousand_rows_are_written_at_once():
    document = word.new_document("T")
    word.table(document, ["a", "b"], ([str(n), "x"] for n in range(1000)))
    assert len(opened(document).tables[0]._tbl.tr_lst) == 1001
