"""A run tried without studies or by other methods: page, program and command; nothing is saved."""

import json
import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from analysis.models import Plan, Run
from analysis.what_if import InvalidChoice, what_if
from tests.factories import join, make_user

pytestmark = pytest.mark.django_db


def address(name, run, **query):
    return reverse(f"analysis:{name}", args=[run.review.slug, run.pk], query=query or None)


def key_of(run, study):
    return next(
        str(row["row"] if "row" in row else row["study_id"])
        for row in run.snapshot["rows"]
        if row["study"] == study
    )


def test_without_a_study_it_is_the_run_of_the_others(run, write, trials, ana):
    whole = run()
    others = run("Others", excluded_studies=[trials[2]], exclusion_note="far off")
    found = what_if(whole, without=[key_of(whole, "Cruz 2010")])
    for name in ("estimate", "ci_low", "ci_high", "tau2", "k"):
        assert found.result["pooled"][name] == pytest.approx(others.result["pooled"][name], rel=1e-12)
    assert found.in_words == "Without Cruz 2010"
    assert "2 trials" in found.sentences[0]
    assert found.studies_out == ["Cruz 2010"]


def test_other_methods_give_what_a_plan_with_them_gives(run):
    whole = run()
    other = run("Other", tau2_method="DL", test="z", level=90)
    found = what_if(whole, tau2_method="DL", test="z", level="90")
    for name in ("estimate", "ci_low", "ci_high", "tau2", "pval"):
        assert found.result["pooled"][name] == pytest.approx(other.result["pooled"][name], rel=1e-12)
    assert found.in_words == "Random effects (DL), z test; 90% intervals"
    assert what_if(whole, measure="MD").sentences[0].startswith("Pooled Mean difference")


def test_the_choices_of_the_run_itself_differ_in_nothing(run):
    found = what_if(whole := run(), tau2_method="REML", test="knha", level=95, measure="SMD", method="iv")
    assert not found.differs
    assert found.query == ""
    assert found.result is whole.result


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"without": ["999"]}, "has no row 999; its rows are"),
        ({"tau2_method": "XX"}, "There is no tau2_method 'XX'; choose one of REML"),
        ({"measure": "nonsense"}, "There is no measure 'nonsense'"),
        ({"level": "100"}, "a percentage between 0 and 100, such as 95, not '100'"),
        ({"level": "nan"}, "a percentage between 0 and 100"),
        ({"colour": "red"}, "There is no setting colour to try"),
    ],
)
def test_what_there_is_not_is_refused_with_a_sentence(run, choices, sentence):
    with pytest.raises(InvalidChoice, match=re.escape(sentence)):
        what_if(run(), **choices)


def test_what_cannot_be_computed_says_why(run):
    whole = run()
    keys = [key_of(whole, row["study"]) for row in whole.snapshot["rows"]]
    assert what_if(whole, without=keys).reason == "Every study is left out, so there is nothing to pool."
    assert "Ade 2001: means and SDs do not give OR" in what_if(whole, measure="OR").reason
    one = what_if(whole, without=keys[1:])
    assert "One trial only, so nothing is pooled" in one.sentences[0]


def test_the_page_answers_at_once_and_the_address_keeps_the_choices(run, ana, as_user):
    whole, browser = run(), as_user(ana)
    before = list(Run.objects.values_list("pk", "input_hash")), Plan.objects.count()
    key = key_of(whole, "Cruz 2010")
    answer = browser.get(
        address("what_if", whole, without=key, tau2_method="DL", test="knha"), headers={"HX-Request": "true"}
    )
    part = answer.content.decode()
    assert answer["HX-Replace-Url"] == f"{address('run', whole)}?without={key}&tau2_method=DL"
    assert "<html" not in part
    assert "Without Cruz 2010; Random effects (DL), Knapp-Hartung" in part
    figure = part[part.index('id="tried-figure"') :]
    assert 'hx-swap-oob="true"' in figure
    assert "Ade 2001" in figure
    assert "Cruz 2010" not in figure
    page = browser.get(answer["HX-Replace-Url"]).content.decode()
    assert "Without Cruz 2010; Random effects (DL), Knapp-Hartung" in page
    assert f'value="{key}" aria-label="Leave out Cruz 2010" checked' in page
    assert '<option value="DL" selected>' in page
    plain = browser.get(address("what_if", whole, without=key))  # without script the form leads to the page
    assert plain["Location"] == f"{address('run', whole)}?without={key}"
    assert before == (list(Run.objects.values_list("pk", "input_hash")), Plan.objects.count())


def test_nonsense_in_the_address_is_told_and_the_run_is_shown(run, ana, as_user):
    page = as_user(ana).get(address("run", run(), level="500")).content.decode()
    assert "a percentage between 0 and 100" in page
    assert "Pooled Hedges g" in page
    answer = as_user(ana).get(
        address("what_if", Run.objects.get(), without="999"), headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert "has no row 999" in answer.content.decode()


def test_a_plan_is_written_from_it(run, trials, ana, as_user, review):
    whole, browser = run(), as_user(ana)
    found = what_if(whole, without=[key_of(whole, "Cruz 2010")], tau2_method="DL")
    page = browser.get(address("run", whole, **{"without": key_of(whole, "Cruz 2010"), "tau2_method": "DL"}))
    link = f"{reverse('analysis:plan_new', args=[review.slug])}?{found.for_plan}"
    assert link.replace("&", "&amp;") in page.content.decode()
    form = browser.get(link).content.decode()
    assert '<option value="DL" selected>' in form
    box = next(
        tag
        for tag in re.findall(r"<input[^>]*>", form)
        if f'value="{trials[2].pk}"' in tag and "excluded" in tag
    )
    assert "checked" in box
    reader = as_user(join(review, make_user("olga"), "observer").user)
    assert "Write a plan" not in reader.get(address("run", whole, tau2_method="DL")).content.decode()


def test_programs_and_the_shell_ask_the_same(run, ana, as_user, capsys):
    whole = run()
    key = key_of(whole, "Cruz 2010")
    answer = as_user(ana).post(
        f"/api/reviews/trd/runs/{whole.pk}/what-if/",
        {"without": [key], "tau2_method": "DL"},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    call_command("what_if", review="trd", run=whole.pk, without=["cruz 2010"], tau2="DL", json=True)
    assert json.loads(capsys.readouterr().out) == answer.json()
    assert answer.json()["result"]["pooled"]["k"] == 2
    call_command("what_if", review="trd", run=whole.pk, test="z")
    assert "Random effects (REML), z test: Pooled Hedges g" in capsys.readouterr().out
    wrong = as_user(ana).post(
        f"/api/reviews/trd/runs/{whole.pk}/what-if/", {"without": ["x"]}, content_type="application/json"
    )
    assert (wrong.status_code, "has no row x" in wrong.json()["detail"]) == (422, True)
    with pytest.raises(CommandError, match=r"has no run 99\. Its runs: "):
        call_command("what_if", review="trd", run=99)
