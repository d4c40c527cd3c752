"""The form of a plan and its page: every setting, what it would take in, changes with their reason."""

import re

import pytest
from django.http import QueryDict
from django.urls import reverse

from analysis import services
from analysis.choices import SENSITIVITY
from analysis.forms import PlanForm
from analysis.forms.plans import names_in_parts
from analysis.forms.rules import PREFIX, RULES
from analysis.models import Plan
from analysis.plan_settings import PLAN_SETTINGS
from extraction.models import Characteristic, Result
from tests.factories import make_result, make_study


def url(name, review, *args):
    return reverse(f"analysis:{name}", args=[review.slug, *args])


def text_of(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def typed(outcome):
    """What a browser sends for a new plan that nobody touched but for its name."""
    return {
        "do": "save",
        "kind": "pairwise",
        "shown_kind": "pairwise",
        "name": "All trials",
        "outcome": outcome.pk,
        "measure": "SMD",
        "method": "iv",
        "tau2_method": "REML",
        "test": "knha",
        "level": "95",
        "prediction": "as test",
        "sensitivity": list(SENSITIVITY),
        "experimental_label": "therapy",
        "comparator_label": "control",
    }


def test_every_setting_and_every_rule_has_its_place(review, outcome, trials):
    form = PlanForm(review)
    assert set(form.fields) - {"shown_kind"} == set(names_in_parts())
    assert set(PLAN_SETTINGS) - {"selection"} <= set(names_in_parts())
    assert {PREFIX + rule for rule in RULES} <= set(names_in_parts())
    assert [part.key for part in form.parts if not part.folded] == ["asked", "effect"]


def test_what_is_typed_is_what_is_written(review, outcome, trials, ana, as_user, typed):
    Characteristic.objects.create(study=trials[0], name="age", value="41")
    given = typed | {
        "question": "Does it help?",
        "method": "iv",
        "subgroup_by": "age",
        "common_tau2": "on",
        "moderators-1-name": "age",
        "moderators-1-type": "number",
        "moderators-2-name": "",
        "sensitivity": ["tests"],
        "small_study_tests": ["egger"],
        "select_experimental": ["Therapy"],
        "select_weeks_from": "0",
        "select_weeks_to": "26",
        "select_when": "last",
        "select_scales:BDI-II": "2",
        "select_scales:HDRS-17": "1",
        "select_scales:MADRS": "",
        "select_scales-more": "CES-D; PHQ-9",
        "select_raters:clinician": "1",
        "select_only_raters": "on",
        "select_multi_arm": "combine",
    }
    answer = as_user(ana).post(url("plan_new", review), given)
    assert answer.status_code == 302, text_of(answer)
    plan = Plan.objects.get()
    assert plan.selection == {
        "experimental": ["Therapy"],
        "weeks_to": 26.0,
        "weeks_from": 0.0,
        "when": "last",
        "scales": ["HDRS-17", "BDI-II", "CES-D", "PHQ-9"],
        "raters": ["clinician"],
        "only_raters": True,
        "multi_arm": "combine",
    }
    assert plan.moderators == [{"name": "age", "type": "number"}]
    assert (plan.question, plan.common_tau2) == ("Does it help?", True)
    assert (plan.sensitivity, plan.small_study_tests) == (["tests"], ["egger"])
    page = text_of(as_user(ana).get(url("plan", review, "all-trials")))
    for words in (
        "Does it help?",
        "HDRS-17, else BDI-II, else CES-D, else PHQ-9, else any other",
        "age (as a number)",
    ):
        assert words in page
    again = text_of(as_user(ana).get(url("plan_new", review) + "?from=all-trials"))
    assert 'name="select_scales:BDI-II" value="2"' in again
    assert 'name="moderators-1-name" value="age"' in again
    assert 'name="select_weeks_from" value="0.0"' in again


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"select_scales:A": "1", "select_scales:B": "1"}, "both have place 1"),
        ({"select_scales:A": "first"}, "is a whole number from 1, not “first”"),
        ({"select_when": "nearest"}, "Say to which number of weeks"),
        ({"select_weeks_from": "9", "select_weeks_to": "3"}, "The weeks begin at 9"),
        ({"select_only_scales": "on"}, "Name the scales"),
        ({"prefer_rater": "clinician", "select_raters:clinician": "1"}, "Say the rater once"),
        ({"method": "mh"}, "Mantel-Haenszel pools OR"),
        ({"common_tau2": "on"}, "needs subgroups"),
        ({"moderators-1-name": "age", "moderators-2-name": "age"}, "“age” is there twice"),
        ({"kind": "magic", "shown_kind": "magic"}, "magic is not one of the available choices"),
    ],
)
def test_what_makes_no_plan_comes_back_with_a_sentence(review, trials, ana, as_user, typed, change, sentence):
    answer = as_user(ana).post(url("plan_new", review), typed | change)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Plan.objects.exists()


def test_the_form_counts_before_anything_is_saved(review, outcome, trials, ben, ana, as_user, typed):
    browser = as_user(ana)
    assert "3 studies eligible" in text_of(browser.get(url("plan_new", review)))
    make_result(trials[0], outcome, ben, scale="BDI-II", is_preferred=False)
    Result.objects.filter(study=trials[0]).update(is_preferred=False)
    make_study(review, "No result 2020")
    asked = text_of(browser.post(url("plan_new", review), typed | {"do": "look"}))
    assert "2 studies eligible" in asked
    assert "1 needs a choice" in asked
    assert "no result of this outcome: No result 2020" in asked
    assert "data-unsaved-now" in asked
    ranked = text_of(
        browser.post(url("plan_new", review), typed | {"do": "look", "select_scales:BDI-II": "1"})
    )
    assert "3 studies eligible" in ranked
    assert 'name="select_scales:BDI-II" value="1"' in ranked
    doubtful = typed | {"do": "look", "name": "", "excluded_studies": [trials[1].pk]}
    left = text_of(browser.post(url("plan_new", review), doubtful))
    assert "1 study eligible" in left
    assert "This field is required" not in left
    assert not Plan.objects.exists()


def test_another_kind_shows_its_own_settings_and_keeps_what_was_typed(review, trials, ana, as_user, typed):
    browser, address = as_user(ana), url("plan_new", review)
    network = text_of(browser.post(address, typed | {"kind": "network", "name": "Together"}))
    assert 'value="Together"' in network
    assert 'name="tau2_method"' in network
    assert 'name="method"' not in network
    assert "Paule-Mandel" not in network
    only = {"kind": "pairwise", "shown_kind": "network", "name": "Together", "outcome": typed["outcome"]}
    back = text_of(browser.post(address, only | {"do": "look", "measure": "SMD", "level": "90"}))
    assert 'name="sensitivity" value="tests"' in back
    ticked = re.findall(r'name="sensitivity" value="(\w+)" id="\w+" checked', back)
    assert ticked == list(SENSITIVITY)
    assert 'value="90"' in back
    assert not Plan.objects.exists()
    kept = {name: typed[name] for name in ("outcome", "measure", "tau2_method", "level")}
    labels = {"experimental_label": "a", "comparator_label": "b", "name": "Together"}
    saved = browser.post(address, kept | labels | {"kind": "network", "shown_kind": "network"})
    assert saved.status_code == 302, text_of(saved)
    assert Plan.objects.get().kind == "network"


def test_a_plan_is_changed_with_a_reason_and_its_page_tells(review, run, ana, as_user, typed):
    plan, browser = run().plan, as_user(ana)
    address = url("plan_change", review, plan.slug)
    page = text_of(browser.get(address))
    assert "The plan was run already: a change is marked as post hoc" in page
    assert 'name="seen_version" value="1"' in page
    given = typed | {"seen_version": 1, "test": "z", "experimental_label": "intervention"}
    without = browser.post(address, given)
    assert (without.status_code, Plan.objects.get().test) == (422, "knha")
    done = browser.post(address, given | {"reason": "asked by <referee>"}, follow=True)
    told = text_of(done)
    assert "changed post hoc" in told
    assert "<del>Knapp-Hartung (t)</del> → <ins>Wald (z)</ins>" in told
    assert "asked by &lt;referee&gt;" in told
    assert "The data or the plan changed since the last run" in told
    late = browser.post(address, given | {"reason": "again", "level": "90"})
    assert late.status_code == 422
    assert "changed in the meantime" in text_of(late)
    assert "changed post hoc" in text_of(browser.get(url("plans", review)))


def test_a_plan_that_was_not_touched_is_not_changed(review, write, trials, ana, as_user):
    """What the form shows of a plan is what it sends back, whatever its settings."""
    given = {
        "selection": {"scales": ["HDRS"], "weeks_from": 0.0, "comparator": ["gone"], "when": "last"},
        "moderators": [{"name": "gone too", "type": "category"}],
        "subgroup_by": "no longer there",
        "small_study_tests": ["begg"],
        "excluded_studies": [trials[0]],
        "exclusion_note": "doubtful",
        "question": "Why?",
    }
    plan = write(**given)
    page = as_user(ana).get(url("plan_change", review, plan.slug))
    form = page.context["form"]
    data = QueryDict(mutable=True)
    for name in form.fields:
        value = form[name].value()
        if name.startswith("select_scales"):
            data["select_scales:HDRS"] = "1"
        elif name == "moderators":
            data["moderators-1-name"], data["moderators-1-type"] = "gone too", "category"
        elif isinstance(value, list):
            data.setlist(name, [str(getattr(one, "pk", one)) for one in value])
        elif value is not None and value is not False:
            data[name] = "on" if value is True else str(value)
    data["reason"] = "none"
    answer = as_user(ana).post(url("plan_change", review, plan.slug), dict(data.lists()))
    assert answer.status_code == 422
    assert "Nothing is different from the plan as it stands" in text_of(answer)


def test_a_retired_plan_is_brought_back_from_its_page(review, write, ana, ben, as_user):
    plan, browser = write(), as_user(ana)
    browser.post(url("plan_retire", review, plan.slug))
    page = text_of(browser.get(url("plan", review, plan.slug)))
    assert "Bring back" in page
    assert url("plan_change", review, plan.slug) not in page
    late = browser.get(url("plan_change", review, plan.slug), follow=True)
    assert "A retired plan is not changed" in text_of(late)
    assert as_user(ben).post(url("plan_restore", review, plan.slug)).status_code == 403
    assert as_user(ben).get(url("plan_change", review, plan.slug)).status_code == 403
    assert "in use again" in text_of(browser.post(url("plan_restore", review, plan.slug), follow=True))
    assert "in use already" in text_of(browser.post(url("plan_restore", review, plan.slug), follow=True))


def test_the_list_follows_what_is_under_way(review, write, trials, ana, as_user, work):
    browser = as_user(ana)
    plan = write(kind="pairwise")
    services.request_run(plan=plan, by=ana)
    waiting = text_of(browser.get(url("plans", review)))
    assert 'hx-trigger="every 3s"' in waiting
    assert "Queued" in waiting
    work()
    done = text_of(browser.get(url("plans", review)))
    assert "every 3s" not in done
    assert "Done" in done


def test_hostile_words_stay_text(review, trials, outcome, ben, ana, as_user, write):
    Result.objects.filter(study=trials[0]).update(scale='"><script>alert(1)</script>')
    write(moderators=[{"name": "<i>age</i>", "type": "number"}], question="<b>?</b>")
    for page in (
        url("plan_new", review),
        url("plan_change", review, "all-trials"),
        url("plan", review, "all-trials"),
    ):
        text = text_of(as_user(ana).get(page))
        assert "<script>alert" not in text
        assert "<i>age" not in text
        assert "<b>?" not in text
        assert " style=" not in text
