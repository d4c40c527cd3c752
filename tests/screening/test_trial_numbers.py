"""Records of registered trials are found by number, and listed by having one."""

import pytest
from django.urls import reverse

from tests.factories import make_batch, make_record


@pytest.fixture
def listed(review, as_user, ben):
    batch = make_batch(review)
    make_record(review, "Registered", batch=batch, registry_ids=["NCT01234567"], pmcid="PMC1234567")
    make_record(review, "Unregistered", batch=batch)

    def titles(**asked) -> list[str]:
        page = as_user(ben).get(reverse("screening:records", args=[review.slug]), asked)
        return [record.title for record in page.context["page_obj"]]

    return titles


@pytest.mark.parametrize("words", ["NCT01234567", "nct01234567", "PMC1234567", "registered NCT01234567"])
def test_a_number_finds_its_record(listed, words):
    assert listed(q=words) == ["Registered"]


def test_the_list_can_be_of_those_that_have_one(listed):
    assert listed(trial_number="yes") == ["Registered"]
    assert listed(trial_number="no") == ["Unregistered"]
    assert listed() == ["Registered", "Unregistered"]


def test_many_words_are_no_query_too_deep(listed):
    assert listed(q=" ".join(["rest"] * 40)) == []
