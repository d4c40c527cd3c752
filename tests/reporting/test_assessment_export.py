"""Risk of bias as a table: answers, judgements and their support, as far as the member may see them."""

import csv
import io

import pytest
from django.urls import reverse

from appraisal import services
from reporting.exports import build_export
from reviews.models import Membership
from tests.factories import make_outcome, make_study

ANSWERS = {"1.1": "Y", "1.2": "PY", "1.3": "N"}


@pytest.fixture
def study(review):
    return make_study(review, "Nakagawa 2017")


@pytest.fixture
def rob2(review, study):
    outcome = make_outcome(review, "Depression severity")

    def do(by, level="low"):
        one = services.start_assessment(
            study=study,
            instrument="rob2",
            assessor=by,
            outcome=outcome,
            time_point="post",
            result_label="g −0.4",
        )
        for question, value in ANSWERS.items():
            services.answer_question(
                assessment=one,
                question=question,
                value=value,
                by=by,
                support=f"said {by}",
                quote="by a table",
                page="4",
            )
        services.judge(
            assessment=one, domain="D1", value=level, by=by, support="=SUM(1)", direction="towards_null",
            override_reason="" if level == "low" else "too few",
        )  # fmt: skip
        return one

    return do


def rows_of(review, member):
    membership = Membership.objects.get(review=review, user=member)
    text = "".join(build_export(membership=membership, what="assessments", extension="csv"))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_row_per_answer_and_judgement_with_everything_beside_it(review, rob2, ben):
    rob2(ben, "high")
    rows = rows_of(review, ben)
    assert [(row["part"], row["key"], row["value"]) for row in rows] == [
        *(("question", key, value) for key, value in ANSWERS.items()),
        ("domain", "D1", "high"),
    ]
    assert {
        key: rows[1][key] for key in ("study", "tool", "outcome", "time_point", "result", "kind", "state")
    } == {
        "study": "Nakagawa 2017",
        "tool": "rob2",
        "outcome": "Depression severity",
        "time_point": "post",
        "result": "g −0.4",
        "kind": "independent",
        "state": "draft",
    }
    assert (rows[1]["in_words"], rows[1]["quote"], rows[1]["page"]) == ("Probably yes", "by a table", "4")
    judged = rows[-1]
    assert (judged["label"], judged["in_words"], judged["proposed"]) == (
        "Randomisation process",
        "High risk",
        "low",
    )
    assert (judged["override_reason"], judged["direction"]) == ("too few", "towards_null")
    assert judged["support"] == "'=SUM(1)", "no formula for a spreadsheet"


def test_a_colleagues_draft_is_in_nobodys_table_but_theirs(review, rob2, ben, cleo, dora, ana):
    rob2(ben)
    assert rows_of(review, ben)
    for other in (cleo, dora, ana):
        assert rows_of(review, other) == []


def test_more_assessments_cost_no_more_queries(review, rob2, ben, django_assert_max_num_queries):
    rob2(ben)
    for number in range(3):
        one = services.start_assessment(
            study=make_study(review, f"S{number}"), instrument="rob1", assessor=ben
        )
        services.judge(assessment=one, domain="other_bias", value="low", by=ben)
    with django_assert_max_num_queries(6):
        assert len(rows_of(review, ben)) == 7


def test_the_page_offers_it(review, rob2, ben, as_user):
    rob2(ben)
    answer = as_user(ben).get(reverse("reporting:export_file", args=[review.slug, "assessments", "csv"]))
    assert "said Ben" in b"".join(answer.streaming_content).decode()
