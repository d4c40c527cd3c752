"""Tables of labelled records: what is read, and how each fault is told."""

import pytest

from screening.priority.labelled import BadTable, read_labelled

GOOD = "record_id,title,abstract,label_included\na,One,First,1\nb,Two,,0\n"


def test_a_table_is_read():
    found = read_labelled(GOOD.encode())
    assert (found.ids, found.titles, found.abstracts, found.labels) == (
        ["a", "b"],
        ["One", "Two"],
        ["First", ""],
        [1, 0],
    )
    assert found.notes == []
    assert found.places(["b", "a"]) == [1, 0]


def test_rows_are_named_by_number_where_there_are_no_ids():
    found = read_labelled(b"title,abstract,label_included\nOne,x,1\n\nTwo,y,0\n")
    assert found.ids == ["1", "2"]
    assert found.notes == ["There is no column record_id: records are named by their row, the first is 1."]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_other_names_signs_and_marks_are_understood(delimiter):
    lines = ["id,Primary Title,AB,Included,keywords", "7,One,x,1.0,sleep", '8,"Two\nlines",y,0,']
    found = read_labelled(("\ufeff" + "\r\n".join(lines).replace(",", delimiter)).encode())
    assert (found.ids, found.titles, found.labels) == (
        ["7", "8"],
        ["One", "Two\nlines"],
        [1, 0],
    )
    assert found.notes == [
        "Column 'Primary Title' was read as title.",
        "Column 'AB' was read as abstract.",
        "Column 'Included' was read as label_included.",
        "Column 'id' was read as record_id.",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there are no records in it"),
        ("title,abstract,label_included\n", "there are no records in it"),
        ("title,abstract\nx,y\n", "line 1: there is no column label_included. Columns there are: title, abstract."),
        ("a\n1\n", "line 1: there is no column title and no column abstract and no column label_included"),
        ("title,abstract,label_included\nx,y,2\n", "line 2, column label_included: the label is '2'; it must be 1"),
        ("title,abstract,label_included\nx,y,1\nx,y,\n", "line 3, column label_included: the label is empty"),
        ("title,abstract,label_included\nx,y,yes\n", "line 2, column label_included: the label is 'yes'"),
        ("title,abstract,label_included\nx,y,0\n", "no record is labelled 1"),
        ("title,abstract,label_included\nx,1\n", "line 2 has 2 values; the first line names 3 columns"),
        ('title,abstract,label_included\n"x,y,1\n', "line 2: this is not a table"),
        ("id,title,abstract,label_included\na,x,y,1\na,x,y,0\n", "line 3, column record_id: 'a' is also the id of"),
        ("record_id,title,abstract,label_included\n,x,y,1\n", "line 2, column record_id: the id is empty"),
        ("title,abstract,label_included\nx\0,y,1\n", "this is no text"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(text, sentence):
    with pytest.raises(BadTable) as told:
        read_labelled(text.encode())
    assert sentence in str(told.value)


def test_another_encoding_is_told():
    with pytest.raises(BadTable, match="line 2 is not UTF-8"):
        read_labelled("title,abstract,label_included\nMüller,x,1\n".encode("latin-1"))


def test_priors_must_be_there_once():
    found = read_labelled(GOOD.encode())
    with pytest.raises(BadTable, match=r"prior 'c' is no record of this table\. Its ids are a, b"):
        found.places(["a", "c"])
    with pytest.raises(BadTable, match="prior 'a' is named twice"):
        found.places(["a", "a"])
