"""Nobody sees a colleague's judgements before two assessments are complete, whichever way they look."""

import json

import pytest
from django.urls import reverse

from appraisal import services
from appraisal.models import Assessment, Judgement
from appraisal.sheet import sheet_for
from reviews.models import Membership
from tests.appraisal.conftest import LOW, METAPSY

SECRET = "only ben knows this"


def seen_by(user, review):
    return set(Assessment.objects.visible_to(Membership.objects.get(user=user, review=review)))


@pytest.fixture
def secret(ben, assess):
    mine = assess(ben)
    Judgement.objects.filter(assessment=mine).update(support=SECRET)
    return mine


def test_one_complete_assessment_is_its_assessors_alone(review, ana, ben, cleo, dora, stan, secret):
    assert seen_by(ben, review) == {secret}
    for colleague in (ana, cleo, dora, stan):
        assert seen_by(colleague, review) == set()
        membership = Membership.objects.get(user=colleague)
        assert not Judgement.objects.visible_to(membership).exists()
        assert sheet_for(membership, METAPSY).rows == []


def test_two_complete_ones_are_open_to_the_team(review, ana, ben, cleo, stan, secret, assess):
    other = assess(cleo)
    for member in (ana, ben, cleo, stan):
        assert seen_by(member, review) == {secret, other}


def test_a_draft_is_never_shown_and_does_not_count(review, ben, cleo, secret, draft):
    draft(cleo)
    assert seen_by(cleo, review) == {Assessment.objects.get(assessor=cleo)}
    assert seen_by(ben, review) == {secret}


def test_who_is_still_assessing_stays_blind_to_the_pair(review, ben, cleo, dora, secret, assess, draft):
    own = draft(dora)
    assess(cleo)
    assert seen_by(dora, review) == {own}
    for domain in LOW:
        services.judge(assessment=own, domain=domain, value="low", by=dora)
    services.complete_assessment(assessment=own, by=dora)
    assert len(seen_by(dora, review)) == 3


def test_a_consensus_ends_the_blinding(review, study, ana, ben, cleo, dora, secret, assess, draft):
    draft(ana)
    assess(cleo)
    services.reconcile(study=study, instrument=METAPSY.key, by=dora, values=LOW)
    assert len(seen_by(ana, review)) == 4


def test_another_instrument_or_study_opens_nothing(review, study, ben, cleo, secret, assess):
    from tests.factories import make_study

    assess(cleo, on=make_study(review, "Fonagy 2015"))
    assert seen_by(cleo, review) == {Assessment.objects.get(assessor=cleo)}


def test_a_stranger_sees_nothing(review, eve, ben, cleo, secret, assess):
    assess(cleo)
    assert not Assessment.objects.visible_to(eve.memberships.get()).exists()


@pytest.mark.parametrize("member", ["ana", "cleo", "dora", "stan"])
def test_no_page_file_or_api_lets_it_out(review, study, secret, as_user, request, member):
    client = as_user(request.getfixturevalue(member))
    slug, key = review.slug, METAPSY.key
    for url in (
        reverse("appraisal:overview", args=[slug]),
        reverse("appraisal:overview", args=[slug]) + f"?instrument={key}",
        reverse("appraisal:figures", args=[slug]) + f"?instrument={key}",
        reverse("appraisal:reconcile", args=[slug, key, study.pk]),
        reverse("appraisal:robvis", args=[slug, key]),
        reverse("appraisal-assessments-list", args=[slug]),
    ):
        response = client.get(url)
        assert response.status_code == 200, url
        text = response.content.decode()
        assert SECRET not in text
        assert "Low risk" not in text
        assert "Nakagawa 2017,Low" not in text
    for url in (
        reverse("appraisal:assess", args=[slug, secret.pk]),
        reverse("appraisal:figure", args=[slug, key, "traffic-light", "svg"]),
        reverse("appraisal-assessments-detail", args=[slug, secret.pk]),
    ):
        assert client.get(url).status_code == 404, url


def test_the_api_lists_the_colleagues_judgements_once_comparable(review, ben, cleo, secret, assess, as_user):
    assess(cleo)
    answer = json.loads(as_user(cleo).get(reverse("appraisal-assessments-list", args=[review.slug])).content)
    supports = {one["support"] for entry in answer["results"] for one in entry["judgements"]}
    assert SECRET in supports
