"""MEDLINE format: PubMed's, ERIC's and damaged ones."""

import pytest

from records.formats import Rejected, parse


def read(text):
    return list(parse(text.encode(), format="nbib"))


def one(body):
    (record,) = read("PMID- 12345678\n" + body + "\n")
    return record


def test_wrapped_lines_and_the_other_abstract():
    record = one("TI  - A made-up\n      title.\nOAB - Nur deutsch,\n      zwei Zeilen.\nOABL- ger")
    assert (record.title, record.abstract) == ("A made-up title.", "Nur deutsch, zwei Zeilen.")
    assert one("TI  - A\nAB  - First.\nOAB - Other.").extra["OAB"] == ["Other."]


def test_two_abstracts_and_a_title_in_parts():
    record = one("TI  - Part one:\nTI  - part two.\nAB  - Old.\nAB  - New.")
    assert (record.title, record.abstract) == ("Part one: part two.", "Old. New.")


@pytest.mark.parametrize(
    ("pages", "full"),
    [("6913-7", "6913-6917"), ("S85-91", "S85-S91"), ("e12-e19", "e12-e19"), ("1042", "1042"),
     ("1-" + "9" * 5000, "1-" + "9" * 5000),
     ("183-93; quiz 193-4", "183-93; quiz 193-4"), ("475-482", "475-482"), ("99-3", "99-3")],
)  # fmt: skip
def test_page_ranges_in_full(pages, full):
    assert one(f"TI  - A\nPG  - {pages}").pages == full


def test_books():
    chapter = one("TI  - A chapter\nBTI - The book\nPT  - Book\nCTI - Collection")
    assert (chapter.type, chapter.journal, chapter.extra["CTI"]) == ("chapter", "The book", ["Collection"])
    book = one("BTI - The book\nPT  - Book\nFED - Editor, Ed")
    assert (book.type, book.title, book.authors) == ("book", "The book", ["Editor, Ed"])


def test_names():
    record = one(
        "FAU - Smith, John\nAU  - Smith J\nAU  - Short S\nCN  - The Group\nFAU - Selvamani\nAU  - Selvamani"
    )
    assert record.authors == ["Smith, John", "Short, S", "The Group", "Selvamani"]


def test_identifiers():
    record = one(
        "PMC - PMC1234567\nPMCR- 2020/01/01\nLID - S0140 [pii]\nAID - 10.1000/MADE [doi]\n"
        "SI  - ClinicalTrials.gov/NCT01234567\nCON - J X. 2001. PMID: 999999 ISRCTN12345678"
    )
    assert (record.pmid, record.pmcid, record.doi) == ("12345678", "PMC1234567", "10.1000/made")
    assert record.registry_ids == ["NCT01234567"]
    assert one("TI  - A\nSO  - J X. 2001. doi: 10.1000/so. eCollection").doi == "10.1000/so"


def test_tags_without_their_space():
    first, second = read("PMID-1234567\nTI- A\nPMC -22664230\n\nPMID-7654321\nTI  -B\n")
    assert (first.pmid, first.title, first.pmcid) == ("1234567", "A", "PMC22664230")
    assert (second.pmid, second.title) == ("7654321", "B")


def test_a_stray_line_does_not_spoil_the_number():
    assert one("SO  invalid line\nTI  - A").pmid == "12345678"


def test_records_without_blank_line_or_without_number():
    assert [r.pmid for r in read("PMID- 1\nTI  - A\nPMID- 2\nTI  - B\n")] == ["1", "2"]
    assert [r.title for r in read("OWN - ERIC\nTI  - A\n\n\nOWN - ERIC\nTI  - B\n")] == ["A", "B"]


def test_eric_writes_publishers_as_journals():
    text = "OWN - ERIC\nTI  - {}\nJT  - ProQuest LLC\nOID - ED620611\nPT  - {}\n"
    thesis = read(text.format("A", "Dissertations/Theses - Doctoral Dissertations"))[0]
    assert (thesis.type, thesis.journal, thesis.accession) == ("thesis", "", "ED620611")
    assert thesis.extra["JT"] == ["ProQuest LLC"]
    article = read(text.format("A", "Journal Articles\nPT  - Reports - Research"))[0]
    assert (article.type, article.journal) == ("article", "ProQuest LLC")


@pytest.mark.parametrize(
    ("lines", "number"),
    [("ISSN - ISSN-1234-567X", "1234-567X"), ("ISSN - EISSN-\nISBN - 979-8-2098-8762-1", "979-8-2098-8762-1"),
     ("IS  - 2277-9175 (Electronic)", "2277-9175"), ("ISSN - EISSN-1234-5678", "1234-5678")],
)  # fmt: skip
def test_serial_numbers(lines, number):
    assert one(f"TI  - A\n{lines}").issn == number


def test_keywords_keep_their_subheadings():
    record = one("MH  - *Depression/therapy\nMH  - History, 20th Century\nOT  - *own word\nOTO - NOTNLM")
    assert record.keywords == ["Depression/therapy", "History, 20th Century", "own word"]


def test_an_empty_record_is_reported():
    first, second = read("PMID- \nOWN - NLM\n\nPMID- 2\nTI  - B\n")
    assert isinstance(first, Rejected)
    assert second.title == "B"


def test_lead_in_text_is_told():
    parsed = parse(b"Search of 1 May\n\nPMID- 1\nTI  - A\n")
    assert [r.title for r in parsed] == ["A"]
    assert parsed.warnings == [
        "1 line of text before or between the records belongs to none of them and was left out (line 1)."
    ]


def test_a_record_that_lacks_the_last_field_of_the_others_is_told():
    whole = "PMID- {n}\nOWN - NLM\nTI  - Title {n}\nSO  - J Tr. 2020;1:{n}.\n\n"
    text = whole.format(n=1) + whole.format(n=2) + "PMID- 3\nOWN - NLM\nTI  - Tit"
    parsed = parse(text.encode())
    assert [record.title for record in parsed] == ["Title 1", "Title 2", "Tit"]
    assert parsed.warnings == [
        "The last record lacks its last fields: the file may have been cut off (line 11)."
    ]
    for sound in (whole.format(n=1), whole.format(n=1) * 3, "PMID- 3\nTI  - Title\n"):
        parsed = parse(sound.encode())
        assert list(parsed)
        assert parsed.warnings == []
    assert len(list(parsed := parse(b"PMID- 3\nSTAT- MEDLINE\nTI  - Tit"))) == 1
    assert "cut off" in parsed.warnings[0]


def test_a_pubmed_number_is_not_said_again_as_accession_number():
    (record,) = parse(b"PMID- 30000001\nTI  - A\n")
    assert (record.pmid, record.accession) == ("30000001", "")
    (row,) = parse(b"Title,Authors,PMID,Accession number\nA,Smith J,30000001,30000001\n")
    assert (row.pmid, row.accession, row.extra) == ("30000001", "", {})
