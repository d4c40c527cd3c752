"""Web of Science's tagged text and its relatives (ISI, Inspec, BIOSIS, MEDLINE, Zoological Record)."""

import pytest

from records.formats import Rejected, parse

HEAD = "FN Clarivate Analytics Web of Science\nVR 1.0\n"


def read(body, head=HEAD, foot="EF\n"):
    return list(parse((head + body + foot).encode("utf-8-sig"), format="ciw"))


def one(body):
    (record,) = read(f"PT J\nTI A\n{body}\nER\n\n")
    return record


def test_names_are_given_in_full_where_they_can_be():
    assert one("AU Smith, J\n   Doe, K\nAF Smith, John\n   Doe, Kay").authors == ["Smith, John", "Doe, Kay"]
    assert one("AU Zhang Chunwei\n   Li Wei").authors == ["Zhang Chunwei", "Li Wei"]
    assert one("AU Smith, J\nCA The Group\nGP IEEE").authors == ["Smith, J", "The Group"]
    assert one("GP IEEE\nBE Lubkina, V").authors == ["Lubkina, V", "IEEE"]


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ("BP 82\nEP 82", "pages", "82"),
        ("BP UNSP 1722034", "pages", "1722034"),
        ("AR e123", "pages", "e123"),
        ("UT MEDLINE:16842170", "pmid", "16842170"),
        ("PM 30396417", "pmid", "30396417"),
        ("ID S0003-6951(06)22430-6],[10.1063/1.2234275]", "doi", "10.1063/1.2234275"),
        ("DI 10.1000/X", "doi", "10.1000/x"),
        ("CR Assanto G, 1988, J OPT, DOI 10.1364/other\n   Trial NCT01234567", "doi", ""),
        ("CR Assanto G, 1988, J OPT\n   Trial NCT01234567", "registry_ids", []),
        ("DE own; words\nID KEYWORDS PLUS", "keywords", ["own", "words", "KEYWORDS PLUS"]),
        (
            "MC Human Medicine; Equipment\nMQ catheter",
            "keywords",
            ["Human Medicine", "Equipment", "catheter"],
        ),
        ("DT Proceedings Paper", "type", "conference"),
        ("DT Article; Proceedings Paper", "type", "article"),
        ("DT Article; Book Chapter", "type", "chapter"),
        ("AB One\n   two.\nAB Three.", "abstract", "One two. Three."),
        ("SO OFFICIAL GAZETTE OF\n   PATENTS", "journal", "OFFICIAL GAZETTE OF PATENTS"),
        ("PD JUN 2011", "year", 2011),
    ],
)
def test_fields(body, field, value):
    assert getattr(one(body), field) == value


def test_what_frames_the_file_is_no_warning_but_a_lost_end_is():
    whole = parse((HEAD + "PT J\nTI A\nER\n\nEF").encode())
    list(whole)
    assert whole.warnings == []
    cut = parse((HEAD + "PT J\nTI A\nER\n\nPT J\nTI B\nAB cut o").encode())
    assert [record.title for record in cut] == ["A", "B"]
    assert cut.warnings == ["The last record has no end mark (ER): the file may have been cut off (line 7)."]


def test_a_damaged_head_and_two_files_in_one():
    body = "PT J\nTI A\nER\n\n"
    assert [r.title for r in read(body + "EF\n" + HEAD + body.replace("A", "B"))] == ["A", "B"]
    parsed = parse(("Export of Web of Science\n" + body).encode())
    assert [r.title for r in parsed] == ["A"]
    assert parsed.warnings == [
        "1 line of text before or between the records belongs to none of them and was left out (line 1)."
    ]


def test_an_empty_record_is_reported():
    first, second = read("PT J\nER\n\nPT J\nTI B\nER\n")
    assert isinstance(first, Rejected)
    assert second.line == 6
