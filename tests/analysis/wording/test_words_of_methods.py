"""The methods paragraph says what was done, cites whom, and lists no one else."""

import pytest

from analysis.choices import SENSITIVITY, tau2_choices
from analysis.engine import compute
from analysis.engine.methods import NEEDS
from analysis.engine.small_study import TEST_NAMES
from analysis.wording import METHODS_OF_MEASURE, METHODS_OF_TEST, methods, references
from analysis.wording.methods import SENSITIVITY_WORDS
from analysis.wording.names import (
    CITED_FOR_MANTEL_HAENSZEL,
    CITED_FOR_MEASURE,
    CITED_FOR_SMALL_STUDY,
    CITED_FOR_TAU2,
    CITED_FOR_TEST,
)
from analysis.wording.references import CITATIONS
from tests.analysis.engine.cases import PLAN, bcg_rows, sparse_rows

WORDS = {"prefer_rater": "", "experimental_label": "vaccine", "comparator_label": "none", "name": "BCG"}


def finished(rows, **plan):
    snapshot = {
        "plan": PLAN | WORDS | plan,
        "outcome": {"name": "tuberculosis", "direction": "lower"},
        "rows": rows,
        "left_out": [],
    }
    return snapshot, compute(snapshot, lambda *args: None)


@pytest.fixture(scope="module")
def full():
    moderators = [{"name": "latitude", "type": "number"}]
    return finished(bcg_rows(), subgroup_by="allocation", moderators=moderators, prespecified=True)


def test_the_paragraph_names_models_authors_and_versions(full):
    told = methods(*full)
    assert told.startswith(
        "The analysis was prespecified in the protocol. We pooled log odds ratios of 13 trials with"
    )
    for part in (
        "by restricted maximum likelihood (Viechtbauer 2005)",
        "the Knapp-Hartung adjustment (Knapp and Hartung 2003)",
        "The prediction interval (Riley et al. 2011) uses the t distribution with 12 degrees of freedom.",
        "Q-profile interval (Viechtbauer 2007), I² (Higgins and Thompson 2002) and Cochran's Q (Cochran 1954)",
        "Subgroups by allocation were pooled with separate between-study variances",
        "Meta-regression (Thompson and Higgins 2002) on latitude",
        "Sensitivity analyses: leaving out one trial at a time; ",
        "tested by Rücker's arcsine test (Rücker et al. 2008).",
        "Trim and fill with the estimator L0 (Duval and Tweedie 2000)",
        "R metafor (Viechtbauer 2010; Harris et al. 2020; Virtanen et al. 2020): engine 2, numpy",
    ):
        assert part in told, part


def test_the_references_are_those_of_the_paragraph(full):
    told, listed = methods(*full), references(*full)
    cited = {entry for short, entry in CITATIONS.values() if f"({short}" in told or f"; {short}" in told}
    assert set(listed) == cited
    assert listed == sorted(listed, key=str.casefold)
    assert len(listed) == len(set(listed)) > 10


@pytest.mark.parametrize(
    ("plan", "part"),
    [
        (
            {"method": "mh"},
            "by the Mantel-Haenszel method (Mantel and Haenszel 1959; Robins et al. 1986), for a common",
        ),
        ({"method": "mh", "measure": "RD"}, "(Mantel and Haenszel 1959; Sato et al. 1989)"),
        (
            {"method": "peto"},
            "We pooled Peto log odds ratios (Yusuf et al. 1985) of 5 trials by Peto's method",
        ),
        (
            {"method": "glmm", "test": "t"},
            "in a mixed-effects logistic model of the counts (Stijnen et al. 2010) with ra",
        ),
        (
            {"tau2_method": "CE", "test": "z"},
            "with a common-effect inverse-variance model; 95% confidence intervals use",
        ),
    ],
)
def test_every_way_of_pooling_has_its_words(plan, part):
    told = methods(*finished(sparse_rows(), **plan))
    assert part in told
    assert ("τ²" in told) == (plan.get("method") == "glmm"), "only a model with a variance describes it"


def test_a_citation_shares_the_bracket_before_it():
    rows = [one | {"kind": "proportion", "n2": None, "events2": None} for one in bcg_rows()]
    told = methods(*finished(rows, measure="PFT"))
    assert (
        "(turned back at the harmonic mean of the sample sizes; Freeman and Tukey 1950) of 13 trials" in told
    )


def test_empty_cells_are_told_of():
    assert "0.5 was added to the cells of trials with an empty one (Deeks" in methods(
        *finished(sparse_rows())
    )
    by_tables = methods(*finished(sparse_rows(), method="mh"))
    assert "for their own effects and Q only, not for the pooled effect" in by_tables
    assert "Trials with no events, or nothing but events, in both arms were not pooled." in by_tables
    assert "0.5 was added" not in methods(*finished(bcg_rows()))
    assert "0.5 was added" not in methods(*finished(sparse_rows(), measure="PETO"))


def test_what_was_done_to_the_data_is_told():
    rows = bcg_rows()
    rows[0] |= {"derived": True}
    rows[1] |= {"part": "combined: A + B against C"}
    told = methods(*finished(rows, selection={"when": "last"}))
    assert f"Values of {rows[0]['study']} were converted or derived" in told
    assert f"nobody counts twice ({rows[1]['study']}: combined: A + B against C)" in told


def test_post_hoc_changes_are_confessed(full):
    change = {
        "on": "2026-03-01",
        "reason": "Asked for by a referee.",
        "changed": [
            {"name": "test", "setting": "Interval", "before": "Wald (z)", "after": "Knapp-Hartung (t)"}
        ],
    }
    told = methods(*full, [change])
    assert (
        "Changed after results could be known (post hoc): on 2026-03-01, Interval from “Wald (z)” to “Knapp-Hartung "
        "(t)” (Asked for by a referee)." in told
    )
    assert "post hoc" not in methods(*full)


def test_whatever_a_plan_may_choose_has_words_and_citations():
    cited = [*CITED_FOR_TAU2.values(), *CITED_FOR_TEST.values(), *CITED_FOR_MEASURE.values()]
    cited += [*CITED_FOR_MANTEL_HAENSZEL.values(), [*CITED_FOR_SMALL_STUDY.values()]]
    assert {key for keys in cited for key in keys} <= set(CITATIONS)
    assert {name for name, _ in tau2_choices()} - {"CE"} == set(CITED_FOR_TAU2)
    assert set(CITED_FOR_SMALL_STUDY) == set(TEST_NAMES)
    assert set(CITED_FOR_MANTEL_HAENSZEL) == set(NEEDS["mh"])
    assert set(CITED_FOR_TEST) <= set(METHODS_OF_TEST)
    assert set(CITED_FOR_MEASURE) <= set(METHODS_OF_MEASURE)


def test_every_sensitivity_analysis_has_words():
    assert set(SENSITIVITY_WORDS) == set(SENSITIVITY)
    keys = {row["key"] for row in finished(bcg_rows())[1]["sensitivity"]}
    assert keys == set(SENSITIVITY)
