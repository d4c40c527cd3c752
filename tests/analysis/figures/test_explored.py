"""The figures of explorations, read as geometry."""

import math

import numpy as np
import pytest

from analysis.figures.gosh import BASE, TOP, Cloud, gosh
from analysis.figures.plot_frame import ACCENT, PAGES, Reading
from analysis.figures.plot_settings import PlotSettings
from analysis.figures.specification_curve import (
    DRAWN,
    Choice,
    Specification,
    specification_curve,
    thinned,
)
from reviews.figures.layout import Circle, LayoutError, Line, Polygon, Rect
from reviews.figures.render import render_svg
from tests.geometry import texts, untidiness

LONG = (
    "Stichweh-Langenscheidt and the Collaborative Group on Late Outcomes of Brief Interventions 2019 (arm B)"
)


def cloud(count, chosen=True, shift=0.0):
    drawn = np.random.default_rng(3)
    estimates = shift + drawn.normal(-0.4, 0.2, count)
    low, high = float(estimates.min()) - 0.1, float(estimates.max()) + 0.1
    bins, _ = np.histogram(estimates, 60, (low, high))
    inside = (estimates < shift - 0.4).tolist() if chosen else []
    inside_bins = np.histogram(estimates[np.array(inside)], 60, (low, high))[0].tolist() if chosen else ()
    return Cloud(
        estimates.tolist(),
        drawn.uniform(0, 100, count).tolist(),
        low,
        high,
        bins.tolist(),
        inside,
        inside_bins,
    )


def plot(of, **more):
    return gosh(of, title="Subsets", label="Hedges g", desc="Told.", null=0.0, **more)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("count", "chosen"), [(7, LONG), (500, "Ade 2001"), (2000, LONG * 2)])
def test_gosh_is_tidy_at_every_width(page, count, chosen):
    figure = plot(
        cloud(count), chosen=chosen, notes=[f"All {count} subsets of {LONG}."], look=PlotSettings(width=page)
    )
    assert untidiness(figure) == []
    assert len([one for one in figure.walk() if isinstance(one, Circle)]) == count + 2


def test_gosh_sets_the_chosen_study_apart_and_counts_on_top():
    of = cloud(500)
    figure = plot(of, chosen="Ade 2001")
    points = [one for one in figure.walk() if isinstance(one, Circle) and one.radius < 3]
    apart = [one for one in points if one.fill == ACCENT]
    assert len(apart) == sum(of.inside)
    assert points[-len(apart) :] == apart, "over the others"
    others = [one for one in points if one.fill != ACCENT]
    assert max(one.x for one in apart) < min(one.x for one in others)
    steps = [one for one in figure.walk() if isinstance(one, Polygon)]
    heights = [max(y for _, y in one.points) - min(y for _, y in one.points) for one in steps]
    scale = (max(y for _, y in steps[0].points) - min(y for _, y in steps[0].points)) / max(of.bins)
    assert heights[1] == pytest.approx(scale * max(of.inside_bins))
    assert min(one.y for one in points) > max(y for _, y in steps[0].points), "the points lie below the steps"
    assert BASE < TOP


def test_gosh_without_a_choice_has_one_colour_and_ratios_read_as_ratios():
    figure = plot(cloud(50, chosen=False, shift=math.log(2)), reading=Reading(log=True))
    assert len({one.fill for one in figure.walk() if isinstance(one, Circle)}) == 1
    assert {"2", "100%"} <= set(texts(figure))
    with pytest.raises(LayoutError, match="no subsets"):
        plot(Cloud([], [], 0, 1, [0, 0]))


def specifications(count, levels, wide=0.3):
    drawn = np.random.default_rng(4)
    middles = drawn.normal(-0.3, 0.25, count)
    return [
        Specification(
            float(middle),
            float(middle - wide),
            float(middle + wide),
            tuple(int(drawn.integers(0, n)) for n in levels),
            planned=i == count // 2,
        )
        for i, middle in enumerate(middles)
    ]


def choices(levels, label="Between-study variance", name="Level"):
    return [
        Choice(f"{label} {i}", tuple(f"{name} {j}" for j in range(count))) for i, count in enumerate(levels)
    ]


def curve(of, among, **more):
    return specification_curve(
        of, among, title="Every choice", label="Hedges g", desc="Told.", null=0.0, **more
    )


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("count", "levels", "name"),
    [
        (3, (1, 2), "REML"),
        (13, (2, 5, 2), LONG),
        (60, (2, 5, 3, 14), LONG),
        (300, (2, 3), "x"),
        (5000, (5, 2, 300), LONG),
    ],
)
def test_the_curve_is_tidy_at_every_width(page, count, levels, name):
    among = choices(levels, LONG if name == LONG else "Choice", name)
    figure = curve(specifications(count, levels), among, notes=[LONG], look=PlotSettings(width=page))
    assert untidiness(figure) == []
    points = [one for one in figure.walk() if isinstance(one, Circle)]
    assert len(points) == min(count, len(points))
    assert [one.x for one in points] == sorted(one.x for one in points)
    assert [-one.y for one in points] == sorted(-one.y for one in points)
    told = " ".join(texts(figure))
    assert ("300 levels, not drawn." in told) == (300 in levels)
    assert ("evenly spaced" in told) == (count > DRAWN)


def test_each_column_shows_the_choices_that_made_it():
    of = [
        Specification(0.1, -0.1, 0.3, (0, 0)),
        Specification(0.2, 0.1, 0.3, (0, 1), planned=True),
        Specification(0.3, 0.2, 0.4, (1, 1)),
    ]
    figure = curve(of, [Choice("A", ("a1", "a2")), Choice("B", ("b1", "b2"))])
    circles = [one for one in figure.walk() if isinstance(one, Circle)]
    assert [one.fill == ACCENT for one in circles] == [False, True, False]
    marks = [one for one in figure.walk() if isinstance(one, Rect) and one.fill != "none"]
    spans = [[i for i, one in enumerate(circles) if mark.x < one.x < mark.x + mark.width] for mark in marks]
    assert spans == [[0, 1], [2], [0], [1, 2]], "a1, a2, b1, b2 from top to bottom"
    intervals = [one for one in figure.walk() if isinstance(one, Line) and one.width == 3.0]
    assert len({one.stroke for one in intervals}) == 2, "one of them holds no effect"


def test_thinning_keeps_the_ends_and_the_plan():
    of = sorted(specifications(4001, (2,)), key=lambda one: one.estimate)
    kept = thinned(of)
    assert (kept[0], kept[-1]) == (of[0], of[-1])
    assert len(kept) <= DRAWN
    assert any(one.planned for one in kept)
    with pytest.raises(LayoutError, match="no specifications"):
        curve([], [])


def test_the_svg_is_the_same_each_time():
    assert render_svg(plot(cloud(200))) == render_svg(plot(cloud(200)))
