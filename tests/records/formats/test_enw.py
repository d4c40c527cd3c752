"""EndNote tagged, Refer and BibIX."""

import pytest

from records.formats import Rejected, parse


def read(text):
    return list(parse(text.encode(), format="enw"))


def test_parted_by_blank_lines_without_types():
    first, second = read("%T A\n%A Smith, J.\n%D 2001\n\n%A Doe, K.\n%T B\n%D 2002\n")
    assert [(r.title, r.authors, r.year) for r in (first, second)] == [
        ("A", ["Smith, J."], 2001),
        ("B", ["Doe, K."], 2002),
    ]


def test_a_blank_line_inside_a_record_does_not_end_it():
    (record,) = read("%0 Journal Article\n%A Smith, J.\n\n%T A\n%D 2001\n")
    assert (record.title, record.year) == ("A", 2001)


@pytest.mark.parametrize(
    ("tags", "field", "value"),
    [
        ("%A Ada Byron\n%A Smith, J.", "authors", ["Byron, Ada", "Smith, J."]),
        ("%A 余敏\n%A 朱江", "authors", ["余敏", "朱江"]),
        ("%E Editor, Ed", "authors", ["Editor, Ed"]),
        ("%A Smith, J.\n%E Editor, Ed", "authors", ["Smith, J."]),
        ("%J Lancet\n%P 3--9", "pages", "3-9"),
        ("%R doi:10.1000/X", "doi", "10.1000/x"),
        ("%U http://dx.doi.org/10.1000/y", "doi", "10.1000/y"),
        ("%Z Trial NCT01234567", "registry_ids", ["NCT01234567"]),
        ("%M PMID: 1234567", "pmid", "1234567"),
        ("%U https://pubmed.ncbi.nlm.nih.gov/1234567/", "pmid", "1234567"),
        ("%2 PMC1234567", "pmcid", "PMC1234567"),
        ("%K one\ntwo\n%K three; four", "keywords", ["one", "two", "three", "four"]),
        ("%X First line\nsecond line", "abstract", "First line second line"),
        ("%G chi", "language", "chi"),
        ("%@ 0140-6736", "issn", "0140-6736"),
    ],
)
def test_fields(tags, field, value):
    (record,) = read(f"%0 Journal Article\n%T A\n{tags}\n")
    assert getattr(record, field) == value


def test_chapters_and_talks_name_what_they_are_in():
    chapter, talk = read("%0 Book Section\n%T A\n%B The book\n\n%0 Conference Paper\n%T B\n%B Proceedings\n")
    assert (chapter.type, chapter.journal, talk.type, talk.journal) == (
        "chapter",
        "The book",
        "conference",
        "Proceedings",
    )


@pytest.mark.parametrize(
    ("tags", "kind"),
    [("%I Press", "book"), ("%B Book", "chapter"), ("%J Lancet", "article"), ("%D 2001", "other")],
)
def test_the_kind_where_it_is_not_named(tags, kind):
    assert read(f"%T A\n%A Smith, J.\n{tags}\n")[0].type == kind


def test_a_single_line_is_a_record_and_a_bare_type_is_reported():
    parsed = parse(b"%A testA")
    assert (parsed.format, [r.authors for r in parsed]) == ("enw", [["testA"]])
    kept, empty = read("%0 Book\n%T A\n%0 Journal\n")
    assert (kept.title, isinstance(empty, Rejected), empty.line) == ("A", True, 3)


def test_unknown_tags_are_kept():
    (record,) = read("%0 Book\n%T A\n%+ Somewhere\n%~ Library\n%7 2nd\n")
    assert record.extra == {"%0": ["Book"], "%+": ["Somewhere"], "%~": ["Library"], "%7": ["2nd"]}
