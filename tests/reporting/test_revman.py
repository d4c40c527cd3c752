"""Study data for RevMan: what stands in each file, what has no place, and that agreed things alone are in it."""

import csv
import io
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appraisal.models import Assessment, Judgement
from extraction.models import Arm, AuthorContact, Characteristic, Result, VocabularyTerm
from reporting.exports import build_export
from reporting.exports.cochrane import package
from reporting.exports.revman.columns import ARMS, RESULTS
from reviews.models import Membership
from tests.factories import make_outcome, make_record, make_result, make_study

EVENTS = {"kind": "events", "events1": 3, "n1": 40, "events2": 9, "n2": 41}
HAZARD = {
    "kind": "effect", "effect": -0.2231435513, "effect_se": 0.1, "effect_measure": "HR",
    "estimate": 0.8, "ci_low": 0.66, "ci_high": 0.97, "ci_level": 95.0,
}  # fmt: skip


@pytest.fixture
def membership(review, ana) -> Membership:
    return Membership.objects.get(review=review, user=ana)


@pytest.fixture
def study(review):
    study = make_study(review, "Nakagawa 2017", record=make_record(review, "A trial", doi="10.1/x"))
    study.year, study.design, study.registration = 2017, "randomised_parallel", "UMIN000001"
    study.save()
    word = VocabularyTerm.objects.create(review=review, kind="intervention", name="CBT")
    synonym = VocabularyTerm.objects.create(
        review=review, kind="intervention", name="Cognitive therapy", preferred=word
    )
    Arm.objects.create(
        study=study, label="Therapy", role="experimental", n_randomised=40, dose="16 sessions",
        intervention=synonym, description="=evil()",
    )  # fmt: skip
    Arm.objects.create(study=study, label="Usual care", role="comparator", n_randomised=40)
    Characteristic.objects.create(study=study, name="country", value="Japan")
    return study


def files(membership) -> dict[str, bytes]:
    body = b"".join(build_export(membership=membership, what="revman", extension="zip"))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def table(membership, name: str) -> list[dict[str, str]]:
    body = files(membership)[f"trd-{name}.csv"]
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_a_study_has_its_information_arms_and_references(study, membership):
    (about,) = table(membership, "study-information")
    assert about == {
        "Study": "Nakagawa 2017",
        "Year": "2017",
        "Data source": "PUB",
        "Char: Methods": "Randomised trial, parallel groups",
        "Char: Participants": "Randomised: 80\ncountry: Japan",
        "Char: Interventions": "Therapy: =evil(); 16 sessions; n = 40\nUsual care: n = 40",
        "Char: Outcomes": "",
        "Char: Notes": "Registration: UMIN000001",
    }
    arms = table(membership, "study-arms")
    assert tuple(arms[0]) == ARMS
    assert [(arm["Arm"], arm["Description"], arm["Intervention"]) for arm in arms] == [
        ("Therapy", "'=evil(); 16 sessions", "CBT"),
        ("Usual care", "", "Usual care"),
    ]
    assert "NS  - Nakagawa 2017\r\nTI  - A trial" in files(membership)["trd-included.ris"].decode("utf-8-sig")


@pytest.mark.parametrize(("used", "source"), [("", "SOU"), ("the SD", "MIX")])
def test_what_the_authors_gave_decides_where_the_data_are_from(study, membership, ana, used, source):
    AuthorContact.objects.create(
        study=study, asked_of="a", question="SD?", sent_at="2026-01-05", value_used=used, written_by=ana
    )
    assert table(membership, "study-information")[0]["Data source"] == source


def test_results_are_told_of_each_arm_or_as_a_contrast(study, membership, ana, review):
    severity = make_outcome(review, "Severity", order=1)
    make_result(study, severity, ana)
    make_result(study, severity, ana, is_preferred=False, scale="BDI", time_point="1 year")
    make_result(study, make_outcome(review, "Remission", kind="dichotomous", order=2), ana, **EVENTS)
    make_result(study, make_outcome(review, "Survival", kind="time_to_event", order=3), ana, **HAZARD)
    oe = {"kind": "oe", "o_minus_e": -3.5, "variance": 12.25}
    make_result(study, make_outcome(review, "Death", kind="time_to_event", order=4), ana, **oe)
    rows = table(membership, "study-results")
    assert tuple(rows[0]) == RESULTS
    assert [(row["Outcome"], row["Data type"], row["Arm"]) for row in rows] == [
        ("Severity", "Continuous", "Therapy"),
        ("Severity", "Continuous", "Usual care"),
        ("Severity (BDI, 1 year)", "Continuous", "Therapy"),
        ("Severity (BDI, 1 year)", "Continuous", "Usual care"),
        ("Remission", "Dichotomous", "Therapy"),
        ("Remission", "Dichotomous", "Usual care"),
        ("Survival", "Dichotomous", "Therapy"),
        ("Death", "Dichotomous", "Therapy"),
    ]
    means, events, hazard, death = rows[0], rows[5], rows[6], rows[7]
    assert (means["Mean"], means["SD"], means["Sample size"], means["Cases"]) == ("8.2", "4.7", "40", "")
    assert (events["Cases"], events["Sample size"], events["Mean"]) == ("9", "41", "")
    assert [hazard[name] for name in ("Effect measure", "Reference arm", "SE")] == ["HR", "Usual care", "0.1"]
    assert [hazard[name] for name in ("CI level", "Exp mean", "Exp CI start")] == ["95", "0.8", "0.66"]
    assert (death["Mean"], death["SE"]) == ("-0.285714285714286", "0.285714285714286")


def test_what_has_no_place_is_named_in_the_readme(study, membership, ana, review):
    medians = {"kind": "quantiles", "n1": 4, "median1": 2, "n2": 5, "median2": 3}
    make_result(study, make_outcome(review, "Days"), ana, **medians)
    make_result(
        study, make_outcome(review, "Ratio"), ana, kind="effect", effect=1, effect_se=1, effect_measure="AS"
    )
    assert table(membership, "study-results") == []
    said = files(membership)["README.txt"].decode()
    assert "- Nakagawa 2017, Days: RevMan's study results have no place for medians." in said
    assert "no place for an effect that is AS" in said
    assert "Interventions: CBT; Usual care\r\n" in said


def judge(study, ana, tool: str, outcome=None, **levels) -> Assessment:
    one = Assessment.objects.create(
        review=study.review, study=study, instrument=tool, outcome=outcome, kind="consensus", state="complete",
        assessor=ana, completed_at="2026-01-05T12:00Z",
    )  # fmt: skip
    for domain, value in levels.items():
        Judgement.objects.create(assessment=one, domain=domain, value=value, quote="sealed", page="3")
    return one


def test_bias_of_studies_and_of_results_are_two_tables(study, membership, ana, review):
    judge(study, ana, "rob2", make_outcome(review, "Severity"), D1="low", overall="some_concerns")
    (row,) = table(membership, "risk-of-bias-2")
    assert row["Bias arising from the randomization process (judgement)"] == "Low risk"
    assert row["Bias arising from the randomization process (support)"] == "Quote: “sealed” (page 3)"
    assert (row["Outcome"], row["Overall bias (judgement)"]) == ("Severity", "Some concerns")
    assert row["Bias due to missing outcome data (judgement)"] == ""
    assert "trd-risk-of-bias.csv" not in files(membership)
    judge(study, ana, "rob1", sequence_generation="high")
    (whole,) = table(membership, "risk-of-bias")
    assert whole["Domain (judgement): Random sequence generation"] == "High risk"
    assert "import the one that is its tool" in files(membership)["README.txt"].decode()


def test_what_is_not_agreed_or_shared_yet_is_not_in_it(study, membership, ana, ben, review):
    Assessment.objects.create(review=review, study=study, instrument="rob2", assessor=ben)
    result = make_result(study, make_outcome(review), ana)
    Result.objects.filter(pk=result.pk).update(superseded_at="2026-01-05T12:00Z", is_preferred=False)
    before = files(membership)
    assert table(membership, "study-results") == []
    assert "trd-risk-of-bias-2.csv" not in before
    assert files(ben.memberships.get()) == files(membership) == before


def test_ten_more_studies_cost_no_more_queries(study, membership, ana, review):
    outcome = make_outcome(review, "Severity")
    make_result(study, outcome, ana)
    judge(study, ana, "rob1", sequence_generation="low")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            files(membership)
            package(membership)
        return len(queries)

    before = asked()
    for number in range(10):
        more = make_study(review, f"Study {number}")
        make_result(more, outcome, ana)
        judge(more, ana, "rob1", sequence_generation="low")
    assert asked() <= before
