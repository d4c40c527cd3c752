"""The collection of real export files: every record that its index counts is read or reported."""

import csv
import json
import re
import unicodedata
from pathlib import Path

import pytest

from records.formats import ParsedRecord, Rejected, UnreadableFile, parse

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "import"
FORMATS = {
    "RIS": "ris",
    "BibTeX": "bibtex",
    "CSV": "csv",
    "WoS tab-delimited": "csv",
    "WoS tagged": "ciw",
    "MEDLINE/nbib": "nbib",
    "EndNote XML": "endnote_xml",
    "PubMed XML": "pubmed_xml",
    "EndNote tagged (refer)": "enw",
}
# Where the index, which counts start marks at the beginning of lines, is not what a reader should find.
OTHERWISE = {
    "bibtex/astrocite__minified.bib": (6, "several entries share a line"),
    "bibtex/astrocite__strings.bib": (5, "an entry follows @string on its line"),
    "endnote_tagged_refer/colrev__ais_enl.txt": (6, "four of six records have no %0"),
    "endnote_tagged_refer/colrev__enl_data.enl": (3, "one of three records has no %0"),
    "endnote_tagged_refer/jabref__Endnote.entries.enw": (5, "eight records are nothing but %0"),
    "medline_nbib/jabref__MedlinePlainImporterTestMultipleEntries.txt": (
        5,
        "PMID is written without its space",
    ),
    "pubmed_xml/jabref__MedlineImporterTestMalformedEntry.xml": (0, "not well-formed"),
    "pubmed_xml/jabref__MedlineImporterTestMinimalEntry.xml": (0, "the only article is empty"),
    "ris/asreview__baseline_reference_types.ris": (59, "two records are nothing but TY"),
    "ris/jabref__RisImporterTest1.ris": (3, "eight records are nothing but TY"),
}


def read(path):
    """The items of a file, or the sentence with which it was refused."""
    try:
        return list(parse(path))
    except UnreadableFile as error:
        return str(error)


def index():
    if not FOLDER.is_dir():
        return []
    with open(FOLDER / "INDEX.csv", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


ROWS = index()
needs_collection = pytest.mark.skipif(not ROWS, reason="the import collection (../shared) is not here")


@needs_collection
@pytest.mark.parametrize("row", [r for r in ROWS if r["format"] in FORMATS], ids=lambda r: r["file"])
def test_counts_as_indexed(row):
    expected, _ = OTHERWISE.get(row["file"], (int(row["records"]), ""))
    if not expected:
        assert not [item for item in read(FOLDER / row["file"]) if isinstance(item, ParsedRecord)]
        return
    parsed = parse(FOLDER / row["file"])
    assert parsed.format == FORMATS[row["format"]]
    items = list(parsed)
    records = [item for item in items if isinstance(item, ParsedRecord)]
    assert len(records) == expected, [item for item in items if isinstance(item, Rejected)][:3]
    text = "".join(record.title + record.abstract for record in records)
    assert "Ã¼" not in text


@needs_collection
@pytest.mark.parametrize("row", [r for r in ROWS if r["format"] not in FORMATS], ids=lambda r: r["file"])
def test_anything_else_is_read_or_refused_with_a_sentence(row):
    assert read(FOLDER / row["file"])


CASES = sorted((FOLDER / "zotero_cases").glob("*.input.txt")) if FOLDER.is_dir() else []
READABLE = [p for p in CASES if not p.name.startswith(("MODS", "OVID", "RefWorks", "Bibliontology"))]
# Items of kinds that RIS gives other meanings than an article's (film, bill, patent ...) are compared by title alone.
ARTICLES = {"journalArticle", "conferencePaper", "magazineArticle", "preprint"}


@needs_collection
@pytest.mark.parametrize("path", READABLE, ids=lambda p: p.name)
def test_fields_as_an_independent_reader_finds_them(path):
    """Title, year and DOI of articles, against the items Zotero expects."""
    expected = json.loads(
        path.with_name(path.name.replace(".input.txt", ".expected.json")).read_text("utf-8")
    )
    records = [item for item in parse(path) if isinstance(item, ParsedRecord)]
    assert len(records) == len(expected)
    for record, item in zip(records, expected, strict=True):
        if item["itemType"] not in ARTICLES:
            continue
        assert plain(record.title) == plain(item.get("title", ""))
        if year := re.search(r"\b[12]\d{3}\b", item.get("date", "")):
            assert record.year == int(year.group())
        if item.get("DOI"):
            assert record.doi == item["DOI"].lower()


def plain(title):
    """Letters only: markup, superscripts and the full stop at the end are matters of taste."""
    title = unicodedata.normalize("NFKC", re.sub(r"<[^>]+>", "", title))
    return re.sub(r"[\W\d_]", "", title).casefold()[:60]
