"""Agreeing on the risk of bias of a result, with answers, overrides and the overall judgement."""

import pytest

from appraisal import services
from appraisal.judged import levels_for, same_time
from appraisal.models import Assessment
from reviews.models import AuditEvent
from tests.appraisal.conftest import LOW, METAPSY, ROB2_LOW
from tests.factories import make_outcome, make_study

ALL_LOW = dict.fromkeys(["D1", "D2", "D3", "D4", "D5"], "low")


@pytest.fixture
def handed_in(answered):
    def do(by, time_point="", **wanted):
        mine = answered(by, time_point, **wanted)
        services.accept_proposals(assessment=mine, by=by)
        return services.complete_assessment(assessment=mine, by=by)

    return do


@pytest.fixture
def settle(study, outcome):
    def do(by, values=ALL_LOW, overall="low", **more):
        return services.reconcile(
            study=study, instrument="rob2", by=by, values=values, overall=overall, outcome=outcome, **more
        )

    return do


def test_assessors_who_agree_confirm_a_result_with_its_answers(ben, cleo, handed_in, settle):
    handed_in(ben), handed_in(cleo)
    agreed = settle(
        ben, answers=ROB2_LOW, supports={"overall": "All well."}, directions={"D1": "towards_null"}
    )
    agreed = Assessment.objects.get(pk=agreed.pk)
    assert agreed.values == ALL_LOW
    assert (agreed.overall, agreed.given) == ("low", ROB2_LOW)
    assert agreed.judgements.get(domain="D1").direction == "towards_null"
    assert agreed.judgements.get(domain="D1").proposed == "low"
    assert Assessment.objects.independent().count() == 2
    assert AuditEvent.objects.latest("pk").detail["differed"] == []


def test_a_consensus_is_as_whole_as_an_assessment(ben, cleo, dora, handed_in, settle):
    handed_in(ben), handed_in(cleo, D1="high")
    with pytest.raises(services.Incomplete, match="still lacks: Overall judgement"):
        settle(dora, overall="")
    with pytest.raises(services.Incomplete, match=r"lacks answers to: 1\.2"):
        settle(dora, answers={"1.1": "Y"})
    with pytest.raises(services.NeedsReason, match="proposed is High risk, judged Low risk"):
        settle(dora, answers={"1.1": "Y", "1.2": "N", "1.3": "N"})
    with pytest.raises(services.Incomplete, match="lacks an answer: Do the domains"):
        settle(dora, ALL_LOW | {"D1": "some_concerns", "D5": "some_concerns"}, "some_concerns")
    agreed = settle(
        dora, answers={"1.1": "Y", "1.2": "N", "1.3": "N"}, override_reasons={"D1": "Baseline is alike."}
    )
    assert agreed.judgements.get(domain="D1").override_reason == "Baseline is alike."
    assert AuditEvent.objects.latest("pk").detail["differed"] == ["D1", "overall"]


def test_who_may_not_reconcile_confirms_only_what_both_said(ben, cleo, handed_in, settle):
    handed_in(ben), handed_in(cleo)
    with pytest.raises(services.NotYours, match="Overall judgement"):
        settle(ben, overall="high", override_reasons={"overall": "So."})
    with pytest.raises(services.NotYours, match=r"question 1\.1"):
        settle(ben, answers=ROB2_LOW | {"1.1": "NI"})


def test_another_time_point_is_another_thing(ben, cleo, dora, handed_in, settle):
    handed_in(ben), handed_in(cleo, "6 months")
    with pytest.raises(services.Incomplete, match="there is one so far"):
        settle(dora)


def test_a_changed_consensus_forgets_answers_that_were_taken_back(ben, cleo, dora, handed_in, settle):
    handed_in(ben), handed_in(cleo)
    first = settle(dora, answers=ROB2_LOW)
    again = settle(dora, seen=services.consensus_stamp(first))
    assert again == first
    assert not again.answers.exists()


def agree_on_study(study, ben, cleo, dora, values=LOW, **place):
    for by in (ben, cleo):
        mine = services.start_assessment(study=study, instrument=METAPSY.key, assessor=by, **place)
        for domain, value in values.items():
            services.judge(assessment=mine, domain=domain, value=value, by=by)
        services.complete_assessment(assessment=mine, by=by)
    return services.reconcile(study=study, instrument=METAPSY.key, by=dora, values=values, **place)


def test_the_most_specific_consensus_counts(
    review, study, outcome, ben, cleo, dora, django_assert_num_queries
):
    high = LOW | {"itt": "high"}
    general = agree_on_study(study, ben, cleo, dora)
    for_outcome = agree_on_study(study, ben, cleo, dora, high, outcome=outcome, time_point="")
    later = agree_on_study(study, ben, cleo, dora, LOW, outcome=outcome, time_point="6 months")
    other = agree_on_study(make_study(review, "Harley 2008"), ben, cleo, dora)
    elsewhere = make_outcome(review, name="Sleep")

    def found(*args, **kwargs):
        return {
            key: (one.assessment_id, one.source) for key, one in levels_for(review, *args, **kwargs).items()
        }

    everywhere = {other.study_id: (other.pk, "study")}
    assert found() == {study.pk: (general.pk, "study")} | everywhere
    assert found(outcome) == {study.pk: (for_outcome.pk, "result")} | everywhere
    assert found(outcome, "Post-treatment") == found(outcome)
    assert found(outcome, "6 months") == {study.pk: (later.pk, "result")} | everywhere
    assert found(outcome, "1 year") == {study.pk: (for_outcome.pk, "outcome")} | everywhere
    assert found(elsewhere) == {study.pk: (general.pk, "study")} | everywhere
    assert found(outcome, instrument="rob1") == {}
    with django_assert_num_queries(3):
        levels_for(review, outcome)


def test_the_review_s_first_tool_counts_and_its_overall_level_has_words(
    review, study, outcome, ben, cleo, dora, handed_in, settle
):
    agree_on_study(study, ben, cleo, dora, outcome=outcome)
    handed_in(ben), handed_in(cleo)
    settle(dora)
    assert levels_for(review, outcome)[study.pk].tool.key == METAPSY.key
    services.add_tool(review=review, key="rob2", by=dora)
    services.retire_tool(review=review, key=METAPSY.key, by=dora)
    judged = levels_for(review, outcome)[study.pk]
    assert (judged.tool.key, judged.overall_level.label, judged.values) == ("rob2", "Low risk", ALL_LOW)


def test_only_what_was_agreed_is_told(review, study, ben, cleo, assess):
    assess(ben), assess(cleo)
    assert levels_for(review) == {}


def test_the_main_time_point_may_be_left_out(outcome):
    assert same_time(outcome, "", "POST-treatment ")
    assert not same_time(outcome, "", "6 months")
