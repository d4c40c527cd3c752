"""Each gesture on a form as data: what comes out, what it is called, what refers to what afterwards."""

import pytest

from extraction.form_schema import STANDARD, read_schema, write_schema
from extraction.form_schema import edits as do
from extraction.form_schema.edits import EditError

START = {
    "sections": [
        {
            "key": "people",
            "label": "People",
            "items": [
                {"key": "n", "type": "number", "label": "N"},
                {"key": "female", "type": "number", "label": "Female", "characteristic": "Women"},
                {"key": "share", "type": "calculated", "label": "Share", "formula": "100 * female / n"},
                {
                    "key": "arms",
                    "type": "group",
                    "label": "Arms",
                    "fields": [{"key": "arm_n", "type": "number", "label": "n"}],
                },
            ],
        },
        {
            "key": "money",
            "label": "Money",
            "items": [
                {
                    "key": "funded",
                    "type": "choice",
                    "label": "Funded",
                    "options": [{"key": "yes", "label": "Yes"}, {"key": "no", "label": "No"}],
                    "shown_when": {"join": "all", "tests": [{"field": "n", "op": "filled"}]},
                },
            ],
        },
    ]
}


def keys(data):
    return [[item["key"] for item in section["items"]] for section in data["sections"]]


def test_what_is_written_is_what_was_read():
    everything = {"sections": [*STANDARD.values()]}
    once = write_schema(read_schema(everything))
    assert write_schema(read_schema(once)) == once
    assert read_schema(once) == read_schema(everything)
    assert write_schema(read_schema(START)) == START


def test_parts_are_added_where_they_were_asked_for():
    edit = do.add_field(START, "section.people", "text", "Mean  age (years)", after="n")
    assert (edit.part, edit.sentence) == ("mean_age_years", "added the field ‘Mean age (years)’")
    assert keys(edit.data)[0] == ["n", "mean_age_years", "female", "share", "arms"]
    assert keys(START)[0][1] == "female", "the form that went in is left alone"
    inside = do.add_field(START, "arms", "text", "N")
    assert inside.part == "n_2"
    assert do.find(inside.data, "n_2").above == "arms"
    section = do.add_section(START, "People", after="section.people")
    assert [one["key"] for one in section.data["sections"]] == ["people", "people_2", "money"]


@pytest.mark.parametrize(
    ("part", "to", "order"),
    [
        ("female", "up", [["female", "n", "share", "arms"], ["funded"]]),
        ("arms", "down", [["n", "female", "share"], ["arms", "funded"]]),
        ("funded", "up", [["n", "female", "share", "arms", "funded"], []]),
        ("section.money", "up", [["funded"], ["n", "female", "share", "arms"]]),
    ],
)
def test_parts_move_within_their_section_and_on_into_the_next(part, to, order):
    assert keys(do.move(START, part, to).data) == order


@pytest.mark.parametrize(
    ("part", "to"), [("n", "up"), ("funded", "down"), ("section.people", "up"), ("arm_n", "down")]
)
def test_what_is_at_the_end_stays_there(part, to):
    with pytest.raises(EditError, match="already"):
        do.move(START, part, to)


def test_parts_are_put_anywhere_but_no_group_into_a_group():
    assert keys(do.place(START, "n", "section.money", "funded").data)[1] == ["n", "funded"]
    assert keys(do.place(START, "n", "section.people", "arms").data)[0] == ["female", "share", "n", "arms"]
    assert keys(do.place(START, "n", "section.people").data)[0][-1] == "n"
    assert do.find(do.place(START, "female", "arms").data, "female").above == "arms"
    sections = do.place(START, "section.money", "", "section.people").data["sections"]
    assert [one["key"] for one in sections] == ["money", "people"]
    group = do.add_field(START, "section.money", "group", "Other").data
    with pytest.raises(EditError, match="cannot stand in another"):
        do.place(group, "arms", "other")


def test_a_copy_refers_to_its_own_parts_and_takes_no_characteristic():
    data = do.copy(START, "section.people").data
    assert keys(data)[1] == ["n_2", "female_2", "share_2", "arms_2"]
    assert do.find(data, "share_2").item["formula"] == "100 * female_2 / n_2"
    assert "characteristic" not in do.find(data, "female_2").item
    read_schema(data)
    alone = do.copy(START, "share").data
    assert do.find(alone, "share_2").item["formula"] == "100 * female / n"


def test_a_new_key_is_followed_by_what_refers_to_it():
    edit = do.change(START, "n", {"key": "n_all", "help": "All", "unit": None})
    assert edit.part == "n_all"
    assert do.find(edit.data, "share").item["formula"] == "100 * female / n_all"
    assert do.find(edit.data, "funded").item["shown_when"]["tests"][0]["field"] == "n_all"
    with pytest.raises(EditError, match="values are kept under it"):
        do.change(START, "n", {"key": "n_all"}, fixed=frozenset({"n"}))
    for wrong, said in (("female", "is taken"), ("Min", "begins with a letter"), ("min", "are taken")):
        with pytest.raises(EditError, match=said):
            do.change(START, "n", {"key": wrong})


def test_removing_leaves_a_draft_that_says_what_is_missing():
    edit = do.remove(START, "n")
    assert edit.part == "female"
    assert {fault.key for fault in read_schema(edit.data, draft=True).faults} == {"share", "funded"}
    with pytest.raises(EditError, match="not in the form any more"):
        do.remove(edit.data, "n")


def test_ready_made_sections_come_under_keys_of_their_own():
    data = do.add_standard(do.add_standard(START, "study_registration").data, "study_registration").data
    assert len(read_schema(data).by_key) == 5 + 16
    with pytest.raises(EditError, match="no ready-made section 'x'"):
        do.add_standard(START, "x")


def test_other_comes_with_its_text():
    data = do.add_other(START, "funded").data
    assert keys(data)[1] == ["funded", "funded_other"]
    read_schema(data)
    with pytest.raises(EditError, match="already"):
        do.add_other(data, "funded")


def test_answers_keep_their_codes_when_their_wording_changes():
    old = [{"key": "a", "label": "First"}, {"key": "second", "label": "Second"}]
    assert do.options_as_text(old) == "a = First\nSecond"
    assert do.options_from("a = First\nSecond", old) == old
    assert do.options_from("Second\nFirst\nThird", old) == [
        old[1],
        old[0],
        {"key": "third", "label": "Third"},
    ]
    assert do.options_from("a = First\nAnother", old)[1] == {"key": "second", "label": "Another"}
    assert do.options_from("BMI = high\nx", [])[0] == {"key": "bmi_high", "label": "BMI = high"}
    assert [one["key"] for one in do.options_from("A\na", [])] == ["a", "a_2"]
