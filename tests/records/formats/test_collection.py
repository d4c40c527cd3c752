"""The collection of real export files: every record that its index counts is read or reported."""

import csv
import re
import unicodedata
from pathlib import Path

import pytest

from records.formats import ParsedRecord, Rejected, UnreadableFile, parse
from records.formats.archives import members

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
    "Ovid tagged": "ovid",
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
    "pubmed_xml/jabref__MedlineImporterTestMalformedEntry.xml": (0, "it ends before its article does"),
    "pubmed_xml/jabref__MedlineImporterTestMinimalEntry.xml": (0, "the only article is empty"),
    "ris/asreview__baseline_reference_types.ris": (59, "two records are nothing but TY"),
    "ris/jabref__RisImporterTest1.ris": (3, "eight records are nothing but TY"),
}
# What the index could not tell the format of, and is read nevertheless; all else of these kinds is refused.
READ_NEVERTHELESS = {
    "text_other/colrev__eric_nbib.nbib": ("nbib", 1),
    "text_other/colrev__nbib_data.nbib": ("nbib", 1),
    "text_other/jabref__Endnote.pattern.A.enw": ("enw", 1),
    "text_other/jabref__Endnote.pattern.E.enw": ("enw", 1),
    "text_other/jabref__MedlinePlainImporterTestDOI.txt": ("nbib", 1),
    "text_other/jabref__MedlinePlainImporterTestInproceeding.txt": ("nbib", 1),
    "text_other/jabref__MedlinePlainImporterTestMultiAbstract.txt": ("nbib", 1),
    "text_other/jabref__MedlinePlainImporterTestMultiTitle.txt": ("nbib", 1),
    "text_other/jabref__OvidImporterTest2Invalid.txt": ("ovid", 2),
    "text_other/jabref__RisImporterCorrupted.ris": ("ris", 1),
    "xml_other/jabref__MedlineImporterTestBookArticleSet.xml": ("pubmed_xml", 2),
    "xml_other/jabref__MedlineImporterTestPubmedBook.xml": ("pubmed_xml", 1),
}
# Members of archives: (name in the archive, records or why it is refused).
ARCHIVES = {
    "compressed/rayyan-formats-plugins__example1.txt.gz": [
        ("rayyan-formats-plugins__example1.txt", "none of the")
    ],
    "compressed/rayyan-formats-plugins__example1.zip": [
        ("dummy.csv", "none of the formats"),
        ("dummy.txt", "none of the formats"),
        ("dummy.xyz", "is empty"),
    ],
}
EXTRA_HEADS = {
    "clinicaltrials_gov_legacy_first10.csv": 10,
    "clinicaltrials_gov_new_first10.csv": 10,
    "cochrane_citation_export_first5_CR_only.txt": 5,
    "cochrane_review_export.ris": None,
    "covidence_export_first10.csv": 10,
    "pubmed_abstract_format_first3.txt": 3,
    "rayyan_export_first10.csv": 10,
}


def read(path, filename=""):
    """The items of a file, or the sentence with which it was refused."""
    try:
        return list(parse(path, filename=filename))
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
    items = read(FOLDER / row["file"])
    records = [item for item in items if isinstance(item, ParsedRecord)]
    assert len(records) == expected, [item for item in items if isinstance(item, Rejected)][:3]
    if isinstance(items, str):
        return
    assert len(items) >= int(row["records"]), "each start mark answers for a record or a line in the report"
    assert parse(FOLDER / row["file"]).format == FORMATS[row["format"]]
    text = "".join(record.title + record.abstract for record in records)
    assert "Ã¼" not in text
    assert all(unicodedata.is_normalized("NFC", record.title + record.abstract) for record in records)


VERBATIM = {"bibtex", "endnote_xml", "pubmed_xml", "ris", "nbib", "ciw", "enw"}


def with_newlines(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


@needs_collection
@pytest.mark.parametrize(
    "row", [r for r in ROWS if FORMATS.get(r["format"]) in VERBATIM], ids=lambda r: r["file"]
)
def test_raw_is_the_source_and_line_is_where_it_begins(row):
    parsed = parse(FOLDER / row["file"])
    source = with_newlines((FOLDER / row["file"]).read_bytes().decode(parsed.encoding, "replace"))
    lines = source.split("\n")
    for record in records_of(parsed):
        raw = with_newlines(record.raw)
        if "\ufffd" not in source:
            assert raw in source
        assert raw.strip().split("\n")[0][:20] in lines[record.line - 1]


def records_of(parsed):
    """The records of a file as far as it can be read."""
    try:
        yield from (item for item in parsed if isinstance(item, ParsedRecord))
    except UnreadableFile:
        return


@needs_collection
@pytest.mark.parametrize(
    "row", [r for r in ROWS if r["format"] not in {*FORMATS, "compressed"}], ids=lambda r: r["file"]
)
def test_the_rest_is_read_or_refused_with_a_sentence(row):
    items = read(FOLDER / row["file"])
    if row["file"] not in READ_NEVERTHELESS:
        assert isinstance(items, str)
        assert len(items) > 40
        return
    format, count = READ_NEVERTHELESS[row["file"]]
    assert parse(FOLDER / row["file"]).format == format
    assert [type(item) for item in items] == [ParsedRecord] * count


@needs_collection
@pytest.mark.parametrize("file", ARCHIVES)
def test_archives_member_by_member(file):
    found = [(member.name, read(member.path, filename=member.name)) for member in members(FOLDER / file)]
    assert [name for name, _ in found] == [name for name, _ in ARCHIVES[file]]
    assert all(says in items for (_, items), (_, says) in zip(found, ARCHIVES[file], strict=True))


@needs_collection
@pytest.mark.parametrize("file", EXTRA_HEADS)
def test_formats_of_which_only_the_first_records_are_here(file):
    items = read(FOLDER / "extra_heads" / file)
    assert not isinstance(items, str), items
    assert [item for item in items if isinstance(item, Rejected)] == []
    assert all(item.title for item in items)
    if EXTRA_HEADS[file]:
        assert len(items) == EXTRA_HEADS[file]


def contents(record):
    """What two exports of one library should agree on."""
    return plain(record.title)[:60], record.year, {plain(name.split(",")[0]) for name in record.authors}


def plain(text):
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKD", text)).casefold()


@needs_collection
@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("endnote_xml/Reflib__blue-light.xml", "ris/Reflib__blue-light.ris", 0.95),
        ("endnote_xml/Reflib__blue-light.xml", "medline_nbib/Reflib__blue-light.nbib", 0.7),
        ("csv/UmbrellaReview_PFAS_pilot__scopus.csv", "ris/UmbrellaReview_PFAS_pilot__scopus.ris", 0.99),
        ("csv/UmbrellaReview_PFAS_pilot__scopus.csv", "bibtex/UmbrellaReview_PFAS_pilot__scopus.bib", 0.99),
        ("ris/synthesisr__Scopus_ris_example.ris", "bibtex/synthesisr__Scopus_bib_example.bib", 0.7),
    ],
)
def test_one_library_in_two_formats(one, other, least):
    """Title, year and all family names of the same records, whichever reader they came through."""
    here, there = ([contents(record) for record in read(FOLDER / name)] for name in (one, other))
    common = sum(record in there for record in here)
    assert common >= least * len(here), [record for record in here if record not in there][:3]
