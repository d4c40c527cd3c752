import time
from itertools import pairwise

import pytest
from fontTools.ttLib import TTFont

from reviews.figures.layout import Circle, Group, Line, Polygon, Polyline, Rect, Text
from reviews.figures.metrics import (
    FONT_FILES,
    Bounds,
    bounds,
    ellipsis,
    link_areas,
    middle,
    text_width,
    wrap,
)
from tests.reviews.figures.test_layout import make_figure


@pytest.mark.parametrize(
    ("text", "arial"),
    # Advances of Arial in 1/2048 em, from its published metrics (AFM: a 556, i 222, space 278, M 833 per 1000).
    [("a", 556), ("i", 222), (" ", 278), ("M", 833), ("Mai", 833 + 556 + 222), ("0123456789", 5560)],
)
def test_widths_are_those_of_arial(text, arial):
    assert text_width(text, 1000) == pytest.approx(arial, abs=len(text))


def test_bold_is_wider_and_figures_are_all_one_width():
    assert text_width("Weight", 12, "bold") > text_width("Weight", 12)
    assert len({text_width(digit, 12) for digit in "0123456789"}) == 1


@pytest.mark.parametrize("face", FONT_FILES)
def test_the_font_holds_what_figures_print(face):
    with TTFont(FONT_FILES[face]) as font:
        held = font.getBestCmap()
    assert [c for c in "²τχ†−±×≤≥≠+?–—…•‘’“”éøłőçñßΑΩαωАЯая§µ½°" if ord(c) not in held] == []


def test_letters_outside_the_font_still_take_room():
    assert text_width("汉字", 12) == 24
    assert text_width("e\u0301", 12) >= text_width("e", 12)
    assert text_width("\u2060", 12) == 0


def test_wrapped_lines_fit_and_lose_nothing():
    text = "Mindfulness-based cognitive therapy for treatment-resistant depression"
    lines = wrap(text, 12, 120)
    assert len(lines) > 2
    assert " ".join(lines) == text
    assert max(text_width(line, 12) for line in lines) <= 120


def test_a_word_that_is_too_long_is_cut_into_fitting_pieces():
    word = "Donaudampfschifffahrtsgesellschaft"
    lines = wrap(word, 12, 50)
    assert "".join(lines) == word
    assert max(text_width(line, 12) for line in lines) <= 50


def test_accents_stay_with_their_letter():
    assert all(not line.startswith("\u0301") for line in wrap("e\u0301" * 40, 12, 20))


def test_no_break_spaces_hold():
    assert wrap("Wrong population (n\xa0=\xa012)", 12, 110) == ["Wrong population", "(n\xa0=\xa012)"]


def test_max_lines_ends_in_an_ellipsis():
    lines = wrap("one two three four five six seven", 12, 60, max_lines=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert text_width(lines[1], 12) <= 60


def test_an_empty_text_is_one_empty_line():
    assert wrap("", 12, 100) == [""]
    assert wrap(" \n ", 12, 100) == [""]


def test_ellipsis_keeps_what_fits():
    assert ellipsis("short", 12, 100) == "short"
    cut = ellipsis("a much longer text", 12, 60)
    assert cut.endswith("…")
    assert text_width(cut, 12) <= 60 < text_width(cut[:-1] + "xxx…", 12)


def test_a_title_of_a_megabyte_is_wrapped_within_seconds():
    start = time.monotonic()
    assert len(wrap("x" * 1_000_000, 12, 200, max_lines=2)) == 2
    assert time.monotonic() - start < 10


def test_middle_centres_capitals():
    assert middle(100, 10) - 10 * 0.688 == pytest.approx(100 - 10 * 0.344)


def test_bounds_follow_the_anchor():
    width = text_width("abc", 10)
    start, mid, end = (
        bounds(Text(x=50, y=20, text="abc", size=10, anchor=anchor)) for anchor in ("start", "middle", "end")
    )
    assert (start.left, start.right) == (50, 50 + width)
    assert mid.left == pytest.approx(50 - width / 2)
    assert end.right == 50
    assert start.top < 20 < start.bottom


def test_bounds_of_text_that_reads_upwards():
    box = bounds(Text(x=50, y=100, text="Screening", size=10, anchor="middle", rotate=-90))
    assert box.bottom - box.top == pytest.approx(text_width("Screening", 10))
    assert box.left < 50 < box.right
    with pytest.raises(ValueError, match="45 degrees"):
        bounds(Text(x=0, y=0, text="x", rotate=45))


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        (Line(x1=3, y1=1, x2=0, y2=2), Bounds(0, 1, 3, 2)),
        (Rect(x=1, y=2, width=3, height=4), Bounds(1, 2, 4, 6)),
        (Circle(x=5, y=5, radius=2), Bounds(3, 3, 7, 7)),
        (Polygon(points=((0, 0), (2, 1), (1, 3))), Bounds(0, 0, 2, 3)),
        (Polyline(points=((0, 5), (2, 1))), Bounds(0, 1, 2, 5)),
    ],
)
def test_bounds_of_shapes(shape, box):
    assert bounds(shape) == box


def test_link_areas_cover_the_linked_shapes():
    figure = make_figure(
        Group(items=(Circle(x=10, y=10, radius=5), Rect(x=20, y=0, width=10, height=8)), href="/a"),
        Group(items=(Circle(x=90, y=90, radius=5),)),
    )
    assert link_areas(figure) == [(Bounds(5, 0, 30, 15), "/a")]


def test_boxes_that_only_touch_do_not_overlap():
    boxes = [Bounds(0, 0, 10, 10), Bounds(10, 0, 20, 10), Bounds(0, 10, 10, 20)]
    assert not any(one.overlaps(two) for one, two in pairwise(boxes))
    assert boxes[0].overlaps(Bounds(9, 9, 12, 12))
