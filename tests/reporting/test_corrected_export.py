"""What a person corrected is what leaves the house; what nobody understood comes back as it came."""

import pytest

from records.corrected import as_corrected
from records.formats import parse
from records.models import Record
from records.services import correct_record
from reporting.exports.records import as_csv, as_ris
from tests.factories import make_batch, make_record

FILE = """TY  - JOUR
TI  - A trail of rest
ST  - Rest
AU  - Silva, Ana
PY  - 2018
Y1  - 2018/03/01
JO  - Sleep
JA  - Slp
DO  - 10.1234/old
M3  - doi:10.1234/old
N1  - PMID: 7777777
N1  - Checked by the library
XX  - first odd
XX  - second odd
C5  - 900
ER  - 
"""


@pytest.fixture
def record(review):
    (parsed,) = parse(FILE.encode(), filename="a.ris")
    names = ("title", "authors", "year", "journal", "doi", "pmid", "type", "extra", "raw")
    batch = make_batch(review)
    return make_record(review, batch=batch, **{name: getattr(parsed, name) for name in names})


def exported(member) -> str:
    return "".join(as_ris(member))


def test_unknown_tags_come_back(review, ana, record):
    sent = exported(ana.memberships.get())
    for line in (
        "XX  - first odd",
        "XX  - second odd",
        "C5  - 900",
        "ST  - Rest",
        "N1  - Checked by the library",
    ):
        assert f"{line}\r\n" in sent
    (again,) = parse(sent.encode(), filename="b.ris")
    assert again.extra["XX"] == ["first odd", "second odd"]


def test_the_correction_is_exported_and_no_tag_contradicts_it(review, ana, record):
    correct_record(
        record=record,
        by=ana,
        changes={
            "title": "A trial of rest",
            "year": 2019,
            "journal": "Journal of Sleep",
            "doi": "10.1234/new",
            "pmid": "8888888",
            "type": "conference",
        },
    )
    member = ana.memberships.get()
    sent = exported(member)
    for gone in ("trail", "2018", "Slp", "10.1234/old", "PMID: 7777777", "TY  - JOUR"):
        assert gone not in sent
    for there in ("XX  - first odd", "N1  - Checked by the library", "DO  - 10.1234/new", "PY  - 2019"):
        assert there in sent
    (again,) = parse(sent.encode(), filename="b.ris")
    assert (again.title, again.year, again.journal, again.doi, again.pmid, again.type) == (
        "A trial of rest",
        2019,
        "Journal of Sleep",
        "10.1234/new",
        "8888888",
        "conference",
    )
    assert "A trial of rest" in "".join(as_csv(member))


def test_nothing_of_it_is_stored(review, ana, record):
    correct_record(record=record, changes={"year": 2019}, by=ana)
    before = Record.objects.get()
    exported(ana.memberships.get())
    assert Record.objects.get().extra == before.extra == record.extra


def test_a_record_nobody_corrected_is_left_as_it_is(record):
    assert as_corrected(record) is record
