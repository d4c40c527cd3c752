"""Correcting and adding records from the shell."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from records.models import Record
from tests.factories import make_record


def run(name: str, *args: str) -> dict:
    out = StringIO()
    call_command(name, *args, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def record(review, ana):
    return make_record(review, "A trail of rest", authors=["Silva, Ana"], year=2019)


def test_fields_are_set_and_restored(record):
    there = [str(record.pk), "--review", record.review.slug]
    said = run(
        "correct_record",
        *there,
        "--set",
        "title=A trial = rest",
        "--set",
        "authors=Silva, A",
        "--set",
        "authors=Kim, K",
        "--why",
        "Misprint",
    )
    assert said["now"]["title"] == "A trial = rest"
    assert said["now"]["authors"] == ["Silva, A", "Kim, K"]
    assert said["original"] == {"title": "A trail of rest", "authors": ["Silva, Ana"]}
    assert run("correct_record", *there, "--restore", "title")["original"] == {"authors": ["Silva, Ana"]}
    assert run("correct_record", *there, "--restore", "all")["original"] == {}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Say what to do"),
        (["--set", "year=2020", "--restore", "all"], "Say what to do"),
        (["--set", "colour=red"], "FIELD is one of title"),
        (["--set", "year"], "write FIELD=VALUE"),
        (["--set", "year=2020", "--set", "year=2021"], "given twice"),
        (["--set", "year=soon"], "is no year of publication"),
        (["--set", "year=2020", "--by", "eve@example.org"], "not a member"),
        (["--set", "year=2020", "--by", "stan@example.org"], "lacks the right"),
        (["--restore", "year"], "nothing to restore"),
    ],
)
def test_what_cannot_be_is_said(record, eve, stan, options, said):
    with pytest.raises(CommandError, match=said):
        run("correct_record", str(record.pk), "--review", record.review.slug, *options)
    record.refresh_from_db()
    assert (record.year, record.original) == (2019, {})


def test_another_reviews_record_is_not_found(review, ana, eve):
    foreign = make_record(eve.memberships.get().review)
    with pytest.raises(CommandError, match=f"has no record {foreign.pk}"):
        run("correct_record", str(foreign.pk), "--review", review.slug, "--set", "year=2020")


def test_a_record_is_added_from_a_citation_and_options(review, ana):
    said = run(
        "add_record",
        "--review",
        review.slug,
        "--source",
        "WHO website",
        "--reference",
        "Silva A, Berg BC. Rest for adults. Sleep. 2019;12(3):11-20.",
        "--set",
        "doi=10.1234/abc",
    )
    record = Record.objects.get()
    assert said == {
        "review": review.slug,
        "source": "WHO website",
        "record": record.pk,
        "import": record.batch_id,
        "title": "Rest for adults",
    }
    assert (record.doi, record.journal, record.search.source_type) == ("10.1234/abc", "Sleep", "website")


def test_one_that_is_known_needs_a_word(record):
    there = ["--review", record.review.slug, "--source", "Hint", "--set", "title=A trail of rest"]
    with pytest.raises(CommandError, match=f"record {record.pk}"):
        run("add_record", *there)
    assert run("add_record", *there, "--anyway")["title"] == "A trail of rest"


def test_a_reviewer_does_not_add(review, ana, ben):
    with pytest.raises(CommandError, match="lacks the right to import"):
        run("add_record", "--review", review.slug, "--source", "x", "--set", "title=A", "--by", ben.email)
