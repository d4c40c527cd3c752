"""The Cochrane data package: RevMan's own numbers by our engine, and what R's meta makes of the file."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from analysis.engine import quick
from analysis.models import Plan, Run
from appraisal.models import Assessment, Judgement
from reporting.exports.cochrane import package
from reporting.exports.cochrane.analyses import Analysis, data_rows, settings_row, subgroup_rows, why_not
from reporting.exports.cochrane.columns import DATA_ROWS, SETTINGS, STUDY_INFORMATION, SUBGROUPS
from reviews.models import Job, Membership
from tests.analysis.engine.cases import row
from tests.factories import make_outcome, make_record, make_study
from tests.reporting.cdir import read_cdir

THEIRS = Path(__file__).resolve().parents[3] / "shared" / "data" / "cochrane" / "Fleiss1993.zip"
#: Aspirin after myocardial infarction (Fleiss 1993): events and people of both groups, then what RevMan gives:
#: odds ratio, limits and weight. From the package's example in R meta, inst/extdata/Fleiss1993.zip.
ASPIRIN = {
    "AMIS": (246, 2267, 219, 2257, "1.132736", "0.934665", "1.372783", "10.153491"),
    "CDP": (44, 758, 64, 771, "0.68076", "0.457391", "1.013212", "3.101689"),
    "GASP": (32, 317, 38, 309, "0.800739", "0.486261", "1.318597", "1.795485"),
    "ISIS-2": (1570, 8587, 1720, 8600, "0.894969", "0.829418", "0.965702", "72.87984"),
    "MRC-1": (49, 615, 67, 624, "0.719714", "0.488975", "1.059336", "3.17649"),
    "MRC-2": (102, 832, 126, 850, "0.80287", "0.606453", "1.062903", "5.67538"),
    "PARIS": (85, 810, 52, 406, "0.798143", "0.552563", "1.152868", "3.217624"),
}
PLAN = {
    "name": "Death",
    "measure": "OR",
    "method": "mh",
    "tau2_method": "CE",
    "test": "z",
    "level": 95.0,
    "subgroup_by": "",
    "experimental_label": "aspirin",
    "comparator_label": "placebo",
}


def aspirin(**plan) -> dict:
    rows = [
        row(number, name, events1=a, n1=n1, events2=c, n2=n2, subgroup="early" if number < 4 else "late")
        for number, (name, (a, n1, c, n2, *_)) in enumerate(ASPIRIN.items(), 1)
    ]
    return {"plan": PLAN | plan, "outcome": {"name": "Death"}, "rows": rows, "left_out": []}


def analysis(snapshot: dict, **about) -> Analysis:
    result = json.loads(json.dumps(quick(snapshot)))
    return Analysis(1, 1, "7", snapshot, result, **about)


def told(header, cells) -> dict[str, str]:
    return dict(zip(header, cells, strict=True))


def test_each_study_has_revmans_numbers_to_the_last_digit():
    rows = [told(DATA_ROWS, cells) for cells in data_rows(analysis(aspirin(), years={1: 1980}))]
    found = {
        one["Study"]: tuple(one[name] for name in ("Mean", "CI start", "CI end", "Weight")) for one in rows
    }
    assert found == {name: numbers[4:] for name, numbers in ASPIRIN.items()}
    first = ["1", "1", "Death", "", "SUBGROUP_AND_OVERALL", "AMIS", "1980", "0.0", "0.0", "0.0", "0.0", "246"]
    assert list(rows[0].values())[:12] == first
    assert [rows[0][name] for name in ("O-E", "Variance", "Footnotes")] == ["0.0", "0.0", ""]


def test_the_pooled_result_has_revmans_numbers_to_the_last_digit():
    found = told(SETTINGS, settings_row(analysis(aspirin())))
    wanted = {
        "Data type": "Dichotomous",
        "Log-scale data": "true",
        "Statistical method": "MH",
        "Effect measure": "Odds Ratio",
        "Analysis model": "Fixed effect",
        "Study CI": "95%",
        "Experimental cases": "2128",
        "Experimental N": "14186",
        "Control cases": "2286",
        "Control N": "13817",
        "Mean": "0.896866",
        "CI start": "0.840514",
        "CI end": "0.956995",
        "Heterogeneity Tau²": "",
        "Heterogeneity Chi²": "9.946056",
        "Heterogeneity df": "6",
        "Heterogeneity P": "0.126942",
        "Heterogeneity I²": "39.67458",
        "Effect Z": "3.287633",
        "Effect P": "0.00101",
        "ID": "analysis:7",
    }
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.skipif(not THEIRS.exists(), reason="The example of the R package meta is not here.")
def test_their_own_file_has_the_same_heads_and_numbers():
    with zipfile.ZipFile(THEIRS) as outer:
        inner = next(name for name in outer.namelist() if name.endswith("-data.zip"))
        with zipfile.ZipFile(io.BytesIO(outer.read(inner))) as files:
            texts = {name.rpartition("/")[2].partition("-")[2]: files.read(name) for name in files.namelist()}
    heads = {
        "overall-estimates-and-settings.csv": SETTINGS,
        "data-rows.csv": DATA_ROWS,
        "subgroup-estimates.csv": SUBGROUPS,
        "study-information.csv": STUDY_INFORMATION,
    }
    tables = {name: list(csv.reader(io.StringIO(texts[name].decode("utf-8-sig")))) for name in heads}
    assert {name: tuple(table[0]) for name, table in tables.items()} == heads
    ours = [cells[7:] for cells in data_rows(analysis(aspirin()))]
    assert [cells[7:] for cells in tables["data-rows.csv"][1:8]] == ours


def test_subgroups_have_a_row_each_and_a_test_between_them():
    one = analysis(aspirin(subgroup_by="when"))
    groups = [told(SUBGROUPS, cells) for cells in subgroup_rows(one)]
    assert [(group["Subgroup"], group["Experimental N"]) for group in groups] == [
        ("early", "3342"),
        ("late", "10844"),
    ]
    assert sum(float(group["Weight"]) for group in groups) == pytest.approx(100)
    whole = told(SETTINGS, settings_row(one))
    assert (whole["Subgroup by"], whole["Subgroup estimates"], whole["Subgroup df"]) == ("when", "true", "1")
    assert float(whole["Subgroup I²"]) == pytest.approx(
        max(0.0, 1 - 1 / float(whole["Subgroup Chi²"])) * 100, abs=1e-3
    )


MEANS = {"kind": "means", "n1": 13, "mean1": 5.0, "sd1": 4.7, "n2": 13, "mean2": 6.5, "sd2": 3.8}
EFFECT = {"kind": "effect", "effect": -0.4, "effect_se": 0.2, "effect_measure": "SMD"}
SMD, RANDOM = "Standardized Mean Difference", "Random effect"
OE = {"kind": "oe", "o_minus_e": -3.5, "variance": 12.25}


@pytest.mark.parametrize(
    ("plan", "studies", "told_as"),
    [
        ({"measure": "SMD"}, [MEANS, MEANS], ("Continuous", "IV", SMD, RANDOM)),
        ({"measure": "SMD"}, [MEANS, EFFECT], ("Contrast level", "IV", SMD, RANDOM)),
        ({"measure": "ROM"}, [MEANS, MEANS], ("Contrast level", "IV", "Ratio of Means", RANDOM)),
        ({"measure": "HR"}, [OE, OE], ("Contrast level", "IV", "Hazard Ratio", RANDOM)),
        (
            {"measure": "HR", "method": "peto"},
            [OE, OE],
            ("O-E and variance", "EXP_O_E_VAR", "Hazard Ratio", "Fixed effect"),
        ),
    ],
)
def test_data_decide_how_an_analysis_is_told(plan, studies, told_as):
    plan = {"method": "iv", "tau2_method": "REML", "test": "knha"} | plan
    rows = [row(number, f"S {number}", **study) for number, study in enumerate(studies, 1)]
    found = told(SETTINGS, settings_row(analysis(aspirin(**plan) | {"rows": rows})))
    names = ("Data type", "Statistical method", "Effect measure", "Analysis model")
    assert tuple(found[name] for name in names) == told_as


def test_contrasts_are_logarithms_and_their_limits_ratios():
    rows = [
        row(1, "S 1", **OE),
        row(2, "S 2", kind="effect", effect=-0.1, effect_se=0.3, effect_measure="HR"),
    ]
    plan = {"measure": "HR", "method": "iv", "tau2_method": "DL", "test": "z"}
    first, second = (
        told(DATA_ROWS, cells) for cells in data_rows(analysis(aspirin(**plan) | {"rows": rows}))
    )
    assert (first["GIV Mean"], first["Mean"]) == ("-0.285714285714286", "0.751477")
    assert (second["GIV SE"], second["Experimental N"]) == ("0.3", "0")


def test_a_study_without_an_effect_says_why_and_has_no_numbers():
    snapshot = aspirin()
    snapshot["rows"].append(row(9, "Empty", events1=0, n1=20, events2=0, n2=21))
    last = told(DATA_ROWS, list(data_rows(analysis(snapshot)))[-1])
    assert (last["Mean"], last["Weight"], last["Experimental N"]) == ("", "", "20")
    assert last["Footnotes"] == "No events in both arms, which says nothing about a ratio."


def test_a_study_with_several_rows_is_told_apart():
    snapshot = aspirin()
    for number, arm in ((0, "300 mg"), (1, "900 mg")):
        snapshot["rows"][number] |= {"study": "AMIS", "experimental": arm}
    assert analysis(snapshot).labels[:3] == ["AMIS (300 mg)", "AMIS (900 mg)", "GASP"]


def test_what_revman_does_not_know_is_refused_in_words():
    assert "two groups" in why_not(PLAN | {"kind": "network"})
    assert "one group" in why_not(PLAN | {"measure": "PLO"})
    assert "no such method" in why_not(PLAN | {"method": "glmm"})
    assert not why_not(PLAN)


def finish(review, snapshot: dict, slug: str) -> Run:
    """A finished run of a plan with these inputs."""
    outcome = review.outcomes.first() or make_outcome(review, "Death")
    name = snapshot["plan"]["name"]
    plan = Plan.objects.create(review=review, slug=slug, name=name, outcome=outcome, measure="OR")
    return Run.objects.create(
        review=review,
        plan=plan,
        job=Job.objects.create(review=review, task="analysis.run", key=slug, state=Job.State.DONE),
        snapshot=snapshot,
        input_hash=slug.ljust(64, "0"),
        engine_version="engine",
        result=json.loads(json.dumps(quick(snapshot))),
    )


@pytest.fixture
def membership(review, ana) -> Membership:
    for number, name in enumerate(list(ASPIRIN)[:2]):
        study = make_study(review, name, record=make_record(review, f"Aspirin {number}", abstract="=cmd()"))
        one = Assessment.objects.create(
            review=review, study=study, instrument="rob1", kind="consensus", state="complete",
            assessor=ana, completed_at="2026-01-05T12:00Z",
        )  # fmt: skip
        Judgement.objects.create(assessment=one, domain=one.tool.domains[0].key, value="low", support="=1+1")
    finish(review, aspirin(), "death")
    finish(review, aspirin(subgroup_by="when", name="=Death by time"), "by-time")
    Plan.objects.create(review=review, slug="never", name="Never run", outcome=review.outcomes.get())
    return Membership.objects.get(review=review, user=ana)


def test_rs_meta_reads_the_package_whatever_it_is_called(membership):
    rows, bias = read_cdir(package(membership), "anything at all.zip")
    assert [(one["outcome.no"], one["studlab"]) for one in rows[6:8]] == [(1, "PARIS"), (2, "AMIS")]
    first, last = rows[0], rows[-1]
    assert (first["type"], first["method"], first["sm"], first["common"]) == ("D", "MH", "OR", True)
    assert (first["event.e"], first["n.e"], first["level"]) == (246, 2267, 0.95)
    assert (last["grplab"], last["group.no"], last["outclab"]) == ("late", 2, "'=Death by time")
    assert bias["AMIS"]["Random sequence generation"] == "Low risk"
    assert set(bias) == {"AMIS", "CDP"}


def test_the_library_s_layout_goes_by_the_number_of_the_review(membership):
    membership.review.registration = "Cochrane CD012345"
    body = package(membership, layout="library")
    rows, _ = read_cdir(body, "CD012345-dataPackage.zip")
    assert len(rows) == 14
    assert b"Never run: no run of this plan is finished." in zipfile.ZipFile(io.BytesIO(body)).read(
        "README.txt"
    )


def test_the_package_is_the_same_for_everybody_and_every_time(membership, ben):
    assert package(membership) == package(membership) == package(ben.memberships.get())


def test_an_empty_review_gives_heads_only(review, ana):
    rows, bias = read_cdir(package(ana.memberships.get(review=review)))
    assert (rows, bias) == ([], {})


def test_references_name_their_study(membership):
    body = zipfile.ZipFile(io.BytesIO(package(membership)))
    inner = zipfile.ZipFile(io.BytesIO(body.read("trd-files/trd-data.zip")))
    text = inner.read("trd-study-data/trd-included.ris").decode("utf-8-sig")
    assert text.startswith("TY  - ")
    assert text.count("\nNS  - ") == 2
    assert "NS  - AMIS\r\nTI  - Aspirin 0\r\n" in text
