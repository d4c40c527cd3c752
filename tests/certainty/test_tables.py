"""What the summary of findings and the evidence profile say."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certainty import services
from certainty.tables import UnknownComparison, comparisons, evidence_profile, summary_of_findings
from extraction.models import Result
from tests.factories import make_outcome


@pytest.fixture
def only(finding):
    """The one row of the finding's table, as it is now."""

    def do(table=summary_of_findings):
        [row] = table(finding.review).rows
        return row

    return do


def test_a_review_without_findings_has_empty_tables(review):
    assert summary_of_findings(review).rows == ()
    assert evidence_profile(review).rows == ()
    with pytest.raises(UnknownComparison, match="no findings yet"):
        summary_of_findings(review, "cbt-vs-nothing")


def test_a_row_tells_people_effect_and_what_it_means(finding, only):
    row = only()
    assert (row.people, row.participants, row.studies) == ("1,360 (4 RCTs)", 1360, 4)
    assert row.relative == "RR 0.65 (0.50 to 0.85)"
    [cell] = row.absolute
    # 117 of 680 had it with the comparator: 172 of 1,000
    assert (cell.comparator, cell.intervention) == ("172 per 1,000", "112 per 1,000 (85 to 146)")
    assert cell.difference == "60 fewer per 1,000 (87 fewer to 26 fewer)"
    assert row.outcome == "Relapse"
    table = summary_of_findings(finding.review)
    assert dict(table.footnotes)[cell.marks[0]].endswith("the comparators of the included studies.")
    assert dict(table.head)["Intervention"] == "therapy"


def test_nothing_is_certain_before_people_agree(finding, complete, ben, cleo, only):
    complete(ben, imprecision=-1)
    row = only()
    assert (row.level, row.symbol, row.certainty, row.statement) == ("", "", "Not rated yet", "")
    complete(cleo)
    assert only().level == ""


def test_what_is_agreed_is_shown_with_its_reasons(finding, complete, settle, ben, cleo, dora, only):
    complete(ben, imprecision=-1)
    complete(cleo)
    settle(dora, imprecision=-1, indirectness=-1)
    row, table = only(), summary_of_findings(finding.review)
    assert (row.level, row.symbol, row.certainty) == ("low", "⊕⊕◯◯", "Low")
    notes = dict(table.footnotes)
    said = [notes[mark] for mark in row.marks]
    assert "Imprecision, one level down: Agreed." in said
    assert "Indirectness, one level down: Agreed." in said
    assert row.statement == "Compared with usual care, therapy may reduce relapse."
    assert row.proposed


def test_own_words_go_before_the_proposed(finding, complete, settle, ben, cleo, dora, ana, only):
    complete(ben)
    complete(cleo)
    settle(dora)
    services.change_finding(finding=finding, by=ana, seen_version=finding.version, statement="It works.")
    assert (only().statement, only().proposed) == ("It works.", False)


def test_chosen_baselines_have_a_cell_each(finding, ana, only):
    baselines = [
        {"label": "Low", "per_1000": 50, "source": "a cohort"},
        {"label": "High", "per_1000": 400, "source": "a cohort"},
    ]
    services.change_finding(finding=finding, by=ana, seen_version=finding.version, baselines=baselines)
    low, high = only().absolute
    assert (low.label, low.comparator) == ("Low", "50 per 1,000")
    assert high.difference.startswith("140 fewer per 1,000")
    assert low.marks == high.marks


def test_a_rating_whose_result_changed_is_stale(finding, complete, settle, ben, cleo, dora, run, only):
    complete(ben)
    complete(cleo)
    settle(dora)
    assert only().stale == ()
    result = Result.objects.order_by("pk")[0]
    result.events1 = 30
    result.save()
    run()
    assert only().stale


def test_the_profile_has_every_domain(finding, complete, settle, ben, cleo, dora, only):
    complete(ben)
    complete(cleo)
    settle(dora, imprecision=-2, large_effect=1)
    row = only(evidence_profile)
    words = dict(row.named)
    assert words["Imprecision"].words == "very serious"
    assert words["Inconsistency"].words == "not serious"
    assert words["Imprecision"].marks
    assert not words["Inconsistency"].marks
    assert row.other.words == "large effect: large"
    assert (row.with_intervention, row.with_comparison) == ("76/680 (11.2%)", "117/680 (17.2%)")


def test_the_profile_has_findings_that_the_summary_leaves_out(finding, ana, review):
    services.change_finding(finding=finding, by=ana, seen_version=finding.version, in_summary=False)
    assert summary_of_findings(review).rows == ()
    assert len(evidence_profile(review).rows) == 1


def test_a_result_in_words(review, ana):
    harms = make_outcome(review, "Harms", kind="dichotomous", order=1)
    services.add_finding(
        review=review,
        by=ana,
        outcome=harms,
        intervention="Therapy",
        comparison="Usual care",
        narrative="Two studies mention none.",
    )
    [row] = summary_of_findings(review).rows
    assert row.narrative == "Two studies mention none."
    assert (row.relative, row.people) == ("", "–")
    [cell] = row.absolute
    assert cell.difference == ""


def test_comparisons_are_tables_of_their_own(finding, review, ana):
    harms = make_outcome(review, "Harms", kind="dichotomous", order=1)
    services.add_finding(review=review, by=ana, outcome=harms, intervention="Drug", comparison="Placebo")
    services.add_finding(
        review=review, by=ana, outcome=harms, intervention=" THERAPY ", comparison="Usual  care"
    )
    assert [(one.key, len(one.findings)) for one in comparisons(review)] == [
        ("therapy-vs-usual-care", 2),
        ("drug-vs-placebo", 1),
    ]
    assert summary_of_findings(review, "drug-vs-placebo").intervention == "Drug"
    with pytest.raises(UnknownComparison, match="drug-vs-placebo"):
        summary_of_findings(review, "other")


def test_the_tables_are_plain_data(finding, complete, settle, ben, cleo, dora):
    complete(ben)
    complete(cleo)
    settle(dora)
    for build in (summary_of_findings, evidence_profile):
        told = json.loads(json.dumps(build(finding.review).to_dict()))
        assert told["rows"]


def test_more_findings_cost_no_more_queries(
    finding, complete, settle, ben, cleo, dora, ana, review, django_assert_max_num_queries
):
    complete(ben)
    complete(cleo)
    settle(dora)
    with CaptureQueriesContext(connection) as few:
        summary_of_findings(review)
    for number in range(6):
        harms = make_outcome(review, f"Harm {number}", kind="dichotomous", order=number + 2)
        services.add_finding(
            review=review,
            by=ana,
            outcome=harms,
            intervention="therapy",
            comparison="usual care",
            narrative="None.",
        )
    with django_assert_max_num_queries(len(few)):
        assert len(summary_of_findings(review).rows) == 7
