"""Forest plots of 3 to 300 studies in every style and width: every text box and every mark is measured."""

from functools import cache
from io import BytesIO

import pytest
from pypdf import PdfReader

from analysis.drawings.forest import forest_of, forest_pages_of
from analysis.engine.pairwise import quick
from analysis.figures.forest_settings import STYLES, WIDTHS
from reviews.figures.files import WIDTHS as MILLIMETRES
from reviews.figures.files import figure_bytes
from reviews.figures.layout import Circle, Polygon, Rect, Text
from reviews.figures.metrics import bounds
from tests.analysis.drawings.forest_runs import EXTRAS, judged, snapshot, study
from tests.geometry import overlapping, texts, untidiness

PIXELS_PER_MM = 96 / 25.4


@cache
def big_run(count, kind="means", long=True, groups=True):
    measure = "OR" if kind == "events" else "SMD"
    found = snapshot([study(i, kind, long=long, groups=groups) for i in range(1, count + 1)], measure)
    return found, quick(found)


def covered(figure):
    """Texts that a sign, square, diamond or arrow covers."""
    words = [(bounds(s), s.text) for s in figure.walk() if isinstance(s, Text) and not is_sign(s)]
    marks = [
        (bounds(shape), "")
        for shape in figure.walk()
        if isinstance(shape, Circle | Polygon) or (isinstance(shape, Rect) and shape.fill != "transparent")
    ]
    return [pair for pair in overlapping([*words, *marks]) if pair.count("") == 1]


def is_sign(text):
    """The letter in the disc of a judgement."""
    return len(text.text) == 1 and text.anchor == "middle" and text.weight == "bold"


def is_tidy(figure):
    assert untidiness(figure) == []
    assert covered(figure) == []
    return True


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("count", [1, 3, 13])
def test_every_style_and_width_is_tidy_with_every_column(count, style):
    for kind in ("means", "events"):
        found, result = big_run(count, kind)
        for width in WIDTHS:
            settings = {"style": style, "width": width, "columns": EXTRAS}
            figure = forest_of(found, result, settings, risk=judged(found))
            assert is_tidy(figure)
            if width in MILLIMETRES:
                assert figure.width == pytest.approx(MILLIMETRES[width] * PIXELS_PER_MM)
                sizes = [s.size for s in figure.walk() if isinstance(s, Text) and not is_sign(s)]
                assert min(sizes) * 0.75 >= 7 - 1e-9, "smaller than 7 points"


@pytest.mark.parametrize("style", STYLES)
def test_sixty_studies_are_tidy(style):
    found, result = big_run(60, long=style in ("ours", "jama"))
    for width in ("natural", "double"):
        settings = {"style": style, "width": width, "columns": EXTRAS}
        assert is_tidy(forest_of(found, result, settings, risk=judged(found)))


@pytest.mark.parametrize(
    ("count", "style", "width"), [(300, "ours", "natural"), (300, "bmj", "single"), (60, "jama", "slide")]
)
def test_very_many_studies_are_tidy_on_one_page_and_on_several(count, style, width):
    found, result = big_run(count, "events")
    settings = {"style": style, "width": width, "columns": EXTRAS}
    assert is_tidy(forest_of(found, result, settings, risk=judged(found)))
    pages = forest_pages_of(found, result, settings, risk=judged(found))
    assert len(pages) > 3
    names = [row["study"] for row in found["rows"]]
    ids = [group.id for page in pages for group in page.groups()]
    assert ids == [f"forest-row-{k}" for k in range(1, len(names) + 1)], "every study once"
    for number, page in enumerate(pages, 1):
        assert is_tidy(page)
        assert page.height <= page.width * (9 / 16 if width == "slide" else 1.45) + 1
        assert page.title.endswith(f"page {number} of {len(pages)}")
        if any("-row-" in one.id for one in page.groups()):
            assert "1" in texts(page), "the axis is on every page with studies"


def test_a_pdf_of_a_long_plot_has_pages_and_of_a_short_one_a_page():
    found, result = big_run(60, long=False)
    figure = forest_of(found, result, {"width": "double"}, address=lambda key: f"https://example.org/{key}/")
    pages = PdfReader(BytesIO(figure_bytes(figure, "pdf", mm=174))).pages
    assert len(pages) > 1
    assert {round(float(page.mediabox.width) / 72 * 25.4) for page in pages} == {174}
    assert sum(len(page.get("/Annots", ())) for page in pages) == 60
    short = forest_of(*big_run(3), {})
    assert len(PdfReader(BytesIO(figure_bytes(short, "pdf"))).pages) == 1


@pytest.mark.parametrize("data", ["n", "none"])
def test_fewer_columns_are_tidy_too(data):
    found, result = big_run(13)
    for style in STYLES:
        settings = {"style": style, "raw_data": data, "weights": False, "subgroups": False, "title": False}
        assert is_tidy(forest_of(found, result, settings))
