"""The figures of networks and of syntheses without meta-analysis: nothing overlaps, all is where it should be."""

import math

import pytest

from analysis.drawings import DRAWINGS
from analysis.engine import narrative, network
from analysis.figures.against_reference import against_reference
from analysis.figures.albatross import AlbatrossPoint, Contour, albatross
from analysis.figures.catalogue import drawings_of
from analysis.figures.comparison_adjusted import comparison_adjusted
from analysis.figures.effect_direction import DirectionRow, effect_direction
from analysis.figures.harvest import harvest
from analysis.figures.league_table import league_table
from analysis.figures.names import shortened
from analysis.figures.network_graph import Edge, Node, network_graph
from analysis.figures.rank_plot import rank_plot
from analysis.risk import RiskColumns
from appraisal.figures import LEVELS, Domain
from reviews.figures.layout import Circle, LayoutError, Line, Polygon, Rect, Text
from reviews.figures.metrics import text_width
from tests.analysis.networks import many, senn, studies
from tests.geometry import group, texts, untidiness

KEYS = {kind: [one.key for one in drawings_of(kind)] for kind in ("network", "narrative")}


def computed(given):
    engine = {"network": network, "narrative": narrative}[given["plan"]["kind"]]
    return given, engine.compute(given, lambda done, total, message: None)


NETWORKS = {
    "three": lambda: many(3, 6),
    "glucose": senn,
    "thirteen": lambda: many(13, 60),
    "long names": lambda: many(9, 30, long=True),
    "apart": lambda: many(8, 30, parts=2),
    "twenty-four": lambda: many(24, 50),
}
SYNTHESES = {
    "three": lambda: studies(3),
    "thirteen": lambda: studies(13, groups=2),
    "long names": lambda: studies(20, groups=2, long=True),
    "sixty": lambda: studies(60, groups=3),
    "300": lambda: studies(300),
}


@pytest.fixture(scope="module")
def runs():
    made = {}

    def of(kind, name):
        if (kind, name) not in made:
            made[kind, name] = computed((NETWORKS if kind == "network" else SYNTHESES)[name]())
        return made[kind, name]

    return of


def draw(key, run, **settings):
    return DRAWINGS[key].draw(*run, settings)


@pytest.mark.parametrize("width", ["double", "single"])
@pytest.mark.parametrize(
    ("kind", "name"), [("network", name) for name in NETWORKS] + [("narrative", name) for name in SYNTHESES]
)
def test_no_text_overlaps_or_leaves_the_page(runs, kind, name, width):
    run = runs(kind, name)
    for key in KEYS[kind]:
        if DRAWINGS[key].why_not(*run):
            continue
        figure = draw(key, run, width=width)
        assert untidiness(figure) == [], key
        table = DRAWINGS[key].text(*run)
        assert table.rows
        assert all(len(row) == len(table.headings) for row in table.rows)


def test_every_figure_is_in_the_catalogue_of_its_kind():
    assert KEYS["network"] == [
        "network-graph",
        "network-forest",
        "ranks",
        "league-table",
        "comparison-adjusted",
    ]
    assert KEYS["narrative"] == ["effect-direction", "harvest", "albatross"]


def test_the_graph_shows_people_as_areas_and_studies_as_widths(runs):
    figure = draw("network-graph", runs("network", "glucose"))
    circles = {s.title.partition(":")[0]: s for s in figure.walk() if isinstance(s, Circle) and s.title}
    placebo, metformin = circles["placebo"], circles["metformin"]
    assert (placebo.radius / metformin.radius) ** 2 == pytest.approx(2062 / 1470, rel=1e-6)
    widths = {}
    for line in (s for s in figure.walk() if isinstance(s, Line)):
        ends = {
            name
            for name, c in circles.items()
            for x, y in ((line.x1, line.y1), (line.x2, line.y2))
            if math.hypot(x - c.x, y - c.y) < 0.01
        }
        if len(ends) == 2:
            widths[frozenset(ends)] = line.width
    assert len(widths) == 15
    six, three = widths[frozenset(("placebo", "rosiglitazone"))], widths[frozenset(("placebo", "miglitol"))]
    assert six == pytest.approx(2 * three)
    assert any(isinstance(s, Polygon) and s.title == "acarbose, metformin, placebo" for s in figure.walk())
    plain = draw("network-graph", runs("network", "glucose"), shade=False, counts=False)
    assert not any(isinstance(s, Polygon) and s.title for s in plain.walk())
    assert "2,062 people, 19 studies" not in texts(plain)


def test_treatments_of_one_part_stand_together(runs):
    nodes = [Node(name=name, size=10, part=i % 2) for i, name in enumerate("ABCDEF")]
    edges = [Edge(one="A", other="C", studies=1), Edge(one="B", other="D", studies=2)]
    figure = network_graph(nodes, edges)
    middle = figure.width / 2
    left = {s.title for s in figure.walk() if isinstance(s, Circle) and s.title and s.x < middle}
    assert left in ({"A", "C", "E"}, {"B", "D", "F"})


def test_a_treatment_whose_people_are_not_known_is_hollow_and_named():
    run = computed(senn())
    run[1]["treatments"][0]["people"] = None
    figure = draw("network-graph", run)
    assert any("Hollow" in text and "acarbose" in text for text in texts(figure))


def test_the_forest_is_against_the_treatment_that_was_chosen(runs):
    run = runs("network", "glucose")
    figure = draw("network-forest", run, reference="metformin", order="name", prediction=False)
    told = texts(figure)
    assert "Mean difference against metformin" in told
    names = [row["name"] for row in run[1]["treatments"] if row["name"] != "metformin"]
    assert [text for text in told if text in names] == names
    planned = draw("network-forest", run, reference="gone")
    assert "Mean difference against placebo" in texts(planned)
    assert "−1.23 (−1.48 to −0.99)" in texts(planned)
    form = DRAWINGS["network-forest"].form({"reference": "aspirin"}, snapshot=run[0], result=run[1])
    assert "reference" in form.errors


def test_the_league_figure_has_a_cell_for_every_pair(runs):
    figure = draw("league-table", runs("network", "glucose"))
    assert len([g for g in figure.groups() if g.id.startswith("league-table-row")]) == 10
    last = group(figure, "league-table-row-10")
    assert [item.text for item in last.items if isinstance(item, Text)][:2] == ["1.23", "0.99 to 1.48"]
    without = draw("league-table", runs("network", "glucose"), direct=False)
    first = group(without, "league-table-row-1")
    assert [item.text for item in first.items if isinstance(item, Text)][1:] == ["–"] * 9


def test_ranks_are_darker_where_they_are_likelier(runs):
    figure = draw("ranks", runs("network", "glucose"))
    last = [item for item in group(figure, "ranks-row-10").items if isinstance(item, Rect)]
    assert len(last) == 10
    assert int(last[9].fill[1:3], 16) < int(last[8].fill[1:3], 16) < int(last[0].fill[1:3], 16)


def test_the_adjusted_funnel_leaves_out_comparisons_that_one_study_made(runs):
    given, result = runs("network", "glucose")
    figure = draw("comparison-adjusted", (given, result))
    points = [g for g in figure.groups() if g.id.startswith("comparison-adjusted-point")]
    assert len(points) == len(result["funnel"]) == 19
    assert {one["comparator"] for one in result["funnel"] if "placebo" in one.values()} == {"placebo"}


def test_arrows_point_up_for_what_is_tested_and_grow_with_the_people():
    rows = [
        DirectionRow(label="Up", arrows=((1, 20), (1, 100), (1, 400))),
        DirectionRow(label="Down", arrows=((-1, 100), (0, 100), (None, None))),
    ]
    figure = effect_direction(rows, sides=("therapy", "control"))
    up = [s for s in group(figure, "effect-direction-row-1").items if isinstance(s, Polygon)]
    heights = [max(y for _, y in s.points) - min(y for _, y in s.points) for s in up]
    assert heights == sorted(heights)
    assert len(set(heights)) == 3
    tip = min(up[0].points, key=lambda point: point[1])
    assert sum(point[1] == tip[1] for point in up[0].points) == 1
    down, neither, unknown = group(figure, "effect-direction-row-2").items[1:4]
    assert max(down.points, key=lambda point: point[1])[0] == pytest.approx(
        sum(x for x, _ in down.points) / 3
    )
    assert len(neither.points) == 4
    assert isinstance(unknown, Line)


def test_risk_of_bias_stands_beside_the_arrows_and_colours_the_bars(runs):
    given, result = runs("narrative", "thirteen")
    risk = RiskColumns(
        domains=(Domain(key="Overall", name="Overall"),),
        levels=LEVELS,
        judgements={
            study["study_id"]: (("low", "high")[study["study_id"] % 2],) for study in result["studies"]
        },
    )
    for key in ("effect-direction", "harvest"):
        figure = DRAWINGS[key].draw(given, result, {}, risk=risk)
        assert untidiness(figure) == []
    bars = [s for s in figure.walk() if isinstance(s, Rect) and s.title]
    assert {bar.fill for bar in bars} == {LEVELS["low"].fill, LEVELS["high"].fill}
    assert any(text.startswith("Colour by risk of bias. Low") for text in texts(figure))


def test_bars_stand_in_the_column_of_their_direction(runs):
    given, result = runs("narrative", "sixty")
    figure = draw("harvest", (given, result))
    bars = [s for s in figure.walk() if isinstance(s, Rect) and s.title]
    ways = {study["study"]: study["direction"] for study in result["studies"]}
    third = figure.width / 3
    for bar in bars:
        column = int((bar.x + bar.width / 2) // third) - 1
        assert ways[bar.title.partition(":")[0]] == column
    assert len(bars) == sum(way is not None for way in ways.values())


def test_a_study_on_a_contour_has_its_effect(runs):
    points = [
        AlbatrossPoint(label="On it", z=2.0, people=64),
        AlbatrossPoint(label="Beyond", z=40.0, people=900),
    ]
    figure = albatross(points, [Contour(label="SMD 0.5", per_z2=16.0)], sides=("therapy", "control"))
    on_it = next(s for s in figure.walk() if isinstance(s, Circle) and s.title == "On it")
    right = next(s for s in figure.walk() if hasattr(s, "points") and s.points[-1][0] > figure.width / 2)
    before = max((p for p in right.points if p[1] >= on_it.y), key=lambda p: p[0])
    behind = min((p for p in right.points if p[1] < on_it.y), key=lambda p: p[0])
    share = (before[1] - on_it.y) / (before[1] - behind[1])
    assert before[0] + share * (behind[0] - before[0]) == pytest.approx(on_it.x, abs=0.5)
    assert any("At the edge" in text and "Beyond" in text for text in texts(figure))


def test_what_does_not_apply_says_why(runs):
    star = computed(many(2, 1))
    assert "one study only" in DRAWINGS["comparison-adjusted"].why_not(*star)
    lone = (star[0], star[1] | {"league": []})
    assert "No study connects" in DRAWINGS["network-forest"].why_not(*lone)
    nothing = {"studies": [], "albatross": {"reason": "No study has both a p value and a number of people."}}
    assert "No study reports a direction" in DRAWINGS["harvest"].why_not({}, nothing)
    assert "both a p value" in DRAWINGS["albatross"].why_not({}, nothing)
    assert "no study" in DRAWINGS["effect-direction"].why_not({}, nothing)


@pytest.mark.parametrize(
    "empty",
    [
        lambda: network_graph([], []),
        lambda: league_table([], []),
        lambda: league_table(["A"], [[]]),
        lambda: rank_plot([]),
        lambda: against_reference([], title="", axis_label=""),
        lambda: comparison_adjusted([], axis_label=""),
        lambda: effect_direction([], sides=("a", "b")),
        lambda: harvest([], sides=("a", "b")),
        lambda: albatross([], [], sides=("a", "b")),
    ],
)
def test_nothing_to_draw_is_a_sentence(empty):
    with pytest.raises(LayoutError):
        empty()


def test_a_name_is_cut_in_the_middle():
    name = "An exceedingly long name of a treatment, number 12"
    short = shortened(name, 12, 120)
    assert short.startswith("An ex")
    assert short.endswith("12")
    assert text_width(short, 12) <= 120
    assert shortened("Short", 12, 120) == "Short"
    assert shortened(name, 12, 1) == "…"
