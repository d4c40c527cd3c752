"""Tables that are not as they should be: quotes, delimiters, headers and rows gone astray."""

from pathlib import Path

import pytest

from records.formats import ParsedRecord, Rejected, UnreadableFile, parse

SAMPLES = Path(__file__).parent / "samples"


def read(text, **options):
    return list(parse(text.encode() if isinstance(text, str) else text, **options))


def titles(text, **options):
    return [item.title if isinstance(item, ParsedRecord) else item.line for item in read(text, **options)]


def warnings(text):
    parsed = parse(text.encode())
    list(parsed)
    return " ".join(parsed.warnings)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_delimiters_line_ends_and_encodings(mark, end, encoding):
    rows = [["Title", "Authors", "Year"], [f'"A{mark} ö"', "Smith J", "2001"], ["Ж", "Doe K", "2002"]]
    data = end.join(mark.join(row) for row in rows).encode(encoding)
    first, second = read(data)
    title = f"A{mark} ö".replace("\t ", " ")
    assert (first.title, first.authors, first.year, first.line) == (title, ["Smith, J"], 2001, 2)
    assert (second.title, second.line) == ("Ж", 3)


def test_windows_code_page():
    data = "title;authors;year\nÄpfel und Öl;Müller, J;2001\nStraße;Weiß, K;2002\n".encode("cp1252")
    assert titles(data) == ["Äpfel und Öl", "Straße"]


@pytest.mark.parametrize(
    "text",
    [
        "'title','authors','year'\n'A, b','Smith, J','2001'\n",
        '"title", "authors", "year"\n"A, b", "Smith, J", "2001"\n',
        'sep=;\ntitle;authors;year\n"A, b";"Smith, J";2001\n',
        '"sep=,"\r\ntitle,authors,year\r\n"A, b","Smith, J",2001\r\n',
    ],
)
def test_styles_of_quoting(text):
    (record,) = read(text)
    assert (record.title, record.authors, record.year) == ("A, b", ["Smith, J"], 2001)


def test_rows_that_a_spreadsheet_wrapped_as_a_whole():
    first, second = read('"title,authors,year"\n"A,""Smith, J"",2001"\nB,y,2002\n')
    assert (first.authors, first.year, second.title) == (["Smith, J"], 2001, "B")


def test_the_line_that_excel_reads_counts_as_a_line():
    assert read("sep=;\ntitle;authors;year\nA;x;2001\n")[0].line == 3


def test_quotation_marks_with_a_backslash():
    (first, second) = read('"title","year"\n"A \\"quoted\\" one","2001"\n"B, b","2002"\n')
    assert (first.title, second.title) == ('A "quoted" one', "B, b")


def test_quotation_marks_that_are_text_in_a_tab_delimited_file():
    text = 'Title\tAuthors\tYear\n"Smart" cities\tSmith, J\t2001\n"All"\tDoe, K\t2002\n"Open\tRoe, R\t2003\n'
    assert titles(text) == ['"Smart" cities', "All", '"Open']


def test_a_cell_of_several_lines():
    first, second = read('title,year,abstract\nA,2001,"one\ntwo, and ""three"""\nB,2002,x\n')
    assert (first.abstract, first.line, first.raw) == (
        'one two, and "three"',
        2,
        'A,2001,"one\ntwo, and ""three"""',
    )
    assert second.line == 4


def test_a_line_end_in_a_cell_without_quotes_where_rows_end_in_crlf():
    first, second = read("title,abstract,year\r\nA,one\ntwo,2001\r\nB,x,2002\r\n")
    assert (first.abstract, first.year, second.title) == ("one two", 2001, "B")


def test_a_line_end_in_a_cell_without_quotes_where_only_so_the_row_is_whole():
    head = "title,abstract,year,doi,journal\n"
    first, second, short = read(f"{head}A,one\ntwo,2001,10.1000/1,J\nB,x,2002,10.1000/2,J\nC\n")
    assert (first.title, first.abstract, first.year) == ("A", "one two", 2001)
    assert (second.title, short.title) == ("B", "C")


class TestAQuotationMarkThatNeverCloses:
    def test_costs_no_row_when_its_place_is_clear(self):
        text = 'title,authors,year\nA,"Smith, J",2001\nB,"Doe, K,2002\nC,x,2003\nD,y,2004\n'
        assert [(r.title, r.authors, r.year) for r in read(text)] == [
            ("A", ["Smith, J"], 2001),
            ("B", ["Doe, K"], 2002),
            ("C", ["x"], 2003),
            ("D", ["y"], 2004),
        ]
        assert "never closed" in warnings(text)
        assert "line 3" in warnings(text)

    def test_does_not_swallow_rows_up_to_the_next_mark(self):
        text = 'title,authors,year\nA,"Smith, J,2001\nB,"Doe, K",2002\nC,x,2003\n'
        assert titles(text) == ["A", "B", "C"]

    def test_in_the_last_column(self):
        text = 'title,year,abstract\nA,2001,"fine"\nB,2002,"never closed\nC,2003,"ok, then"\nD,2004,x\n'
        assert titles(text) == ["A", "B", "C", "D"]

    def test_costs_one_row_when_its_place_is_not(self):
        text = 'title,authors,year,note\nA,"Smith, J",2001,x\nB,"Doe,K,no,year,at,all\nC,x,2003,y\n'
        first, lost, last = read(text)
        assert (first.title, last.title) == ("A", "C")
        assert isinstance(lost, Rejected)
        assert (lost.line, "never closed" in lost.cause, lost.raw) == (3, True, 'B,"Doe,K,no,year,at,all')

    def test_before_a_cell_that_is_quoted_too(self):
        text = 'title,abstract,keywords,year\nA,"One, two,"a, b",2001\nB,"x","y",2002\n'
        first, second = read(text)
        assert (first.abstract, first.keywords, first.year) == ("One, two", ["a, b"], 2001)
        assert second.title == "B"
        assert "was missing" in warnings(text)

    def test_takes_the_lines_of_its_own_cell_along_and_no_other(self):
        head = "title,year,doi,journal,volume,note\n"
        torn = 'A,2001,10.1000/1,J,5,"one,\n\ntwo\nB,2002,10.1000/2,J,5,x\nC,2003,10.1000/3,J,5,"y\nz"\n'
        first, second, third = read(head + torn)
        assert first.extra == {"note": ["one,\n\ntwo"]}
        assert (second.title, third.title, third.extra) == ("B", "C", {"note": ["y\nz"]})

    def test_leaves_no_rubbish_when_its_row_is_beyond_mending(self):
        head = "title,year,doi,journal,volume,note\n"
        first, lost, last = read(
            f'{head}A,2001,10.1000/1,J,5,x\nB,"2002,\nmore text\nand more\nC,2003,10.1000/3,J,5,y\n'
        )
        assert (first.title, last.title) == ("A", "C")
        assert (lost.line, lost.raw) == (3, 'B,"2002,\nmore text\nand more')

    def test_at_the_end_of_the_file(self):
        assert titles('title,authors,year\nA,x,2001\nB,"y\n') == ["A", 3]


def test_quotation_marks_inside_a_cell_that_were_not_doubled():
    text = 'title,authors,year\n"He said "hello" there","Smith, J",2001\n"Say "a, b" twice",Doe J,2002\n'
    assert titles(text) == ['He said "hello" there', 'Say "a, b" twice']
    assert "not doubled" in warnings(text)


def test_quotation_marks_inside_a_cell_of_several_lines():
    first, second = read('title,abstract,year\nA,"a "b" c\nd, e",2001\nB,f,2002\n')
    assert (first.abstract, second.title) == ('a "b" c d, e', "B")


def test_lines_before_the_header_are_told_of():
    text = "Search results for X\nDate: {2020}\n\nTitle,Authors,Year\nA,x,2001\n"
    (record,) = read(text)
    assert (record.title, record.line) == ("A", 5)
    assert "Search results for X / Date: {2020}" in warnings(text)


def test_lines_below_the_table_are_told_of():
    text = "title,authors,year\nA,x,2001\nTotal: 1 record\n© 2020 Some Company. All rights reserved.\n"
    assert titles(text) == ["A"]
    assert "2 lines below the table" in warnings(text)


@pytest.mark.parametrize(
    "title",
    ["Total hip replacement", "End of life care", "Generated data", "Exported cases of flu", "Copyright law"],
)
def test_a_title_alone_is_a_record(title):
    assert titles(f"title,authors,year\nA,x,2001\n{title}\n{title},,\n") == ["A", title, title]


def test_a_header_that_comes_again():
    text = "title,authors,year\nA,x,2001\ntitle,authors,year\nB,y,2002\n"
    assert titles(text) == ["A", "B"]
    assert "header was repeated" in warnings(text)


def test_headings_that_are_missing_or_there_twice():
    (record,) = read("Title,Title,Authors,Year,,Notes\nA,B,Smith J,2001,x,y\n")
    assert record.title == "A"
    assert record.extra == {"Title (2)": ["B"], "Column 5": ["x"], "Notes": ["y"]}


def test_rows_that_are_too_short_or_empty():
    text = "title,authors,year,doi\nA\nB,x,2001\n,,,\n,,,\n"
    assert titles(text) == ["A", "B"]
    assert "2 rows had fewer cells" in warnings(text)
    assert "2 rows held nothing but delimiters" in warnings(text)


def test_a_comma_in_a_cell_without_quotes():
    text = "title,authors,year,doi\nA,Smith, J,2001,10.1000/1\nB: c, and d,Doe K,2002,10.1000/2\n"
    assert [(r.title, r.authors, r.doi) for r in read(text)] == [
        ("A", ["Smith, J"], "10.1000/1"),
        ("B: c, and d", ["Doe, K"], "10.1000/2"),
    ]
    assert "without quotation marks" in warnings(text)


def test_a_semicolon_in_the_last_cell_without_quotes():
    (record,) = read("title;authors;year;keywords\nA;Smith, J;2001;a; b; c\n")
    assert (record.keywords, record.extra) == (["a", "b", "c"], {})


def test_a_comma_whose_cell_cannot_be_told_costs_the_row():
    first, lost = read("title,authors,year\nA,x,2001\nB,c,d,2002\n")
    assert first.title == "A"
    assert (lost.line, "4 cells, the header 3" in lost.cause) == (3, True)


def test_a_short_row_whose_cells_stand_elsewhere_costs_the_row():
    first, lost = read("title,authors,year,doi,note\nA,x,2001,10.1000/1,n\nB,2002,10.1000/2\n")
    assert first.title == "A"
    assert (lost.line, "3 cells, the header 5" in lost.cause) == (3, True)


def test_cells_beyond_the_header_are_kept():
    (record,) = read("title,authors,year\nA,x,2001,left,over\n")
    assert (record.title, record.year) == ("A", 2001)
    assert record.extra == {"column 4": ["left"], "column 5": ["over"]}


def test_semicolons_by_the_sample():
    first, _, torn = parse(SAMPLES / "semicolon.csv")
    assert (first.title, first.authors) == ("A title", ["Smith, John", "Doe, Kay"])
    assert (torn.title, torn.line) == ("B title; with a stray delimiter", 4)


def test_formulas_are_text():
    first, second = read("title,authors,year\n=cmd|'/c calc'!A1,@Smith,2001\n+A,-B,2002\n")
    assert (first.title, first.authors, second.title) == ("=cmd|'/c calc'!A1", ["@Smith"], "+A")


def test_zeros_and_long_cells():
    (record,) = read("title,abstract,year\nA\x00B,{},2001\n".format("word " * 100_000))
    assert (record.title, len(record.abstract)) == ("AB", 499_999)


class TestWhatSpreadsheetsDo:
    def test_years_and_numbers(self):
        (record,) = read("title,year,volume,issue,pmid\nA,2.019E+03,12.0,3.0,31000000.0\n")
        assert (record.year, record.volume, record.issue, record.pmid) == (2019, "12", "3", "31000000")

    @pytest.mark.parametrize(
        ("column", "value", "says"),
        [
            ("pages", "02-Jan", "looks like a date"),
            ("issue", "Mar-04", "looks like a date"),
            ("pmid", "3.1E+07", "shortened"),
            ("doi", "#NAME?", "error of the spreadsheet"),
        ],
    )
    def test_damage_is_told_of(self, column, value, says):
        assert says in warnings(f"title,year,{column}\nA,2001,{value}\n")

    def test_the_number_of_a_day(self):
        (record,) = read("title,authors,year\nA,x,43525\n")
        assert record.year == 2019

    def test_a_number_that_lost_digits_is_no_pubmed_number(self):
        (record,) = read("title,year,pmid\nA,2001,3.1E+07\n")
        assert (record.pmid, record.extra) == ("", {"pmid": ["3.1E+07"]})

    def test_a_cell_that_excel_cut(self):
        assert "32,767" in warnings("title,year,abstract\nA,2001,{}\n".format("x" * 32767))


def test_tables_of_one_column():
    assert titles("Title\nA trial\nAnother, with a comma\n") == ["A trial", "Another, with a comma"]
    assert [r.doi for r in read("DOI\nhttps://doi.org/10.1000/A\n10.1000/b\n")] == ["10.1000/a", "10.1000/b"]


def test_a_table_without_known_headings_asks_for_names():
    with pytest.raises(UnreadableFile, match=r"not a header with a column for the title.*Naslov dela"):
        read("Naslov dela;Avtorji dela;Izid\nPoskus;Novak J;2020\nDrugi;Kos A;2021\n")


@pytest.mark.parametrize(
    "text", ["Dear all,\nplease find attached, the list,\nBest\n", "title\n", "a\nb\nc\n"]
)
def test_prose_is_no_table(text):
    with pytest.raises(UnreadableFile):
        read(text)


def test_a_space_behind_the_last_closing_quote_is_no_further_cell():
    found = [*parse(b'"title","year"\n"Walking" ,"2001" \n"Resting" \n')]
    assert [(record.title, record.year) for record in found] == [("Walking", 2001), ("Resting", None)]
