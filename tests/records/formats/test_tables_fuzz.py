"""Tables of any content: no row is lost without a word, and nothing is raised but UnreadableFile."""

import csv
import io

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.formats import ParsedRecord, Rejected, UnreadableFile, parse
from records.formats.earlier import find, from_column
from records.formats.headings import HEADINGS
from records.formats.mapping import Table, signature, table_of
from records.formats.rows import Dialect, TextRows

PIECES = st.one_of(
    st.sampled_from(
        [*"\",;\t|\n\r'\\ =+-@()[]{}/.&", "a", "1", "2020", "10.1000/", "Smith, J", " and ", '""']
    ),
    st.characters(codec="utf-8", exclude_characters="\x00"),
)
CELLS = st.lists(PIECES, max_size=12).map("".join)
HEADER = [
    "Title", "Authors", "Year", "Journal", "Volume", "Issue", "Pages", "DOI", "PMID", "Abstract", "Keywords",
    "Author full names", "Source", "Notes", "Included", "Title", "", "Shelf", "ISSN", "URL", "Type", "EID",
]  # fmt: skip
SHORT = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def tables(draw):
    """A header with a title column and rows of any cells as wide as it."""
    header = ["Title", *draw(st.lists(st.sampled_from(HEADER[1:]), min_size=2, max_size=7))]
    rows = draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=6))
    return header, rows


def outcome(read):
    """True when everything is read as it should be; else the sentence of the refusal."""
    try:
        return all(isinstance(item, ParsedRecord | Rejected | Table) for item in read())
    except UnreadableFile as error:
        return str(error).strip()


def filled(row):
    return any(cell.strip() for cell in row)


@SHORT
@given(
    tables(),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_a_sound_file_gives_a_record_or_a_rejection_for_each_row(table, delimiter, end, quoting):
    header, rows = table
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(header)
    for row in rows:  # the csv module itself leaves a lone CR without quotation marks
        writer.writerow([cell.replace("\r", " ") for cell in ["x" + row[0], *row[1:]]])
    parsed = parse(stream.getvalue().encode(), format="csv")
    items = list(parsed)
    assert len(items) == len(rows), parsed.warnings
    assert not any(isinstance(item, Rejected) for item in items)


@SHORT
@given(tables())
def test_a_workbook_gives_a_record_or_a_rejection_for_each_row(table):
    header, rows = table
    rows = [[openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row] for row in rows]
    book = openpyxl.Workbook()
    book.active.append(header)
    for row in rows:
        book.active.append(["'" + cell if cell.startswith("=") else cell for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    items = list(parse(stream.getvalue()))
    told = sum(filled(row) for row in rows)
    assert len(items) in range(told, len(rows) + 1)


@SHORT
@given(
    st.lists(
        st.sampled_from(
            [
                "Title,Authors,Year\n",
                '"',
                ",",
                "\n",
                "\r\n",
                "A",
                "2020",
                '""',
                "x,y,2001\n",
                "é",
                "'",
                "\t",
                ";",
            ]
        ),
        max_size=60,
    )
)
def test_torn_files_are_read_or_refused(parts):
    text = "".join(parts)
    assert outcome(lambda: list(parse(text.encode())))
    assert outcome(lambda: list(parse(text.encode(), format="csv")))


@SHORT
@given(
    st.lists(st.sampled_from(['"', ",", "\n", "a", "b c", '""', "\r\n", ' "', '",']), max_size=80),
    st.integers(0, 7),
)
def test_rows_hold_every_character_of_the_file(parts, width):
    text = "".join(parts)
    rows = TextRows(text.splitlines(keepends=True), Dialect())
    rows.width = width
    assert "".join(row.raw for row in rows) == text


@SHORT
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for start in (b"", b"Title,Authors,Year\n", b"PK\x03\x04" + bytes(26) + b"xl/workbook.xml"):
        assert outcome(lambda raw=start + data: list(parse(raw)))
        assert outcome(lambda raw=start + data: list(parse(raw, format="csv")))
        assert outcome(lambda raw=start + data: [table_of(raw)])


@SHORT
@given(tables(), st.data())
def test_any_mapping_is_obeyed_or_refused(table, data):
    header, rows = table
    stream = io.StringIO()
    csv.writer(stream).writerows([header, *rows])
    content = stream.getvalue().encode()
    guessed = table_of(content)
    assert len(signature(guessed.columns)) == 64
    fields = data.draw(st.lists(st.sampled_from(["", *HEADINGS]), min_size=len(header), max_size=len(header)))
    mapping = dict(zip(guessed.columns, fields, strict=True))
    if not any(fields):
        assert "say at least which one holds the title" in outcome(
            lambda: list(parse(content, mapping=mapping))
        )
        return
    items = list(parse(content, format="csv", mapping=mapping))
    assert sum(filled(row) for row in rows) <= len(items) <= len(rows)


@SHORT
@given(st.text(max_size=200), st.text(max_size=20))
def test_decisions_are_found_in_any_text_without_harm(text, heading):
    for found in [
        *find({"x": [text, "RAYYAN-INCLUSION: " + text]}, [text]),
        *from_column(heading, text, text),
    ]:
        assert found["decision"] in {"include", "exclude", "maybe"}
        assert found.keys() == {"by", "decision", "reason", "stage"}
