"""The items that Zotero's translators make of their own test cases, field by field, as an independent opinion.

Compared is what Zotero found, where its field means the same as ours; a field that its kind of item lacks says
nothing. Every other difference is listed, with the reason.
"""

import json
import re
import unicodedata
from pathlib import Path

import pytest

from records.formats import ParsedRecord, UnreadableFile, parse

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "import" / "zotero_cases"
CASES = sorted(FOLDER.glob("*.input.txt")) if FOLDER.is_dir() else []
REFUSED = ("MODS", "Bibliontology")
needs_cases = pytest.mark.skipif(not CASES, reason="the import collection (../shared) is not here")

# Kinds that are cited like articles and books; RIS gives the tags of films, bills or patents other meanings.
KINDS = {"journalArticle", "magazineArticle", "newspaperArticle", "conferencePaper", "preprint", "book",
         "bookSection", "thesis", "report"}  # fmt: skip
CONTAINERS = ("publicationTitle", "bookTitle", "proceedingsTitle")
# {(case, number of the item, field): why we differ}; None stands for all items of a case.
EXCEPTIONS = {
    ("BibTeX_19", 0, "authors"): "a backslash behind a backslash: the case is about not failing",
    ("OVID_Tagged_02", 0, "journal"): "Zotero leaves the volume in the journal",
    ("PubMed_XML_08", 0, "journal"): "Zotero takes the place off the full title",
    ("RIS_03", None, "journal"): "the names of EndNote's fields; two container titles in one record, either will do",
    ("RIS_03", None, "issue"): "M1 is the issue for some types in EndNote's table, a note elsewhere",
    ("RIS_05", None, "volume"): "VL is the edition in RefWorks's table, and the volume elsewhere",
    ("RIS_05", 10, "journal"): "RefWorks's table: the proceedings are only in a tag of its own",
    ("ReferBibIX_01", 0, "journal"): "the journal stands there in two languages",
}  # fmt: skip


def named(path):
    return path.name.removesuffix(".input.txt")


def plain(text):
    """Letters and digits only: markup, dashes and the full stop at the end are matters of taste."""
    text = unicodedata.normalize("NFKC", re.sub(r"<[^>]+>", "", text or ""))
    return re.sub(r"[\W_]", "", text).casefold()


def pages(text):
    """ "82-82" is page 82."""
    start, dash, end = text.replace("–", "-").partition("-")
    return plain(start) if start == end else plain(start + dash + end)


def families(item):
    people = [person for person in item.get("creators", []) if person["creatorType"] == "author"]
    return [plain((person.get("lastName") or person.get("name", "")).split(",")[0]) for person in people]


def words(item):
    tags = [tag if isinstance(tag, str) else tag["tag"] for tag in item.get("tags", [])]
    return set(map(plain, tags))


def expected_of(item):
    """{field: what a comparison of it expects}, without the fields in which Zotero has nothing."""
    year = re.search(r"\b[12]\d{3}\b", item.get("date", ""))
    found = {
        "title": plain(item.get("title")),
        "authors": families(item),
        "year": int(year.group()) if year else None,
        "journal": plain(next((item[name] for name in CONTAINERS if item.get(name)), "")),
        "volume": plain(item.get("volume")),
        "issue": plain(item.get("issue")),
        "pages": pages(item.get("pages", "")),
        "doi": item.get("DOI", "").lower(),
        "abstract": plain(item.get("abstractNote")),
        "keywords": words(item),
    }
    return {name: value for name, value in found.items() if value}


def found_in(record):
    return {
        "title": plain(record.title),
        "authors": [plain(name.split(",")[0]) for name in record.authors],
        "year": record.year,
        "journal": plain(record.journal),
        "volume": plain(record.volume),
        "issue": plain(record.issue),
        "pages": pages(record.pages),
        "doi": record.doi,
        "abstract": plain(record.abstract),
        "keywords": set(map(plain, record.keywords)),
    }


def is_excepted(case, number, field):
    return (case, number, field) in EXCEPTIONS or (case, None, field) in EXCEPTIONS


@needs_cases
@pytest.mark.parametrize("path", [p for p in CASES if not named(p).startswith(REFUSED)], ids=named)
def test_fields_as_zotero_finds_them(path):
    items = json.loads(path.with_name(f"{named(path)}.expected.json").read_text("utf-8"))
    records = [item for item in parse(path) if isinstance(item, ParsedRecord)]
    assert len(records) == len(items)
    differing = []
    for number, (record, item) in enumerate(zip(records, items, strict=True)):
        if item["itemType"] not in KINDS:
            continue
        found = found_in(record)
        differing += [
            (number, field, found[field], value)
            for field, value in expected_of(item).items()
            if found[field] != value and not is_excepted(named(path), number, field)
        ]
    assert differing == []


@needs_cases
def test_every_exception_is_one():
    """An exception that no longer differs is taken off the list."""
    needless = []
    for case, number, field in EXCEPTIONS:
        path = FOLDER / f"{case}.input.txt"
        items = json.loads(path.with_name(f"{case}.expected.json").read_text("utf-8"))
        pairs = list(zip(parse(path), items, strict=True))
        chosen = pairs if number is None else [pairs[number]]
        kinds = [
            (found_in(record), expected_of(item)) for record, item in chosen if item["itemType"] in KINDS
        ]
        if not any(field in wanted and found[field] != wanted[field] for found, wanted in kinds):
            needless.append((case, number, field))
    assert needless == []


@needs_cases
@pytest.mark.parametrize("path", [p for p in CASES if named(p).startswith(REFUSED)], ids=named)
def test_other_xml_is_refused_with_its_name_and_advice(path):
    with pytest.raises(UnreadableFile, match=r"is XML in (the MODS|an RDF) format .*Export as RIS"):
        parse(path)
