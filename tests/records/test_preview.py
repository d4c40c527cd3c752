"""What a person is told of a file before it enters the review."""

import pytest

from records.formats import FORMATS
from records.formats.headings import PRESETS
from records.models import ImportBatch
from records.preview import FORMAT_NAMES, PRESET_NAMES, Preview, encoding_name
from records.services import ENCODINGS
from tests.factories import make_batch, make_record
from tests.records.conftest import ris


def batch_with(review, hits=None, **fields) -> ImportBatch:
    batch = make_batch(review, **fields)
    batch.search.hits_reported = hits
    batch.search.save()
    return batch


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_name(name):
    assert FORMAT_NAMES[name]


@pytest.mark.parametrize("preset", sorted({preset.name for preset in PRESETS}))
def test_everybody_whose_tables_are_recognised_has_a_name(preset):
    assert PRESET_NAMES[preset]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 (with byte order mark)"),
        ("UTF_8_SIG", "UTF-8 (with byte order mark)"),
        ("utf-16-le", "UTF-16"),
        ("windows-1252", "Windows-1252 (Western European)"),
        ("koi8-r", "koi8-r"),
        ("", ""),
        ("no such thing", "no such thing"),
        *ENCODINGS.items(),
    ],
)
def test_encodings_are_called_as_people_call_them(encoding, name):
    assert encoding_name(encoding) == name


class TestHits:
    def test_as_many_as_reported(self, review):
        preview = Preview(batch_with(review, 3, records_read=3))
        assert preview.hits == "MEDLINE reported 3 hits, 3 records were read: none is missing."
        assert preview.complete is True

    def test_fewer_says_how_many_and_what_may_be_wrong(self, review):
        preview = Preview(batch_with(review, 1200, records_read=1000, records_rejected=1))
        assert preview.hits.startswith("MEDLINE reported 1,200 hits, 1,000 records were read: 200 fewer.")
        assert "1 entry of this file could not be read." in preview.hits
        assert preview.complete is False

    def test_more(self, review):
        hits = Preview(batch_with(review, 1, records_read=4)).hits
        assert hits.startswith(
            "MEDLINE reported 1 hit, 4 records were read: 3 more. Was the search run again"
        )

    def test_parts_of_one_export_are_added_up(self, review):
        make_batch(review, records_read=600)
        waiting = make_batch(review, records_read=300)
        ImportBatch.objects.filter(pk=waiting.pk).update(state="ready")
        for state in ("undone", "discarded", "failed"):
            gone = make_batch(review, records_read=999)
            ImportBatch.objects.filter(pk=gone.pk).update(state=state)
        preview = Preview(batch_with(review, 1000, records_read=100))
        assert preview.hits == (
            "MEDLINE reported 1,000 hits, 1,000 records were read (100 here, 900 in other files): none is missing."
        )

    def test_nobody_said(self, review):
        preview = Preview(batch_with(review, records_read=4))
        assert (preview.hits, preview.complete) == ("", None)


class TestSamples:
    @pytest.mark.parametrize(
        ("count", "places"),
        [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (5, [1, 2, 3, 4, 5]), (101, [1, 26, 51, 76, 101])],
    )
    def test_the_first_the_last_and_some_between(self, review, count, places):
        batch = make_batch(review, records_read=count)
        for position in range(1, count + 1):
            make_record(review, batch=batch, position=position)
        samples = [record.position for record in Preview(batch).samples]
        assert samples == places

    def test_of_nothing(self, review):
        assert Preview(make_batch(review)).samples == []


def test_what_is_missing_is_told_for_each_field_with_its_share(review):
    batch = make_batch(review, records_read=8, missing={"abstract": 2})
    told = {one.field: (one.count, one.percent) for one in Preview(batch).missing}
    assert told["abstract"] == (2, 25)
    assert told["title"] == (0, 0)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (0, "None of its records looks like one"),
        (1, "One looks like one the review"),
        (7, "About 7 look like records"),
        (9, "All look like records"),
    ],
)
def test_how_many_are_here_already_is_a_sentence(review, known, says):
    assert Preview(make_batch(review, records_read=9, known=known)).known.startswith(says)


def test_as_json_it_holds_the_same(bring_in):
    batch = bring_in(ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"}), check_first=True)
    told = Preview(batch).as_dict()
    assert (told["format"], told["encoding"], told["missing"]["abstract"]) == ("RIS", "UTF-8", 1)
    assert told["samples"] == [
        {"position": 1, "line": 1, "title": "A trial of rest", "authors": ["Silva, Ana"], "year": 2019}
    ]
