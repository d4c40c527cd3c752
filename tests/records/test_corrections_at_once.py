"""Real threads on a real database: of two corrections of one field one is told; one record is added once."""

from functools import partial

import pytest

from records.models import Record
from records.services import ChangedMeanwhile, KnownAlready, add_record, correct_record
from reviews.models import AuditEvent
from tests.factories import make_record, make_search
from tests.records.test_concurrency import at_once

pytestmark = [pytest.mark.core, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _no_broker(settings):
    settings.CELERY_BROKER_URL = ""


def test_of_two_who_correct_the_same_field_one_is_told(review, ana, ben):
    record = make_record(review, year=2019)
    seen = {"year": 2019}
    outcomes = at_once(
        *(
            partial(correct_record, record=record, changes={"year": year}, seen=seen, by=by)
            for by, year in ((ana, 2020), (ben, 2021))
        )
    )
    (told,) = [each for each in outcomes if isinstance(each, ChangedMeanwhile)]
    (done,) = [each for each in outcomes if isinstance(each, Record)]
    record.refresh_from_db()
    assert record.year == done.year == told.now["year"]
    assert record.original == {"year": 2019}
    assert AuditEvent.objects.filter(verb="records.record_corrected").count() == 1


def test_different_fields_at_the_same_moment_are_both_kept(review, ana, ben):
    record = make_record(review, year=2019, journal="Sleep")
    at_once(
        partial(correct_record, record=record, changes={"year": 2020}, by=ana),
        partial(correct_record, record=record, changes={"journal": "J Sleep"}, by=ben),
    )
    record.refresh_from_db()
    assert (record.year, record.journal) == (2020, "J Sleep")
    assert record.original == {"year": 2019, "journal": "Sleep"}


def test_the_same_record_is_added_once_by_two(review, ana, ben):
    search = make_search(review)
    values = {"title": "Rest at home: a guideline for adults"}
    outcomes = at_once(
        *(partial(add_record, review=review, search=search, values=values, by=by) for by in (ana, ben))
    )
    assert sorted(type(each).__name__ for each in outcomes) == [KnownAlready.__name__, "Record"]
    assert Record.objects.count() == 1
