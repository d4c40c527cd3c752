"""Merged under Duplicates: the record that is further along in the open stays, and no open vote decides it."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from records.models import DuplicateCandidate
from records.services import (
    FurtherAlong,
    choose_primary,
    deduplicate,
    merge_all_above,
    merge_candidate,
    own_words,
    reopen_candidate,
    set_thresholds,
    what_merges_above,
    what_thresholds_change,
    who_stays,
)
from screening.losses import steps
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def earlier(review):
    """A record that was in the review first, and is more complete."""
    return make_record(
        review, "The same trial of rest", authors=["Silva, A."], doi="10.1000/a", abstract="Long"
    )


@pytest.fixture
def included(review, earlier, include):
    """The same work from another source, included in the review as a study."""
    embase = make_batch(review, make_search(review, "Embase"))
    later = make_record(
        review, "The same trial of rest", authors=["Silva, A."], doi="10.1000/a", batch=embase
    )
    include(later)
    return later


def stands(record) -> bool:
    record.refresh_from_db()
    return record.duplicate_of_id is None


def test_how_far_a_record_is(review, vote, to_full_text, include, ben, cleo):
    new, voted, out, sought, study = (make_record(review) for _ in range(5))
    vote(ben, voted, "include")
    for reviewer in (ben, cleo):
        vote(reviewer, out, "exclude")
    to_full_text(sought)
    include(study)
    far = steps([record.pk for record in (new, voted, out, sought, study)])
    assert not {new.pk, voted.pk} & far.keys(), "an open vote is nobody's to know"
    assert 0 < far[out.pk] < far[sought.pk] < far[study.pk]


def test_the_same_lets_the_included_one_stay(review, earlier, included, ben):
    candidate = pair(earlier, included)
    assert who_stays(candidate) == included
    assert merge_candidate(candidate=candidate, by=ben) == included
    assert (stands(earlier), stands(included)) == (False, True)


def test_keeping_the_other_must_be_said_yes_to(review, earlier, included, ben):
    candidate = pair(earlier, included)
    with pytest.raises(FurtherAlong, match=f"Record {included.pk} is further along.*included at full text"):
        merge_candidate(candidate=candidate, by=ben, primary=earlier)
    assert stands(included)
    merge_candidate(candidate=candidate, by=ben, primary=earlier, anyway=True)
    assert not stands(included)
    reopen_candidate(candidate=candidate, by=ben)
    assert stands(included)


def test_another_leader_must_be_said_yes_to(review, earlier, included, ben):
    merge_candidate(candidate=pair(earlier, included), by=ben)
    with pytest.raises(FurtherAlong, match="confirm that it leaves"):
        choose_primary(record=earlier, by=ben)
    choose_primary(record=earlier, by=ben, anyway=True)
    assert stands(earlier)


def test_many_at_once_lose_no_outcome(review, earlier, included, ben):
    pair(earlier, included, score=0.9)
    assert what_merges_above(review, 0.8).outcomes_leave == 0
    merge_all_above(review=review, score=0.8, by=ben)
    assert stands(included)


def test_of_two_with_an_outcome_it_is_told_that_one_leaves(review, earlier, included, vote, ben, cleo):
    for reviewer in (ben, cleo):
        vote(reviewer, earlier, "exclude")
    pair(earlier, included, score=0.9)
    assert what_merges_above(review, 0.8).outcomes_leave == 1
    assert what_thresholds_change(review, 0.8, 0.5).outcomes_leave == 1
    set_thresholds(review=review, merge_at=0.8, ask_at=0.5, by=ben)
    assert stands(included), "the inclusion goes on"


def test_a_search_for_duplicates_lets_it_stay(review, earlier, included, ben):
    deduplicate(review=review, by=ben)
    merged = DuplicateCandidate.objects.get(left=earlier, right=included)
    assert (merged.state, merged.automatic) == ("merged", True)
    assert stands(included)


def test_an_open_vote_decides_nothing_and_is_told_to_its_voter_alone(review, earlier, vote, ben, cleo):
    later = make_record(review, "The same trial", batch=make_batch(review))
    candidate = pair(earlier, later)
    before = who_stays(candidate)
    vote(cleo, later, "include")
    assert who_stays(candidate) == before
    assert own_words([earlier.pk, later.pk], cleo) == {later.pk: "You voted on it at title and abstract."}
    assert own_words([earlier.pk, later.pk], ben) == {}


def test_the_page_asks_first(review, earlier, included, as_user, ben):
    candidate, client = pair(earlier, included), as_user(ben)
    url = reverse("records:duplicate_decide", args=[review.slug, candidate.pk])
    asked = client.post(url, {"answer": "left"}, headers={"HX-Request": "true"})
    assert asked.status_code == 409
    assert f"Record {included.pk} is further along" in asked.text
    assert 'name="anyway"' in asked.text
    assert "Keep the left one all the same" in asked.text
    assert stands(included)
    plain = client.post(url, {"answer": "left"})
    assert plain.status_code == 409
    assert "all the same" in plain.text
    client.post(url, {"answer": "left", "anyway": "on"})
    assert stands(earlier)
    assert not stands(included)


def test_the_page_of_a_group_asks_first(review, earlier, included, as_user, ben):
    merge_candidate(candidate=pair(earlier, included), by=ben)
    client, url = as_user(ben), reverse("records:group_primary", args=[review.slug, earlier.pk])
    asked = client.post(url)
    assert asked.status_code == 409
    assert f"Let record {earlier.pk} lead all the same" in asked.text
    assert stands(included)
    client.post(url, {"anyway": "on"})
    assert stands(earlier)


def test_the_pair_tells_a_voter_of_their_own_vote(review, earlier, vote, as_user, ben, cleo):
    later = make_record(review, "The same trial", batch=make_batch(review))
    pair(earlier, later)
    vote(cleo, later, "include")
    url = reverse("records:duplicates", args=[review.slug])
    assert "You voted on it at title and abstract." in as_user(cleo).get(url).text
    assert "You voted" not in as_user(ben).get(url).text


def test_programs_are_asked_with_409(review, earlier, included, as_user, ben):
    candidate, client = pair(earlier, included), as_user(ben)
    url = f"/api/reviews/{review.slug}/duplicates/{candidate.pk}/merge/"
    asked = client.post(url, {"keep": earlier.pk}, content_type="application/json")
    assert asked.status_code == 409, asked.content
    done = client.post(url, {"keep": earlier.pk, "anyway": True}, content_type="application/json")
    assert (done.status_code, stands(included)) == (200, False)


def test_the_command_asks_for_anyway(review, earlier, included, ben):
    merge_candidate(candidate=pair(earlier, included), by=ben)
    words = ["duplicates", "lead", str(earlier.pk), "--review", review.slug, "--by", ben.email]
    with pytest.raises(CommandError, match="is further along"):
        call_command(*words)
    call_command(*words, "--anyway")
    assert stands(earlier)


def test_a_parted_group_is_put_together_again_as_it_was(review, earlier, included, as_user, ben):
    merge_candidate(candidate=pair(earlier, included), by=ben, primary=earlier, anyway=True)
    client = as_user(ben)
    parted = client.post(reverse("records:group_dissolve", args=[review.slug, earlier.pk]))
    assert 'name="anyway"' in client.get(parted.url).text
    data = {"primary": earlier.pk, "records": [earlier.pk, included.pk]}
    assert not client.post(reverse("records:merge_by_hand", args=[review.slug]), data).url.endswith(
        f"/{earlier.pk}/"
    )
    assert stands(included)
    client.post(reverse("records:merge_by_hand", args=[review.slug]), data | {"anyway": "on"})
    assert not stands(included)
