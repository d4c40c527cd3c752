"""Tables from files: what is wrong is said with file and line, all of it at once."""

import pytest

from reviews.errors import Refused
from reviews.tables import BadTable, Faults, read_table


def read(text: str | bytes, required=("study", "n")):
    data = text if isinstance(text, bytes) else text.encode()
    return read_table("t.csv", data, required=required)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_reads_rows_with_the_line_an_editor_shows(mark):
    table = read(f"study{mark}n{mark}note\nA{mark} 1 {mark}x\n\nB{mark}2{mark}y\n")
    assert table.columns == ["study", "n", "note"]
    assert [(row.line, row["study"], row["n"]) for row in table.rows] == [(2, "A", "1"), (4, "B", "2")]
    assert table.rows[0]["no such column"] == ""


def test_a_quoted_line_break_does_not_shift_the_lines():
    table = read('study,n\n"A\nfirst",1\nB,2\n')
    assert [(row.line, row["study"]) for row in table.rows] == [(2, "A\nfirst"), (4, "B")]


def test_reads_utf8_with_mark_and_windows_letters():
    assert read("study,n\nMüller,1".encode("utf-8-sig")).rows[0]["study"] == "Müller"
    assert read("study,n\nMüller,1".encode("cp1252")).rows[0]["study"] == "Müller"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "t.csv is empty"),
        ("study\nA", "t.csv, line 1: the column 'n' is missing; the columns are study."),
        ("study,n,n\nA,1,2", "t.csv, line 1: the column 'n' is there twice."),
        ("study,n\nA,1\nB", "t.csv, line 3: 1 cells, but the header has 2."),
        ('study,n\nA,"1\n', "t.csv, line 2: unexpected end of data"),
        (b"PK\x03\x04\0\0", "t.csv is not a text file"),
    ],
)
def test_refuses_with_file_and_line(text, sentence):
    with pytest.raises(BadTable) as refusal:
        read(text)
    assert sentence in str(refusal.value)
    assert isinstance(refusal.value, Refused)


def test_all_faults_come_at_once_but_not_without_end():
    faults = Faults("t.csv")
    faults.raise_if_any()
    faults.add(3, "'x' is not a number.", "n")
    for line in range(4, 40):
        faults.add(line, "wrong.")
    with pytest.raises(BadTable) as refusal:
        faults.raise_if_any()
    lines = str(refusal.value).splitlines()
    assert lines[0] == "t.csv, line 3, column n: 'x' is not a number."
    assert lines[-2:] == ["... and 17 more.", "Nothing was imported."]
