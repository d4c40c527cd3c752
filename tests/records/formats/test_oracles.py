"""What JabRef and CoLRev make of their own test files (an input beside the .bib they expect of it)."""

from pathlib import Path

import pytest

from records.formats import ParsedRecord, parse
from tests.records.formats.test_zotero_cases import found_in

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "import"
FIELDS = ("title", "authors", "year", "volume", "issue", "pages", "doi")
# {(input, field): why we differ}
EXCEPTIONS = {
    ("colrev__files_dir_bib.bib", "title"): "CoLRev takes “(research in progress)” and the like off",
    ("colrev__jstor_ris.ris", "title"): "CoLRev calls a chapter by its book's title",
    ("colrev__scopus_bib.bib", "title"): "CoLRev calls a chapter by its book's title",
    ("colrev__wiley_bib.bib", "title"): "CoLRev calls a chapter by its book's title",
    ("colrev__trid_ris.ris", "authors"): "BibTeX's rules turn the name of a university round",
    ("jabref__MedlineImporterTestArticleID.xml", "authors"): "a group's name, turned round by BibTeX's rules",
    ("jabref__MedlineImporterTestBookArticleSet.xml", "title"): "a chapter with a title of its own",
    ("jabref__MedlineImporterTestBookArticleSet.xml", "authors"): "a group's name, turned round by BibTeX's rules",
    ("jabref__MedlineImporterTestKeywordSingleEntry.xml", "authors"): "JabRef takes the person written about",
    ("jabref__MedlineImporterTestNbib.xml", "authors"): "a group's name, turned round by BibTeX's rules",
    ("jabref__MedlineImporterTestPubmedBook.xml", "authors"): "a group's name, turned round by BibTeX's rules",
    ("jabref__MedlinePlainImporterTestInproceeding.txt", "title"): "it has a journal, but no title",
    ("jabref__MedlinePlainImporterTestMultiAbstract.txt", "title"): "it has a journal, but no title",
    ("jabref__NbibImporterTest.nbib", "authors"): "a group is an author too",
    ("jabref__RisImporterTest1.ris", "title"): "JabRef melts three records into one",
    ("jabref__RisImporterTest1.ris", "authors"): "JabRef melts three records into one",
    ("jabref__RisImporterTest1.ris", "doi"): "JabRef melts three records into one",
    ("jabref__RisImporterTest5a.ris", "issue"): "M1 holds a copyright note",
    ("jabref__RisImporterTest6.ris", "issue"): "M1 holds a PubMed Central number",
    ("jabref__RisImporterTestDOI.ris", "issue"): "M1 holds a PubMed number",
    ("jabref__RisImporterTest5b.ris", "pages"): "“377-86” as it stands",
    ("jabref__RisImporterTest7.ris", "authors"): "JabRef counts the subsidiary authors in",
    ("jabref__RisImporterTestDoiAndJournalTitle.ris", "authors"): "“some author” alone may be a group",
}  # fmt: skip


def pairs():
    """(input, expected .bib) of both collections."""
    if not FOLDER.is_dir():
        return
    inputs = {path.stem: path for path in sorted(FOLDER.glob("*/*__*")) if path.parent.name != "bibtex"}
    for expected in sorted((FOLDER / "bibtex").glob("*.bib")):
        stem = expected.stem.removesuffix("_result")
        own = expected.with_name(f"{stem}.bib")
        if expected.stem != stem and (stem in inputs or own.exists()):
            yield inputs.get(stem, own), expected
        elif stem.startswith("jabref__") and stem in inputs:
            yield inputs[stem], expected


PAIRS = list(pairs())


@pytest.mark.skipif(not PAIRS, reason="the import collection (../shared) is not here")
def test_the_pairs_are_there():
    assert len(PAIRS) > 50


@pytest.mark.parametrize(("given", "expected"), PAIRS, ids=lambda path: path.name)
def test_fields_as_the_other_reader_finds_them(given, expected):
    """For each record that it expects there is one of ours with the same fields, as far as it has any."""
    ours = [found_in(item) for item in parse(given) if isinstance(item, ParsedRecord)]
    for record in (found_in(item) for item in parse(expected) if isinstance(item, ParsedRecord)):
        wanted = {
            field: record[field] for field in FIELDS if record[field] and "unknown" not in str(record[field])
        }
        best = max(ours, key=lambda found: sum(found[field] == value for field, value in wanted.items()))
        differing = {field: best[field] for field, value in wanted.items() if best[field] != value}
        assert {
            field: value for field, value in differing.items() if (given.name, field) not in EXCEPTIONS
        } == {}
