"""From a run to the sentence: a row leads to the result that was pooled, and a mark to where its numbers stand."""

import pytest

from extraction.services import add_source, correct_result
from tests.factories import join, make_user

pytestmark = pytest.mark.django_db


def test_two_clicks_from_the_row_of_a_run_to_the_source(run, review, trials, ben, as_user):
    first = trials[0].results.get()
    source = add_source(by=ben, result=first, page=7, quote="12.0 (5.0)")
    observer = join(review, make_user("olaf"), "observer").user
    client = as_user(observer)
    page = client.get(f"/reviews/trd/analyses/runs/{run().pk}/").content.decode()
    assert page.count(f'href="/reviews/trd/extraction/results/{first.pk}/"') == 2  # figure and table
    assert f'href="/reviews/trd/extraction/sources/{source.pk}/"' in page
    assert page.count("Source of ") == 1
    shown = client.get(f"/reviews/trd/extraction/results/{first.pk}/").content.decode()
    assert f'href="/reviews/trd/extraction/sources/{source.pk}/"' in shown
    assert "12.0 (5.0)" in client.get(f"/reviews/trd/extraction/sources/{source.pk}/").content.decode()


def test_an_old_run_leads_to_the_version_it_pooled(run, trials, ben, as_user):
    found, first = run(), trials[0].results.get()
    corrected = correct_result(result=first, by=ben, changes={"mean1": 12.5}, why="typo", seen_version=1)
    page = as_user(ben).get(f"/reviews/trd/analyses/runs/{found.pk}/").content.decode()
    assert f"/extraction/results/{first.pk}/" in page
    assert page.count(f"/extraction/results/{corrected.pk}/") == 1  # in what changed since, and nowhere else
    assert f'<a href="/reviews/trd/extraction/results/{corrected.pk}/">Its numbers</a>' in page
