"""What BibTeX and EndNote XML say of a record is what reading them gives back."""

import bibtexparser
import pytest
from defusedxml.ElementTree import fromstring

from records.formats import ParsedRecord, parse, write_bibtex, write_endnote_xml

WRITERS = {"bibtex": write_bibtex, "endnote_xml": write_endnote_xml}
TEXTS = {
    "title",
    "abstract",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "language",
    "url",
    "issn",
}
FIELDS = {*TEXTS, "authors", "year", "registry_ids", "keywords", "type"}
ARTICLE = ParsedRecord(
    title="A {weird} trial of 50% & $x_1$ ~ #^\\ things: β-blockers",
    abstract="First. Second & third, 10 < 20.",
    authors=[
        "Müller, Jörg",
        "van der Berg, Anna",
        "WHO and Friends Working Group",
        "Smith, J. A., Jr.",
        "Brand and Sons, X",
    ],
    year=2020,
    journal="Journal of Sleep & Kin",
    volume="12",
    issue="3",
    pages="10-19",
    doi="10.1002/a_b(c)<d>",
    pmid="12345678",
    pmcid="PMC123",
    registry_ids=["NCT01234567", "NCT07654321"],
    keywords=["Depression, Chemical", "two words"],
    type="article",
    language="eng",
    url="https://example.org/a_b?c=1&d=%20",
    issn="1234-5678",
    accession="A-1",
)
OTHERS = [
    ParsedRecord(title="Sleep", authors=["Plato"], type="book", year=1999, keywords=["one, two"], issue="7"),
    ParsedRecord(title="On rest", authors=["Plato, A"], type="chapter", journal="The book", pages="e123"),
    ParsedRecord(title="On rest", authors=["Plato, A"], type="conference", journal="Proceedings"),
    *(
        ParsedRecord(title=f"A {kind}", type=kind, year=2001)
        for kind in ("thesis", "report", "webpage", "preprint")
    ),
    ParsedRecord(title="Nothing but a title", type="other"),
]


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize(
    "record", [ARTICLE, *OTHERS], ids=lambda record: f"{record.type}: {record.title[:12]}"
)
def test_a_record_comes_back_as_it_was(format, record):
    parsed = parse("".join(WRITERS[format]([record])).encode(), format=format)
    (again,) = parsed
    assert not parsed.warnings
    assert {name: getattr(again, name) for name in FIELDS} == {name: getattr(record, name) for name in FIELDS}


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("ASReview_irrelevant", {"by": "ASReview", "decision": "exclude", "reason": "", "stage": ""}),
        (
            'RAYYAN-INCLUSION: {"Ana"=>"Excluded"} | RAYYAN-EXCLUSION-REASONS: wrong drug_a',
            {"by": "Ana", "decision": "exclude", "reason": "wrong drug_a", "stage": ""},
        ),
    ],
)
def test_marks_of_other_programs_are_read_again(format, note, said):
    text = "".join(WRITERS[format]([ParsedRecord(title="A", extra={"N1": [note], "XX": ["dropped"]})]))
    (again,) = parse(text.encode(), format=format)
    assert again.earlier == [said]
    assert "dropped" not in text


def test_another_program_reads_the_bibtex():
    library = bibtexparser.parse_string("".join(write_bibtex([ARTICLE, *OTHERS])))
    assert not library.failed_blocks
    assert len({entry.key for entry in library.entries}) == len(library.entries) == 1 + len(OTHERS)
    first = library.entries[0]
    assert (first.entry_type, first.key, first["doi"]) == ("article", "Muller2020-1", ARTICLE.doi)


def test_a_brace_alone_breaks_no_entry():
    notes = {"N1": ["RAYYAN-INCLUSION: }{", "an odd } brace"]}
    both = [ParsedRecord(title="An open { brace", extra=notes), ParsedRecord(title="Next")]
    assert [again.title for again in parse("".join(write_bibtex(both)).encode())] == [
        "An open { brace",
        "Next",
    ]


def test_the_xml_is_well_formed_whatever_the_text_holds():
    odd = ParsedRecord(
        title="a\x00b\x0bc\ud800 <![CDATA[x]]> & y", authors=["WHO Group"], extra={"N1": ["\x1f"]}
    )
    root = fromstring("".join(write_endnote_xml([odd])))
    assert root.findtext("records/record/titles/title/style") == "abc <![CDATA[x]]> & y"
    assert root.find("records/record/notes") is None


def test_no_records_are_a_file_all_the_same():
    assert "".join(write_bibtex([])) == ""
    assert len(fromstring("".join(write_endnote_xml([])))[0]) == 0
