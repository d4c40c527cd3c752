import pytest

from appraisal.figures import LEVELS, Domain, Level, level_label, summary_bars, symbol, traffic_light
from reviews.figures.layout import Circle, LayoutError, Line, Rect, Text
from reviews.figures.metrics import bounds
from reviews.figures.render import render_svg
from tests.geometry import group, texts, untidiness

DOMAINS = [
    Domain(key="D1", name="Random sequence generation"),
    Domain(key="D2", name="Allocation concealment"),
    Domain(key="D3", name="Blinding of participants, of those who treat them and of everybody who assesses outcomes"),
]  # fmt: skip
LONG = (
    "A consortium with an exceptionally long name for the evaluation of treatments in primary care 2019 " * 4
)


def table(count):
    cycle = ["low", "unclear", "high", ""]
    return [[cycle[(i + j) % 4] for j in range(len(DOMAINS))] for i in range(count)]


def discs(figure):
    return [shape for shape in figure.walk() if isinstance(shape, Circle) and shape.title]


def bars(figure):
    return [shape for shape in figure.walk() if isinstance(shape, Rect) and shape.title]


@pytest.mark.parametrize("count", [1, 3, 13, 60, 100])
@pytest.mark.parametrize("name", ["Fonagy 2015", LONG, "Ö" * 300], ids=["short", "long", "one word"])
def test_no_text_overlaps_or_leaves_the_page(count, name):
    studies = [f"{i} {name}" for i in range(count)]
    assert untidiness(traffic_light(studies, DOMAINS, table(count), title=f"Risk of bias {LONG}")) == []
    assert untidiness(summary_bars(DOMAINS, table(count), title=f"Risk of bias {LONG}")) == []


def test_a_disc_stands_in_the_row_of_its_study_and_the_column_of_its_domain():
    figure = traffic_light(["Garcia 2023", "Lynch 2020"], DOMAINS[:2], [["low", "high"], ["unclear", ""]])
    garcia_low, garcia_high, lynch_unclear, lynch_none = discs(figure)
    assert garcia_low.title == "Garcia 2023, Random sequence generation: Low risk"
    assert lynch_none.title == "Lynch 2020, Allocation concealment: Not judged yet"
    assert garcia_low.y == garcia_high.y < lynch_unclear.y == lynch_none.y
    assert garcia_low.x == lynch_unclear.x < garcia_high.x == lynch_none.x
    label = next(s for s in figure.walk() if isinstance(s, Text) and s.text == "Lynch 2020")
    assert bounds(label).top < lynch_none.y < bounds(label).bottom
    head = next(s for s in figure.walk() if isinstance(s, Text) and s.text == "D2" and s.anchor == "middle")
    assert head.x == garcia_high.x


def test_domains_and_judgements_are_explained_below():
    figure = traffic_light(["Garcia 2023"], DOMAINS[:2], [["low", ""]])
    told = texts(figure)
    assert {"Random sequence generation", "Allocation concealment", "Low risk", "Not judged yet"} <= set(told)
    assert "High risk" not in told
    asked = texts(traffic_light(["Garcia 2023"], DOMAINS[:2], [["low", "low"]], ["low", "unclear", "high"]))
    assert [text for text in asked if text.endswith("risk")] == ["Low risk", "Unclear risk", "High risk"]


def test_a_legend_that_forgets_a_judgement_is_completed():
    for draw in (traffic_light, summary_bars):
        args = (["A"],) if draw is traffic_light else ()
        told = texts(draw(*args, DOMAINS[:1], [["high"]], ["low"]))
        assert [text for text in told if text.endswith(" risk")] == ["Low risk", "High risk"]


def test_rows_link_to_their_study():
    figure = traffic_light(["A", "B"], DOMAINS[:1], [["low"], ["high"]], hrefs=["/a/", "/b/"])
    assert group(figure, "traffic-light-study-2").href == "/b/"
    assert 'href="/b/"' in render_svg(figure)


def test_a_shortened_name_keeps_its_full_text_as_a_tooltip():
    figure = traffic_light([LONG], DOMAINS[:1], [["low"]])
    shown = [shape for shape in figure.walk() if isinstance(shape, Text) and shape.title]
    assert len(shown) == 3
    assert shown[-1].text.endswith("…")
    assert shown[0].title == LONG


def test_every_level_is_told_apart_without_colour():
    def shape(key):
        drawn = symbol(0, 0, key)[1:]
        return tuple(
            (type(s).__name__, getattr(s, "text", ""), getattr(s, "x1", 0), getattr(s, "y1", 0))
            for s in drawn
        )

    of_one_tool = [
        ["low", "unclear", "high"],
        ["low", "some_concerns", "high", "no_information", "not_applicable"],
        ["low", "moderate", "serious", "critical", "no_information"],
        ["low", "some_concerns", "high", "very_high", "no_information"],
    ]
    for keys in of_one_tool:
        assert len({shape(key) for key in keys}) == len(keys)


def contrast(one, two):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS.keys())
def test_signs_stand_out_from_their_disc(level):
    assert contrast(level.fill, level.ink) >= 4.5


def test_signs_are_drawn_not_typed():
    assert [type(s) for s in symbol(0, 0, "low")] == [Circle, Line, Line]
    assert [type(s) for s in symbol(0, 0, "high")] == [Circle, Line]
    assert symbol(0, 0, "unclear")[1].text == "?"


def test_bars_add_up_to_the_whole_and_follow_the_counts():
    figure = summary_bars(DOMAINS[:1], [["low"], ["low"], ["high"], ["unclear"]])
    low, unclear, high = bars(figure)
    assert low.width == pytest.approx(2 * high.width)
    assert low.width + unclear.width + high.width == pytest.approx(440)
    assert low.x + low.width == pytest.approx(unclear.x)
    assert low.title == "Random sequence generation: Low risk 50%"
    assert "50%" in texts(figure)


def test_bars_follow_weights_when_given():
    figure = summary_bars(DOMAINS[:1], [["low"], ["high"]], weights=[30, 10])
    low, high = bars(figure)
    assert low.width == pytest.approx(3 * high.width)
    assert "Share of weight" in texts(figure)


def test_what_is_not_judged_is_shown_as_such_in_the_bars():
    figure = summary_bars(DOMAINS[:1], [["low"], [""]])
    assert bars(figure)[1].title == "Random sequence generation: Not judged yet 50%"
    assert texts(figure)[-1] == "Not judged yet"


def test_an_instrument_may_bring_its_own_levels():
    levels = {"star": Level(label="Star", symbol="S", fill="#ffffff")}
    figure = traffic_light(["A"], DOMAINS[:1], [["star"]], levels=levels)
    assert texts(figure)[-2:] == ["S", "Star"]
    assert level_label("star", levels) == "Star"


def test_the_description_says_it_in_words():
    figure = traffic_light(["Garcia 2023"], DOMAINS[:2], [["low", ""]])
    assert (
        figure.desc
        == "Garcia 2023: Random sequence generation low risk, Allocation concealment not judged yet."
    )
    assert summary_bars(DOMAINS[:1], [["low"]]).desc == "Random sequence generation: low risk 100%."


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: traffic_light([], DOMAINS, []), "at least one study"),
        (lambda: traffic_light(["A"], [], [[]]), "one domain"),
        (lambda: traffic_light(["A"], DOMAINS, [["low"]]), "1 rows of 3"),
        (lambda: traffic_light(["A"], DOMAINS[:1], [["low"]], hrefs=["/a", "/b"]), "1 studies need as many"),
        (lambda: traffic_light(["A"], DOMAINS[:1], [["lowish"]]), "'lowish' is not a judgement"),
        (lambda: summary_bars(DOMAINS[:1], [["low"], ["low"]], weights=[0, 0]), "not all zero"),
        (lambda: summary_bars(DOMAINS[:1], [["low"], ["low"]], weights=[2, -1]), "must not be negative"),
        (lambda: summary_bars(DOMAINS[:1], [["lowish"]]), "'lowish' is not a judgement"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(call, message):
    with pytest.raises(LayoutError, match=message):
        call()
