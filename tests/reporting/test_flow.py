import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from reporting.flow import BOX_KEYS, LINE_KEYS, FlowCounts, flow
from reporting.prisma2020 import HEADER, ROWS, prisma_csv
from reviews.figures.layout import LayoutError, Line, Polygon, Rect, Text
from reviews.figures.metrics import bounds
from reviews.figures.render import render_svg
from tests.geometry import group, texts, untidiness

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "prisma"
LONG = "Cochrane Central Register of Controlled Trials, searched with a filter for randomised trials, " * 3

DATABASES = FlowCounts(
    databases=[("MEDLINE", 300), ("PsycINFO", 150)],
    registers=[("ClinicalTrials.gov", 50)],
    duplicates=90,
    automation=6,
    other_removed=4,
    screened=400,
    excluded=350,
    sought=50,
    not_retrieved=5,
    assessed=45,
    reasons=[("Wrong population", 20), ("Not randomised", 10)],
    studies=12,
    reports=15,
)
BOTH = replace(
    DATABASES,
    websites=3,
    organisations=2,
    citations=25,
    other_sought=10,
    other_not_retrieved=1,
    other_assessed=9,
    other_reasons=[("Wrong population", 6)],
    studies=14,
    reports=18,
)


def frames(figure):
    """The rectangle of each box, by key."""
    keys = {f"flow-{key}": key for key in BOX_KEYS}
    return {keys[g.id]: bounds(g.items[0]) for g in figure.groups() if g.id in keys}


def tips(figure):
    return [s.points[0] for s in figure.walk() if isinstance(s, Polygon)]


def test_counts_that_agree_have_no_problems():
    assert DATABASES.problems() == []
    assert BOTH.problems() == []
    assert FlowCounts().problems() == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"screened": 401, "excluded": 351},
            "Records screened (401) should be 400: records identified from databases and registers (500) "
            "minus records removed before screening (100).",
        ),
        (
            {"excluded": 340},
            "Reports sought for retrieval (50) should be 60: records screened (400) minus records excluded (340).",
        ),
        (
            {"not_retrieved": 0},
            "Reports assessed for eligibility (45) should be 50: reports sought for retrieval (50).",
        ),
        (
            {"other_not_retrieved": 3},
            "Reports assessed for eligibility (other methods) (9) should be 7: reports sought for retrieval "
            "(other methods) (10) minus reports not retrieved (other methods) (3).",
        ),
        (
            {"reports": 20},
            "Reports of included studies (20) should be 18: reports assessed for eligibility (45) plus reports "
            "assessed for eligibility (other methods) (9) minus reports excluded (30) minus reports excluded "
            "(other methods) (6).",
        ),
        (
            {"citations": 0},
            "Reports sought for retrieval (other methods) (10) cannot be more than records identified from other "
            "methods (5).",
        ),
        (
            {"studies": 19},
            "Studies included in review (19) cannot be more than reports of included studies (18).",
        ),
        ({"studies": 0}, "Reports of included studies (18) belong to no study included in review (0)."),
        (
            {"extra_reports": 2},
            "Reports sought for retrieval (50) should be 52: records screened (400) plus reports beyond one per "
            "record (2) minus records excluded (350).",
        ),
        (
            {"extra_reports": -2},
            "Reports sought for retrieval (50) should be 48: records screened (400) minus records excluded (350) "
            "minus records without a report of their own (2).",
        ),
        (
            {"awaiting_screening": 7},
            "Records screened (400) should be 393: records identified from databases and registers (500) minus "
            "records removed before screening (100) minus records awaiting screening (7).",
        ),
    ],
)
def test_each_contradiction_is_told_in_one_sentence(change, sentence):
    assert replace(BOTH, **change).problems() == [sentence]


def test_what_awaits_a_decision_is_no_contradiction():
    counts = replace(
        DATABASES, screened=390, excluded=340, awaiting_screening=10, assessed=40, awaiting_full_text=5, reports=10,
        studies=9,
    )  # fmt: skip
    assert counts.problems() == []


def test_negative_numbers_are_named():
    told = replace(DATABASES, automation=-1, reasons=[("Wrong population", -3)]).problems()
    assert told[:2] == [
        "Automation must not be negative (-1).",
        "Wrong population must not be negative (-3).",
    ]


def test_official_labels_with_their_numbers():
    told = texts(flow(DATABASES))
    for label in (
        "Identification of studies via databases and registers",
        "Identification",
        "Screening",
        "Included",
        "Records identified from*:",
        "Databases (n = 450)",
        "MEDLINE (n = 300)",
        "Registers (n = 50)",
        "Records removed before screening:",
        "Duplicate records removed (n = 90)",
        "Records screened",
        "(n = 400)",
        "Records excluded**",
        "Reports sought for retrieval",
        "Reports not retrieved",
        "Reports assessed for eligibility",
        "Reports excluded:",
        "Wrong population (n = 20)",
        "Studies included in review",
        "Reports of included studies",
    ):
        assert label in told, label
    joined = " ".join(told)
    assert "Records marked as ineligible by automation tools (n = 6)" in joined
    assert "Records removed for other reasons (n = 4)" in joined
    assert "Websites" not in joined


def test_other_methods_have_their_own_column():
    figure = flow(BOTH)
    told = texts(figure)
    assert {
        "Identification of studies via other methods",
        "Websites (n = 3)",
        "Citation searching (n = 25)",
    } <= set(told)
    boxes = frames(figure)
    assert set(boxes) == set(BOX_KEYS) - {"previous", "total", "analysis", "set_aside", "other_set_aside"}
    assert boxes["removed"].right < boxes["other_identified"].left
    assert "Identification of studies via other methods" in texts(flow(DATABASES, template="new_other"))
    assert "Identification of studies via other methods" not in texts(flow(BOTH, template="new"))
    assert "Other sources (n = 4)" in texts(flow(replace(BOTH, other_sources=4)))


ASIDE = replace(BOTH, awaiting_classification=2, ongoing=3, other_ongoing=1, studies=11, reports=12)


def test_reports_that_are_neither_excluded_nor_included_leave_to_a_box_of_their_own():
    assert ASIDE.problems() == []
    assert "minus reports awaiting classification (2)" in replace(ASIDE, reports=13).problems()[0]
    figure = flow(ASIDE)
    boxes, told = frames(figure), " ".join(texts(figure))
    assert "Reports awaiting classification (n = 2) Reports of ongoing studies (n = 3)" in told
    for prefix in ("", "other_"):
        box, above = boxes[f"{prefix}set_aside"], boxes[f"{prefix}excluded_reports"]
        assert box.left == above.left
        assert above.bottom < box.top < box.bottom < boxes["included"].top
        assert (box.left, (box.top + box.bottom) / 2) in tips(figure)
    assert untidiness(figure) == []
    for counts in (replace(DATABASES, ongoing=1, reports=14), replace(BOTH, other_ongoing=1, reports=17)):
        assert counts.problems() == []
        assert untidiness(flow(counts)) == []
    hidden = flow(replace(BOTH, other_ongoing=1, reports=17), template="new")
    assert "other_set_aside" not in frames(hidden)
    linked = flow(ASIDE, hrefs={"ongoing": "/ongoing/"})
    assert "/ongoing/" in {item.href for item in linked.groups()}


def test_reports_not_sought_are_no_part_of_those_sought_and_told_below():
    counts = replace(DATABASES, not_sought=2, excluded=348)
    assert counts.problems() == []
    assert "Included on title and abstract, report not sought: 2." in " ".join(texts(flow(counts)))
    other = replace(BOTH, other_not_sought=1, other_duplicates=19)
    assert other.problems() == []
    assert "reports not sought (2)" in replace(other, other_not_sought=2).problems()[0]


UPDATED = replace(BOTH, previous_studies=7, previous_reports=9, carried=2, sought=52, assessed=47, reports=20)


def test_an_updated_review_has_its_previous_studies_and_totals():
    """The template for updated reviews: previous studies at the left, totals at the bottom."""
    assert UPDATED.problems() == []
    for counts in (UPDATED, replace(DATABASES, previous_studies=1, previous_reports=1)):
        figure = flow(counts)
        boxes, told = frames(figure), texts(figure)
        assert boxes["previous"].right < boxes["identified"].left
        assert boxes["total"].top > boxes["included"].bottom
        assert {"Previous studies", "Identification of new studies via databases and registers"} <= set(told)
        assert untidiness(figure) == []
        total = boxes["total"]
        assert (total.left, (total.top + total.bottom) / 2) in tips(figure)
        assert ((total.left + total.right) / 2, total.top) in tips(figure)
    joined = " ".join(texts(flow(UPDATED)))
    assert "Total studies included in review (n = 21)" in joined
    assert "Reports of total included studies (n = 29)" in joined
    assert "Reports sought include 2 that came in at full text and were not screened here." in joined


def test_the_csv_of_an_updated_review():
    values = read(prisma_csv(UPDATED))
    assert (values["previous_studies"], values["previous_reports"]) == ("7", "9")
    assert (values["new_studies"], values["total_studies"], values["total_reports"]) == ("14", "21", "29")


def test_what_came_in_at_full_text_must_add_up_too():
    assert replace(UPDATED, carried=0).problems() == [
        "Reports sought for retrieval (52) should be 50: records screened (400) minus records excluded (350)."
    ]
    assert "cannot be more than their reports" in replace(UPDATED, previous_reports=1).problems()[0]
    told = texts(flow(replace(BOTH, excluded_before=1)))
    assert "Not counted: 1 record excluded before this review." in told


def test_boxes_grow_with_their_text_and_never_touch():
    short, long = flow(BOTH), flow(replace(BOTH, reasons=[(LONG, 20), ("Not randomised", 10)]))
    height = {key: box.bottom - box.top for key, box in frames(short).items()}
    taller = {key: box.bottom - box.top for key, box in frames(long).items()}
    assert taller["excluded_reports"] > height["excluded_reports"]
    assert taller["screened"] == height["screened"]
    boxes = list(frames(long).items())
    assert [(a, b) for a, one in boxes for b, two in boxes if a < b and one.overlaps(two)] == []


@pytest.mark.parametrize("counts", [DATABASES, BOTH], ids=["v1", "v2"])
@pytest.mark.parametrize("many", [0, 1, 13, 60])
@pytest.mark.parametrize("name", ["Reason", LONG, "Ö" * 300], ids=["short", "long", "one word"])
def test_no_text_overlaps_or_leaves_the_page_or_its_box(counts, many, name):
    lists = [(f"{i} {name}", 10**i if i < 9 else i) for i in range(many)]
    figure = flow(
        replace(
            counts, databases=lists, registers=lists, reasons=lists, other_reasons=lists, awaiting_screening=3
        ),
        title=f"Flow {name}",
    )
    assert untidiness(figure) == []
    for found in figure.groups():
        if found.items and isinstance(found.items[0], Rect):
            frame = bounds(found.items[0])
            inside = [bounds(item) for item in found.items[1:] if isinstance(item, Text)]
            assert all(frame.left <= b.left and b.right <= frame.right for b in inside)
            assert all(frame.top <= b.top and b.bottom <= frame.bottom for b in inside)


@pytest.mark.parametrize("counts", [DATABASES, BOTH], ids=["v1", "v2"])
def test_arrows_end_at_the_box_they_point_to(counts):
    figure = flow(counts)
    boxes = frames(figure)
    ends = tips(figure)

    def from_above(key):
        box = boxes[key]
        return ((box.left + box.right) / 2, box.top) in ends

    def from_the_left(key):
        box = boxes[key]
        return any(x == box.left and box.top < y < box.bottom for x, y in ends)

    assert all(map(from_above, ("screened", "sought", "assessed", "included")))
    assert all(map(from_the_left, ("removed", "excluded", "not_retrieved", "excluded_reports")))
    if counts is BOTH:
        assert from_above("other_sought")
        assert from_above("other_assessed")
        assert from_the_left("other_not_retrieved")
        included = boxes["included"]
        assert (included.right, (included.top + included.bottom) / 2) in ends
    assert len(ends) == (8 if counts is DATABASES else 13)


def test_no_arrow_runs_through_a_box():
    figure = flow(BOTH)
    for line in (shape for shape in figure.walk() if isinstance(shape, Line)):
        assert not [key for key, box in frames(figure).items() if bounds(line).overlaps(box)]


def test_stages_stand_beside_their_rows():
    figure = flow(BOTH)
    boxes = frames(figure)
    stages = {s.text: bounds(s) for s in figure.walk() if isinstance(s, Text) and s.rotate == -90}
    assert list(stages) == ["Identification", "Screening", "Included"]
    assert boxes["screened"].top < stages["Screening"].top
    assert stages["Screening"].bottom < boxes["excluded_reports"].bottom
    assert all(box.right < boxes["identified"].left for box in stages.values())


def test_boxes_lines_and_notes_link_to_what_is_behind_them():
    counts = replace(DATABASES, awaiting_screening=3)
    hrefs = {"screened": "/s/", "duplicates": "/d/", "databases:MEDLINE": "/m/", "awaiting_screening": "/a/"}
    figure = flow(counts, hrefs=hrefs)
    assert group(figure, "flow-screened").href == "/s/"
    assert group(figure, "flow-awaiting_screening").href == "/a/"
    linked = {g.href: g.items[0].text for g in figure.groups() if g.href and isinstance(g.items[0], Text)}
    assert linked["/d/"] == "Duplicate records removed (n = 90)"
    assert linked["/m/"] == "MEDLINE (n = 300)"
    assert 'id="flow-screened" href="/s/"' in render_svg(figure)


def test_links_never_nest():
    counts = replace(BOTH, awaiting_screening=1)
    figure = flow(counts, hrefs={key: f"/{key}/" for key in (*BOX_KEYS, *LINE_KEYS)})
    linked = [g for g in figure.groups() if g.href]
    assert len(linked) > 20
    assert not [inner for g in linked for inner in g.items if getattr(inner, "href", "")]


def test_a_link_to_nothing_is_refused_and_one_to_a_column_not_shown_is_passed_over():
    assert not flow(DATABASES, hrefs={"other_sought": "/o/"}).has_links
    with pytest.raises(LayoutError, match="no box or line 'screend'"):
        flow(DATABASES, hrefs={"screend": "/s/"})


def test_a_review_in_progress_says_so():
    told = texts(
        flow(replace(DATABASES, awaiting_screening=1200, awaiting_full_text=1, other_awaiting_full_text=2))
    )
    assert "In progress: 1,200 records await screening." in told
    assert "In progress: 1 report awaits full-text assessment." in told
    assert "In progress: 2 reports await full-text assessment (other methods)." in told
    assert not any("In progress" in text for text in texts(flow(DATABASES)))


def test_reports_beyond_one_per_record_are_told():
    assert "Reports sought include 2 beyond one per record." in texts(
        flow(replace(DATABASES, extra_reports=2))
    )
    assert "Included records without a report of their own: 3." in texts(
        flow(replace(DATABASES, extra_reports=-3))
    )


def test_nothing_excluded_is_told_as_zero():
    figure = flow(replace(DATABASES, reasons=[]))
    assert [item.text for item in group(figure, "flow-excluded_reports").items[1:]] == [
        "Reports excluded:",
        "(n = 0)",
    ]


def test_the_same_counts_give_the_same_figure():
    assert render_svg(flow(BOTH)) == render_svg(flow(BOTH))


def test_names_of_others_are_shown_as_text():
    svg = render_svg(flow(replace(DATABASES, databases=[("<script>x</script> & Co", 450)])))
    assert "<script" not in svg
    assert "&lt;script&gt;x&lt;/script&gt; &amp; Co" in svg


def read(text):
    return {
        row["data"]: row["n"] for row in csv.DictReader(io.StringIO(text, newline="")) if row["data"] != "NA"
    }


def test_csv_is_the_packages_file():
    text = prisma_csv(BOTH)
    lines = text.split("\r\n")
    assert lines[0] == "data,node,box,description,boxtext,tooltips,url,n"
    assert len(lines) == 36  # header, 34 rows, end
    assert lines[-1] == ""
    assert "\n" not in text.replace("\r\n", "")
    values = read(text)
    assert values["database_results"] == "450"
    assert values["database_specific_results"] == "MEDLINE, 300; PsycINFO, 150"
    assert values["register_specific_results"] == "ClinicalTrials.gov, 50"
    assert values["records_screened"] == "400"
    assert values["dbr_excluded"] == "Wrong population, 20; Not randomised, 10"
    assert values["citations_results"] == "25"
    assert values["new_studies"] == values["total_studies"] == "14"
    assert values["previous_studies"] == values["total_studies_ma"] == "NA"


def test_csv_hides_other_methods_when_there_are_none():
    values = read(prisma_csv(DATABASES))
    assert values["website_results"] == values["organisation_results"] == values["citations_results"] == "NA"


def test_csv_lists_survive_the_package():
    """It splits at ';', then takes what stands before the first ',' as the reason."""
    counts = replace(
        DATABASES, reasons=[("Wrong outcome, dose; or time", 1234), ("=cmd|'x'!A1", 2)], registers=[]
    )
    values = read(prisma_csv(counts))
    assert values["dbr_excluded"] == "Wrong outcome / dose / or time, 1234; =cmd|'x'!A1, 2"
    assert values["register_specific_results"] == "0"
    first = read(prisma_csv(replace(DATABASES, reasons=[("=cmd|'x'!A1", 2)])))["dbr_excluded"]
    assert not first.startswith("=")


def test_every_number_of_the_diagram_has_its_row():
    known = {row[0] for row in ROWS}
    assert len(ROWS) == 34
    assert all(len(row) == len(HEADER) - 1 for row in ROWS)
    changed = replace(BOTH, databases=[("X", 7)], duplicates=8, other_reasons=[("Y", 9)])
    before, after = read(prisma_csv(BOTH)), read(prisma_csv(changed))
    assert {name for name in known - {"NA"} if before[name] != after[name]} == {
        "database_results",
        "database_specific_results",
        "duplicates",
        "other_excluded",
    }


def test_rows_equal_the_packages_template():
    template = SHARED / "PRISMA.csv"
    if not template.exists():
        pytest.skip("the template of the R package is not beside the project")
    with template.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == HEADER
    assert [tuple(row[:-1]) for row in rows] == list(ROWS)


def test_counts_of_a_real_data_base_are_drawn():
    published = SHARED / "metapsy_search_flow.json"
    if not published.exists():
        pytest.skip("the Metapsy flow counts are not beside the project")
    found = json.loads(published.read_text())
    reasons = list(found["full.text.excluded.reasons"].items())
    figure = flow(FlowCounts(databases=[("Databases", found["database.hits"])], reasons=reasons))
    assert untidiness(figure) == []
    assert "Databases (n = 35,518)" in texts(figure)
