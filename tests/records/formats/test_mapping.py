"""What a table's columns mean: guessed, told by a person, remembered."""

import pytest

from records.formats import ParsedRecord, UnreadableFile, parse
from records.formats.headings import HEADINGS
from records.formats.mapping import TARGETS, signature, table_of

FOREIGN = b"Naslov dela;Avtorji dela;Izid;Opomba\nPoskus;Novak J;2020;x\nDrugi;Kos A;2021;y\n"


def test_every_target_is_a_field_and_has_a_label():
    assert TARGETS.keys() == HEADINGS.keys()
    assert all(TARGETS.values())


class TestTheGuess:
    def test_of_known_headings_is_sure(self):
        table = table_of(b"Title,Authors,PubYear,Journal,Shelf\nA,Smith J,2020,B,7\n", filename="x.csv")
        assert table.columns == ["Title", "Authors", "PubYear", "Journal", "Shelf"]
        assert table.rows == [["A", "Smith J", "2020", "B", "7"]]
        fields = ["title", "authors", "year", "journal", ""]
        assert table.guess == dict(zip(table.columns, fields, strict=True))
        assert (table.sure, table.sheets, table.sheet, table.preset) == (True, [], "", "")

    def test_of_unknown_headings_is_what_values_tell_and_not_sure(self):
        table = table_of(FOREIGN)
        assert table.guess == {"Naslov dela": "", "Avtorji dela": "", "Izid": "year", "Opomba": ""}
        assert not table.sure

    def test_of_a_table_without_a_title_is_not_sure(self):
        assert not table_of(b"Abstract,Authors,Year\nA,Smith J,2020\n").sure

    def test_of_two_titles_that_differ_is_not_sure(self):
        assert not table_of(b"Title,Year,Title\nA,2020,B\n").sure
        assert table_of(b"Title,Year,Title\nA,2020,A\n").sure

    def test_of_a_known_layout_names_it(self):
        head = "Authors,Author full names,Title,Year,Source title,Link,Document Type,Source,EID\n"
        table = table_of(f'{head}Li K.,"Li, Ke (5903960)",A,2025,J,,Article,Scopus,2-s2.0-1\n'.encode())
        assert (table.preset, table.sure, table.guess["Source"]) == ("scopus", True, "")

    def test_is_taken_when_it_comes_back_unchanged(self):
        data = (
            b"Authors,Author full names,Title,Year,Date,Abstract,Source title,Author Keywords,Index Keywords\n"
            b'"Li K., Wu X.","Li, Ke (5903960); Wu, Xi (5903961)",A,2025,2024-12-31,Text,J,a; b,c\n'
        )
        (plain,) = parse(data)
        (mapped,) = parse(data, mapping=table_of(data).guess)
        assert mapped == plain
        assert plain.authors == ["Li, Ke", "Wu, Xi"]

    def test_shows_ten_rows_of_equal_length(self):
        rows = "".join(f"A{n},x\n" for n in range(30))
        table = table_of(f"Title,Authors,Year\n{rows}".encode())
        assert len(table.rows) == 10
        assert {len(row) for row in table.rows} == {3}

    def test_of_a_table_without_header_names_columns_by_their_place(self):
        data = b"Smith J\tA trial of things\t2001\tLancet\nDoe K\tSecond\t2002\tBMJ\n"
        table = table_of(data)
        assert table.columns == ["Column 1", "Column 2", "Column 3", "Column 4"]
        assert len(table.rows) == 2
        records = list(parse(data, mapping={"Column 2": "title", "Column 3": "year"}))
        assert [(r.title, r.year, r.line) for r in records] == [
            ("A trial of things", 2001, 1),
            ("Second", 2002, 2),
        ]

    @pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"\x1f\x8b\x08"])
    def test_of_no_table_is_refused(self, data):
        with pytest.raises(UnreadableFile):
            table_of(data)


class TestAMapping:
    def test_names_foreign_columns(self):
        records = list(
            parse(FOREIGN, mapping={"Naslov dela": "title", "Avtorji dela": "authors", "Izid": "year"})
        )
        assert [(r.title, r.authors, r.year) for r in records] == [
            ("Poskus", ["Novak, J"], 2020),
            ("Drugi", ["Kos, A"], 2021),
        ]
        assert records[0].extra == {"Opomba": ["x"]}

    def test_leaves_ignored_columns_to_extra_word_for_word(self):
        (record,) = parse(b"Title,Abstract,Year\nA,Some  text,2020\n", mapping={"Abstract": ""})
        assert (record.abstract, record.extra) == ("", {"Abstract": ["Some  text"]})

    def test_overrules_the_guess_of_another_column(self):
        data = b"Title,English title,Year\nA,B,2020\n"
        (record,) = parse(data, mapping={"English title": "title"})
        assert (record.title, record.extra) == ("B", {"Title": ["A"]})

    def test_joins_columns_that_add_up(self):
        data = (
            b"T,First author,Others,Intro,Results,Words,More\nA,Smith J,Doe K; Smith J,One.,Two.,a; b,b; c\n"
        )
        fields = ["title", "authors", "authors", "abstract", "abstract", "keywords", "keywords"]
        (record,) = parse(data, mapping=dict(zip(table_of(data).columns, fields, strict=True)))
        assert record.authors == ["Smith, J", "Doe, K"]
        assert record.abstract == "One. Two."
        assert record.keywords == ["a", "b", "c"]

    def test_takes_a_decision_from_any_column(self):
        data = b"Title,Year,My verdict,Why\nA,2020,out,no control group\nB,2021,in,\nC,2022,?,\n"
        records = list(parse(data, mapping={"My verdict": "decision", "Why": "reason"}))
        assert [r.earlier for r in records] == [
            [{"by": "", "decision": "exclude", "reason": "no control group", "stage": ""}],
            [{"by": "", "decision": "include", "reason": "", "stage": ""}],
            [],
        ]
        assert records[0].extra["My verdict"] == ["out"]

    def test_of_a_table_by_rows(self):
        first = b'"TITLE","A"\n"AUTHOR NAMES","Roe R."\n"PUBLICATION YEAR","2019"\n"CLASS","x"\n\n'
        data = first + b'"TITLE","B"\n"PUBLICATION YEAR","2020"\n'
        first, second = parse(data, mapping={"CLASS": "keywords", "PUBLICATION YEAR": ""})
        assert (first.keywords, first.year, second.title) == (["x"], None, "B")

    @pytest.mark.parametrize(
        ("mapping", "says"),
        [({"Nobody": "title"}, "has no column “Nobody”"), ({"Izid": "jahr"}, "“jahr”, which is no field")],
    )
    def test_of_what_is_not_there_is_refused(self, mapping, says):
        with pytest.raises(UnreadableFile, match=says):
            list(parse(FOREIGN, mapping=mapping))

    def test_rejects_rows_that_say_nothing_with_it(self):
        items = list(parse(FOREIGN, mapping={"Opomba": "notes"}))
        assert [isinstance(item, ParsedRecord) for item in items] == [False, False]


def test_a_signature_is_of_the_names_and_not_of_their_order():
    assert signature(["Title", "Year"]) == signature(["Year", "  Title "])
    assert signature(["Title", "Year"]) != signature(["Title", "Years"])
    assert len(signature([])) == 64
