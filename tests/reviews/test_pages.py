"""The pages of this room, as each member of the cast meets them."""

import pytest
from django.urls import reverse

from reviews.models import Job, Membership, Review
from reviews.services import (
    add_criterion,
    add_exclusion_reason,
    add_outcome,
    invite_member,
    remove_member,
)
from tests.factories import join, make_user

PAGES = ["overview", "protocol", "team", "history"]
AMEND_PAGES = ["protocol_edit", "outcome_add"]


def url(name, review, *args):
    return reverse(f"reviews:{name}", args=[review.slug, *args])


@pytest.fixture
def job(review, ben):
    return Job.objects.create(review=review, task="reviews.test", key="one", label="Import", requested_by=ben)


@pytest.mark.parametrize("name", PAGES)
def test_a_member_reads_and_a_stranger_gets_404(name, review, ben, eve, client, as_user):
    assert as_user(ben).get(url(name, review)).status_code == 200
    assert as_user(eve).get(url(name, review)).status_code == 404
    signed_out = client.get(url(name, review))
    assert signed_out.status_code == 302
    assert reverse("account_login") in signed_out["Location"]


@pytest.mark.parametrize("name", AMEND_PAGES)
def test_only_who_amends_the_protocol_gets_its_forms(name, review, ana, ben, eve, as_user):
    assert as_user(ana).get(url(name, review)).status_code == 200
    assert as_user(ben).get(url(name, review)).status_code == 403
    assert as_user(eve).get(url(name, review)).status_code == 404


def test_every_address_of_a_review_is_404_for_a_stranger(review, ana, ben, job, eve, as_user):
    criterion = add_criterion(review=review, by=ana, kind="include", element="design", text="Randomised")
    reason = add_exclusion_reason(review=review, by=ana, label="Wrong design")
    outcome = add_outcome(review=review, by=ana, name="Severity")
    invitation, _ = invite_member(review=review, by=ana, email="x@example.org", role="reviewer")
    member = Membership.objects.get(user=ben)
    rows = {"criterion": criterion, "reason": reason, "outcome": outcome, "member": member, "job": job}
    from reviews.urls import urlpatterns

    tried = 0
    for pattern in urlpatterns:
        if "<slug:slug>" not in str(pattern.pattern):
            continue
        args = [review.slug]
        if "public_id" in str(pattern.pattern):
            args.append(invitation.public_id)
        elif "pk" in str(pattern.pattern):
            args.append(rows[pattern.name.split("_")[0]].pk)
        address = reverse(f"reviews:{pattern.name}", args=args)
        assert as_user(eve).get(address).status_code == 404, pattern.name
        assert as_user(eve).post(address).status_code == 404, pattern.name
        tried += 1
    assert tried > 20


class TestList:
    def test_shows_own_reviews_with_role_only(self, review, ben, eve, as_user):
        page = as_user(ben).get(reverse("reviews:list")).content.decode()
        assert review.title in page
        assert "Reviewer" in page
        assert "Another review" not in page

    def test_is_empty_with_the_next_act(self, db, as_user):
        page = as_user(make_user("nora")).get(reverse("reviews:list")).content.decode()
        assert "No reviews yet" in page
        assert reverse("reviews:open") in page

    def test_a_left_review_is_gone(self, review, ana, ben, as_user):
        remove_member(membership=Membership.objects.get(user=ben), by=ana)
        assert review.title not in as_user(ben).get(reverse("reviews:list")).content.decode()
        assert as_user(ben).get(url("overview", review)).status_code == 404

    def test_ten_more_reviews_cost_no_more_queries(self, ana, as_user, django_assert_num_queries):
        client = as_user(ana)
        with django_assert_num_queries(4):
            client.get(reverse("reviews:list"))
        for number in range(10):
            join(Review.objects.create(slug=f"r{number}", title=f"R{number}"), ana, "owner")
        with django_assert_num_queries(4):
            client.get(reverse("reviews:list"))
