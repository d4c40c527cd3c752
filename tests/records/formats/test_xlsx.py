"""Workbooks: values, sheets, limits."""

import datetime
import io
import zipfile

import openpyxl
import pytest

from records.formats import ParsedRecord, UnreadableFile, parse, sniff, xlsx
from records.formats.mapping import table_of


def workbook(*rows, more=(), hidden=()):
    """The bytes of a workbook: a first sheet of `rows`, further ones as (name, rows)."""
    book = openpyxl.Workbook()
    for number, (name, lines) in enumerate([("Sheet1", rows), *more]):
        sheet = book.active if not number else book.create_sheet()
        sheet.title = name
        for line in lines:
            sheet.append(line)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


HEADER = ["Title", "Authors", "Year", "Pages", "DOI"]
ROW = ["A trial", "Smith, J; Doe, K", 2020, "1-9", "10.1000/1"]


def test_is_recognised_by_its_content():
    data = workbook(HEADER, ROW)
    parsed = parse(data, filename="hits.ris")
    (record,) = parsed
    assert (parsed.format, sniff(data).format) == ("xlsx", "xlsx")
    assert (record.title, record.authors, record.year) == ("A trial", ["Smith, J", "Doe, K"], 2020)
    assert (record.pages, record.doi, record.line) == ("1-9", "10.1000/1", 2)
    assert record.raw == "A trial\tSmith, J; Doe, K\t2020\t1-9\t10.1000/1"


def test_values_as_a_person_sees_them():
    header = ["Title", "Date", "Volume", "PMID", "Seen", "Many"]
    row = ["A\n\nB", datetime.datetime(2019, 3, 1), 12.0, 31000000, True, 0.5]
    (record,) = parse(workbook(header, row))
    assert (record.title, record.year, record.volume, record.pmid) == ("A B", 2019, "12", "31000000")
    assert record.extra == {"Date": ["2019-03-01"], "Seen": ["TRUE"], "Many": ["0.5"]}
    assert record.raw == '"A\n\nB"\t2019-03-01\t12\t31000000\tTRUE\t0.5'


def test_a_title_over_the_header_and_blank_rows():
    data = workbook(["My search", None], [], HEADER, ROW, [], [None, "  "], ROW, [], [])
    parsed = parse(data)
    assert [r.line for r in parsed] == [4, 7]
    assert "My search" in " ".join(parsed.warnings)


def test_a_group_row_over_the_header_with_merged_cells():
    book = openpyxl.Workbook()
    book.active.append(["Reference", None, None, "Where", None])
    book.active.merge_cells("A1:C1")
    book.active.append(HEADER)
    book.active.append(ROW)
    stream = io.BytesIO()
    book.save(stream)
    assert [r.title for r in parse(stream.getvalue())] == ["A trial"]


def test_the_value_of_a_formula_is_the_one_that_was_saved():
    data = edited(
        workbook(HEADER, ROW), b'<c r="C2" t="n"><v>2020</v></c>', b'<c r="C2"><f>2000+20</f><v>2020</v></c>'
    )
    assert [r.year for r in parse(data)] == [2020]


def test_a_formula_without_a_value_is_empty():
    (record,) = parse(workbook(HEADER, ["A", "=1+1", 2020]))
    assert (record.title, record.authors) == ("A", [])


class TestSheets:
    DATA = workbook(
        ["Read me first"],
        more=[
            ("Secret", [HEADER, ["Hidden", "x", 2001]]),
            ("Hits", [HEADER, ROW]),
            ("More", [HEADER, ["B", "y", 2002]]),
        ],
        hidden=["Secret"],
    )

    def test_the_first_visible_one_with_a_header_is_read(self):
        assert [r.title for r in parse(self.DATA)] == ["A trial"]

    def test_any_can_be_chosen(self):
        assert [r.title for r in parse(self.DATA, sheet="More")] == ["B"]
        assert [r.title for r in parse(self.DATA, sheet="Secret")] == ["Hidden"]

    def test_one_that_is_not_there(self):
        with pytest.raises(UnreadableFile, match="no sheet “Nope”: choose one of Sheet1, Hits, More"):
            list(parse(self.DATA, sheet="Nope"))

    def test_are_offered_with_the_guess(self):
        table = table_of(self.DATA, filename="a.xlsx")
        assert (table.sheets, table.sheet, table.sure) == (["Sheet1", "Hits", "More"], "Hits", True)
        assert table.guess["DOI"] == "doi"
        assert table_of(self.DATA, sheet="More").rows == [["B", "y", "2002", "", ""]]


def test_a_mapping_names_its_columns():
    data = workbook(["Naslov", "Kdo", "Izid"], ["Poskus", "Novak J", 2020])
    (record,) = parse(data, mapping={"Naslov": "title", "Kdo": "authors", "Izid": "year"})
    assert (record.title, record.authors, record.year) == ("Poskus", ["Novak, J"], 2020)


def test_many_rows_are_streamed():
    data = workbook(HEADER, *([f"Trial {n}", "x", 2020] for n in range(3000)))
    assert sum(isinstance(item, ParsedRecord) for item in parse(data)) == 3000


def edited(data, old, new, part="xl/worksheets/sheet1.xml"):
    """The workbook with some bytes of a part replaced."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                assert old in content, content[:1000]
                content = content.replace(old, new)
            target.writestr(name, content)
    return stream.getvalue()


class TestRefused:
    @pytest.mark.parametrize(
        ("head", "says"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel"),
            (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(600), "old Excel"),
            (
                b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
                "OpenDocument",
            ),
        ],
    )
    def test_other_spreadsheets_with_what_to_do(self, head, says):
        for reader in (parse, table_of):
            with pytest.raises(UnreadableFile, match=says) as caught:
                reader(head, filename="hits.xls")
            assert "save it as XLSX or CSV" in str(caught.value)

    def test_a_workbook_without_a_table(self):
        with pytest.raises(UnreadableFile, match="not a header"):
            list(parse(workbook(["Just"], ["words"])))

    def test_an_empty_workbook(self):
        with pytest.raises(UnreadableFile):
            list(parse(workbook()))
        with pytest.raises(UnreadableFile):
            table_of(workbook())

    def test_a_workbook_cut_off(self):
        data = workbook(HEADER, ROW)
        with pytest.raises(UnreadableFile, match="damaged"):
            list(parse(data[:-200]))

    def test_a_sheet_that_is_not_well_formed(self):
        with pytest.raises(UnreadableFile, match="damaged"):
            list(parse(edited(workbook(HEADER, ROW), b"</row>", b"<row>")))

    def test_a_bomb(self):
        data = edited(workbook(HEADER, ROW), b"</worksheet>", b"</worksheet>" + b" " * 60_000_000)
        assert len(data) < 200_000
        with pytest.raises(UnreadableFile, match="too much for one workbook"):
            list(parse(data))

    def test_entities_that_blow_up(self):
        lol = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        data = edited(workbook(HEADER, ROW), b"<worksheet ", lol + b"<worksheet ")
        with pytest.raises(UnreadableFile):
            list(parse(data))

    def test_a_header_is_no_workbook(self):
        assert not xlsx.is_workbook(b"PK\x03\x04" + bytes(26) + b"hits.xlsx" + workbook(HEADER, ROW))
