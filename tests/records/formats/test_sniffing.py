"""The format by content, whatever the file is called; and what else it may be, said in a sentence."""

import pytest

from records.formats import UnreadableFile, sniff

RIS = "TY  - JOUR\nTI  - A\nER  - \n"
NBIB = "PMID- 1\nOWN - NLM\nTI  - A\n"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (RIS, "ris"),
        ("\n\n" + RIS, "ris"),
        ("Provider: JSTOR\nDatabase: JSTOR\nContent: text/plain\n\n" + RIS, "ris"),
        ("Record #1 of 4\nProvider: Wiley\n\nTY  -  JOUR\nTI  -  A\nER  -\n", "ris"),
        ("<1. >\n" + RIS, "ris"),
        ("TI  - A\nAU  - B, C.\nPY  - 2001\nER  - \n", "ris"),
        (RIS.replace("A\n", "A\nAB  - PMID- 1 and PT J and @article{a,\n%0 Book\n%T x\n"), "ris"),
        (NBIB, "nbib"),
        ("OWN - ERIC\nTI  - A\nAU  - B, C\nJT  - D\n", "nbib"),
        ("PT J\nAU Smith, J\nTI A\nER\n", "ciw"),
        ("FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Smith, J\nER\nEF", "ciw"),
        ("%0 Journal Article\n%T A\n%A Smith, J.\n", "enw"),
        ("%A Smith, J.\n%T A\n", "enw"),
        ("%E Editor, E.", "enw"),
        ("<1. >\nVN  - Ovid Technologies\nTI  - A\n", "ovid"),
        ("<3001>\nAuthor\n  Smith, J\n", "ovid"),
        ("VN  - Ovid Technologies\nDB  - Embase\nTI  - A\n", "ovid"),
        ("DB  - Embase\nUI  - 1\nTI  - A\nSO  - Lancet. 1(2):3, 2001.\n", "ovid"),
        ("Accession Number\n  1\nAuthor\n  Smith, J\nTitle\n  A\n", "ovid"),
        ("Record #1 of 2\nID: CN-1\nTI: A\n", "central"),
        ("\ufeffRecord #1 of 2\r\nID: CN-1\r\nTI: A\r\n", "central"),
        ("RT Journal Article\nSR Electronic(1)\nT1 A\n", "refworks"),
        ("1. J X. 2001 Jan;1(2):3-4.\n\nA\n\nSmith J.\n\nPMID: 1\n", "pubmed_text"),
        ("@article{a,\n title = {A}\n}\n", "bibtex"),
        ("title,authors,year\nA,B,2001\n", "csv"),
    ],
)
@pytest.mark.parametrize("name", ["search.txt", "search.csv"])
def test_by_content(text, form, name):
    assert sniff(text.encode(), name).format == form


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"items": []}', "JSON.*Export RIS or CSV"),
        ('[{"type": "article-journal"}]', "JSON"),
        ("---\nreferences:\n- id: a\n", "YAML"),
        ("\\documentclass{article}\n", "LaTeX"),
        ("12345678\n12345679\n12345680\n", "list of PubMed numbers.*“PubMed” format"),
        ("Record.1 INSPEC\n\nTI ~ A\n", "Inspec"),
        ("<?xml version='1.0'?><modsCollection><mods/></modsCollection>", "MODS.*Export as RIS"),
        ("<?xml version='1.0'?><rdf:RDF xmlns:rdf='x'><a/></rdf:RDF>", "RDF.*Export as RIS"),
        ("<?xml version='1.0'?><collection><leader/></collection>", "MARC"),
        ("<?xml version='1.0'?><b:Sources><b:Source/></b:Sources>", "Microsoft Word"),
        ("<?xml version='1.0'?><unheardOf><a/></unheardOf>", "of another kind .root element <unheardOf>"),
        ("<html><body>Please sign in</body></html>", "web page.*sign in and export again"),
        ("%%\n%% a comment\n", "none of the formats"),
        ("Dear colleague,\n\nhere are the results.\n", "none of the formats.*Send RIS"),
    ],
)
def test_what_else_it_may_be(text, says):
    with pytest.raises(UnreadableFile, match=says) as refused:
        sniff(text.encode(), "search.ris")
    assert str(refused.value).startswith("“search.ris” is ")


def test_text_whose_rows_do_not_fit_a_table_is_unknown():
    style = "".join(f"{chr(9) * depth}<name>{depth}</name>\n" for depth in (3, 4, 2, 5, 6, 1, 3, 4))
    text = f">>= MODE =>>\nbibliography\n\n<style>\n\t<info>\n\t\t<author>\n{style}".encode()
    with pytest.raises(UnreadableFile, match="in none of the formats"):
        sniff(text)
    assert sniff(b"Title;Authors;Year\n" + b"A;B\nC;D;E;F;G\n" * 9).format == "csv", (
        "the header leaves no doubt"
    )
