"""What the plots share: reading values, ticks, cutting lines at the edges, finding places for names."""

import math

import pytest

from analysis.choices import natural
from analysis.figures.clipping import clipped, simpler
from analysis.figures.labels import Label, place
from analysis.figures.plot_frame import PAGES, AxisOf, Frame, Plot, Reading, spread
from analysis.figures.plot_settings import BubbleSettings, FunnelSettings
from analysis.figures.symbols import STYLES, style, symbol
from reviews.figures.layout import Circle, LayoutError, Line, Polygon, Rect, Text
from reviews.figures.metrics import Bounds, bounds
from tests.geometry import untidiness


def test_ticks_stand_where_the_analysis_has_the_round_numbers_people_read():
    ratios = Reading(log=True)
    assert dict(ratios.marks(math.log(0.3), math.log(3)))[0.0] == "1"
    assert ratios.text(math.log(0.5)) == "0.50"
    proportions = Reading(natural=lambda value: natural(value, "PLO"))
    marks = proportions.marks(-3, 3)
    assert [text for _, text in marks] == ["0.2", "0.4", "0.6", "0.8"]
    for value, text in marks:
        assert natural(value, "PLO") == pytest.approx(float(text))


def test_a_line_is_cut_at_the_edges_and_comes_back_in_pieces():
    box = Bounds(0, 0, 10, 10)
    assert clipped([(-5, 5), (15, 5)], box) == [[(0, 5), (10, 5)]]
    assert clipped([(-5, -5), (-5, 15)], box) == []
    assert clipped([(2, 2), (2, 20), (8, 20), (8, 8)], box) == [[(2, 2), (2, 10)], [(8, 10), (8, 8)]]
    assert clipped([(1, 1), (2, 2), (3, 1)], box) == [[(1, 1), (2, 2), (3, 1)]]


def test_a_straight_curve_needs_two_points():
    assert simpler([(0, 0), (1, 1), (2, 2), (5, 5)]) == [(0, 0), (5, 5)]
    assert simpler([(0, 0), (1, 1), (2, 0)]) == [(0, 0), (1, 1), (2, 0)]


def test_what_cannot_be_an_axis_is_refused():
    with pytest.raises(LayoutError, match="cannot run from 1 to 1"):
        AxisOf(1, 1)
    with pytest.raises(LayoutError, match="not a number"):
        spread([1.0, math.nan])
    with pytest.raises(LayoutError, match="nothing to draw"):
        spread([])
    low, high = spread([2.0])
    assert low < 2.0 < high


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_ticks_labels_legend_and_notes_find_room(page):
    frame = Frame(
        "plot", "A title that is long enough to need two lines on a narrow page, and then some more", page
    )
    plot = frame.plot(AxisOf(0, 123456, "Across " * 30), AxisOf(0, 0.001, "Up " * 40), height=page.tall)
    frame.close(plot)
    frame.notes(["A note " * 40])
    assert untidiness(frame.figure("A frame")) == []


def test_names_cover_neither_points_nor_one_another():
    inside = Bounds(0, 0, 300, 200)
    at = [(40 + 18 * (i % 12), 40 + 12 * (i // 12)) for i in range(60)]
    points = [Bounds(x - 3, y - 3, x + 3, y + 3) for x, y in at]
    found = place(
        [Label(x, y, 3, f"Study {i}") for i, (x, y) in enumerate(at)], inside, size=9, points=points
    )
    names = [item for item in found.items if isinstance(item, Text)]
    assert len(names) + found.left_out == 60
    assert len(names) > 10
    boxes = [bounds(name) for name in names]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(point) for point in points)
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert box.left >= 0
        assert box.bottom <= 200
    assert any(isinstance(item, Line) for item in found.items)  # some stand away, joined by a line


def test_a_name_avoids_a_line_where_it_can():
    wall = [Bounds(120, y, 120, y) for y in range(0, 100, 4)]
    inside = Bounds(0, 0, 200, 100)
    free = place([Label(100, 50, 3, "Study")], inside, size=10).items[0]
    kept_off = place([Label(100, 50, 3, "Study")], inside, size=10, lines=wall).items[0]
    assert bounds(free).right > 120
    assert bounds(kept_off).right < 120


def test_groups_are_told_apart_by_shape_first():
    assert len({shape for shape, _ in STYLES}) == len(STYLES)
    for shape, colour in STYLES:
        drawn = symbol(shape, 10, 10, 5, fill=colour)
        assert isinstance(drawn, Circle | Rect | Polygon)
        box = bounds(drawn)
        assert 5 <= box.bottom - box.top <= 14
    assert style(0)[1] != style(len(STYLES))[1]  # the ninth is the first, hollow


def test_settings_are_read_with_a_sentence_for_what_is_wrong():
    assert FunnelSettings.read({"y": "variance", "contours": True}).to_dict() == {
        "y": "variance",
        "contours": True,
    }
    assert FunnelSettings.read({"y": "", "limits": None}) == FunnelSettings()
    assert BubbleSettings.read({"moderator": "Dose"}).moderator == "Dose"
    for wrong, told in [
        ({"colour": "red"}, "no setting 'colour'"),
        ({"y": "weight"}, "'y' cannot be 'weight'; choose se, precision, variance, n"),
        ({"contours": "perhaps"}, "'contours' cannot be 'perhaps'"),
    ]:
        with pytest.raises(LayoutError, match=told):
            FunnelSettings.read(wrong)


def test_values_beyond_a_plot_are_pressed_or_cut():
    plot = Plot(AxisOf(0, 1), AxisOf(0, 1), Bounds(0, 0, 100, 100))
    plot.curve([(-1, 0.5), (2, 0.5)])
    plot.area([(0.5, -1), (0.5, 2)], [(3, -1), (3, 2)], "#eee")
    line, area = plot.behind
    assert (line.x1, line.x2) == (0, 100)
    assert bounds(area) == Bounds(50, 0, 100, 100)
