"""The CSV of the R package PRISMA2020: read and written without loss, compared with a review."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.counts import FlowCounts
from reporting.flow.chart import Style
from reporting.prisma2020 import CsvError, PrismaFile, compare, prisma_csv
from reporting.prisma2020.values import CellError, list_of, number_of, written
from tests.reporting.test_flow import BOTH, DATABASES, UPDATED

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "prisma" / "PRISMA.csv"
#: Quoted and unquoted cells, a row and columns that nobody knows, an order of its own, no last line end.
TEMPLATE = (
    b'data,node,box,description,boxtext,"tooltips",url,n,ours\r\n'
    b'records_screened,node9,box4,"Records, screened","Records screened",t,u,"1,234",kept\r\n'
    b"our_own_row,,,,Something,,,7,\r\n"
    b"NA,node4,prevstud,d,Previous studies,t,u,0,x\r\n"
    b'dbr_excluded,node14,box9,d,Reports excluded,t,u,"Wrong dose, 3;No ""controls"", 12",\r\n'
    b"duplicates,node8,box3,d,Doppelte,t,u,  90 ,\r\n"
    b'database_specific_results,NA,box2,d,Specific Databases,NA,u,"MEDLINE, xxx",\r\n'
    b"previous_studies,node5,box1,d,x,t,u,NA,"
)


def cells(file: PrismaFile, name: str) -> str:
    return file.raw.lines[file.rows[name]].at(file.n)


@pytest.mark.parametrize(
    "content",
    [
        TEMPLATE,
        TEMPLATE.replace(b"\r\n", b"\n"),
        b"\xef\xbb\xbf" + TEMPLATE,
        TEMPLATE.decode().encode("utf-16-le").join([b"\xff\xfe", b""]),
        TEMPLATE.replace(b"Doppelte", "Übrige".encode("cp1252")),
        TEMPLATE.replace(b"\r\n", b"\r"),
        TEMPLATE + b"\r\n\r\n",
        b"data;boxtext;n\nduplicates;Doubles;90\ndbr_excluded;R;\"A, 1; B, 2\"\n",
    ],
    ids=["crlf", "lf", "bom", "utf-16", "cp1252", "cr", "blank lines", "semicolons"],
)  # fmt: skip
def test_a_file_keeps_every_byte_where_nothing_is_edited(content):
    file = PrismaFile.read(content)
    assert file.to_bytes() == content
    found = file.contents()
    same = {**found.numbers, **{name: pairs for name, pairs in found.lists.items() if pairs}}
    again = file.with_counts(same, found.labels)
    assert again.to_bytes() == content


def test_the_packages_own_template_is_read_and_written_without_loss():
    if not SHARED.exists():
        pytest.skip("the template of the R package is not beside the project")
    content = SHARED.read_bytes()
    file = PrismaFile.read(content)
    assert file.to_bytes() == content
    assert len(file.rows) + len(file.titles) == 34
    found = file.contents()
    assert [problem.row for problem in found.problems] == [7, 9, 24, 26]  # "xxx" in place of numbers
    assert set(found.numbers.values()) == {0}
    edited = file.with_counts({"duplicates": 1200}).to_bytes()
    assert edited == content.replace(b"duplicates.html,0\r\n", b"duplicates.html,1200\r\n")


def test_our_own_file_has_the_packages_rows_and_reads_back():
    for counts, style in ((BOTH, Style()), (UPDATED, Style(meta_analysis=True)), (DATABASES, Style())):
        counts = replace(counts, studies_in_analysis=4, reports_in_analysis=5)
        content = prisma_csv(
            counts, {"excluded": "Out", "reasons:Not randomised": "No trial"}, style
        ).encode()
        file = PrismaFile.read(content)
        assert file.to_bytes() == content
        assert file.contents().problems == []
        assert file.contents().labels["excluded"] == "Out"
        found = compare(file, counts, {"excluded": "Out", "reasons:Not randomised": "No trial"})
        assert (found.numbers, found.labels, found.problems) == ([], [], [])
        assert (file.contents().numbers["total_studies_ma"] == 4) == style.meta_analysis
        assert "No trial, 10" in content.decode()
    blank = PrismaFile.blank().to_bytes().decode()
    assert blank.startswith("data,node,box,description,boxtext,tooltips,url,n\r\nNA,node4,prevstud,")


def test_only_the_edited_cell_changes():
    file = PrismaFile.read(TEMPLATE)
    edited = file.with_counts(
        {"records_screened": 1234, "duplicates": 91, "dbr_excluded": [("Wrong, dose", 3)], "x": 1},
        {"screened": "Read", "previous_header": "Before, long ago"},
    )
    assert edited.to_bytes() == (
        TEMPLATE.replace(b"  90 ", b"91")
        .replace(b'"Wrong dose, 3;No ""controls"", 12"', b'"Wrong / dose, 3"')
        .replace(b'"Records screened"', b"Read")
        .replace(b"Previous studies", b'"Before, long ago"')
    )
    old = PrismaFile.read(TEMPLATE.replace(b"Doppelte", "Übrige".encode("cp1252")))
    with pytest.raises(CsvError, match="kept as cp1252, which has no letter 'ł'"):
        old.with_counts({}, {"duplicates": "małe"}).to_bytes()


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6),
                         min_size=2, max_size=4), max_size=5), st.sampled_from(["\r\n", "\n"]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_other_rows_are_kept(rows, end):
    lines = [[f'"{cell.replace(chr(34), 2 * chr(34))}"' for cell in row] for row in rows]
    text = end.join(["data,boxtext,n", "duplicates,Doubles,4", *(",".join(line) for line in lines)]) + end
    content = text.encode()
    try:
        file = PrismaFile.read(content)
    except CsvError as error:
        assert "both" in str(error)  # noqa: PT017 - a made-up row may be the known one
        return
    assert file.to_bytes() == content
    changed = file.with_counts({"duplicates": 5}).to_bytes()
    assert changed == content.replace(b"duplicates,Doubles,4", b"duplicates,Doubles,5", 1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"data,boxtext,n\n" + b"x" * 200_001, "at most 200,000 are read"),
        (b"a,b,c\n1,2,3\n", "Row 1: there is no column “n”."),
        (b"data,n\nnothing,3\n", "No row begins with a name of PRISMA2020"),
        (b'data,n\nduplicates,"3\n', "Row 2, column 2: a quote that is never closed."),
        (b"data,n\nduplicates,3\nduplicates,4\n", "Rows 2 and 3 are both “duplicates”"),
        (b"PK\x03\x04\x00\x00", "The file is no text."),
        (b"\xef\xbb\xbf\xff\xff", "begins as utf-8, but byte 1 is not"),
        (b"\x81\x8d\x90", "neither UTF-8 nor Windows-1252"),
    ],
)
def test_what_is_no_such_file_is_told(content, sentence):
    with pytest.raises(CsvError) as refused:
        PrismaFile.read(content)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("text", "n"),
    [("12", 12), (" 1,234 ", 1234), ("1 234 567", 1234567), ("1\u00a0234", 1234), ("NA", None), ("", None)],
)
def test_numbers(text, n):
    assert number_of(text) == n


@pytest.mark.parametrize("text", ["-3", "about 12", "12.5", "xxx", "1,23", "99999999", "١٢"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(CellError):
        number_of(text)


def test_lists():
    assert list_of("A, 1; B , 2,300 ;") == [("A", 1), ("B", 2300)]
    assert list_of("7") == [("", 7)]
    assert list_of("0") == []
    assert list_of("NA") is None
    for wrong in ("A", "A, b, 5", "Reason1, xxx", "A, 1; a, 2", ", 3"):
        with pytest.raises(CellError):
            list_of(wrong)
    assert written([("=cmd, x", 3), ("B", 1)]) == "cmd / x, 3; B, 1"
    assert (written([]), written(None), written(4)) == ("0", "NA", "4")


def test_bad_cells_are_told_with_row_and_column_and_the_others_are_read():
    file = PrismaFile.read(TEMPLATE.replace(b"  90 ", b"ninety"))
    found = file.contents()
    assert [problem.sentence for problem in found.problems] == [
        "Row 6 (duplicates), column n: “ninety” is no whole number; give one, or NA for none.",
        "Row 7 (database_specific_results), column n: “MEDLINE, xxx” is no name with a number; write “Wrong "
        "population, 12; Not randomised, 3”.",
    ]
    assert found.numbers["records_screened"] == 1234
    assert found.lists["dbr_excluded"] == [("Wrong dose", 3), ('No "controls"', 12)]


def file_of(**values) -> PrismaFile:
    return PrismaFile.read(prisma_csv(DATABASES).encode()).with_counts(values)


def found_in(**values) -> list[tuple]:
    return [(one.id, one.ours, one.theirs) for one in compare(file_of(**values), DATABASES, {}).numbers]


def test_numbers_that_differ_are_found_and_the_same_counted():
    assert found_in() == []
    assert compare(file_of(), DATABASES, {}).same == 17
    assert found_in(records_screened=405, new_studies=11) == [("screened", 400, 405), ("studies", 12, 11)]
    assert found_in(previous_studies=3, total_studies=15) == [
        ("previous_studies", 0, 3),
        ("total_studies", 12, 15),
    ]
    assert found_in(records_screened=None) == []  # says nothing


def test_lines_of_lists_are_compared_by_name():
    listed = [("medline", 310), ("Scopus", 20)]
    assert found_in(database_results=330, database_specific_results=listed) == [
        ("databases:MEDLINE", 300, 310),
        ("databases:Scopus", 0, 20),
        ("databases:PsycINFO", 150, 0),
    ]
    counts = replace(DATABASES, reasons=[("Dose, too low", 3)])
    own = {"reasons:Dose, too low": "Low dose"}
    file = PrismaFile.read(prisma_csv(counts).encode())
    assert compare(file, counts, {}).numbers == []
    assert compare(file.with_counts({"dbr_excluded": [("Low dose", 3)]}), counts, own).numbers == []


def test_a_total_without_names_goes_to_a_line_of_its_own():
    assert found_in(database_results=470, database_specific_results=None) == [
        ("databases:Other databases", 0, 20)
    ]
    assert found_in(dbr_excluded=[("", 33)]) == []  # written as a name, so it says nothing that can be read
    file = PrismaFile.read(b"data,n\ndbr_excluded,33\n")
    assert [(one.id, one.theirs) for one in compare(file, DATABASES, {}).numbers] == [
        ("reasons:No reason given", 3)
    ]
    less = compare(file_of(database_results=400, database_specific_results=None), DATABASES, {})
    assert less.numbers == []
    assert "Row 6: the total (400) is smaller than what is counted here (450)" in less.problems[0].sentence


def test_a_list_that_cannot_be_read_is_not_replaced_by_its_total():
    content = b'data,n\ndatabase_results,470\ndatabase_specific_results,"MEDLINE, xxx"\n'
    found = compare(PrismaFile.read(content), DATABASES, {})
    assert found.numbers == []
    assert [problem.row for problem in found.problems] == [3]


def test_a_total_that_is_not_the_sum_of_its_lines_is_told():
    found = compare(file_of(database_results=999), DATABASES, {})
    assert found.problems[0].sentence == (
        "Row 6 (database_results): the total (999) is not the sum of row 7 (450); the lines of that row count."
    )


def test_own_labels_of_the_file_are_found():
    file = PrismaFile.read(TEMPLATE.replace(b"Something", b"x"))
    found = compare(file, FlowCounts(), {})
    assert [(one.row, one.key, one.theirs) for one in found.labels] == [
        (6, "duplicates", "Doppelte"),
        (8, "previous_studies", "x"),
    ]
    assert compare(file, FlowCounts(), {"duplicates": "Doppelte", "previous_studies": "x"}).labels == []
    bad = PrismaFile.read(TEMPLATE.replace(b"Doppelte", b"=1+1"))
    assert any("Row 6, column boxtext" in one.sentence for one in compare(bad, FlowCounts(), {}).problems)
