"""Two readings of form values: rounding, units, typography, rows of repeating groups."""

import pytest

from extraction.comparing import (
    Difference,
    Grade,
    compare_field,
    compare_numbers,
    compare_quantities,
    compare_values,
    pieces,
)
from extraction.comparing.numbers import spread_hint
from extraction.form_schema import NOT_REPORTED, Field, Option, read_schema

SCHEMA = read_schema(
    {
        "sections": [
            {
                "key": "people",
                "label": "People",
                "items": [
                    {"key": "setting", "label": "Setting", "type": "text"},
                    {"key": "age", "label": "Mean age", "type": "number", "unit": "years"},
                    {"key": "women", "label": "Women", "type": "number", "unit": "%"},
                    {"key": "double", "label": "Twice the age", "type": "calculated", "formula": "age * 2"},
                    {
                        "key": "design",
                        "label": "Design",
                        "type": "choice",
                        "options": [
                            {"key": "rct", "label": "Trial"},
                            {"key": "cluster", "label": "Cluster trial"},
                        ],
                    },
                    {
                        "key": "clusters",
                        "label": "Clusters",
                        "type": "number",
                        "decimals": 0,
                        "shown_when": {"tests": [{"field": "design", "op": "is", "value": "cluster"}]},
                    },
                    {
                        "type": "group",
                        "key": "funders",
                        "label": "Funders",
                        "fields": [
                            {"key": "funder", "label": "Funder", "type": "text"},
                            {"key": "role", "label": "Role", "type": "text"},
                        ],
                    },
                ],
            }
        ]
    }
)


def field(kind: str = "number", **more) -> Field:
    return Field(key="x", label="X", type=kind, **more)


@pytest.mark.parametrize(
    ("left", "right", "grade", "kept"),
    [
        (12.3, 12.34, "rounded", 12.34),
        (12.34, 12.3, "rounded", 12.34),
        (12.25, 12.2, "rounded", 12.25),
        (12.25, 12.3, "rounded", 12.25),
        (12.3, 12.4, "different", None),
        (12.3, 12.36, "different", None),
        (12.0, 12.34, "rounded", 12.34),
        (1.0, 1.4, "different", None),
        (0.0, 0.04, "different", None),
        (-4.7, -4.68, "rounded", -4.68),
        (5, 5.0, "same", 5),
        (None, 5, "right_only", 5),
        (5, None, "left_only", 5),
        (None, None, "same", None),
    ],
)
def test_a_number_written_to_fewer_decimals_is_the_same_but_rounded(left, right, grade, kept):
    found = compare_numbers(left, right)
    assert (found.grade, found.proposed) == (grade, kept)


def test_zeros_that_were_typed_make_a_number_exact():
    assert compare_numbers(12.3, 12.34).grade is Grade.ROUNDED
    assert compare_numbers(12.3, 12.34, typed_left="12.30").grade is Grade.DIFFERENT


def test_people_are_never_rounded():
    assert compare_numbers(12, 12.4, whole=True).grade is Grade.DIFFERENT


@pytest.mark.parametrize(
    ("left", "right", "hint"),
    [
        (4.7, 47, "10 times"),
        (0.5, 500, "1,000 times"),
        (-0.63, 0.63, "other sign"),
        (41.3, 43.1, ""),
        (14.3, 41.3, "changed places"),
        (14.3, 15.9, ""),
    ],
)
def test_the_usual_slips_are_named(left, right, hint):
    found = compare_numbers(left, right)
    assert found.grade is Grade.DIFFERENT
    assert hint in found.hint if hint else not found.hint


def test_a_standard_error_taken_for_an_sd_is_named():
    assert "standard error" in spread_hint(4.7, 0.74, [40])
    assert "variance" in spread_hint(4.7, 22.1, [None])
    assert not spread_hint(4.7, 5.1, [40])


@pytest.mark.parametrize(
    ("left", "right", "grade"),
    [
        ("12 weeks", "3 months", "unit"),
        ("24 weeks", "6 months", "unit"),
        ("26 weeks", "6 months", "unit"),
        ("1 year", "52 wk", "unit"),
        ("12 months", "1 yr", "unit"),
        ("365 days", "1 year", "unit"),
        ("12 weeks", "4 months", "different"),
        ("8 weeks", "3 months", "different"),
        ("500 mg", "0.5 g", "unit"),
        ("500 µg", "0.5 mg", "unit"),
        ("20 mg/day", "0.02 g per day", "unit"),
        ("20 mg/day", "20 mg", None),
        ("45%", "0.45", "unit"),
        ("44.7 %", "0.45", "unit"),
        ("45 %", "0.54", "different"),
        ("12 wk", "12 weeks", "same"),
        ("12.00 wk", "12.04 weeks", "different"),
        ("12 wk", "12.4 weeks", "rounded"),
        ("12 weeks", "500 mg", None),
        ("Six sessions", "6", None),
    ],
)
def test_quantities_in_words_are_the_same_in_other_units(left, right, grade):
    for pair in ((left, right), (right, left)):
        found = compare_quantities(*pair)
        assert (found.grade if found else None) == grade, pair


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Usual  care ", "usual care"),
        ("18–65 years", "18-65 years"),
        ("18 - 65 years", "18–65 years"),
        ("“Outpatients”.", '"outpatients"'),
        ("12 weeks", "12 Weeks"),
    ],
)
def test_case_white_space_and_typography_are_no_difference(left, right):
    found = compare_field(field("text"), left, right)
    assert (found.grade, found.proposed) == (Grade.SAME, left)


@pytest.mark.parametrize(
    ("asked", "left", "right", "grade", "kept"),
    [
        (field(unit="%"), "45", "0.45", "unit", "45"),
        (field(unit="%"), "0.45", "44.7", "unit", "44.7"),
        (field(unit="%"), "45", "0.54", "different", None),
        (field(unit="%"), "45", "44.8", "rounded", "44.8"),
        (field(unit="years"), "12.30", "12.34", "different", None),
        (field(unit="years"), "12.3", "12.30", "same", "12.30"),
        (field(decimals=0), "40", "41", "different", None),
        (field("date"), "2019-03", "2019-03-12", "rounded", "2019-03-12"),
        (field("date"), "2019-03", "2019-04-12", "different", None),
        (field("yes_no"), True, False, "different", None),
        (field("yes_no"), False, False, "same", False),
        (field("yes_no"), False, None, "left_only", False),
        (field("number"), NOT_REPORTED, "4", "different", None),
        (field("number"), NOT_REPORTED, NOT_REPORTED, "same", NOT_REPORTED),
        (
            field("choices", options=(Option("a", "A"), Option("b", "B"))),
            ["a", "b"],
            ["b", "a"],
            "same",
            ["a", "b"],
        ),
    ],
)
def test_values_are_graded_by_what_the_field_asks(asked, left, right, grade, kept):
    found = compare_field(asked, left, right)
    assert (found.grade, found.proposed) == (grade, kept)


def test_a_number_typed_in_a_sister_unit_is_different_with_a_hint():
    found = compare_field(field(unit="weeks"), "12", "3")
    assert found.grade is Grade.DIFFERENT
    assert found.hint == "3 months are 12 weeks: was one of them typed in months?"


def test_several_choices_say_what_only_one_chose():
    asked = field("choices", options=tuple(Option(key, key.upper()) for key in "abc"))
    verdict = compare_field(asked, ["a", "b"], ["b", "c"])
    left, right = Difference(asked, ["a", "b"], ["b", "c"], verdict).pieces
    assert left == [("A", True), ("; ", False), ("B", False)]
    assert [text for text, differs in right if differs] == ["C"]


def test_words_that_differ_are_marked():
    left, right = pieces("Adults with severe depression", "Adults with chronic depression")
    assert [text for text, differs in left if differs] == ["severe"]
    assert [text for text, differs in right if differs] == ["chronic"]
    assert "".join(text for text, _ in left) == "Adults with severe depression"
    assert not [text for text, differs in pieces("Aged 18–65", "aged 18-65")[0] if differs]
    assert pieces("Japan", "Not a word") == ([("Japan", False)], [("Not a word", False)])


def test_fields_are_compared_in_the_order_of_the_form_and_only_where_shown():
    left = {("setting", ""): "Clinic", ("age", ""): "41.3", ("design", ""): "rct", ("clusters", ""): "4"}
    right = {("age", ""): "41", ("design", ""): "rct"}
    found = compare_values(SCHEMA, left, right)
    assert [(one.field.key, str(one.grade)) for one in found] == [
        ("setting", "left_only"),
        ("age", "rounded"),
        ("design", "same"),
    ], "clusters are hidden for a trial, and what is calculated is not compared"
    assert (found[1].proposed, found[0].proposed) == ("41.3", None)
    assert found[1].left_text == "41.3 years"


def test_a_field_that_only_one_was_asked_counts_for_that_one():
    left = {("design", ""): "cluster", ("clusters", ""): "4"}
    right = {("design", ""): "rct", ("clusters", ""): "4"}
    assert [str(one.grade) for one in compare_values(SCHEMA, left, right)] == ["different", "left_only"]


def test_rows_are_paired_by_what_is_in_them_not_by_their_order():
    left = {("funder", "aa"): "NIHR", ("role", "aa"): "none", ("funder", "bb"): "Wellcome"}
    right = {("funder", "xx"): "Wellcome Trust", ("funder", "yy"): "nihr", ("role", "yy"): "grant"}
    found = compare_values(SCHEMA, left, right, {"funders": ["aa", "bb"]}, {"funders": ["xx", "yy"]})
    assert [(one.field.key, one.row_left, one.row_right, str(one.grade), one.position) for one in found] == [
        ("funder", "aa", "yy", "same", 1),
        ("role", "aa", "yy", "different", 1),
        ("funder", "bb", None, "left_only", 2),
        ("funder", None, "xx", "right_only", 3),
    ]
    assert [one.row for one in found] == ["aa", "aa", "bb", "xx"]
    one_each = compare_values(SCHEMA, {("funder", "bb"): "Wellcome"}, {("funder", "xx"): "Wellcome Trust"})
    assert [(one.row_left, one.row_right) for one in one_each] == [("bb", "xx")], (
        "a single row each is the same row"
    )
