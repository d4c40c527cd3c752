"""What the screen says when it has no record to show."""

import pytest
from django.template.loader import render_to_string

from screening.models import Stage
from screening.queue import Progress
from tests.factories import make_record

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("left", "said"),
    [(0, "Nothing left for you here"), (2, "The 2 records left to you are in colleagues’ view")],
)
def test_records_that_others_hold_are_told(review, left, said):
    progress = Progress(total=3, left=left, done=1, complete=1)
    context = {"review": review, "stage": Stage.TITLE_ABSTRACT, "progress": progress}
    page = render_to_string("screening/_screen_done.html", context)
    assert said in page
    assert ("Try again in some minutes" in page) == bool(left)


def test_an_empty_stage_has_nothing_to_count(review, as_user, ben):
    screen = as_user(ben).get(f"/reviews/{review.slug}/screen/full_text/").content.decode()
    assert "No full text to read yet" in screen
    assert '<div class="meter screen-meter" hidden>' in screen
    make_record(review)
    screen = as_user(ben).get(f"/reviews/{review.slug}/screen/title_abstract/", follow=True).content.decode()
    assert '<div class="meter screen-meter">' in screen
