import math
from dataclasses import replace

import pytest

from analysis.figures.forest import (
    Column,
    ForestRow,
    ForestSummary,
    Subgroup,
    arm_columns,
    forest,
    heterogeneity_line,
    p_text,
)
from appraisal.figures import Domain
from reviews.figures.layout import Circle, LayoutError, Line, Polygon, Rect, Text
from reviews.figures.metrics import bounds
from reviews.figures.render import render_svg
from tests.geometry import group, texts, untidiness

LONG = (
    "A consortium with an exceptionally long name for the evaluation of treatments in primary care 2019 " * 4
)
COLUMNS = arm_columns("Therapy", "Control")
DOMAINS = [Domain(key="A", name="Random sequence generation"), Domain(key="B", name=f"Allocation {LONG}")]
HETEROGENEITY = heterogeneity_line(q=35.2, df=10, p=0.0001, i2=71.2, tau2=0.0831)


def row(i=0, **kwargs):
    effect = -0.5 + 0.37 * math.sin(i)
    half = 0.2 + 0.1 * (i % 5)
    given = {
        "label": f"Study {i}",
        "effect": effect,
        "ci_low": effect - half,
        "ci_high": effect + half,
        "weight": 1 + i % 7,
        "cells": ("44", "35.27", "12.66", "52", "40.52", "11.83"),
        "href": f"/studies/{i}/",
    }
    return ForestRow(**{**given, **kwargs})


def is_square(shape):
    """The mark of a study's effect, not the area to click on."""
    return isinstance(shape, Rect) and shape.fill != "transparent"


TOTAL = ForestSummary(
    label="Random effects (REML, Knapp-Hartung)",
    effect=-0.5,
    ci_low=-0.7,
    ci_high=-0.3,
    weight=100,
    prediction=(-1.1, 0.1),
    notes=(HETEROGENEITY,),
)


def draw(rows, summaries=(TOTAL,), **kwargs):
    return forest(rows, summaries, **{"measure_label": "Hedges g", "columns": COLUMNS, **kwargs})


def pixel(figure, value):
    """Where a value stands, worked out from two ticks."""
    labelled = [s for s in figure.walk() if isinstance(s, Text) and s.size == 11 and s.anchor == "middle"]
    numbers = []
    for shape in labelled:
        try:
            numbers.append((float(shape.text.replace("−", "-")), shape.x))
        except ValueError:
            continue
    (one, x1), (two, x2) = numbers[0], numbers[-1]
    return x1 + (value - one) / (two - one) * (x2 - x1)


def polygons(figure, title):
    return [s for s in figure.walk() if isinstance(s, Polygon) and s.title == title]


@pytest.mark.parametrize("count", [1, 3, 13, 60, 100])
@pytest.mark.parametrize("name", ["2015", LONG, "Ö" * 300], ids=["short", "long", "one word"])
def test_no_text_overlaps_or_leaves_the_page(count, name):
    rows = [row(i, label=f"{i} {name}", marked=i % 3 == 0, risk=("low", "high")) for i in range(count)]
    rows = [replace(r, cells=(), note=f"effect and SE as reported {name}") if r.marked else r for r in rows]
    total = replace(TOTAL, label=f"Total {name}", notes=(HETEROGENEITY, f"Note {name}"))
    figure = draw(
        rows,
        (total, TOTAL),
        title=f"Forest {name}",
        favours=(f"Favours {name}", f"Favours not {name}"),
        notes=[f"Note {name}"],
        measure_label=f"Measure {name}",
        columns=arm_columns(f"Therapy {name}", "Control"),
        risk_domains=DOMAINS,
    )
    assert untidiness(figure) == []


@pytest.mark.parametrize("count", [1, 2, 13])
def test_subgroups_are_tidy_too(count):
    rows = [row(i, subgroup=LONG if i % 2 else "B") for i in range(count)]
    subgroups = [
        Subgroup(name=LONG, summary=replace(TOTAL, prediction=None)),
        Subgroup(name="B"),
        Subgroup(name="C"),
    ]
    assert untidiness(draw(rows, subgroups=subgroups)) == []
    assert untidiness(draw(rows, subgroups=subgroups, columns=())) == []


@pytest.mark.parametrize(
    ("log", "centre", "spread"),
    [(False, 1e5, 1e4), (False, 1e-4, 1e-5), (True, 0.0, 0.05), (True, 3.0, 4.0), (True, -6.0, 1.0)],
)
def test_numbers_of_any_size_are_tidy(log, centre, spread):
    rows = [
        row(
            i, effect=centre + i * spread, ci_low=centre + (i - 2) * spread, ci_high=centre + (i + 2) * spread
        )
        for i in range(-2, 3)
    ]
    assert untidiness(draw(rows, (), log=log)) == []


def test_diamond_tips_are_at_the_interval_and_its_waist_at_the_effect():
    figure = draw([row(i) for i in range(5)])
    (diamond,) = polygons(figure, TOTAL.label)
    xs = [x for x, _ in diamond.points]
    assert min(xs) == pytest.approx(pixel(figure, -0.7), abs=0.01)
    assert max(xs) == pytest.approx(pixel(figure, -0.3), abs=0.01)
    top = min(diamond.points, key=lambda point: point[1])
    bottom = max(diamond.points, key=lambda point: point[1])
    assert top[0] == bottom[0] == pytest.approx(pixel(figure, -0.5), abs=0.01)


def test_a_diamond_beyond_fixed_limits_is_cut_straight():
    wide = replace(TOTAL, effect=0.2, ci_low=-3.0, ci_high=0.4, prediction=None)
    figure = draw([row(1, effect=0, ci_low=-0.2, ci_high=0.2)], (wide,), limits=(-1, 1))
    (diamond,) = polygons(figure, wide.label)
    left = min(x for x, _ in diamond.points)
    assert left == pytest.approx(pixel(figure, -1), abs=0.01)
    assert len([x for x, _ in diamond.points if x == left]) == 2
    outside = replace(wide, effect=-2, ci_low=-3, ci_high=-1.5)
    figure = draw([row(1, effect=0, ci_low=-0.2, ci_high=0.2)], (outside,), limits=(-1, 1))
    assert polygons(figure, outside.label) == []


def test_squares_stand_at_the_effect_with_areas_proportional_to_weight():
    rows = [row(1, weight=4), row(2, weight=16), row(3, weight=0.001)]
    figure = draw(rows)
    small, large, least = (
        next(s for s in group(figure, f"forest-row-{k}").items if is_square(s)) for k in (1, 2, 3)
    )
    assert large.width**2 / small.width**2 == pytest.approx(4)
    assert least.width == 3  # never too small to see
    assert small.x + small.width / 2 == pytest.approx(pixel(figure, rows[0].effect), abs=0.01)


def whisker(figure, k):
    return next(s for s in group(figure, f"forest-row-{k}").items if isinstance(s, Line))


def heads(figure, k):
    return [s for s in group(figure, f"forest-row-{k}").items if isinstance(s, Polygon)]


def test_whiskers_end_at_the_interval():
    rows = [row(i) for i in range(4)]
    figure = draw(rows)
    line = whisker(figure, 2)
    assert line.x1 == pytest.approx(pixel(figure, rows[1].ci_low), abs=0.01)
    assert line.x2 == pytest.approx(pixel(figure, rows[1].ci_high), abs=0.01)
    assert heads(figure, 2) == []


def test_a_whisker_beyond_the_axis_ends_in_an_arrow_at_its_edge():
    rows = [*(row(i) for i in range(6)), row(6, ci_low=-90, ci_high=90)]
    figure = draw(rows)
    line = whisker(figure, 7)
    assert {head.points[0][0] for head in heads(figure, 7)} == {line.x1, line.x2}
    assert line.x2 - line.x1 == pytest.approx(300)
    assert "[−90.00, 90.00]" in texts(figure)


def test_an_effect_outside_fixed_limits_is_an_arrow_only():
    figure = draw([row(0, effect=5, ci_low=4, ci_high=6), row(1)], limits=(-1, 1))
    assert not [s for s in group(figure, "forest-row-1").items if is_square(s)]
    assert len(heads(figure, 1)) == 1


def test_ratios_are_printed_as_ratios():
    rows = [
        row(i, effect=math.log(r), ci_low=math.log(r / 2), ci_high=math.log(r * 2))
        for i, r in enumerate((0.5, 2))
    ]
    total = replace(TOTAL, effect=0.0, ci_low=math.log(0.8), ci_high=math.log(1.25), prediction=None)
    figure = draw(rows, (total,), log=True, measure_label="Odds ratio")
    told = texts(figure)
    assert {"0.50", "[0.25, 1.00]", "2.00", "[0.80, 1.25]"} <= set(told)
    assert {"0.5", "1", "2"} <= set(told)
    axis_one = next(s.x for s in figure.walk() if isinstance(s, Text) and s.text == "1" and s.size == 11)
    null = next(s for s in figure.walk() if isinstance(s, Line) and s.x1 == s.x2 and not s.dash)
    assert null.x1 == pytest.approx(axis_one)


def test_prediction_interval_is_a_bar_of_its_own_row():
    figure = draw([row(i) for i in range(5)])
    bar = next(s for s in figure.walk() if isinstance(s, Line) and s.width == 4)
    assert bar.x1 == pytest.approx(pixel(figure, -1.1), abs=0.01)
    assert bar.x2 == pytest.approx(pixel(figure, 0.1), abs=0.01)
    assert {"95% prediction interval", "[−1.10, 0.10]"} <= set(texts(figure))
    assert "90% prediction interval" in texts(draw([row(0), row(1)], level=90))


def test_no_prediction_interval_is_drawn_when_there_is_none():
    figure = draw([row(0), row(1)], (replace(TOTAL, prediction=None),))
    assert not any("prediction" in text for text in texts(figure))


def test_a_subgroup_of_one_or_none_is_never_shown_as_pooled():
    rows = [row(0, subgroup="MBCT"), row(1, subgroup="MBCT"), row(2, subgroup="CBT")]
    pooled = replace(TOTAL, label="Subtotal", prediction=None)
    names = ("MBCT", "CBT", "CT")
    figure = draw(rows, subgroups=[Subgroup(name=name, summary=pooled) for name in names])
    told = texts(figure)
    assert len(polygons(figure, "Subtotal")) == 1
    assert told.index("CBT") < told.index("Study 2") < told.index("1 trial: not pooled")
    assert told[told.index("CT") + 1] == "No trials"
    unpooled = draw(rows, subgroups=[Subgroup(name=name) for name in names], noun=("study", "studies"))
    assert {"2 studies: not pooled", "1 study: not pooled", "No studies"} <= set(texts(unpooled))


def test_a_trial_without_arm_data_says_so():
    figure = draw([row(0), row(1, cells=(), note="effect and SE as reported", marked=True)])
    told = texts(figure)
    assert {"Study 1 †", "effect and SE as reported"} <= set(told)
    assert told[-1] == "† Not from arm data: effect and standard error as reported."
    assert not any("†" in text for text in texts(draw([row(0)])))


def test_raw_data_stand_under_their_headings():
    figure = draw([row(0)])
    mean = next(s for s in figure.walk() if isinstance(s, Text) and s.text == "Mean")
    cell = next(s for s in figure.walk() if isinstance(s, Text) and s.text == "35.27")
    assert (mean.anchor, mean.x) == ("end", cell.x)
    therapy = next(s for s in figure.walk() if isinstance(s, Text) and s.text == "Therapy")
    n, sd = (next(s for s in figure.walk() if isinstance(s, Text) and s.text == t) for t in ("n", "SD"))
    assert bounds(n).left < therapy.x < bounds(sd).right


def test_risk_of_bias_stands_beside_its_study_and_is_explained():
    figure = draw([row(0, risk=("low", "")), row(1, risk=("high", "unclear"))], risk_domains=DOMAINS)
    discs = [s for s in group(figure, "forest-row-2").items if isinstance(s, Circle) and s.title]
    assert [disc.title.split(": ")[-1] for disc in discs] == ["High risk", "Unclear risk"]
    assert {"Random sequence generation", "Low risk", "Not judged yet"} <= set(texts(figure))


def test_rows_have_ids_and_links():
    figure = draw([row(0), row(1)])
    assert group(figure, "forest-row-2").href == "/studies/1/"
    svg = render_svg(figure)
    assert 'id="forest-row-1" href="/studies/0/"' in svg


def test_directions_are_labelled_on_their_side_of_the_null():
    figure = draw([row(i) for i in range(5)])
    null = pixel(figure, 0)
    left = next(s for s in figure.walk() if isinstance(s, Text) and s.text == "Favours therapy")
    right = next(s for s in figure.walk() if isinstance(s, Text) and s.text == "Favours control")
    assert bounds(left).right < null < bounds(right).left


def test_without_a_null_there_is_no_line_and_no_direction():
    figure = draw([row(0), row(1)], (), null=None)
    assert not any("Favours" in text for text in texts(figure))
    plot_top = bounds(whisker(figure, 1)).top
    assert not [s for s in figure.walk() if isinstance(s, Line) and s.x1 == s.x2 and s.y1 < plot_top]


def test_equal_squares_and_no_weight_column_without_weights():
    figure = draw([row(0, weight=None), row(1, weight=None)], ())
    assert "Weight" not in texts(figure)
    assert {s.width for s in figure.walk() if is_square(s)} == {8.0}


def test_columns_need_no_groups():
    figure = draw([row(0, cells=("3/40",))], columns=[Column(heading="Events")])
    assert {"Events", "3/40"} <= set(texts(figure))
    assert untidiness(figure) == []


def test_the_same_rows_give_the_same_figure():
    assert render_svg(draw([row(0), row(1)])) == render_svg(draw([row(0), row(1)]))


def test_texts_of_others_are_shown_as_text():
    svg = render_svg(draw([row(0, label="<script>alert('x')</script> & Sons")], title="<b>&amp;"))
    assert "<script" not in svg
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; Sons" in svg


def test_the_description_holds_the_numbers():
    assert draw([row(0, effect=-0.5, ci_low=-1, ci_high=0)]).desc == (
        "Hedges g with 95% confidence interval, 1 study. Study 0: −0.50 (−1.00 to 0.00). "
        "Random effects (REML, Knapp-Hartung): −0.50 (−0.70 to −0.30)."
    )


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.5, "= 0.50"), (0.04, "= 0.04"), (0.004, "= 0.004"), (0.0001, "< 0.001"), (0.9999, "> 0.99")],
)
def test_p_values(p, text):
    assert p_text(p) == text


def test_heterogeneity_in_words():
    assert HETEROGENEITY == "Heterogeneity: Q = 35.20, df = 10 (p < 0.001); I² = 71%; τ² = 0.083"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw([]), "at least one study"),
        (lambda: draw([row(0, effect=math.nan)]), "'Study 0' has an effect or interval that is not a number"),
        (lambda: draw([row(0, ci_high=math.inf)]), "not a number"),
        (lambda: draw([row(0, effect=5)]), "interval of 'Study 0' does not hold its effect"),
        (lambda: draw([row(0)], (replace(TOTAL, ci_low=0),)), "does not hold its effect"),
        (lambda: draw([row(0, cells=("1",))]), "1 cells for 6 columns"),
        (lambda: draw([row(0)], risk_domains=DOMAINS), "0 judgements for 2 domains"),
        (lambda: draw([row(0, subgroup="X")], subgroups=[Subgroup(name="Y")]), "'X', which is not listed"),
        (lambda: draw([row(0)], limits=(1, 1)), "from 1 to 1"),
        (lambda: draw([row(0, weight=-1)]), "weight of 'Study 0'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(call, message):
    with pytest.raises(LayoutError, match=message):
        call()
