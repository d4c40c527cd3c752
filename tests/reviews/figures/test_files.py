"""Figures as files of the width that a journal asks for."""

from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from reviews.figures.files import WIDTHS, figure_bytes
from reviews.figures.layout import Circle, Group, LayoutError
from tests.reviews.figures.test_layout import make_figure


@pytest.fixture
def figure():
    link = Group(items=(Circle(x=200, y=50, radius=50),), href="https://example.org/")
    return make_figure(link, width=400, height=100)


def test_a_picture_has_the_width_of_a_column_at_the_resolution_asked_for(figure):
    with Image.open(BytesIO(figure_bytes(figure, "png", mm=WIDTHS["single"], dpi=600))) as image:
        assert image.width == pytest.approx(85 / 25.4 * 600, rel=0.002)
        assert image.height == pytest.approx(image.width / 4, rel=0.01)
        assert image.info["dpi"] == pytest.approx((600, 600), abs=0.1)
    with Image.open(BytesIO(figure_bytes(figure, "tiff", mm=174, dpi=300))) as image:
        assert image.width == pytest.approx(174 / 25.4 * 300, rel=0.002)


def test_a_page_has_that_width_and_its_links_stay_on_their_shapes(figure):
    (page,) = PdfReader(BytesIO(figure_bytes(figure, "pdf", mm=174))).pages
    assert float(page.mediabox.width) == pytest.approx(174 / 25.4 * 72, abs=0.1)
    (link,) = (one.get_object()["/Rect"] for one in page["/Annots"])
    middle = (float(link[0]) + float(link[2])) / 2
    assert middle == pytest.approx(float(page.mediabox.width) / 2, abs=0.5)


def test_an_svg_says_its_width_in_millimetres_and_else_in_pixels(figure):
    assert b'width="85mm" height="21.25mm" viewBox="0 0 400 100"' in figure_bytes(figure, "svg", mm=85)
    assert b'width="400" height="100" viewBox="0 0 400 100"' in figure_bytes(figure, "svg")


def test_a_width_and_resolution_that_make_too_many_pixels_are_refused(figure):
    with pytest.raises(LayoutError, match="too large"):
        figure_bytes(figure, "png", mm=1000, dpi=1200)
