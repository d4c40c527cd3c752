"""Tables that no database wrote: the header found, headings of other languages, what only the values tell."""

import pytest

from records.formats import Rejected, UnreadableFile, parse
from records.formats.mapping import table_of


def guess(text):
    return list(table_of(text.encode()).guess.values())


class TestTheHeader:
    @pytest.mark.parametrize(
        "text",
        [
            "Name of paper,Who,When,Country,Lang\nYoga one,Silva A,2019,AU,DE\nYoga two,Lima B,2020,AU,EN\n",
            "Überschrift;Land;Sprache\nSchlaf;AU;DE\nYoga;SE;DE\n",
            "Naslov,A,B,Title\nYoga one,AU,DE,x\nTitle,SO,AB,y\n",
        ],
    )
    def test_is_the_first_line_whatever_stands_below(self, text):
        columns = table_of(text.encode()).columns
        assert columns == text.splitlines()[0].replace(";", ",").split(",")

    def test_with_rows_of_country_codes_costs_no_record(self):
        data = (
            b"Name of paper,Who,When,Country,Lang\nYoga one,Silva A,2019,AU,DE\nYoga two,Lima B,2020,AU,EN\n"
        )
        parsed = parse(data)
        assert [(r.title, r.year, r.accession) for r in parsed] == [
            ("Yoga one", 2019, ""),
            ("Yoga two", 2020, ""),
        ]
        assert parsed.warnings == [
            "Columns not used: Who, Country; their text stays with the record (line 1)."
        ]
        assert not table_of(data).sure

    def test_below_a_full_row_leaves_that_row_rejected(self):
        above, first = parse(b"x,y,z,q\nTitle,Authors,Year,Journal\nA,Smith J,2020,B\n")
        assert isinstance(above, Rejected)
        assert (above.line, above.raw, first.title) == (1, "x,y,z,q", "A")

    def test_of_tags_needs_most_headings_to_be_tags(self):
        assert guess("TI,AU,SO,PY\nA,Smith J,B,2020\n") == ["title", "authors", "journal", "year"]
        assert guess("Titre,An,Auteurs,DE\nA,2020,Smith J,x\n") == ["title", "year", "authors", ""]
        assert guess("Title,Authors,Journal,Nr\nA,Smith J,B,7\n")[-1] == ""


@pytest.mark.parametrize(
    ("headings", "field"),
    [
        ("Artikeltitel Überschrift Intitulé Titolo", "title"),
        ("Verfasser Autor(en) Autor/en Autor*innen Auteurs Auteur(e)s Autoras Autrici Schrijvers", "authors"),
        ("Erscheinungsjahr Publikationsjahr Veröffentlichungsjahr Année Año Publicatiejaar An", "year"),
        ("Quelle Zeitschrift Fachzeitschrift Périodique Revue Fuente Bron Rivista", "journal"),
        ("Band Bd. Jahrgang Tome Tomo Jaargang", "volume"),
        ("Heft Nummer Ausgabe Numéro Fascicolo Aflevering", "issue"),
        ("Seiten Seitenzahl Páginas Pagine", "pages"),
        ("Zusammenfassung Kurzfassung Résumé Abrégé Resumen Riassunto Samenvatting", "abstract"),
        ("Schlagworte Stichwörter Mots-clés Descriptores Trefwoorden", "keywords"),
        ("Sprache Langue Idioma Lingua Taal", "language"),
    ],
)
def test_headings_of_other_languages(headings, field):
    for heading in headings.split():
        assert guess(f"DOI;{heading}\n10.1000/a;x\n") == ["doi", field], heading


class TestTheValues:
    TEXT = (
        "Titel;Wer;W;X;Y;Z\nA;Smith J;2019;10.1000/a;English;PMC123\nB;Doe K;2020;10.1000/b;German;PMC124\n"
    )

    def test_tell_what_headings_do_not(self):
        assert guess(self.TEXT) == ["title", "", "year", "doi", "language", "pmcid"]
        first, _ = parse(self.TEXT.encode())
        assert (first.year, first.doi, first.language, first.pmcid) == (
            2019,
            "10.1000/a",
            "English",
            "PMC123",
        )

    @pytest.mark.parametrize("heading", ["Accessed", "Sample size", "Year"])
    def test_do_not_take_a_field_that_has_a_column_or_another_meaning(self, heading):
        text = f"Title,{heading},V\nA,2019,x\nB,2020,y\n"
        assert guess(text)[1] == ("year" if heading == "Year" else "")
        assert "year" not in guess("Title,V,W\nA,2019,2020\nB,2020,2021\n"), (
            "two such columns: neither is taken"
        )

    def test_are_left_alone_where_a_person_said_what_columns_mean(self):
        first, _ = parse(self.TEXT.encode(), mapping={"W": "", "X": "notes"})
        assert (first.year, first.language) == (None, "English")


class TestSure:
    def test_is_not_a_table_with_a_filled_column_that_may_be_the_missing_field(self):
        assert not table_of(b"Title,Authors,Year,Ort\nA,Smith J,2020,x\nB,Doe K,2021,y\n").sure
        assert table_of(b"Title,Authors,Year,Ort\nA,Smith J,2020,x\nB,Doe K,2021,\nC,Roe R,2021,\n").sure
        assert table_of(b"Title,Authors,Year\nA,Smith J,2020\n").sure

    def test_is_not_a_table_whose_titles_are_empty(self):
        assert not table_of(b"Title,Authors,Year\n,Smith J,2020\n").sure


@pytest.mark.parametrize(
    "text",
    [
        "journal_name,impact_factor,predatory\nDecision Support,,no\nInformation Systems,,no\n",
        "Titre,Journal,Rang\n,Decision Support,1\n,Information Systems,2\n",
    ],
)
def test_a_table_without_references_is_refused_with_its_columns(text):
    with pytest.raises(UnreadableFile, match=text.split(",")[1]):
        list(parse(text.encode(), format="csv"))


class TestACellMoreThanHeadings:
    HEADER = (
        "Authors,Title,Year,DOI,Link,Funding Text 1,References,ISSN,PubMed ID,"
        "Language of Original Document,Abbreviated Source Title,Document Type,Source,EID"
    )
    ROW = (
        "Smith J.,{},2020,10.1000/a{},https://x.org,Money,More,Roe R. (2019) A,{},{},{},J. Tr.,Article,"
        "Scopus,2-s2.0-{}"
    )

    def read(self, *rows):
        parsed = parse("\n".join([self.HEADER, *rows]).encode())
        return list(parsed), parsed.warnings

    def test_is_found_by_values_and_the_rest_moved_back(self):
        rows = [self.ROW.format(n, n, "12345678", "30000001", "English", n) for n in "1234"]
        rows.append(self.ROW.format(5, 5, "", "", "", 5))
        found, warnings = self.read(*rows)
        assert [r.accession for r in found] == [f"2-s2.0-{n}" for n in "12345"]
        assert (found[0].language, found[0].pmid, found[0].issn) == ("English", "30000001", "1234-5678")
        assert (found[4].language, found[4].pmid) == ("", "")
        assert found[0].extra["References"] == ["Roe R. (2019) A"]
        assert found[0].extra["column 15"] == ["More"]
        (warning,) = warnings
        assert "5 rows had a column without a heading from “References” on" in warning
        assert "check language, type and numbers" in warning

    def test_that_proves_nothing_leaves_doubtful_fields_empty(self):
        row = "Smith J.,T,2020,10.1000/a,https://x.org,,,,,35064163,English,x,Article,Scopus,odd"
        (record,), warnings = self.read(row)
        assert (record.language, record.accession) == ("", "")
        assert record.extra["Language of Original Document"] == ["35064163"]
        assert warnings


def test_the_name_of_a_database_is_no_accession_number():
    (record,) = parse(b"Title,Authors,Year,Journal,Accession number\nA,Smith J,2020,B,Scopus\n")
    assert (record.accession, record.extra) == ("", {"Accession number": ["Scopus"]})
