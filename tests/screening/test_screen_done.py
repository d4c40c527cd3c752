"""What the screen says when it has no record to show."""

import pytest
from django.template.loader import render_to_string

from screening.models import Stage
from screening.queue import Progress

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
