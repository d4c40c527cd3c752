import pytest

from reviews.figures.layout import Circle, Figure, Group, LayoutError, Line, Text


def make_figure(*items, width=200, height=100):
    return Figure(id="f", width=width, height=height, title="T", desc="D", items=items)


def test_walk_opens_groups_in_drawing_order():
    inner = Group(items=(Circle(x=1, y=1, radius=1),), id="inner")
    figure = make_figure(
        Text(x=0, y=0, text="a"), Group(items=(inner, Line(x1=0, y1=0, x2=1, y2=1)), id="outer")
    )
    assert [type(shape).__name__ for shape in figure.walk()] == ["Text", "Circle", "Line"]
    assert [group.id for group in figure.groups()] == ["outer", "inner"]


def test_a_figure_knows_whether_it_has_links():
    assert not make_figure(Group(items=())).has_links
    assert make_figure(Group(items=(Group(items=(), href="/records/"),))).has_links


@pytest.mark.parametrize(
    "href", ["/reviews/trd/", "?page=2", "#row-1", "https://example.org/a:b", "a/b:c", ""]
)
def test_pages_may_be_linked(href):
    assert Group(items=(), href=href).href == href


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", " JavaScript:alert(1)", "\x01javascript:x", "data:text/html,x", "vbscript:x",
             "java\nscript:alert(1)", "java\tscript:alert(1)"]
)  # fmt: skip
def test_a_link_that_runs_something_is_refused(href):
    with pytest.raises(LayoutError, match="links to pages only"):
        Group(items=(), href=href)
