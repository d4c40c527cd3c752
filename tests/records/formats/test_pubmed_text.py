"""PubMed's "Abstract (text)" format."""

from records.formats import parse

TEXT = """1. Made Up Res. 2022 Oct 15;225(3):119-28. doi: 10.1016/made.2022.119128. Epub 2022
Sep 16.

Tablets against complaints: a randomised
trial.

Epuna F(1)(2), Shaheen SW(2), O'Neil-Wen T 3rd(3); The Group.

Author information:
(1)Department of Something, Somewhere.

Collaborators: Smith J, Doe K.

BACKGROUND: High levels have been cited
1. as the first reason.

RESULTS: Nothing (NCT01234567).

Copyright © 2022. Published by Somebody.

DOI: 10.1016/made.2022.119128
PMCID: PMC9732218
PMID: 36162296 [Indexed for MEDLINE]

Conflict of interest statement: None.


2. Lancet (London, England). 1999 Jan;28:187.e1-187.e10. doi:
10.1016/made.1999.1.

[Ein Titel].

[Article in German]

Müller A.

PMID: 1234567


3. Cochrane Database Syst Rev. 2020 Feb 3;2(2):CD001234.

Letter without authors.

This letter has a text of its own that is short.

PMID: 32012345


"""


def test_fields():
    parsed = parse(TEXT.encode())
    first, second, third = parsed
    assert parsed.format == "pubmed_text"
    assert first.title == "Tablets against complaints: a randomised trial."
    assert first.authors == ["Epuna, F", "Shaheen, SW", "O'Neil-Wen, T, 3rd", "The Group"]
    assert (first.journal, first.year, first.volume, first.issue) == ("Made Up Res", 2022, "225", "3")
    assert (first.pages, first.doi, first.pmid, first.pmcid) == (
        "119-128",
        "10.1016/made.2022.119128",
        "36162296",
        "PMC9732218",
    )
    assert first.abstract == (
        "BACKGROUND: High levels have been cited 1. as the first reason. RESULTS: Nothing (NCT01234567)."
    )
    assert first.registry_ids == ["NCT01234567"]
    assert set(first.extra) == {
        "Citation", "Author information", "Collaborators", "Copyright", "Conflict of interest statement",
    }  # fmt: skip
    assert (second.title, second.language, second.authors) == ("Ein Titel", "German", ["Müller, A"])
    assert (second.journal, second.pages, second.doi) == (
        "Lancet (London, England)",
        "187.e1-187.e10",
        "10.1016/made.1999.1",
    )
    assert (third.authors, third.abstract) == ([], "This letter has a text of its own that is short.")
    assert (third.volume, third.issue, third.pages) == ("2", "2", "CD001234")
    assert [first.line, second.line, third.line] == [1, 28, 40]


def test_authors_who_are_groups_or_nobody():
    text = "1. J X. 2001;1:2.\n\nA\n\nWHO Made-up Trial Consortium.\n\nText here.\n\nPMID: 1\n\n\n"
    text += "2. J X. 2001;1:3.\n\nB\n\n[No authors listed]\n\nPMID: 2\n"
    first, second = parse(text.encode())
    assert (first.authors, first.abstract) == (["WHO Made-up Trial Consortium"], "Text here.")
    assert (second.authors, second.abstract) == ([], "")


def test_two_files_in_one():
    assert [record.pmid for record in parse((TEXT + TEXT).encode())] == [
        "36162296",
        "1234567",
        "32012345",
    ] * 2


def test_a_numbered_list_that_is_no_export():
    assert (
        parse(b"TY  - JOUR\nAB  - 1. Water. 2022 Oct\n\n\n2. Salt. 2021\nPMID: 1\nER  - \n").format == "ris"
    )
