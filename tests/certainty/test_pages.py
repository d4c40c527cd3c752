"""The pages of certainty: findings, ratings, the consensus, the tables and their files."""

import csv
import io

import pytest
from django.urls import reverse
from django.utils.html import escape

from analysis.services import write_plan
from certainty import services
from certainty.filling import rating_of
from certainty.models import Finding, Grade
from tests.factories import join, make_outcome, make_user


@pytest.fixture
def url(review):
    return lambda name, *args: reverse(f"certainty:{name}", args=[review.slug, *args])


def text_of(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def typed(plan):
    """What a browser sends for a new finding."""
    return {
        "plan": plan.pk,
        "outcome": "",
        "intervention": "Therapy",
        "comparison": "Usual care",
        "importance": "critical",
        "in_summary": "on",
        "baseline-TOTAL_FORMS": "3",
        "baseline-INITIAL_FORMS": "0",
        "baseline-0-label": "Low",
        "baseline-0-per_1000": "50",
        "baseline-0-source": "a cohort",
    }


@pytest.fixture
def form(draft, ben):
    """ben's draft and what its form sends as it stands."""

    def do(**changes):
        grade = draft(ben, **changes)
        sent = {"seen_version": grade.version, "start": grade.start, "start_reason": grade.start_reason}
        for step in grade.steps.all():
            sent |= {f"change_{step.domain}": step.change, f"reason_{step.domain}": step.reason}
        return grade, sent

    return do


def test_an_empty_room_offers_what_is_planned(review, plan, trials, run, ben, as_user, url):
    run()
    page = text_of(as_user(ben).get(url("findings")))
    assert "No findings yet" in page
    assert "Relapse, all trials" in page
    done = as_user(ben).post(url("take"), {"plan": plan.slug})
    assert done.status_code == 302
    assert Finding.objects.get().plan == plan
    assert "Nothing is left to take over" in text_of(as_user(ben).post(url("take"), follow=True))


def test_a_finding_is_added_with_its_baselines(review, trials, run, typed, ben, as_user, url):
    run()
    done = as_user(ben).post(url("add"), typed)
    assert done.status_code == 302, text_of(done)
    found = Finding.objects.get()
    assert found.baselines == [{"label": "Low", "per_1000": 50.0, "source": "a cohort"}]
    assert "50 per 1,000" in text_of(as_user(ben).get(url("finding", found.pk)))


def test_what_is_wrong_with_a_finding_is_said_at_its_field(review, trials, typed, ben, as_user, url):
    page = as_user(ben).post(url("add"), typed | {"plan": "", "baseline-0-per_1000": ""})
    assert page.status_code == 422
    assert "the outcome that the finding tells in words" in text_of(page)
    assert "Give the number that this row is about" in text_of(page)
    page = as_user(ben).post(url("add"), typed | {"intervention": ""})
    assert page.status_code == 422
    assert not Finding.objects.exists()


def test_baselines_can_start_from_the_studies(finding, ben, as_user, url):
    page = text_of(as_user(ben).get(url("finding_edit", finding.pk) + "?baselines=studies"))
    assert 'value="147.0"' in page or 'value="147"' in page
    assert "lowest of the comparators of the included studies" in page


def test_a_finding_changed_meanwhile_is_not_overwritten(finding, typed, ana, ben, as_user, url):
    services.change_finding(finding=finding, by=ana, seen_version=finding.version, label="Relapse at a year")
    page = as_user(ben).post(url("finding_edit", finding.pk), typed | {"seen_version": finding.version})
    assert page.status_code == 422
    finding.refresh_from_db()
    assert finding.label == "Relapse at a year"


def test_an_eighth_outcome_is_refused_with_a_sentence(finding, review, ana, ben, as_user, url):
    same = {"intervention": finding.intervention, "comparison": finding.comparison}
    for number in range(6):
        harm = make_outcome(review, f"Harm {number}", kind="dichotomous", order=number + 2)
        services.add_finding(review=review, by=ana, outcome=harm, **same)
    last = make_outcome(review, "Harm 7", kind="dichotomous", order=9)
    eighth = services.add_finding(review=review, by=ana, outcome=last, in_summary=False, **same)
    page = as_user(ben).post(url("finding_choose", eighth.pk), {"in_summary": "yes"}, follow=True)
    assert "seven" in text_of(page) or "7" in text_of(page)
    eighth.refresh_from_db()
    assert not eighth.in_summary
    as_user(ben).post(url("finding_choose", finding.pk), {"in_summary": "no"})
    as_user(ben).post(url("finding_choose", eighth.pk), {"in_summary": "yes"})
    eighth.refresh_from_db()
    assert eighth.in_summary


def test_of_many_plans_those_without_room_stay_out_of_the_summary(
    review, outcome, trials, ana, ben, as_user, url
):
    for number in range(8):
        settings = {"measure": "RR", "experimental_label": "therapy", "comparator_label": "usual care"}
        write_plan(review=review, name=f"Plan {number}", outcome=outcome, by=ana, **settings)
    assert as_user(ben).post(url("take")).status_code == 302
    assert (Finding.objects.in_summary().count(), Finding.objects.live().count()) == (7, 8)


def test_findings_move_up_and_down(finding, review, ana, ben, as_user, url):
    harm = make_outcome(review, "Harm", kind="dichotomous", order=2)
    second = services.add_finding(review=review, by=ana, outcome=harm, intervention="A", comparison="B")
    as_user(ben).post(url("finding_move", second.pk), {"to": "up"})
    assert list(Finding.objects.live()) == [second, finding]
    as_user(ben).post(url("finding_move", second.pk), {"to": "up"})
    assert list(Finding.objects.live()) == [second, finding]


def test_a_finding_is_retired_and_brought_back(finding, ben, as_user, url):
    as_user(ben).post(url("finding_retire", finding.pk))
    assert "Retired findings (1)" in text_of(as_user(ben).get(url("findings")))
    as_user(ben).post(url("finding_restore", finding.pk))
    assert Finding.objects.live().get() == finding


def test_the_rating_page_shows_what_is_suggested_beside_each_domain(finding, ben, as_user, url):
    page = text_of(as_user(ben).post(url("begin", finding.pk), follow=True))
    assert "RR 0.65 (0.50 to 0.85)" in page
    shown = {part.domain.key: part for part in rating_of(Grade.objects.get()).parts}
    assert shown["imprecision"].suggestion.change is not None
    for part in shown.values():
        assert escape(part.suggestion.sentence) in page
    assert "5 domains still to rate" in page


def test_a_domain_saves_itself_and_the_level_follows(form, ben, as_user, url):
    grade, sent = form()
    sent |= {"change_imprecision": "-1", "reason_imprecision": "Few events."}
    client = as_user(ben)
    answer = client.post(url("rate", grade.pk, "imprecision"), sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    said = text_of(answer)
    assert "Saved." in said
    assert "Moderate" in said
    grade.refresh_from_db()
    assert f'value="{grade.version}"' in said
    assert grade.changes["imprecision"] == -1


def test_a_level_without_its_reason_is_not_saved_and_says_so(form, ben, as_user, url):
    grade, sent = form()
    sent |= {"change_imprecision": "-2", "reason_imprecision": ""}
    answer = as_user(ben).post(url("rate", grade.pk, "imprecision"), sent, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "grade-error" in text_of(answer)
    assert Grade.objects.get().changes["imprecision"] == 0
    whole = as_user(ben).post(url("grade_save", grade.pk), sent | {"change_indirectness": "-1"})
    assert whole.status_code == 422
    assert "Nothing is saved yet" in text_of(whole)
    assert f'id="seen" value="{grade.version}"' in text_of(whole)
    assert Grade.objects.get().changes["indirectness"] == 0


def test_a_suggestion_is_accepted_with_one_gesture(finding, ben, as_user, url):
    grade = services.begin_grade(finding=finding, by=ben)
    sent = {"seen_version": grade.version, "accept": "inconsistency"}
    answer = as_user(ben).post(url("rate", grade.pk, "inconsistency"), sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'id="part-inconsistency"' in text_of(answer)
    assert Grade.objects.get().changes == {"inconsistency": 0}
    sent = {
        "seen_version": Grade.objects.get().version,
        "accept_all": "yes",
        "start": "high",
        "start_reason": "",
    }
    assert as_user(ben).post(url("grade_save", grade.pk), sent).status_code == 302
    assert set(Grade.objects.get().changes) == {"inconsistency", "imprecision"}


def test_an_old_page_does_not_overwrite(form, ben, as_user, url):
    grade, sent = form()
    sent |= {"seen_version": grade.version - 1, "change_imprecision": "-1", "reason_imprecision": "Few."}
    answer = as_user(ben).post(url("rate", grade.pk, "imprecision"), sent, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    answer = as_user(ben).post(
        url("rate", grade.pk, "imprecision"), sent | {"seen_version": "x"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 409
    assert Grade.objects.get().changes["imprecision"] == 0


def test_a_rating_is_completed_reopened_and_thrown_away(form, ben, as_user, url):
    grade, sent = form()
    as_user(ben).post(url("grade_save", grade.pk), sent | {"complete": "yes"})
    assert Grade.objects.get().is_complete
    page = as_user(ben).post(url("reopen", grade.pk), follow=True)
    again = Grade.objects.current().get()
    assert "Your rating" in text_of(page)
    assert not again.is_complete
    as_user(ben).post(url("discard", again.pk))
    assert not Grade.objects.current().filter(state="draft").exists()


def test_nobody_sees_a_colleagues_rating_too_early(complete, finding, ben, cleo, as_user, url):
    grade = complete(ben, imprecision=-3)
    client = as_user(cleo)
    for page in (url("findings"), url("finding", finding.pk), url("compare", finding.pk)):
        assert "by ben" not in text_of(client.get(page))
        assert "Very low" not in text_of(client.get(page))
    assert client.get(url("grade", grade.pk)).status_code == 404
    assert "1 of 2 complete" in text_of(client.get(url("findings")))
    complete(cleo)
    assert client.get(url("grade", grade.pk)).status_code == 200


def test_two_ratings_are_compared_and_settled(complete, finding, ben, cleo, dora, as_user, url):
    complete(ben, imprecision=-1)
    complete(cleo)
    page = text_of(as_user(cleo).get(url("compare", finding.pk)))
    assert "records the consensus" in page
    assert "<select" not in page.split("Ratings side by side")[1]
    page = as_user(dora).get(url("compare", finding.pk))
    sent = {"stamp": page.context["compared"].stamp, "change_start": "high", "reason_start": "Trials only."}
    for row in page.context["rows"]:
        sent.setdefault(f"change_{row.key}", row.value)
        sent.setdefault(f"reason_{row.key}", row.reason)
    assert sent["change_imprecision"] == ""
    refused = as_user(dora).post(url("settle", finding.pk), sent)
    assert refused.status_code == 422
    done = as_user(dora).post(
        url("settle", finding.pk), sent | {"change_imprecision": "-1", "reason_imprecision": "Few events."}
    )
    assert done.status_code == 302, text_of(done)
    agreed = Grade.objects.agreed().get()
    assert agreed.level.label == "Moderate"
    page = text_of(as_user(ben).get(url("finding", finding.pk)))
    assert "Compared with usual care, therapy probably reduces relapse." in page
    assert "Change the consensus" in text_of(as_user(dora).get(url("compare", finding.pk)))


@pytest.mark.parametrize("kind", ["summary", "profile"])
def test_the_tables_as_pages_and_files(kind, complete, settle, finding, ben, cleo, dora, as_user, url):
    complete(ben)
    complete(cleo)
    settle(dora, imprecision=-1)
    client = as_user(ben)
    page = text_of(client.get(url("table", kind)))
    assert "⊕⊕⊕◯" in page
    assert "Imprecision, one level down: Agreed." in page
    rows = list(
        csv.reader(io.StringIO(client.get(url("table_file", kind, "csv")).content.decode("utf-8-sig")))
    )
    assert len({len(row) for row in rows}) == 1
    assert dict(zip(*rows, strict=True))["certainty"] == "Moderate"
    html = client.get(url("table_file", kind, "html")).content.decode()
    assert "<a " not in html
    assert "60 fewer per 1,000" in html
    first, second = (client.get(url("table_file", kind, "docx")) for _ in range(2))
    assert first.content == second.content
    assert first["Content-Disposition"].endswith('_therapy-vs-usual-care.docx"')


def test_a_file_or_comparison_that_is_not_there(finding, ben, as_user, url):
    client = as_user(ben)
    assert client.get(url("table_file", "summary", "exe")).status_code == 404
    assert client.get(url("table", "other")).status_code == 404
    assert client.get(url("table", "summary") + "?comparison=no").status_code == 404


def test_cells_are_no_formulas(finding, ana, ben, as_user, url):
    services.change_finding(finding=finding, by=ana, seen_version=finding.version, label="=1+1")
    assert "'=1+1" in as_user(ben).get(url("table_file", "summary", "csv")).content.decode()


def test_an_observer_reads_but_does_not_rate(finding, review, as_user, url):
    olga = join(review, make_user("olga"), "observer").user
    page = text_of(as_user(olga).get(url("finding", finding.pk)))
    assert "RR 0.65" in page
    assert url("begin", finding.pk) not in page
    assert as_user(olga).post(url("begin", finding.pk)).status_code == 403


def test_a_new_round_after_a_consensus_offers_what_is_next(
    complete, settle, finding, ben, cleo, dora, as_user, url
):
    complete(ben)
    complete(cleo)
    settle(dora)
    assert "Consensus</a>" in text_of(as_user(ben).get(url("findings")))
    as_user(ben).post(url("begin", finding.pk))
    assert "Go on rating" in text_of(as_user(ben).get(url("findings")))
    complete(ben, imprecision=-1)
    assert "Your rating" in text_of(as_user(ben).get(url("findings")))
    assert ">Rate</button>" in text_of(as_user(cleo).get(url("findings")))
    assert "Moderate" not in text_of(as_user(cleo).get(url("compare", finding.pk)))
