"""The only way into a page of a review."""

import pytest
from django.http import Http404
from django.utils import timezone
from pytest_django.asserts import assertRedirects

from reviews.access import find_membership
from reviews.models import Membership
from tests.factories import make_review


def test_finds_the_members_own_membership(review, ben):
    assert find_membership(ben, "trd").user == ben


@pytest.mark.parametrize("slug", ["trd", "no-such-review"])
def test_a_stranger_meets_the_same_as_for_nothing(review, eve, slug):
    with pytest.raises(Http404):
        find_membership(eve, slug)


def test_a_leaver_is_a_stranger(review, ben):
    Membership.objects.filter(user=ben).update(left_at=timezone.now())
    with pytest.raises(Http404):
        find_membership(ben, "trd")


def test_a_role_counts_in_its_own_review_only(review, ana, as_user):
    make_review("second", title="Second")
    assert as_user(ana).get("/reviews/trd/protocol/edit/").status_code == 200
    assert as_user(ana).get("/reviews/second/protocol/edit/").status_code == 404


def test_a_row_of_another_review_is_not_found_under_ones_own(review, ana, eve, as_user):
    foreign = make_review("third", title="Third").criteria.create(kind="include", element="other", text="x")
    address = f"/reviews/trd/protocol/criteria/{foreign.pk}/"
    assert as_user(ana).get(address).status_code == 404
    assert as_user(ana).post(address, {"text": "stolen"}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.text == "x"


def test_the_403_says_which_role_lacks_the_right(review, ben, as_user):
    answer = as_user(ben).get("/reviews/trd/protocol/edit/")
    assert answer.status_code == 403
    assert "Your role, reviewer, cannot do this." in answer.content.decode()


def test_the_notice_stands_on_every_page(review, ben, as_user):
    review.notice = "Demo: do not cite."
    review.save()
    for page in ("", "protocol/", "team/", "history/"):
        assert "Demo: do not cite." in as_user(ben).get(f"/reviews/trd/{page}").content.decode()


class TestSignedOut:
    """A session may end while a page is open: nothing is shown as saved, and the way back is the page itself."""

    page = "/reviews/trd/protocol/edit/"

    def test_a_page_leads_to_sign_in_and_back(self, review, client):
        response = client.get(f"{self.page}?a=1")
        assertRedirects(response, f"/accounts/login/?next={self.page}%3Fa%3D1", fetch_redirect_response=False)

    def test_a_form_is_said_not_to_be_saved_and_its_page_comes_next(self, review, client):
        target = "/reviews/trd/protocol/criteria/add/"
        referer = {"Referer": f"http://testserver{self.page}"}
        response = client.post(target, headers=referer, follow=True)
        assert response.redirect_chain == [(f"/accounts/login/?next={self.page}", 302)]
        assert "nothing was saved" in response.content.decode()

    def test_a_foreign_referer_is_not_followed(self, review, client):
        response = client.post(self.page, headers={"Referer": "https://elsewhere.example/reviews/trd/team/"})
        assertRedirects(response, "/accounts/login/?next=/reviews/", fetch_redirect_response=False)

    def test_a_gesture_gets_a_sentence_instead_of_the_sign_in_page(self, review, client):
        response = client.post(self.page, headers={"HX-Request": "true"})
        assert response.status_code == 401
        assert response.content.decode().startswith("You are signed out, so nothing was saved.")
