"""Every plot stays tidy from three studies to three hundred; places are read as geometry."""

import math
import re

import pytest

from analysis.figures.baujat import BaujatPoint, baujat
from analysis.figures.bubble import Panel, bubble_plot
from analysis.figures.funnel import FunnelPoint, funnel
from analysis.figures.interval_rows import IntervalRow
from analysis.figures.leave_one_out import leave_one_out
from analysis.figures.plot_settings import FunnelSettings, LeaveOneOutSettings
from reviews.figures.layout import INK, Circle, LayoutError, Line, Polygon, Polyline, Rect
from reviews.figures.metrics import bounds
from reviews.figures.render import render_svg
from tests.analysis.figures.plot_cases import LONG, PLOTS, RATIO, TOTAL, rows, studies
from tests.geometry import group, texts, untidiness

EACH = pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)


@EACH
@pytest.mark.parametrize(
    ("k", "long", "width"),
    [
        (3, False, "single"),
        (3, True, "single"),
        (13, True, "double"),
        (60, True, "single"),
        (60, False, "slide"),
        (300, False, "single"),
    ],
)
def test_nothing_overlaps_or_leaves_the_page(plot, k, long, width):
    assert untidiness(plot(k, long, width)) == []


@EACH
def test_drawn_without_inline_style_or_script_at_a_journals_width(plot):
    figure = plot(3, True, "single")
    svg = str(render_svg(figure, mm=85))
    assert figure.width == 321.2
    assert 'width="85mm"' in svg
    assert not re.search(r"\sstyle=|<script|<style|\son\w+=", svg)
    assert svg.count(f'id="{figure.id}"') == 1
    ids = re.findall(r'id="([^"]+)"', svg)
    assert len(ids) == len(set(ids))


@EACH
def test_the_title_may_stay_away(plot):
    figure = plot(3, False, "double", title=False)
    assert figure.title not in texts(figure)
    assert figure.title in texts(plot(3, False, "double"))


def a_funnel(**look):
    points = [FunnelPoint(label=f"S{i}", effect=-0.5 + i * 0.2, se=0.1 + i * 0.1, n=50 + i) for i in range(4)]
    return funnel(
        points,
        measure_label="Odds ratio",
        centre=-0.3,
        groups=("", "b"),
        reading=RATIO,
        look=FunnelSettings(**look),
    )


def centres(figure):
    """Where the studies stand."""
    found = []
    for i in range(1, 5):
        box = bounds(group(figure, f"funnel-point-{i}").items[0])
        found.append(((box.left + box.right) / 2, (box.top + box.bottom) / 2))
    return found


def test_a_funnels_limits_stand_one_point_nine_six_standard_errors_from_its_middle():
    figure = a_funnel()
    (x0, y0), (x1, y1), *_ = centres(figure)
    per_effect, per_se = (x1 - x0) / 0.2, (y1 - y0) / 0.1
    apex = x0 + 0.2 * per_effect  # -0.3, and standard error 0 above
    top = y0 - 0.1 * per_se
    dashed = [line for line in figure.walk() if isinstance(line, Line) and line.dash == "5 3"]
    ends = [line for line in dashed if line.y2 - line.y1 > 10]
    assert len(ends) == 2
    for line in ends:
        assert (line.x1, line.y1) == pytest.approx((apex, top), abs=0.01)
        slope = abs((line.x2 - line.x1) / per_effect) / ((line.y2 - line.y1) / per_se)
        assert slope == pytest.approx(1.959964, rel=1e-4)


@pytest.mark.parametrize(
    ("y", "falls"), [("se", True), ("variance", True), ("precision", True), ("n", False)]
)
def test_a_funnels_side_shows_what_was_asked_for(y, falls):
    """From the first study to the last the standard error rises; here so does the number of participants."""
    ys = [y for _, y in centres(a_funnel(y=y))]
    assert ys == sorted(ys, reverse=not falls)
    assert len(set(ys)) == 4


def test_contours_are_areas_around_no_effect_with_a_legend():
    figure = a_funnel(contours=True)
    assert {"p < 0.01", "0.01 < p < 0.05", "0.05 < p < 0.1", "p > 0.1"} <= set(texts(figure))
    areas = [shape for shape in figure.walk() if isinstance(shape, Polygon) and len(shape.points) > 50]
    assert len({area.fill for area in areas}) == 3
    assert "p > 0.1" not in texts(a_funnel())


def test_without_known_participants_a_note_says_how_many_are_not_drawn():
    points = [FunnelPoint(label="A", effect=0.1, se=0.2, n=40), FunnelPoint(label="B", effect=0.2, se=0.3)]
    figure = funnel(points, measure_label="Effect", centre=0.1, look=FunnelSettings(y="n"))
    assert any("not known: 1 of 2" in text for text in texts(figure))
    with pytest.raises(LayoutError, match="Participants"):
        funnel(points[1:], measure_label="Effect", centre=0.1, look=FunnelSettings(y="n"))


def test_subgroups_differ_in_shape_and_filled_studies_are_hollow():
    figure = PLOTS["funnel"](20, False, "double", names="none")
    shapes = {type(group(figure, f"funnel-point-{i}").items[0]) for i in range(1, 4)}
    corners = {
        len(shape.points)
        for i in range(3, 8)
        if isinstance(shape := group(figure, f"funnel-point-{i}").items[0], Polygon)
    }
    assert shapes == {Circle, Rect, Polygon}
    assert len(corners) >= 3
    hollow = [s for s in figure.walk() if isinstance(s, Circle) and s.title.startswith("Filled by trim")]
    assert [circle.fill for circle in hollow] == ["#ffffff"]


def test_names_of_the_most_telling_studies_first():
    points = [BaujatPoint(label=f"S{i}", x=float(i), y=float(i)) for i in range(40)]
    shown = [text for text in texts(baujat(points)) if text.startswith("S")]
    assert "S39" in shown
    assert len(shown) <= 12
    assert "S0" not in shown


def test_a_galbraith_line_has_the_slope_of_the_pooled_effect():
    figure = PLOTS["galbraith"](13, False, "double", names="none")
    boxes = [bounds(group(figure, f"galbraith-point-{i}").items[0]) for i in range(1, 14)]
    values = [(1 / se, y / se) for y, se in studies(13)]
    xs = [(box.left + box.right) / 2 for box in boxes]
    ys = [(box.top + box.bottom) / 2 for box in boxes]
    far, near = max(range(13), key=lambda i: values[i][0]), min(range(13), key=lambda i: values[i][0])
    per_x = (xs[far] - xs[near]) / (values[far][0] - values[near][0])
    high, low = max(range(13), key=lambda i: values[i][1]), min(range(13), key=lambda i: values[i][1])
    per_y = (ys[high] - ys[low]) / (values[high][1] - values[low][1])
    line = next(
        s
        for s in figure.walk()
        if isinstance(s, Line) and s.stroke == INK and s.width == 1.5 and s.x2 > s.x1 + 40
    )
    assert (line.y2 - line.y1) / per_y / ((line.x2 - line.x1) / per_x) == pytest.approx(-0.5, rel=1e-6)


def test_every_point_of_a_galbraith_plot_lies_within_its_arc():
    figure = PLOTS["galbraith"](60, False, "double", names="none")
    arc = max((s for s in figure.walk() if isinstance(s, Polyline)), key=lambda s: len(s.points))
    line = next(s for s in figure.walk() if isinstance(s, Line) and s.stroke == INK and s.width == 1.5)
    x0, y0 = line.x1, line.y1
    radius = math.dist((x0, y0), arc.points[0])
    assert all(math.isclose(math.dist((x0, y0), point), radius, abs_tol=0.01) for point in arc.points)
    for i in range(1, 61):
        box = bounds(group(figure, f"galbraith-point-{i}").items[0])
        middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        assert math.dist((x0, y0), middle) < radius


def test_a_labbe_plot_is_square_and_its_diagonal_is_no_difference():
    figure = PLOTS["labbe"](13, False, "double", names="none")
    diagonal = next(s for s in figure.walk() if isinstance(s, Line) and s.dash and s.y1 - s.y2 > 100)
    assert diagonal.x2 - diagonal.x1 == pytest.approx(diagonal.y1 - diagonal.y2)


def test_areas_of_bubbles_are_proportional_to_their_size():
    figure = PLOTS["labbe"](13, False, "double", names="none", sized="size")
    circles = [group(figure, f"labbe-point-{i}").items[0] for i in range(1, 14)]
    sizes = [float(circle.title.rsplit(", ")[-1].split()[0]) for circle in circles]
    big, middle = sorted(range(13), key=lambda i: -sizes[i])[:2]
    assert circles[middle].radius ** 2 / circles[big].radius ** 2 == pytest.approx(
        sizes[middle] / sizes[big], rel=0.01
    )
    alike = PLOTS["labbe"](13, False, "double", names="none", sized="same")
    assert len({group(alike, f"labbe-point-{i}").items[0].radius for i in range(1, 14)}) == 1


def test_categories_too_many_to_be_named_below_the_axis_get_numbers():
    figure = PLOTS["bubble"](13, False, "double")
    assert any(text.startswith("1: Study 0; 2: Study 1") for text in texts(figure))
    with pytest.raises(LayoutError, match="no study"):
        bubble_plot([Panel(name="Dose", bubbles=(), line=())], measure_label="Effect")


def test_rows_of_refits_are_sorted_and_those_not_defined_say_why():
    shown = {"measure_label": "Effect", "look": LeaveOneOutSettings(sort="estimate")}
    figure = leave_one_out(rows(13, False), TOTAL, **shown)
    labels = [group(figure, f"leave-one-out-row-{i}").items for i in range(1, 14)]
    assert "not estimable" in texts(figure)
    assert any(text.startswith("Not estimable: No events in one arm.") for text in texts(figure))
    squares = [
        item.x for items in labels for item in items if isinstance(item, Rect) and item.fill != "transparent"
    ]
    assert squares == sorted(squares)
    with pytest.raises(LayoutError, match="no fit"):
        leave_one_out(rows(2, False)[:1], None, measure_label="Effect")


def test_an_interval_beyond_the_axis_ends_in_arrows():
    figure = PLOTS["leave-one-out"](13, False, "double")
    heads = [item for item in group(figure, "leave-one-out-row-2").items if isinstance(item, Polygon)]
    assert len(heads) == 2


def test_wrong_numbers_are_refused_with_the_study():
    with pytest.raises(LayoutError, match="'A' needs an effect and a standard error above 0"):
        funnel([FunnelPoint(label="A", effect=0.1, se=0.0)], measure_label="Effect", centre=0)
    with pytest.raises(LayoutError, match="'A' has no place in a Baujat plot"):
        baujat([BaujatPoint(label="A", x=math.nan, y=1)])
    with pytest.raises(LayoutError, match="does not hold its effect"):
        leave_one_out(
            [IntervalRow(label="A", estimate=3, ci_low=0, ci_high=1)], TOTAL, measure_label="Effect"
        )


def test_a_long_name_is_told_in_full_where_it_is_cut():
    figure = PLOTS["baujat"](13, True, "single")
    cut = [shape for shape in figure.walk() if "…" in getattr(shape, "text", "")]
    assert cut
    assert all(shape.title.startswith(LONG) for shape in cut)
    assert all(shape.text[-1].isdigit() for shape in cut)  # what tells them apart is still there
