"""RoB 2 on a result, by forms alone: begin, answer, take over, override, complete, agree."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appraisal import services
from appraisal.instruments import TOOLS, shown
from appraisal.models import Answer, Assessment, Judgement
from tests.factories import make_outcome, make_study

ROB2 = TOOLS["rob2"]
#: Every domain low but D1 (some concerns: nothing is known about concealment).
GOOD = {
    "1.1": "Y", "1.2": "NI", "1.3": "PN", "2.1": "N", "2.2": "PN", "2.6": "Y", "3.1": "Y",
    "4.1": "N", "4.2": "N", "4.3": "N", "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip
HX = {"HX-Request": "true"}


@pytest.fixture
def outcome(review):
    return make_outcome(review, "Remission", time_point="post", time_points=["1 year"])


@pytest.fixture
def at(review, study):
    def address(name, *arguments):
        return reverse(f"appraisal:{name}", args=[review.slug, *arguments])

    return address


@pytest.fixture
def draft(study, outcome):
    """``draft(ben)`` is ben's empty assessment of remission after treatment."""

    def begin(by, on=None):
        given = {"study": on or study, "instrument": "rob2", "assessor": by}
        return services.start_assessment(**given, outcome=outcome, time_point="post")

    return begin


@pytest.fixture
def done(draft):
    """``done(ben, **{"1.2": "Y"})`` is ben's complete assessment: as in GOOD but for what is said."""

    def assess(by, on=None, **answers):
        mine = draft(by, on)
        given = GOOD | answers
        for key in shown(ROB2, given):
            services.answer_question(assessment=mine, question=key, value=given[key], by=by)
        services.accept_proposals(assessment=mine, by=by)
        return services.complete_assessment(assessment=mine, by=by)

    return assess


def fields(answers, **more):
    return {f"q-{key}-value": value for key, value in answers.items()} | more


def needed(response):
    return json.loads(response.headers["HX-Trigger"])["needed"]


def test_from_choosing_the_result_to_a_complete_assessment(study, outcome, ben, as_user, at):
    client = as_user(ben)
    begin = at("begin", study.pk)
    assert "Remission, 1 year" in client.get(begin).content.decode()
    sent = {"instrument": "rob2", "result": "study", "other_time": "", "result_label": "OR 1.2, table 2"}
    refused = client.post(begin, sent)
    assert refused.status_code == 422
    assert "assesses one result; choose the outcome" in refused.content.decode()
    client.post(begin, sent | {"result": f"{outcome.pk}:1 year"})
    mine = Assessment.objects.get()
    assert (mine.outcome, mine.time_point, mine.result_label) == (outcome, "1 year", "OR 1.2, table 2")
    answer = client.post(at("save", mine.pk), fields(GOOD, accept_all="yes"), follow=True)
    assert "6 of 6 judgements made" in answer.content.decode()
    answer = client.post(at("save", mine.pk), fields(GOOD, complete="yes"), follow=True)
    assert "is complete" not in answer.content.decode()  # the form was sent without its judgements
    judged = {f"{key}-value": "low" for key in ("D2", "D3", "D4", "D5")}
    judged |= {"D1-value": "some_concerns", "overall-value": "some_concerns"}
    answer = client.post(at("save", mine.pk), fields(GOOD, complete="yes", **judged), follow=True)
    assert "is complete" in answer.content.decode()
    page = client.get(at("assess", mine.pk)).content.decode()
    assert "OR 1.2, table 2" in page
    assert "Was the order hidden" in page
    assert "because of the trial" not in page  # 2.3 was never needed


def test_another_time_point_than_the_planned_ones(study, outcome, ben, as_user, at):
    sent = {"instrument": "rob2", "result": f"{outcome.pk}:", "other_time": "3 months"}
    as_user(ben).post(at("begin", study.pk), sent)
    assert Assessment.objects.get().time_point == "3 months"


def test_an_answer_says_what_is_needed_and_proposed_now(ben, draft, as_user, at):
    mine, client = draft(ben), as_user(ben)
    page = client.get(at("assess", mine.pk)).content.decode()
    assert 'data-question="2.3" hidden' in page
    sent = fields({"2.1": "Y"}, **{"q-2.1-support": "Open label", "q-2.1-quote": "open", "q-2.1-page": "4"})
    answer = client.post(at("answer", mine.pk, "2.1"), sent, headers=HX)
    assert "2.3" in needed(answer)["shown"]
    assert "2.4" not in needed(answer)["shown"]
    assert "Saved at" in answer.content.decode()
    assert "1 of 13 questions answered" in answer.content.decode()
    row = Answer.objects.get()
    assert (row.value, row.support, row.quote, row.page) == ("Y", "Open label", "open", "4")
    for key, value in {"1.1": "Y", "1.2": "Y", "1.3": "N"}.items():
        answer = client.post(at("answer", mine.pk, key), fields({key: value}), headers=HX)
    assert "Low risk" in answer.content.decode()
    assert client.post(at("answer", mine.pk, "9.9"), {}, headers=HX).status_code == 404
    wrong = client.post(at("answer", mine.pk, "1.1"), fields({"1.1": "maybe"}), headers=HX)
    assert wrong.status_code == 422
    assert "not one of the answers" in wrong.content.decode()


def test_another_judgement_than_proposed_needs_a_reason(ben, draft, as_user, at):
    mine, client = draft(ben), as_user(ben)
    client.post(at("save", mine.pk), fields(GOOD))
    answer = client.post(at("judge", mine.pk, "D2"), {"D2-value": "high"}, headers=HX)
    assert answer.status_code == 422
    assert needed(answer)["differing"] == ["D2"]
    assert "the tool proposes Low risk" in answer.content.decode()
    without_script = client.post(at("save", mine.pk), fields(GOOD, **{"D2-value": "high"}))
    assert without_script.status_code == 422
    assert "the tool proposes Low risk" in without_script.content.decode()
    assert not Judgement.objects.filter(domain="D2").exists()
    reason = {"D2-value": "high", "D2-override_reason": "Unblinded early.", "D2-direction": "experimental"}
    assert client.post(at("judge", mine.pk, "D2"), reason, headers=HX).status_code == 200
    row = Judgement.objects.get(domain="D2")
    assert (row.proposed, row.override_reason, row.direction) == ("low", "Unblinded early.", "experimental")
    client.post(at("save", mine.pk), fields(GOOD, accept="D2", **reason))
    row.refresh_from_db()
    assert (row.value, row.override_reason, row.direction) == ("low", "", "experimental")


def test_several_concerns_ask_whether_they_count_together(ben, draft, as_user, at):
    mine, client = draft(ben), as_user(ben)
    client.post(at("save", mine.pk), fields(GOOD | {"5.1": "NI"}, accept_all="yes"))
    answer = client.post(at("judge", mine.pk, "overall"), {"overall-value": ""}, headers=HX)
    assert needed(answer)["asks"] is True
    sent = {"overall-value": "high", "together": "yes"}
    assert client.post(at("judge", mine.pk, "overall"), sent, headers=HX).status_code == 200
    mine.refresh_from_db()
    assert mine.several_together is True
    assert mine.judgements.get(domain="overall").value == "high"


def test_a_checklist_is_judged_by_its_answers(study, ben, as_user, at):
    mine = services.start_assessment(study=study, instrument="jbi_case_series", assessor=ben)
    client = as_user(ben)
    client.post(at("answer", mine.pk, "1"), {"q-1-value": "N"}, headers=HX)
    assert mine.judgements.get(domain="Q1").value == "no"
    client.post(at("answer", mine.pk, "1"), {"q-1-value": "U"}, headers=HX)
    assert mine.judgements.get(domain="Q1").value == "unclear"


def test_question_by_question_to_a_consensus(study, outcome, ben, cleo, dora, done, as_user, at):
    done(ben)
    done(cleo, **{"1.2": "Y", "5.1": "PY"})
    address, result = at("reconcile", "rob2", study.pk), f"{outcome.pk}:post"
    client = as_user(dora)
    assert "Nothing to compare yet" in client.get(address).content.decode()  # the study as a whole
    page = client.get(address, {"result": result}).content.decode()
    assert page.count("rob-compare-question differs") == 2
    assert "Differ only in how sure they are." in page
    weighed = client.post(at("weigh", "rob2", study.pk), fields(GOOD, result=result, **{"D1-value": "low"}))
    assert "Nothing is known about concealment" in weighed.content.decode()
    assert needed(weighed)["differing"] == ["D1"]
    assert not Assessment.objects.consensus().exists()
    low = {f"D{number}-value": "low" for number in range(1, 6)} | {"overall-value": "low"}
    sent = fields(GOOD, result=result, seen="", **low)
    refused = client.post(at("settle", "rob2", study.pk), sent)
    assert refused.status_code == 422
    assert "take over the proposal or say why" in refused.content.decode()
    sent |= {"q-1.2-value": "Y", "q-3.2-value": "PN"}  # 3.2 is not needed, so it is not kept
    assert client.post(at("settle", "rob2", study.pk), sent).status_code == 302
    agreed = Assessment.objects.consensus().get()
    assert (agreed.outcome, agreed.time_point, agreed.overall) == (outcome, "post", "low")
    assert agreed.given == GOOD | {"1.2": "Y"}
    assert "Consensus recorded by Dora" in client.get(address, {"result": result}).content.decode()


@pytest.mark.parametrize("member", ["ana", "cleo", "dora", "stan"])
def test_no_page_lets_a_colleagues_answers_out(study, outcome, ben, done, as_user, at, request, member):
    mine = done(ben)
    Answer.objects.filter(assessment=mine).update(support="only ben knows", quote="ben's quote")
    client = as_user(request.getfixturevalue(member))
    result = {"result": f"{outcome.pk}:post"}
    pages = [at("overview"), at("overview") + "?instrument=rob2", at("tools"), at("tool", "rob2")]
    for address in [*pages, at("overview") + f"?instrument=rob2&result={outcome.pk}:post"]:
        text = client.get(address).content.decode()
        assert "only ben knows" not in text
    text = client.get(at("reconcile", "rob2", study.pk), result).content.decode()
    assert "only ben knows" not in text
    assert "Nothing to compare yet" in text
    assert client.get(at("assess", mine.pk)).status_code == 404
    if member in {"cleo", "dora"}:
        assert "only ben knows" not in client.get(at("begin", study.pk)).content.decode()
        assert client.post(at("answer", mine.pk, "1.1"), fields({"1.1": "N"})).status_code == 404


def test_the_overview_by_result_design_and_standing(
    review, study, outcome, ben, cleo, draft, done, as_user, at
):
    second = make_study(review, "Fonagy 2015")
    second.design = "non_randomised"
    second.save()
    study.design = "randomised_parallel"
    study.save()
    client = as_user(ben)
    everything = client.get(at("overview"), {"instrument": "rob2"}).content.decode()
    assert "No result yet" in everything
    assert "Fonagy 2015" not in everything
    one = {"instrument": "rob2", "result": f"{outcome.pk}:post"}
    assert f'value="{outcome.pk}:post"' in client.get(at("overview"), one).content.decode()
    client.post(at("start", "rob2", study.pk), {"result": f"{outcome.pk}:post"})
    assert Assessment.objects.get().time_point == "post"
    assert "In progress" in client.get(at("overview"), one | {"standing": "mine"}).content.decode()
    nothing = client.get(at("overview"), one | {"standing": "agreed"}).content.decode()
    assert "No row is in this standing" in nothing


def test_a_judgement_of_an_outcome_is_shown_to_go_before_the_studys(study, outcome, ben, as_user, at):
    services.start_assessment(study=study, instrument="rob1", assessor=ben)
    services.start_assessment(study=study, instrument="rob1", assessor=ben, outcome=outcome)
    page = as_user(ben).get(at("overview"), {"instrument": "rob1"}).content.decode()
    assert page.count("goes before the study's") == 1


def test_a_draft_is_named_and_thrown_away(ben, cleo, draft, as_user, at):
    mine, client = draft(ben), as_user(ben)
    client.post(at("name_result", mine.pk), {"result_label": "RR 0.8"})
    mine.refresh_from_db()
    assert mine.result_label == "RR 0.8"
    assert as_user(cleo).post(at("discard", mine.pk)).status_code == 404
    assert "is gone" in client.post(at("discard", mine.pk), follow=True).content.decode()
    assert not Assessment.objects.exists()


def test_ten_more_results_cost_no_more_queries(review, study, outcome, ben, cleo, done, as_user, at):
    done(ben)
    done(cleo, **{"1.2": "Y"})
    client, address = as_user(ben), at("overview") + "?instrument=rob2"

    def count(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    before = count(address)
    for number in range(5):
        other = make_study(review, f"More {number}")
        done(ben, other)
        done(cleo, other, **{"1.2": "Y"})
    assert count(address) <= before
    mine = Assessment.objects.filter(assessor=ben).first()
    assert count(at("assess", mine.pk)) <= 20
    assert count(at("reconcile", "rob2", study.pk) + f"?result={outcome.pk}:post") <= 25
