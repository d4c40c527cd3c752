"""The pages on which two people compare and agree, the list for leads, and agreement statistics."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from extraction.models import Arm, Completion, Extraction, Result, Value
from extraction.services import agree_values, take_all_agreeing
from extraction.services.consensus import Choice
from tests.extraction.dual import BENS, CLEOS, add_result, make_dual, make_extraction, make_form
from tests.factories import make_arms, make_study


@pytest.fixture
def both(study, outcome, ana, ben, cleo):
    make_dual(study.review)
    version = make_form(study.review, ana)
    bens, cleos = make_extraction(study, ben, version, BENS), make_extraction(study, cleo, version, CLEOS)
    add_result(bens, outcome, scale="HDRS-17")
    add_result(cleos, outcome, scale="HDRS-17", sd1=0.74, mean1=8.23)
    return bens, cleos


def address(name, study, *more, show=""):
    return reverse(f"extraction:{name}", args=[study.review.slug, study.pk, *more]) + show


def body(answer):
    return " ".join(answer.content.decode().split())


def test_differences_come_with_both_sides_and_what_they_do_to_the_effect(study, both, as_user, dora):
    page = body(as_user(dora).get(address("compare", study)))
    assert "Assessors blinded" in page
    assert "Only Ben has it" in page
    assert "Changes the effect" in page
    assert "looks like a standard error" in page
    assert "The difference changes the effect. SMD from −0.83" in page
    assert "Mean age" not in page, "41 and 41.3 is no difference"
    every = body(as_user(dora).get(address("compare", study, show="?show=all")))
    assert "Mean age" in every
    assert "Same, one rounded" in every
    assert "Nobody filled it in" in every


@pytest.mark.parametrize("who", ["ben", "cleo", "dora", "ana"])
def test_nobody_sees_a_comparison_before_both_are_complete(study, both, as_user, who, request):
    Extraction.objects.filter(pk=both[1].pk).update(state="draft", completed_at=None, completed_by=None)
    client = as_user(request.getfixturevalue(who))
    page = body(client.get(address("compare", study)))
    assert "Two complete extractions are needed" in page
    assert not [word for word in ("Outpatient", "NIHR", "0.74", "8.23") if word in page]
    for name, more in (("agree_value", []), ("agree_result", [Result.objects.independent().last().pk])):
        assert (
            client.post(address(name, study, *more), {"field": "blind", "take": "right"}).status_code == 404
        )
    listed = body(client.get(reverse("extraction:comparisons", args=[study.review.slug])))
    assert "Nothing to compare yet" in listed
    assert "compute" in body(client.get(reverse("extraction:agreement", args=[study.review.slug])))


def test_a_field_is_settled_by_a_button_and_by_writing(study, both, as_user, dora):
    client = as_user(dora)
    client.post(
        address("agree_value", study), {"field": "blind", "row": "", "seen_version": "0", "take": "right"}
    )
    answer = client.post(
        address("agree_value", study),
        {
            "field": "age",
            "row": "",
            "seen_version": "0",
            "take": "own",
            "v:age.": "41.35",
            "comment": "Table 1",
        },
    )
    assert answer.status_code == 302
    shared = {one.field: one for one in Value.objects.filter(extraction__kind="consensus")}
    assert (shared["blind"].value, shared["age"].value, shared["age"].comment) == (False, "41.35", "Table 1")
    page = body(client.get(address("compare", study, show="?show=all")))
    assert "41.35 years" in page
    assert "agreed by Dora: Table 1" in page


def test_htmx_gets_the_field_and_how_much_is_left(study, both, as_user, dora):
    client = as_user(dora)
    sent = {"field": "blind", "row": "", "seen_version": "0", "take": "left"}
    answer = client.post(address("agree_value", study), sent, headers={"HX-Request": "true"})
    page = body(answer)
    assert page.startswith('<article class="agree agree-settled"')
    assert 'id="agree-standing" hx-swap-oob="true"' in page
    assert "1 of 6" in page
    again = client.post(
        address("agree_value", study), sent | {"take": "right"}, headers={"HX-Request": "true"}
    )
    assert again.status_code == 409
    assert "Dora settled “Assessors blinded” in the meantime: it is now ‘Yes’" in body(again)
    wrong = client.post(
        address("agree_value", study),
        {"field": "age", "row": "", "seen_version": "0", "take": "own", "v:age.": "old"},
        headers={"HX-Request": "true"},
    )
    assert wrong.status_code == 422
    assert 'value="old"' in body(wrong), "what was typed is not lost"


def test_a_result_is_settled_number_by_number(study, both, as_user, dora):
    client, mine = as_user(dora), both[0].results.get()
    where = address("agree_result", study, mine.pk)
    answer = client.post(where, {"seen": "", "take": "chosen"}, headers={"HX-Request": "true"})
    assert (answer.status_code, "Choose SD, experimental." in body(answer)) == (422, True)
    answer = client.post(
        where,
        {"seen": "", "take": "chosen", "pick-sd1": "own", "own-sd1": "4.75"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200, body(answer)
    agreed = Result.objects.current().get()
    assert (agreed.sd1, agreed.typed["sd1"], agreed.mean1) == (4.75, "4.75", 8.23), (
        "and the more precise mean"
    )
    late = client.post(where, {"seen": "", "take": "left"}, headers={"HX-Request": "true"})
    assert (late.status_code, "Dora settled this result in the meantime" in body(late)) == (409, True)


def test_one_sides_result_is_taken_whole_or_left_out(study, both, as_user, dora, outcome):
    client, theirs = as_user(dora), both[1].results.get()
    extra = add_result(
        both[1], outcome, scale="BDI-II", time_point="52 weeks", mean1=3, mean2=4, sd1=2, sd2=2
    )
    client.post(address("agree_result", study, both[0].results.get().pk), {"seen": "", "take": "right"})
    assert Result.objects.current().get().sd1 == theirs.sd1
    where = address("leave_out_result", study, extra.pk)
    assert "Say why" in body(client.post(where, {"why": "", "seen": ""}, headers={"HX-Request": "true"}))
    client.post(where, {"why": "Not a time point of ours.", "seen": ""})
    page = body(client.get(address("compare", study)))
    assert "Left out" in page
    assert "by Dora: Not a time point of ours." in page


def test_arms_named_twice_are_chosen_and_arms_turned_around_face_each_other(
    study, both, as_user, dora, outcome
):
    client, theirs = as_user(dora), both[1].results.get()
    therapy, control = study.arms.order_by("pk")
    cbt = Arm.objects.create(study=study, label="CBT", role="experimental")
    Result.objects.filter(pk=theirs.pk).update(experimental=cbt, sd1=4.7, mean1=8.2)
    where = address("agree_result", study, theirs.pk)
    page = body(client.get(address("compare", study)))
    assert 'name="pick-experimental" value="right"' in page
    client.post(where, {"seen": "", "take": "chosen", "pick-experimental": "right"})
    assert Result.objects.current().get().experimental == cbt
    turned = {"n1": 40, "mean1": 13.2, "sd1": 6.9, "n2": 40, "mean2": 8.2, "sd2": 4.9}
    mine = add_result(both[0], outcome, scale="BDI", time_point="1 year")
    other = add_result(both[1], outcome, scale="BDI", time_point="1 year", **turned)
    Result.objects.filter(pk=mine.pk).update(experimental=therapy, comparator=control)
    Result.objects.filter(pk=other.pk).update(experimental=control, comparator=therapy)
    page = body(client.get(address("compare", study)))
    assert "The arms are the other way round" in page
    client.post(address("agree_result", study, mine.pk), {"seen": "", "take": "chosen", "pick-sd1": "right"})
    agreed = Result.objects.current().get(scale="BDI")
    assert (agreed.experimental, agreed.mean1, agreed.sd1) == (therapy, 8.2, 4.9)


def test_who_extracts_takes_over_what_agrees_and_no_more(study, both, as_user, ben):
    client = as_user(ben)
    page = body(client.get(address("compare", study, show="?show=all")))
    assert "Differences are settled by someone who may reconcile" in page
    assert 'name="pick-sd1"' not in page
    assert "Another value" not in page
    client.post(address("take_agreeing", study))
    assert Value.objects.filter(extraction__kind="consensus").count() == 3
    refused = client.post(
        address("agree_value", study),
        {"field": "blind", "row": "", "seen_version": "0", "take": "left"},
        headers={"HX-Request": "true"},
    )
    assert refused.status_code == 403


def test_a_study_declared_complete_is_only_read(study, both, as_user, dora):
    Completion.objects.create(study=study, completed_by=dora)
    page = body(as_user(dora).get(address("compare", study)))
    assert "declared complete" in page
    assert 'name="take"' not in page


def test_leads_see_where_most_is_to_settle(study, both, as_user, ana, dora, cleo):
    calm = make_study(study.review, "Calm 2020")
    for extraction in both:
        make_extraction(calm, extraction.extractor, extraction.form_version, {"blind": True})
    where = reverse("extraction:comparisons", args=[study.review.slug])
    page = body(as_user(ana).get(where))
    assert page.index("Nakagawa 2017") < page.index("Calm 2020")
    assert "Agree, not taken over" in page
    take_all_agreeing(study=calm, by=dora)
    assert "Calm 2020" not in body(as_user(ana).get(where))
    assert "Calm 2020" in body(as_user(ana).get(where + "?show=all"))


def test_agreement_is_that_of_before_the_consensus(study, both, as_user, dora):
    where = reverse("extraction:agreement", args=[study.review.slug])
    before = body(as_user(dora).get(where))
    assert "Assessors blinded" in before
    assert '<span class="value">0</span><span class="label">results alike</span>' in before
    take_all_agreeing(study=study, by=dora)
    agree_values(study=study, by=dora, choices={("blind", ""): Choice(True)})
    assert body(as_user(dora).get(where)).count("0 %") == before.count("0 %")


def test_pages_cost_the_same_however_many_fields_and_studies(study, both, as_user, ana, outcome):
    client = as_user(ana)

    def count(where):
        with CaptureQueriesContext(connection) as queries:
            client.get(where)
        return len(queries)

    one, many = (
        address("compare", study, show="?show=all"),
        reverse("extraction:comparisons", args=[study.review.slug]),
    )
    first = count(one), count(many)
    for extraction in both:
        for row in range(3):
            Value.objects.create(
                extraction=extraction, field="role", row=f"r{row}", value="x", changed_by=ana
            )
        add_result(extraction, outcome, scale="BDI", time_point="1 year")
        extraction.rows = {"funders": [*extraction.rows["funders"], "r0", "r1", "r2"]}
        extraction.save()
    other = make_study(study.review, "Other 2021")
    make_arms(other)
    for extraction in both:
        make_extraction(other, extraction.extractor, extraction.form_version, BENS)
    assert (count(one), count(many)) == first
