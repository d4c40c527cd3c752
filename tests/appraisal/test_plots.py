"""Every tool's judgements as figures, for few studies and for many."""

from itertools import pairwise

import pytest

from appraisal import plots
from appraisal.columns import heads, most, total
from appraisal.instruments import BUILT_IN, tool_from_data
from appraisal.instruments.nos import NOS_COHORT
from reviews.figures.layout import Circle, Rect, Text
from tests.geometry import group, texts, untidiness

OWN = tool_from_data(
    {
        "key": "own",
        "name": "Our own tool with a name that is rather long for a heading",
        "levels": [
            {"key": "fine", "label": "Nothing to say against it " * 6, "symbol": "F", "colour": "low"},
            {"key": "poor", "label": "Poor", "symbol": "x", "colour": "critical"},
        ],
        "domains": [
            {"key": f"d{n}", "short": "A short name", "label": f"Domain {n} " * 9} for n in range(14)
        ],
        "overall": "worst",
    }
)
TOOLS = [*BUILT_IN.values(), OWN]
LONG = "The Collaborative Group for Psychological Treatments in the Primary Care of Northern Europe and its Islands"


def judged(tool, count):
    rows = []
    for i in range(count):
        levels = [tool.levels_of(domain) for domain in tool.domains]
        row = {
            d.key: own[(i + j) % len(own)].key
            for j, (d, own) in enumerate(zip(tool.domains, levels, strict=True))
        }
        if i % 7 == 4:
            del row[tool.domains[0].key]
        choices = tool.overall_choices
        rows.append(row | ({"overall": choices[i % len(choices)].key} if choices else {}))
    return rows


def named(count):
    return [f"{LONG if i % 30 == 3 else 'Garcia-López'} {1900 + i}" for i in range(count)]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.key)
def test_no_text_overlaps_or_leaves_the_page_of_few_or_many(tool):
    for count in (1, 5):
        rows = judged(tool, count)
        assert untidiness(plots.traffic_light(tool, named(count), rows, notes=["* " + LONG * 3])) == []
        assert untidiness(plots.summary(tool, rows, weights=range(1, count + 1))) == []
    for page in plots.traffic_light_pages(tool, named(45), judged(tool, 45)):
        assert untidiness(page) == []


@pytest.mark.parametrize("key", ["rob2", "quadas2", "jbi_rct"])
def test_150_studies_stand_side_by_side_or_on_pages(key):
    tool, studies, rows = BUILT_IN[key], named(150), judged(BUILT_IN[key], 150)
    whole = plots.traffic_light(tool, studies, rows)
    assert untidiness(whole) == []
    assert whole.height < 2 * whole.width
    pages = plots.traffic_light_pages(tool, studies, rows)
    assert len(pages) == 4
    assert "studies 39 to 76 of 150" in pages[1].title
    assert all(page.height < 1500 for page in pages)
    ids = [found.id for page in [whole, *pages] for found in page.groups()]
    assert len(ids) == len(set(ids)) == 300
    assert texts(pages[0])[-3:] == texts(pages[3])[-3:], "each page has the whole legend"
    assert "150 studies, each with" in whole.desc
    assert LONG not in whole.desc


def test_rows_keep_their_links_on_later_pages():
    tool = BUILT_IN["rob1"]
    pages = plots.traffic_light_pages(tool, named(50), judged(tool, 50), hrefs=[f"/{i}/" for i in range(50)])
    assert group(pages[1], "traffic-light-page-2-study-26").href == "/25/"


def test_quadas_has_two_blocks_and_no_overall_column():
    figure = plots.traffic_light(BUILT_IN["quadas2"], ["A"], judged(BUILT_IN["quadas2"], 1))
    told = texts(figure)
    assert {"Risk of bias", "D4", "Applicability", "concerns", "A1", "Patient selection"} <= set(told)
    assert "Overall" not in told
    discs = [shape for shape in figure.walk() if isinstance(shape, Circle) and shape.title]
    gaps = [right.x - left.x for left, right in pairwise(discs)]
    assert len(discs) == 7
    assert max(gaps) == gaps[3] > gaps[0]
    bars = plots.summary(BUILT_IN["quadas2"], judged(BUILT_IN["quadas2"], 3))
    assert {"Risk of bias", "Applicability concerns"} <= set(texts(bars))


def test_an_overall_column_stands_apart_and_is_judged_in_its_own_words():
    rows = [{"D1": "low", "overall": "high"}, {}]
    figure = plots.traffic_light(BUILT_IN["rob2"], ["A", "B"], rows)
    titles = [shape.title for shape in figure.walk() if isinstance(shape, Circle) and shape.title]
    assert titles[0] == "A, Randomisation process: Low risk"
    assert titles[5] == "A, Overall: High risk"
    assert titles[-1] == "B, Overall: Not judged yet"
    jbi = plots.traffic_light(BUILT_IN["jbi_cohort"], ["A"], [{"Q1": "yes", "overall": "include"}])
    assert "Overall: include" in texts(jbi)


def test_stars_are_counted_and_added_up():
    row = {"selection": "4", "comparability": "1", "outcome": "2"}
    assert (total(NOS_COHORT, row), most(NOS_COHORT)) == (7, 9)
    assert total(NOS_COHORT, row | {"outcome": ""}) is None
    figure = plots.traffic_light(NOS_COHORT, ["A", "B"], [row, {"selection": "1"}])
    titles = [shape.title for shape in figure.walk() if isinstance(shape, Circle) and shape.title]
    assert "A, Stars in all, 9 at most: 7 of 9" in titles
    assert "B, Stars in all, 9 at most: Not judged yet" in titles
    assert "7 of 9" not in texts(figure), "the number explains itself"
    bars = plots.summary(NOS_COHORT, [row])
    assert [s.title for s in bars.walk() if isinstance(s, Rect) and s.title] == [
        "Selection: 4 stars 100%",
        "Comparability: 1 star 100%",
        "Outcome: 2 stars 100%",
    ]


def test_bars_go_from_best_to_worst_whatever_the_tools_order():
    rows = [{"D1": key} for key in ("high", "unclear", "low")]
    bars = plots.summary(BUILT_IN["quadas2"], rows)
    first = [s.title for s in bars.walk() if isinstance(s, Rect) and s.title.startswith("Patient selection")][
        :3
    ]
    assert [title.split(": ")[1][:3] for title in first] == ["Low", "Unc", "Hig"]


def test_a_level_of_an_older_version_is_not_drawn_as_another_one():
    figure = plots.traffic_light(OWN, ["A"], [{"d0": "dropped", "d1": "poor", "overall": "gone"}])
    titles = [shape.title for shape in figure.walk() if isinstance(shape, Circle) and shape.title]
    assert titles[0].endswith("Not judged yet")
    assert titles[1].endswith("Poor")
    assert titles[-1].endswith("Not judged yet")


def test_short_names_head_the_columns_only_where_all_are_short():
    assert list(heads(BUILT_IN["rob2_cluster"]).values())[:2] == ["D1", "D1b"]
    assert list(heads(BUILT_IN["metapsy_rob1"]).values()) == ["D1", "D2", "D3", "D4"]
    assert [s.text for s in plots.traffic_light(OWN, ["A"], [{}]).walk() if isinstance(s, Text)][2] == "D1"
