from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from reviews.figures import convert
from reviews.figures.layout import Circle, Group, LayoutError, Text
from reviews.figures.metrics import link_areas
from reviews.figures.render import render_svg
from tests.reviews.figures.test_layout import make_figure

WORDS = "Röhricht 2013: g = −0.92, τ² ≤ 1, Яков"


@pytest.fixture
def figure():
    return make_figure(
        Text(x=10, y=30, text=WORDS),
        Text(x=10, y=60, text="bold", weight="bold"),
        Text(x=60, y=60, text="italic", italic=True),
        Group(items=(Circle(x=150, y=70, radius=10, fill="#007a59"),), href="https://example.org/r?a=1&b=2"),
        width=400,
    )


@pytest.fixture
def svg(figure):
    return render_svg(figure)


def opened(data):
    return Image.open(BytesIO(data))


def test_png_has_the_size_and_resolution_asked_for(svg):
    image = opened(convert.to_png(svg, dpi=300))
    assert image.format == "PNG"
    assert image.size == (1250, 313)
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert opened(convert.to_png(svg, scale=1)).size == (400, 100)


def test_png_shows_what_the_figure_holds(svg):
    image = opened(convert.to_png(svg, scale=1))
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert image.getpixel((150, 70)) == (0, 0x7A, 0x59)
    ink = sum(1 for pixel in image.crop((10, 20, 240, 34)).convert("L").tobytes() if pixel < 128)
    assert ink > 200  # the words are drawn: the font was found


def test_tiff_is_rgb_lzw_with_its_resolution(svg):
    image = opened(convert.to_tiff(svg, dpi=600))
    assert (image.format, image.mode, image.size) == ("TIFF", "RGB", (2500, 625))
    assert image.info["compression"] == "tiff_lzw"
    assert image.info["dpi"] == (600, 600)


def test_pdf_is_one_page_of_the_figures_size_with_text_and_embedded_fonts(svg):
    reader = PdfReader(BytesIO(convert.to_pdf(svg)))
    (page,) = reader.pages
    assert [float(side) for side in page.mediabox[2:]] == [300, 75]
    text = page.extract_text()
    assert WORDS in text
    assert "bold" in text
    assert reader.metadata.title == "T"
    assert reader.metadata.creation_date is None  # so the bytes are the same tomorrow
    fonts = {name.split("+")[1] for name in _embedded_fonts(reader)}
    assert fonts == {"LiberationSans", "LiberationSans-Bold", "LiberationSans-Italic"}


def _embedded_fonts(reader):
    objects = (reader.get_object(number) for number in range(1, reader.trailer["/Size"]))
    descriptors = [o for o in objects if isinstance(o, dict) and o.get("/Type") == "/FontDescriptor"]
    return [descriptor["/FontName"] for descriptor in descriptors if "/FontFile2" in descriptor]


def test_pdf_links_lie_over_the_linked_shapes(figure, svg):
    reader = PdfReader(BytesIO(convert.to_pdf(svg, links=link_areas(figure))))
    (link,) = [annotation.get_object() for annotation in reader.pages[0]["/Annots"]]
    assert link["/A"]["/URI"] == "https://example.org/r?a=1&b=2"
    assert [float(side) for side in link["/Rect"]] == pytest.approx([105, 15, 120, 30], abs=0.1)


def test_several_figures_are_pages_of_one_pdf(figure, svg):
    reader = PdfReader(BytesIO(convert.to_pdf_pages([(svg, []), (svg, link_areas(figure))])))
    assert [float(page.mediabox[2]) for page in reader.pages] == [300, 300]
    assert all(WORDS in page.extract_text() for page in reader.pages)
    assert "/Annots" not in reader.pages[0]
    assert len(reader.pages[1]["/Annots"]) == 1


@pytest.mark.parametrize("convert_one", [convert.to_png, convert.to_tiff, convert.to_pdf])
def test_the_same_figure_gives_the_same_bytes(svg, convert_one):
    assert convert_one(svg) == convert_one(svg)


def test_a_title_is_data_and_never_source():
    figure = make_figure(Text(x=5, y=20, text="x"))
    hostile = '"); #panic("in") #sys.inputs \\ $x$ <script>'
    svg = render_svg(type(figure)(**{**figure.__dict__, "title": hostile}))
    assert PdfReader(BytesIO(convert.to_pdf(svg))).metadata.title == hostile


def test_a_picture_that_would_fill_the_memory_is_refused():
    svg = render_svg(make_figure(Text(x=5, y=20, text="x"), width=3000, height=30000))
    with pytest.raises(LayoutError, match="9375 × 93750 pixels, too large"):
        convert.to_png(svg)
