"""Counting what de-duplication makes of a labelled set, and the command that prints it."""

import csv
import json
import socket

import pytest
from django.core.management import CommandError, call_command

from records.dedup import MERGE_THRESHOLD, Pair
from records.dedup.benchmark import REQUIRED, NotLabelled, outcome, read_labelled

LONG = "Mindfulness-based cognitive therapy for chronic depression: a randomised trial"
ROW = dict.fromkeys(REQUIRED, "") | {
    "record_id": "1",
    "title": LONG,
    "authors": "Smith, John; Doe, Kay",
    "year": "2018",
    "journal": "Depression and Anxiety",
    "volume": "35",
    "issue": "10",
    "pages": "914-924",
    "doi": "10.1002/da.22788",
    "true_group": "g1",
}
ROWS = [
    ROW,
    ROW | {"record_id": "2", "authors": "Smith J; Doe K", "journal": "Depress Anxiety", "pages": "914-24"},
    ROW | {"record_id": "3", "doi": "", "title": LONG.upper()},
    ROW | {"record_id": "4", "doi": "10.1002/da.4", "pages": "", "year": "2018 Oct"},  # asked: another DOI
    ROW
    | {
        "record_id": "5",
        "doi": "10.1002/da.5",
        "title": f"Erratum: {LONG}",
        "pages": "11",
        "true_group": "g2",
    },
]


@pytest.fixture
def labelled(tmp_path):
    def write(rows, header=REQUIRED):
        path = tmp_path / "set.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, header, extrasaction="ignore")
            table.writeheader()
            table.writerows(rows)
        return path

    return write


def run(path, capsys, *options):
    call_command("benchmark_dedup", str(path), *options)
    return capsys.readouterr().out


def test_the_figures_by_itself_and_with_a_person(labelled, capsys):
    found = json.loads(run(labelled(ROWS), capsys, "--json"))
    by_itself = {"records": 5, "true_duplicates": 3, "tp": 2, "fp": 0, "fn": 1, "tn": 2, "false_merges": 0}
    assert found | by_itself == found
    assert (found["sensitivity"], found["specificity"], found["precision"]) == (0.666667, 1.0, 1.0)
    assert found["f1"] == 0.8
    assert 0 <= found["seconds"] < 5
    asked = found["with_queue"]
    assert asked | {"tp": 3, "fn": 0, "fp": 0, "queue": 1, "queue_share": 0.2, "answered_same": 1} == asked


def test_a_person_can_read_it(labelled, capsys):
    said = run(labelled(ROWS), capsys)
    assert "set.csv: 5 records, 3 of them surplus copies" in said
    assert "66.67%" in said
    assert (
        "Questions for a person: 1 (20.00% of the records); rightly answered, 1 of them are copies." in said
    )


def test_no_database_is_needed(labelled, capsys, monkeypatch):
    """Nothing opens a connection; this test has no mark for the database either."""
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    assert json.loads(run(labelled(ROWS), capsys, "--json"))["records"] == 5


def test_wrong_merges_count_the_works_that_are_lost():
    groups = {"a": "1", "b": "1", "c": "2", "d": "3", "e": "4"}
    pairs = [Pair("a", "b", 0.99, "", ()), Pair("b", "c", 0.98, "", ()), Pair("c", "d", 0.96, "", ())]
    found = outcome([*pairs, Pair("d", "e", 0.6, "", ())], groups, merge=MERGE_THRESHOLD)
    assert (found["tp"], found["fp"], found["fn"], found["tn"], found["false_merges"]) == (1, 2, 0, 2, 1)
    assert (found["specificity"], found["precision"]) == (0.5, 0.333333)
    assert found["with_queue"] | {"fp": 2, "queue": 1, "answered_same": 0} == found["with_queue"]


def test_a_set_without_duplicates_has_no_sensitivity(labelled, capsys):
    found = json.loads(run(labelled([ROW]), capsys, "--json"))
    assert (found["sensitivity"], found["precision"], found["specificity"]) == (None, None, 1.0)
    assert "sensitivity" in run(labelled([ROW]), capsys)


def test_the_pairs_that_went_wrong_are_written(labelled, capsys, tmp_path):
    others = [ROW | {"record_id": "=6", "true_group": "g6"}]  # labelled as another work, though it is a copy
    run(labelled([*ROWS, *others]), capsys, "--pairs", str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["what"] for row in rows} == {"wrong merge", "asked"}
    wrong = next(row for row in rows if row["what"] == "wrong merge")
    assert "'=6" in (wrong["left_id"], wrong["right_id"])
    assert "same DOI" in wrong["reasons"]
    assert {wrong["left_group"], wrong["right_group"]} == {"g1", "g6"}


def test_thresholds_are_options(labelled, capsys):
    path = labelled(ROWS)
    assert json.loads(run(path, capsys, "--json", "--merge", "0.6"))["tp"] == 3
    pair = labelled([ROWS[0], ROWS[3]])
    assert json.loads(run(pair, capsys, "--json"))["with_queue"]["queue"] == 1
    assert json.loads(run(pair, capsys, "--json", "--review", "0.95"))["with_queue"]["queue"] == 0
    with pytest.raises(CommandError, match="must not be above"):
        run(path, capsys, "--merge", "0.5", "--review", "0.6")
    with pytest.raises(CommandError, match="no score"):
        run(path, capsys, "--merge", "95")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: there is no header"),
        ("record_id,title\n1,a\n", "line 1: the columns authors, year, journal, .* are missing"),
        (",".join(REQUIRED), "no record below the header"),
        (",".join(REQUIRED) + "\n1,a\n", "line 2, field authors: the row ends after 2 of 11 cells"),
        (",".join(REQUIRED) + "\n" + "x," * 11 + "g\n", "line 2: the row has 12 cells, the header 11"),
        (",".join(REQUIRED) + "\n1" + "," * 9 + ",g\n1" + "," * 9 + ",g", "line 3, field record_id: '1' was there"),
        (",".join(REQUIRED) + "\n1" + "," * 10 + "\n", "line 2, field true_group: it is empty"),
        (",".join(REQUIRED) + '\n\n1,"two\nlines"' + "," * 8 + ',g\n"2' + "," * 9, "line 5: the row cannot be read"),
        (",".join((*REQUIRED, "doi")) + "\n", "line 1, field doi: the column is there twice"),
    ],
)  # fmt: skip
def test_what_is_broken_is_told_with_its_place(text, sentence, tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotLabelled, match=f"^broken.csv.*{sentence}"):
        read_labelled(path)
    with pytest.raises(CommandError, match=sentence):
        call_command("benchmark_dedup", str(path))


def test_text_that_is_no_utf_8_and_files_that_are_not_there(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(",".join(REQUIRED).encode() + b"\n1,caf\xe9,,,,,,,,,g\n")
    with pytest.raises(NotLabelled, match=r"latin\.csv, line 2: the text is not UTF-8"):
        read_labelled(path)
    with pytest.raises(CommandError, match="No such file"):
        call_command("benchmark_dedup", str(tmp_path / "nothing.csv"))


def test_a_year_that_is_none_is_left_out_with_a_warning(labelled, capsys):
    path = labelled([ROW, ROW | {"record_id": "2", "year": "soon"}, ROW | {"record_id": "3", "year": "n/a"}])
    call_command("benchmark_dedup", str(path), "--json")
    said = capsys.readouterr()
    assert said.err.strip() == "set.csv, line 3, field year: 'soon' is no year; left out."
    assert json.loads(said.out)["tp"] == 2


def test_authors_in_other_spellings_and_columns_in_any_order(tmp_path):
    header = ["PMID", *reversed(REQUIRED), "source"]
    path = tmp_path / "odd.csv"
    cells = {
        "record_id": "7",
        "title": "T",
        "authors": "Smith J, Doe KL",
        "true_group": "g",
        "year": "Jan 2001",
    }
    rows = [header, [*("12" if name == "PMID" else cells.get(name, "") for name in header)]]
    path.write_text("\ufeff" + "\n".join(";".join(row) for row in rows).replace(";", ","), encoding="utf-8")
    with pytest.raises(NotLabelled, match="cells"):
        read_labelled(path)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)
    (record,) = read_labelled(path).records
    assert (record.authors, record.year, record.pmid) == (["Smith J", "Doe KL"], 2001, "12")
