"""Nobody sees a colleague's judgements before two assessments are complete, whichever way they look."""

import json

import pytest
from django.urls import reverse

from appraisal import services
from appraisal.models import Answer, Assessment, Judgement
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
        reverse("appraisal-risk-of-bias-figures-list", args=[slug]) + f"?instrument={key}",
        reverse("reporting:export_file", args=[slug, "assessments", "csv"]),
    ):
        response = client.get(url)
        assert response.status_code == 200, url
        text = response.getvalue().decode()
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


def test_the_answers_about_a_result_are_their_author_s_alone(
    review, study, outcome, ana, ben, cleo, dora, answered, as_user
):
    hers = answered(cleo)
    mine = answered(ben, D1="some_concerns")
    services.answer_question(assessment=mine, question="1.1", value="N", by=ben, support=SECRET, quote=SECRET)
    services.say_together(assessment=mine, yes=True, by=ben)
    services.name_result(assessment=mine, result_label=SECRET, by=ben)
    services.accept_proposals(assessment=mine, by=ben)

    def look():
        found = []
        for colleague in (ana, cleo, dora):
            client = as_user(colleague)
            assert not Answer.objects.visible_to(Membership.objects.get(user=colleague)).filter(
                assessment=mine
            )
            for name in (
                "appraisal-assessments-list",
                "appraisal-assessments-levels",
                "reviews-history-list",
            ):
                found.append(client.get(reverse(name, args=[review.slug])))
            for name in ("appraisal-assessments-detail", "appraisal-assessments-proposals"):
                answer = client.get(reverse(name, args=[review.slug, mine.pk]))
                assert answer.status_code == 404
        assert all(answer.status_code == 200 for answer in found)
        told = "".join(answer.content.decode() for answer in found)
        return [word for word in (SECRET, "some_concerns", "Some concerns", "question 1.1") if word in told]

    assert look() == []
    services.complete_assessment(assessment=mine, by=ben)
    assert look() == []
    services.accept_proposals(assessment=hers, by=cleo)
    services.complete_assessment(assessment=hers, by=cleo)
    listed = as_user(dora).get(reverse("appraisal-assessments-list", args=[review.slug]))
    assert SECRET in listed.content.decode()


def test_an_assessment_of_another_time_point_opens_nothing(review, ben, cleo, answered):
    for by, time_point in ((ben, ""), (cleo, "6 months")):
        mine = answered(by, time_point)
        services.accept_proposals(assessment=mine, by=by)
        services.complete_assessment(assessment=mine, by=by)
    assert {one.assessor for one in seen_by(ben, review)} == {ben}
    assert {one.assessor for one in seen_by(cleo, review)} == {cleo}
