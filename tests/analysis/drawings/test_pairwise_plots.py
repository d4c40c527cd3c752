"""The plots of a pairwise run, from its snapshot and result: numbers, words, links, settings, what is absent."""

import math
import re

import pytest

from analysis.drawings import DRAWINGS
from analysis.drawings.shared import COMPUTED_BEFORE
from analysis.figures.plot_settings import WIDTHS
from reviews.figures.files import figure_bytes
from reviews.figures.layout import INK, Circle, LayoutError, Line, Polygon
from reviews.figures.metrics import bounds
from tests.analysis.drawings.trials import bcg, bcg_rows, computed, row, snapshot
from tests.geometry import group, texts, untidiness

KEYS = ["funnel", "leave-one-out", "cumulative", "baujat", "galbraith", "labbe", "bubble", "drapery"]
EACH = pytest.mark.parametrize("key", KEYS)


def draw(key, settings=None, *, data=None, address=None):
    shot, result = data or bcg()
    return DRAWINGS[key].draw(shot, result, settings or {}, address=address)


@EACH
def test_drawn_tidily_in_every_way_its_form_offers(key):
    """Each setting is changed on its own, to everything it may be."""
    shot, result = bcg()
    form = DRAWINGS[key].form(snapshot=shot, result=result)
    ways = [{}]
    for name, field in form.fields.items():
        if choices := [value for value, _ in getattr(field, "choices", ()) if value != field.initial]:
            ways += [{name: value} for value in choices]
        else:
            ways.append({name: not field.initial})
    for way in ways:
        filled = DRAWINGS[key].form(
            {name: field.initial for name, field in form.fields.items()} | way, snapshot=shot, result=result
        )
        assert filled.is_valid(), filled.errors
        assert filled.settings() == way
        assert untidiness(draw(key, way)) == []


@EACH
def test_every_study_leads_to_its_row(key):
    figure = draw(key, address=lambda row: f"/results/{row}/")
    hrefs = [found.href for found in figure.groups() if found.href]
    assert set(hrefs) == {f"/results/{number}-1/" for number in range(1, 14)}
    assert all(found.label for found in figure.groups() if found.href)
    assert not draw(key).has_links


@EACH
def test_the_table_tells_the_same_as_words(key):
    shot, result = bcg()
    table = DRAWINGS[key].text(shot, result)
    assert table.rows
    assert all(len(row) == len(table.headings) for row in table.rows)
    assert all(isinstance(cell, str) for row in table.rows for cell in row)


@EACH
def test_absent_with_a_reason_in_runs_of_before_and_without_studies_enough(key):
    shot, result = bcg()
    drawing = DRAWINGS[key]
    assert drawing.why_not(shot, result) == ""
    part = {"bubble": "bubbles"}.get(key, key.replace("-", "_"))
    before = {name: value for name, value in result.items() if name != part}
    assert drawing.why_not(shot, before) == COMPUTED_BEFORE
    alone = snapshot(bcg_rows()[:1])
    assert drawing.why_not(alone, computed(alone)) or key == "labbe"


def test_reasons_are_those_of_the_result():
    reported = [row(i, f"Study {i}", kind="effect", effect=0.1 * i, effect_se=0.1) for i in range(1, 4)]
    shot = snapshot(reported, measure="HR", moderators=[], subgroup_by="")
    result = computed(shot)
    assert "L'Abbé" in DRAWINGS["labbe"].why_not(shot, result)
    assert "no moderators" in DRAWINGS["bubble"].why_not(shot, result)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("extension", ["png", "pdf", "tiff"])
def test_files_at_the_widths_of_journals(width, extension):
    figure = draw("labbe", {"width": width})
    assert figure.width == pytest.approx(
        {"single": 85, "double": 174, "slide": 254}[width] / 25.4 * 96, abs=0.1
    )
    content = figure_bytes(figure, extension, dpi=96) if extension != "pdf" else figure_bytes(figure, "pdf")
    assert content.startswith({"png": b"\x89PNG", "pdf": b"%PDF", "tiff": b"II*\x00"}[extension])


def places(figure, key, count=13):
    boxes = [bounds(group(figure, f"{key}-point-{i}").items[0]) for i in range(1, count + 1)]
    return [((box.left + box.right) / 2, (box.top + box.bottom) / 2) for box in boxes]


def line_of(values, pixels):
    """Offset and factor that turn values into pixels; the values must lie on that line."""
    low, high = values.index(min(values)), values.index(max(values))
    factor = (pixels[high] - pixels[low]) / (values[high] - values[low])
    offset = pixels[low] - factor * values[low]
    assert [offset + factor * value for value in values] == pytest.approx(pixels, abs=0.02)
    return offset, factor


def test_points_of_the_funnel_stand_at_effect_and_standard_error():
    _, result = bcg()
    figure = draw("funnel", {"subgroups": False})
    at = places(figure, "funnel")
    points = result["funnel"]["points"]
    offset, factor = line_of([one["yi"] for one in points], [x for x, _ in at])
    line_of([one["sei"] for one in points], [y for _, y in at])
    middle = next(
        s for s in draw("funnel").walk() if isinstance(s, Line) and s.stroke == INK and s.x1 == s.x2
    )
    assert middle.x1 == pytest.approx(offset + factor * result["pooled"]["estimate"], abs=0.02)


def test_a_ratio_has_ratios_along_its_axis():
    marks = {text for text in texts(draw("funnel")) if re.fullmatch(r"[\d.]+", text)}
    assert {"0.2", "0.5", "1", "2"} <= marks


def test_trim_and_fill_adds_hollow_points_and_its_own_middle():
    _, result = bcg()
    k0 = result["trim_and_fill"]["k0"]
    assert k0 >= 1
    figure = draw("funnel", {"filled": True})
    hollow = [s for s in figure.walk() if isinstance(s, Circle) and s.title.startswith("Filled by trim")]
    assert len(hollow) == k0
    assert "Pooled effect with the filled studies" in texts(figure)
    assert f"Filled by trim and fill ({k0})" in texts(figure)
    assert not any("trim and fill" in text for text in texts(draw("funnel")))


def test_subgroups_have_signs_and_a_legend_in_the_order_of_the_plan():
    shown = texts(draw("funnel"))
    assert [text for text in shown if text in ("random", "alternate", "systematic")] == [
        "random",
        "alternate",
        "systematic",
    ]
    assert "Study" in texts(draw("funnel", {"subgroups": False}))


def test_points_of_baujat_and_labbe_stand_where_the_result_says():
    _, result = bcg()
    for key in ("baujat", "labbe"):
        at, points = places(draw(key), key), result[key]["points"]
        line_of([one["x"] for one in points], [x for x, _ in at])
        line_of([one["y"] for one in points], [y for _, y in at])


def test_the_pooled_line_of_labbe_is_the_pooled_risk_ratio():
    _, result = bcg()
    figure, points = draw("labbe"), result["labbe"]["points"]
    at = places(figure, "labbe")
    x0, per_x = line_of([one["x"] for one in points], [x for x, _ in at])
    y0, per_y = line_of([one["y"] for one in points], [y for _, y in at])
    line = next(s for s in figure.walk() if isinstance(s, Line) and s.width == 1.5 and s.x2 > s.x1 + 30)
    ratio = ((line.y2 - y0) / per_y) / ((line.x2 - x0) / per_x)
    assert ratio == pytest.approx(math.exp(result["pooled"]["estimate"]), rel=1e-3)


def test_a_bubble_plot_has_a_panel_for_each_moderator_or_the_one_chosen():
    assert {"Latitude", "Allocation"} <= set(texts(draw("bubble")))
    assert "Allocation" not in texts(draw("bubble", {"moderator": "Latitude"}))
    assert "Allocation" in texts(draw("bubble", {"moderator": "gone from the plan"}))
    assert any(text.startswith("Latitude: QM = 16.36, df = 1") for text in texts(draw("bubble")))


def test_leave_one_out_tells_each_fit_and_the_planned_one():
    _, result = bcg()
    shown = texts(draw("leave-one-out"))
    for fit in [*result["leave_one_out"], result["pooled"]]:
        low, middle, high = (math.exp(fit[name]) for name in ("ci_low", "estimate", "ci_high"))
        assert f"{middle:.2f} ({low:.2f} to {high:.2f})" in shown
    diamonds = [s for s in draw("leave-one-out").walk() if isinstance(s, Polygon) and len(s.points) == 4]
    assert any(s.title.startswith("All 13 studies") for s in diamonds)


def test_leave_one_out_is_drawn_for_runs_of_before_that_know_no_rows():
    shot, result = bcg()
    old = [{name: value for name, value in fit.items() if name != "row"} for fit in result["leave_one_out"]]
    figure = draw(
        "leave-one-out", data=(shot, result | {"leave_one_out": old}), address=lambda row: f"/{row}/"
    )
    assert figure.has_links


def test_cumulative_by_year_or_by_precision_ends_with_all_studies():
    _, result = bcg()
    for by, first in (("year", "Aronson 1948"), ("precision", "TPT Madras 1980")):
        figure = draw("cumulative", {"by": by})
        shown = texts(figure)
        assert first in shown  # the first one has no plus
        last = result["cumulative"][by][-1]
        assert last["estimate"] == pytest.approx(result["pooled"]["estimate"])
    assert "τ²" in texts(draw("cumulative"))
    assert "τ²" not in texts(draw("cumulative", {"heterogeneity": False}))


def test_the_drapery_is_as_wide_as_the_interval_at_its_level():
    shot, result = bcg()
    table = DRAWINGS["drapery"].text(shot, result)
    low, high = (math.exp(result["pooled"][name]) for name in ("ci_low", "ci_high"))
    found = {p: interval for p, interval, _ in table.rows}
    assert found["0.05"] == f"{low:.2f} to {high:.2f}"
    assert list(found) == ["0.5", "0.2", "0.1", "0.05", "0.01", "0.001"]
    assert {"0.05", "95%"} <= set(texts(draw("drapery")))


def test_other_measures_are_printed_as_people_read_them():
    rows = [row(i, f"Study {i}", kind="proportion", events1=3 * i, n1=60 + i) for i in range(1, 9)]
    shot = snapshot(rows, measure="PLO", moderators=[], subgroup_by="")
    result = computed(shot)
    shown = texts(draw("funnel", data=(shot, result)))
    assert {"0.1", "0.2"} <= set(shown)
    fit = texts(draw("leave-one-out", data=(shot, result)))
    expected = 1 / (1 + math.exp(-result["pooled"]["estimate"]))
    assert any(text.startswith(f"{expected:.3f} (") for text in fit)


def test_a_setting_that_cannot_be_is_refused():
    with pytest.raises(LayoutError, match="'y' cannot be 'weight'"):
        draw("funnel", {"y": "weight"})
