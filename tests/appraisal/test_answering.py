"""Questions, proposals, overrides and the overall judgement in one's own draft."""

import pytest

from appraisal import services
from appraisal.models import Answer, Assessment, Judgement
from appraisal.proposing import gaps, proposals_of, shown_in
from reviews.errors import Refused
from reviews.models import AuditEvent
from screening.models import FullText
from tests.factories import make_outcome, make_review, make_study


def fresh(assessment):
    return Assessment.objects.get(pk=assessment.pk)


def start(study, key, by, **more):
    return services.start_assessment(study=study, instrument=key, assessor=by, **more)


def test_a_result_is_answered_proposed_accepted_and_handed_in(ben, answered):
    mine = answered(ben, D1="some_concerns")
    assert "2.3" not in shown_in(fresh(mine))
    assert proposals_of(fresh(mine))["D1"].level == "some_concerns"

    changed = services.accept_proposals(assessment=mine, by=ben)
    done = services.complete_assessment(assessment=mine, by=ben)

    assert [one.domain for one in changed] == ["D1", "D2", "D3", "D4", "D5", "overall"]
    assert done.is_complete
    assert fresh(mine).overall == "some_concerns"
    assert {one.proposed == one.value for one in fresh(mine).judgements.all()} == {True}


def test_everything_that_is_missing_is_named(ben, answered):
    mine = answered(ben, D3="high")
    services.answer_question(assessment=mine, question="3.4", value="", by=ben)
    with pytest.raises(services.Incomplete) as refusal:
        services.complete_assessment(assessment=mine, by=ben)
    assert "Still to be answered: 3.4." in str(refusal.value)
    assert "Still to be judged: Randomisation process" in str(refusal.value)
    assert "Overall judgement" in str(refusal.value)


def test_another_level_than_the_proposed_one_needs_a_reason(ben, answered):
    mine = answered(ben)
    with pytest.raises(
        services.NeedsReason, match=r"the tool proposes Low risk\. Say why you judge High risk"
    ):
        services.judge(assessment=mine, domain="D1", value="high", by=ben, override_reason="  ")
    judged = services.judge(
        assessment=mine,
        domain="D1",
        value="high",
        by=ben,
        override_reason="Known fraud.",
        direction="experimental",
    )
    assert (judged.proposed, judged.is_override, judged.direction) == ("low", True, "experimental")
    assert judged.level.label == "High risk"


def test_a_judgement_that_the_answers_left_behind_is_noticed(ben, answered):
    mine = answered(ben)
    services.accept_proposals(assessment=mine, by=ben)
    services.answer_question(assessment=mine, question="1.2", value="N", by=ben)
    with pytest.raises(services.Incomplete, match=r"proposed is High risk, judged Low risk; take over"):
        services.complete_assessment(assessment=mine, by=ben)

    assert {one.domain for one in services.accept_proposals(assessment=mine, by=ben)} == {"D1", "overall"}
    services.complete_assessment(assessment=mine, by=ben)
    assert fresh(mine).overall == "high"


def test_accepting_leaves_what_a_person_judged(ben, answered):
    mine = answered(ben)
    services.judge(assessment=mine, domain="D1", value="high", by=ben, override_reason="Known fraud.")
    services.accept_proposals(assessment=mine, by=ben)
    assert fresh(mine).values["D1"] == "high"
    assert fresh(mine).overall == "high"
    assert services.accept_proposals(assessment=mine, by=ben) == []


def test_several_concerns_ask_a_person_before_the_overall_judgement(ben, answered):
    mine = answered(ben, D1="some_concerns", D5="some_concerns")
    services.accept_proposals(assessment=mine, by=ben)
    assert fresh(mine).overall == ""
    with pytest.raises(services.NeedsReason, match="Or answer first: Do the domains"):
        services.judge(assessment=mine, domain="overall", value="high", by=ben)
    services.judge(assessment=mine, domain="overall", value="some_concerns", by=ben)
    with pytest.raises(services.Incomplete, match="Still to be answered: Do the domains"):
        services.complete_assessment(assessment=mine, by=ben)

    services.say_together(assessment=mine, yes=True, by=ben)
    services.judge(assessment=mine, domain="overall", value="high", by=ben)
    assert services.complete_assessment(assessment=mine, by=ben).several_together is True


def test_only_tools_that_ask_about_several_concerns_take_the_answer(study, ben):
    with pytest.raises(Refused, match="does not ask"):
        services.say_together(assessment=start(study, "rob1", ben), yes=True, by=ben)


def test_a_result_is_an_outcome_of_this_review_at_a_time_point(review, study, ben, outcome):
    with pytest.raises(Refused, match="say which outcome is assessed"):
        start(study, "rob2", ben)
    with pytest.raises(Refused, match="no outcome"):
        start(study, "rob2", ben, outcome=make_outcome(make_review("other"), name="Elsewhere"))
    with pytest.raises(Refused, match="A time point is of an outcome"):
        start(study, "rob1", ben, time_point="6 months")
    with pytest.raises(Refused, match="120 characters"):
        start(study, "rob2", ben, outcome=outcome, time_point="x" * 121)

    first = start(study, "rob2", ben, outcome=outcome, time_point=" 6  Months", result_label="SMD -0.4")
    assert (first.time_point, first.about) == ("6 months", "Nakagawa 2017, Depression at 6 months")
    assert start(study, "rob2", ben, outcome=outcome, time_point="6 months") == first
    assert start(study, "rob2", ben, outcome=outcome) != first
    services.name_result(assessment=first, result_label="SMD -0.5", by=ben)
    assert fresh(first).result_label == "SMD -0.5"


@pytest.mark.parametrize(
    ("question", "value", "sentence"),
    [
        ("9.9", "Y", "has no question '9.9'"),
        ("1.1", "maybe", "Choose one of: Y, PY, PN, N, NI"),
        ("2.3", "NA", "'NA' is not an answer"),
    ],
)
def test_an_unknown_question_or_answer_is_refused(ben, answered, question, value, sentence):
    with pytest.raises(services.UnknownInstrument, match=sentence):
        services.answer_question(assessment=answered(ben), question=question, value=value, by=ben)


@pytest.mark.parametrize(
    ("tool", "domain", "more", "sentence"),
    [
        ("rob1", "overall", {}, "has no overall judgement"),
        ("nos_cohort", "overall", {}, "has no overall judgement"),
        ("rob1", "other_bias", {"direction": "experimental"}, "does not ask for the direction"),
        ("jbi_cohort", "overall", {}, "Choose one of: exclude, include, seek_info"),
    ],
)
def test_what_a_tool_does_not_judge_is_refused(study, ben, tool, domain, more, sentence):
    with pytest.raises(services.UnknownInstrument, match=sentence):
        services.judge(assessment=start(study, tool, ben), domain=domain, value="low", by=ben, **more)


def test_an_unknown_direction_is_refused(ben, answered):
    with pytest.raises(services.UnknownInstrument, match="not a direction"):
        services.judge(assessment=answered(ben), domain="D1", value="low", by=ben, direction="sideways")


def test_answers_and_judgements_are_kept_for_their_author_alone_and_said_once(ben, answered):
    mine = answered(ben)
    before = AuditEvent.objects.count()
    services.answer_question(assessment=mine, question="1.1", value="Y", by=ben)
    assert AuditEvent.objects.count() == before
    services.answer_question(
        assessment=mine, question="1.1", value="PY", by=ben, support="p. 3", quote="At random"
    )
    event = AuditEvent.objects.latest("pk")
    assert event.blinded
    assert event.sentence == "answered question 1.1 about Nakagawa 2017, Depression."
    assert event.detail["new"] == {"value": "PY", "support": "p. 3", "quote": "At random"}
    services.judge(assessment=mine, domain="D1", value="low", by=ben)
    assert AuditEvent.objects.latest("pk").blinded
    services.say_together(assessment=mine, yes=True, by=ben)
    assert AuditEvent.objects.latest("pk").blinded


def test_a_late_autosave_of_a_complete_assessment_changes_nothing(ben, answered):
    mine = answered(ben)
    services.accept_proposals(assessment=mine, by=ben)
    services.complete_assessment(assessment=mine, by=ben)
    services.answer_question(assessment=mine, question="1.1", value="Y", by=ben)
    services.judge(assessment=mine, domain="D1", value="low", by=ben)
    with pytest.raises(services.AlreadySettled):
        services.answer_question(assessment=mine, question="1.1", value="N", by=ben)
    with pytest.raises(services.AlreadySettled):
        services.judge(assessment=mine, domain="D1", value="high", by=ben)


def test_a_quote_stands_in_a_report_of_the_study(review, study, ben, answered):
    mine = answered(ben)
    own, foreign = (
        FullText.objects.create(review=review, record=each.reports.get().record)
        for each in (study, make_study(review, "Harley 2008"))
    )
    kept = services.answer_question(
        assessment=mine, question="1.1", value="Y", by=ben, quote="At random", page="3", full_text=own
    )
    assert kept.full_text == own
    with pytest.raises(Refused, match="does not belong to Nakagawa 2017"):
        services.judge(assessment=mine, domain="D1", value="low", by=ben, full_text=foreign)


def test_a_draft_can_be_thrown_away_and_history_keeps_it(ben, cleo, answered):
    mine = answered(ben)
    with pytest.raises(services.NotYours):
        services.discard_assessment(assessment=mine, by=cleo)
    services.discard_assessment(assessment=mine, by=ben)
    assert not Assessment.objects.exists()
    assert not Answer.objects.exists()
    event = AuditEvent.objects.latest("pk")
    assert event.blinded
    assert event.detail["answers"]["1.1"] == "Y"


def test_stars_are_counted_and_a_checklist_is_judged_by_a_person(study, ben):
    scale = start(study, "nos_cohort", ben)
    for question in scale.tool.questions:
        services.answer_question(assessment=scale, question=question.key, value="a", by=ben)
    services.accept_proposals(assessment=scale, by=ben)
    services.complete_assessment(assessment=scale, by=ben)
    assert fresh(scale).values == {"selection": "4", "comparability": "2", "outcome": "3"}
    assert proposals_of(fresh(scale))["overall"].why.startswith("9 of 9 stars")

    checklist = start(study, "jbi_case_report", ben)
    for question in checklist.tool.questions:
        services.answer_question(assessment=checklist, question=question.key, value="Y", by=ben)
    services.accept_proposals(assessment=checklist, by=ben)
    assert gaps(fresh(checklist)).domains == ("Overall judgement",)
    judged = services.judge(assessment=checklist, domain="overall", value="seek_info", by=ben)
    assert judged.level.label == "Seek further info"
    services.complete_assessment(assessment=checklist, by=ben)


def test_converted_stars_are_an_overall_judgement(study, ben):
    scale = start(study, "nos_cohort_ahrq", ben)
    for question in scale.tool.questions:
        services.answer_question(assessment=scale, question=question.key, value="a", by=ben)
    services.accept_proposals(assessment=scale, by=ben)
    assert Judgement.objects.get(assessment=scale, domain="overall").value == "good"


def test_nothing_where_there_was_nothing_is_not_stored(ben, answered):
    mine = answered(ben)
    before = AuditEvent.objects.count()
    services.answer_question(assessment=mine, question="2.3", value="", by=ben)
    services.judge(assessment=mine, domain="D1", value="", by=ben)
    assert not mine.answers.filter(question="2.3").exists()
    assert not mine.judgements.exists()
    assert AuditEvent.objects.count() == before
