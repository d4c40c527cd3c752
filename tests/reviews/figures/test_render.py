import re

from defusedxml import ElementTree
from django.utils import translation

from reviews.figures.layout import Circle, Group, Line, Polygon, Polyline, Rect, Text
from reviews.figures.render import render_svg
from tests.reviews.figures.test_layout import make_figure

SVG = "{http://www.w3.org/2000/svg}"
EVERYTHING = (
    Text(
        x=1.23456, y=-0.001, text="a", size=11, weight="bold", anchor="end", rotate=-90, id="t", title="tip"
    ),
    Text(x=5, y=5, text="b", italic=True),
    Line(x1=0, y1=0, x2=10, y2=0.5, dash="3 3", cap="round"),
    Rect(x=0, y=0, width=1000000, height=2, fill="#fff", stroke="#000", radius=2, title="r"),
    Circle(x=1, y=1, radius=1, dash="2 2", stroke="#000"),
    Polygon(points=((0, 0), (1.005, 2)), title="p"),
    Polyline(points=((0, 0), (3, 4))),
    Group(items=(Circle(x=2, y=2, radius=1),), id="row", href="/r/?a=1&b=2", label="Row"),
)


def parse(*items, **kwargs):
    return ElementTree.fromstring(render_svg(make_figure(*items, **kwargs)))


def test_every_shape_is_drawn_with_its_numbers():
    root = parse(*EVERYTHING)
    text, italic = root.findall(f"{SVG}text")
    assert (text.get("x"), text.get("y"), text.get("font-size")) == ("1.23", "0.00", "11")
    assert (text.get("id"), text.get("text-anchor"), text.get("font-weight")) == ("t", "end", "bold")
    assert text.get("transform") == "rotate(-90 1.23 0.00)"
    assert text.findtext(f"{SVG}title") == "tip"
    assert italic.get("font-style") == "italic"
    line, rect = root.find(f"{SVG}line"), root.findall(f"{SVG}rect")[1]
    assert (line.get("stroke-dasharray"), line.get("stroke-linecap"), line.get("y2")) == (
        "3 3",
        "round",
        "0.50",
    )
    assert (rect.get("width"), rect.get("stroke"), rect.get("rx")) == ("1000000", "#000", "2")
    assert root.find(f"{SVG}circle").get("stroke-dasharray") == "2 2"
    assert root.find(f"{SVG}polygon").get("points") == "0,0 1.01,2"
    assert root.find(f"{SVG}polyline").get("fill") == "none"


def test_the_figure_has_a_name_a_description_and_paper():
    root = parse(Text(x=0, y=10, text="a"))
    assert (root.get("role"), root.get("viewBox")) == ("img", "0 0 200 100")
    assert root.findtext(f"{SVG}title") == "T"
    assert root.findtext(f"{SVG}desc") == "D"
    assert root.get("aria-labelledby") == root.find(f"{SVG}title").get("id") == "f-title"
    assert root.get("aria-describedby") == root.find(f"{SVG}desc").get("id")
    paper = root.find(f"{SVG}rect")
    assert (paper.get("fill"), paper.get("width")) == ("#ffffff", "200")


def test_links_are_links_and_stay_reachable():
    root = parse(*EVERYTHING)
    link = root.find(f"{SVG}a")
    assert (link.get("href"), link.get("id"), link.get("aria-label")) == ("/r/?a=1&b=2", "row", "Row")
    assert root.get("role") == "group"  # inside an img, links would be hidden from assistive technology


def test_texts_are_shown_as_text():
    nasty = "<script>alert(1)</script> & \"quotes\" 'too' ]]>"
    root = parse(Text(x=0, y=10, text=nasty, title=nasty), Rect(x=0, y=0, width=1, height=1, title=nasty))
    assert "script" not in {element.tag.removeprefix(SVG) for element in root.iter()}
    assert root.find(f"{SVG}text/{SVG}title").tail == nasty
    assert root.findall(f"{SVG}rect")[1].findtext(f"{SVG}title") == nasty


def test_characters_xml_cannot_hold_are_left_out():
    root = parse(Text(x=0, y=10, text="a\x00b\x0bc\ud800d\ufffee"))
    assert root.findtext(f"{SVG}text") == "abcde"


def test_nothing_needs_inline_style_or_script():
    svg = render_svg(make_figure(*EVERYTHING))
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=|javascript:", svg)


def test_the_same_figure_is_the_same_text_in_every_language():
    figure = make_figure(*EVERYTHING)
    plain = render_svg(figure)
    with translation.override("de"):
        assert render_svg(figure) == plain
