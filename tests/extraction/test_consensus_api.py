"""Dual extraction for programs and the shell."""

import json

import pytest
from django.core.management import CommandError, call_command

from extraction.models import Extraction, Result, Value
from tests.extraction.dual import BENS, CLEOS, add_result, make_dual, make_extraction, make_form
from tests.factories import make_study


@pytest.fixture
def both(study, outcome, ana, ben, cleo):
    make_dual(study.review)
    version = make_form(study.review, ana)
    bens, cleos = make_extraction(study, ben, version, BENS), make_extraction(study, cleo, version, CLEOS)
    add_result(bens, outcome, scale="HDRS-17")
    add_result(cleos, outcome, scale="HDRS-17", sd1=0.74)
    return bens, cleos


@pytest.fixture
def api(as_user, study):
    """``api(dora).post("results/", {...})`` speaks to the comparison of the study."""

    class Api:
        def __init__(self, user):
            self.client = as_user(user)
            self.root = f"/api/reviews/{study.review.slug}/extraction-comparisons/"

        def get(self, path=f"{study.pk}/"):
            return self.client.get(self.root + path)

        def post(self, path, data=None):
            where = f"{self.root}{study.pk}/{path}"
            return self.client.post(where, data or {}, content_type="application/json")

    return Api


def test_programs_read_what_differs(api, study, both, dora):
    [row] = api(dora).get("").json()["results"]
    assert (row["study"], row["fields_open"], row["results_open"], row["changing_effects"]) == (
        study.pk,
        2,
        1,
        1,
    )
    found = api(dora).get().json()
    fields = {one["field"]: one for one in found["fields"] if one["row"] in ("", "aa")}
    assert (fields["age"]["grade"], fields["age"]["left"], fields["age"]["right"]) == (
        "rounded",
        "41.3",
        "41",
    )
    [result] = found["results"]
    [sd] = [line for line in result["lines"] if line["grade"] == "different"]
    assert (sd["name"], sd["changes_effect"], "standard error" in sd["hint"]) == ("sd1", True, True)
    assert result["effects"][0]["measure"] == "SMD"
    assert result["effects"][0]["share_of_se"] > 0.5


def test_programs_agree_and_leave_out(api, study, both, outcome, dora):
    extra = add_result(both[0], outcome, scale="BDI-II", time_point="1 year", mean1=1.1, sd1=2.2)
    program = api(dora)
    answer = program.post("values/", {"values": [{"field": "blind", "value": True}]})
    assert answer.status_code == 200
    late = program.post("values/", {"values": [{"field": "blind", "value": False}]})
    assert (late.status_code, "in the meantime" in late.json()["detail"]) == (409, True)
    mine = both[0].results.get(scale="HDRS-17")
    answer = program.post("results/", {"result": mine.pk, "values": {"sd1": "4.70"}, "scale": "HDRS"})
    assert (answer.status_code, answer.json()["scale"]) == (201, "HDRS")
    assert program.post("results/", {"result": mine.pk}).status_code == 409
    answer = program.post("leave-out/", {"result": extra.pk, "why": "Not a time point of ours."})
    assert [one["left_out"] for one in answer.json()["results"]] == ["", "Not a time point of ours."]
    assert program.post("take-agreeing/").json() == {"values": 3, "results": 0}
    agreement = program.get("agreement/").json()
    assert (agreement["studies"], agreement["same_results"], agreement["paired"]) == (1, 0, 1)


def test_nothing_is_told_before_both_are_complete(api, study, both, ben, dora):
    Extraction.objects.filter(pk=both[1].pk).update(state="draft", completed_at=None, completed_by=None)
    theirs = both[1].results.get()
    for user in (ben, dora):
        assert api(user).get("").json()["results"] == []
        assert api(user).get().status_code == 404
        assert api(user).post("results/", {"result": theirs.pk}).status_code == 404
        assert api(user).get("agreement/").json()["studies"] == 0


def test_a_result_of_another_study_is_not_agreed_on_here(api, study, both, outcome, dora):
    other = make_study(study.review, "Other")
    extractions = [make_extraction(other, one.extractor, one.form_version, {}) for one in both]
    answer = api(dora).post("results/", {"result": add_result(extractions[0], outcome).pk})
    assert (answer.status_code, "another study" in str(answer.json())) == (400, True)


def test_the_shell_lists_takes_and_counts(study, both, capsys, ben):
    def run(*options):
        call_command("extraction_differences", "--review", study.review.slug, "--json", *options)
        return json.loads(capsys.readouterr().out)

    assert run()["comparisons"][0]["waiting"] == 3
    assert run("--take", "--by", ben.email) == {"values": 3, "results": 0}
    assert Value.objects.filter(extraction__kind="consensus").count() == 3
    assert run("--agreement")["studies"] == 1
    call_command("extraction_differences", "--review", study.review.slug, "--study", study.label)
    told = capsys.readouterr().out
    assert "Assessors blinded: different: Yes | No" in told
    assert "SMD from" in told
    with pytest.raises(CommandError, match="two complete extractions are needed"):
        call_command("extraction_differences", "--review", study.review.slug, "--study", "Nobody 1999")
    assert not Result.objects.current().exists()
