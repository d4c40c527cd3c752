"""The CSV for robvis: every template, its traps, and back again."""

import csv
import io
import re

import pytest

from appraisal.instruments import BUILT_IN, tool_from_data
from appraisal.robvis import GENERIC, LAYOUTS, QUIPS, NotForRobvis, layout_of, layouts_for, robvis_csv
from appraisal.robvis_import import match_columns, read_word

OWN = tool_from_data(
    {
        "key": "own",
        "name": "Own",
        "levels": [
            {"key": "y", "label": "Yes, fine", "symbol": "Y", "colour": "low"},
            {"key": "s", "label": "Serious", "symbol": "S", "colour": "serious"},
            {"key": "c", "label": "Broken", "symbol": "B", "colour": "critical"},
        ],
        "domains": [
            {"key": f"d{n}", "label": label} for n, label in enumerate(["Blinding", "Blinding!", "Ärzte"])
        ],
        "overall": "worst",
    }
)
#: tool -> (template, header), as the template wants it.
HEADERS = {
    "rob2": ("ROB2", "Study,D1,D2,D3,D4,D5,Overall"),
    "rob2_adhering": ("ROB2", "Study,D1,D2,D3,D4,D5,Overall"),
    "rob2_cluster": ("ROB2-Cluster", "Study,D1,D1b,D2,D3,D4,D5,Overall"),
    "robins_i": ("ROBINS-I", "Study,D1,D2,D3,D4,D5,D6,D7,Overall"),
    "quadas2": ("QUADAS-2", "Study,D1,D2,D3,D4,Overall"),
    "rob2_crossover": (
        "Generic",
        "Study,Randomisation.process,Period.and.carry.over.effects,"
        "Deviations.from.intended.interventions.effect.of.assignment,Missing.outcome.data,"
        "Measurement.of.the.outcome,Selection.of.the.reported.result,Overall",
    ),
    "rob1": (
        "Generic",
        "Study,Random.sequence.generation,Allocation.concealment,Blinding.of.participants.and.personnel,"
        "Blinding.of.outcome.assessment,Incomplete.outcome.data,Selective.reporting,Other.sources.of.bias,Overall",
    ),
}  # fmt: skip


def seen_by_robvis(word):
    """What robvis' cleaning function makes of a cell: the first letter of the first word of two letters or more."""
    words = [part for part in word.replace("-", " ").split() if len(part) > 1]
    return (
        ""
        if not words
        else "x"
        if word in {"NI", "NA", "No", "None", "Not applicable"}
        else words[0][0].lower()
    )


def table(text):
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("key", HEADERS)
def test_each_tool_has_the_header_its_template_counts(key):
    name, header = HEADERS[key]
    assert layout_of(BUILT_IN[key]).name == name
    assert robvis_csv(BUILT_IN[key], []) == header + "\r\n"


@pytest.mark.parametrize("key", [key for key in BUILT_IN if not key.startswith("nos")])
def test_every_word_is_one_its_template_knows(key):
    tool = BUILT_IN[key]
    rows = [
        (f"S{n}", {d.key: tool.levels_of(d)[n % len(tool.levels_of(d))].key for d in tool.domains})
        for n in range(6)
    ]
    rows[0] = ("S0", rows[0][1] | ({"overall": tool.overall_choices[0].key} if tool.overall_choices else {}))
    for layout in layouts_for(tool):
        head, *body = table(robvis_csv(tool, rows, layout))
        assert all(len(row) == len(head) for row in body)
        cells = {cell for row in body for cell in row[1:]}
        assert cells <= layout.accepted
        assert "" not in {seen_by_robvis(cell) for cell in cells}


def test_what_is_missing_is_spelled_out_and_quadas_is_never_unclear():
    text = robvis_csv(BUILT_IN["quadas2"], [("A", {"D1": "unclear", "D2": "high", "A1": "high"})])
    assert table(text)[1] == [
        "A",
        "Some concerns",
        "High",
        "No information",
        "No information",
        "No information",
    ]
    assert seen_by_robvis("No information") == "n"
    assert table(robvis_csv(BUILT_IN["rob1"], [("A", {"other_bias": "unclear"})]))[1][-2] == "Unclear"


def test_words_of_an_own_tool_come_from_its_colours():
    head, row = table(robvis_csv(OWN, [("A", {"d0": "y", "d1": "s", "d2": "c", "overall": "c"})]))
    assert head == ["Study", "Blinding", "Blinding.2", "rzte", "Overall"]
    assert row == ["A", "Low", "High", "Critical", "Critical"], "'Serious' would be read as 'Some concerns'"
    assert QUIPS not in layouts_for(OWN)
    assert layouts_for(BUILT_IN["quadas2"])[-1] is GENERIC


def test_labels_are_unique_and_no_formulas():
    text = robvis_csv(BUILT_IN["rob2"], [("=1+1", {}), ("Li 2010", {}), ("Li 2010", {}), ("Li  2010", {})])
    assert [row[0] for row in table(text)[1:]] == ["'=1+1", "Li 2010", "Li 2010 (2)", "Li 2010 (3)"]


def test_weight_is_there_on_demand_only_and_then_in_every_row():
    rows = [("A", {"D1": "low"}), ("B", {}), ("C", {})]
    assert "Weight" not in robvis_csv(BUILT_IN["rob2"], rows)
    head, *body = table(robvis_csv(BUILT_IN["rob2"], rows, weights=[62.5, None, 37.5]))
    assert head[-1] == "Weight"
    assert [(row[0], row[-1]) for row in body] == [("A", "62.5"), ("C", "37.5")]


def test_stars_are_refused_with_a_sentence():
    with pytest.raises(NotForRobvis, match="counts stars"):
        robvis_csv(BUILT_IN["nos_cohort"], [])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("rob2", {"Low": "low", "some": "some_concerns", "Some Concerns": "some_concerns", "HIGH RISK": "high",
                  "Unclear": "some_concerns", "Moderate": "some_concerns", "H": "high", "No information": None,
                  "": None, "NI": None, "Not applicable": None, "Serious": "high"}),
        ("robins_i", {"Low": "low", "Moderate": "moderate", "Serious": "serious", "Critical": "critical",
                      "No information": "no_information", "NI": "no_information", "High": "serious"}),
        ("quadas2", {"Some concerns": "unclear", "Unclear": "unclear", "High": "high", "Low risk": "low"}),
        ("rob1", {"Low": "low", "Unclear": "unclear", "Some concerns": "unclear", "No information": None}),
        ("jbi_cohort", {"Yes": "yes", "Low": "yes", "High": "no", "No": "no", "Not applicable": "not_applicable"}),
    ],
)  # fmt: skip
def test_words_are_read_as_the_tools_levels(key, words):
    tool = BUILT_IN[key]
    for text, level in words.items():
        found = read_word(tool.levels_of(tool.domains[0]), text)
        assert (found.key if found else None) == level, text


@pytest.mark.parametrize("text", ["+", "-", "?", "x", "Critical", "Very high", "banana"])
def test_a_word_for_no_level_of_the_tool_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        read_word(BUILT_IN["rob2"].levels, text)


def test_what_is_written_is_read_again():
    for key in ("rob2", "robins_i", "quadas2", "rob1", "metapsy_rob1", "jbi_rct"):
        tool = BUILT_IN[key]
        given = {d.key: tool.levels_of(d)[i % len(tool.levels_of(d))].key for i, d in enumerate(tool.domains)}
        for layout in layouts_for(tool)[:1]:
            head, row = table(robvis_csv(tool, [("A", given)], layout))
            columns = match_columns(tool, head[1:-1])
            read = {d.key: read_word(tool.levels_of(d), row[head.index(c)]).key for c, d in columns.items()}
            assert read == {k: v for k, v in given.items() if not k.startswith("A")}


def test_columns_are_matched_by_name_in_any_order_or_counted():
    quadas = BUILT_IN["quadas2"]
    assert [d.key for d in match_columns(quadas, ["D2", "D1", "D3", "D4"]).values()] == [
        "D2",
        "D1",
        "D3",
        "D4",
    ]
    names = ["Flow.and.timing", "Patient selection", "Index.test", "Reference.standard"]
    assert [d.key for d in match_columns(quadas, names).values()] == ["D4", "D1", "D2", "D3"]
    assert [d.key for d in match_columns(quadas, ["a", "b", "c", "d"]).values()] == ["D1", "D2", "D3", "D4"]
    assert "5 columns of domains, but QUADAS-2 has 4" in match_columns(quadas, list("abcde"))
    strange = ["Patient selection", "Index.test", "Reference.standard", "Timing"]
    assert "'Timing' is not a domain of QUADAS-2" in match_columns(quadas, strange)


def test_every_template_of_robvis_is_there():
    assert {name: len(layout.keys) for name, layout in LAYOUTS.items()} == {
        "ROB2": 5, "ROB2-Cluster": 6, "ROBINS-I": 7, "ROBINS-E": 7, "QUADAS-2": 4, "QUIPS": 6, "Generic": 0,
    }  # fmt: skip
