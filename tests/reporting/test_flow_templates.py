"""The four official templates, own labels, corrections that are marked, the box of the meta-analysis."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reporting.counts import Adjusted
from reporting.flow import LABELS, LabelError, checked_labels, flow, left_out
from reporting.flow.chart import Style
from reporting.flow.notes import told_of
from reviews.figures.layout import LayoutError
from tests.geometry import group, texts, untidiness
from tests.reporting.test_flow import DATABASES, UPDATED, frames, tips

PREVIOUS = "Previous studies"
OTHER = "Identification of {}studies via other methods"
MAIN = "Identification of {}studies via databases and registers"


@pytest.mark.parametrize(
    ("template", "headers", "last"),
    [
        ("new", [MAIN.format("")], "Studies included in review"),
        ("new_other", [MAIN.format(""), OTHER.format("")], "Studies included in review"),
        ("updated", [PREVIOUS, MAIN.format("new ")], "New studies included in review"),
        ("updated_other", [PREVIOUS, MAIN.format("new "), OTHER.format("new ")], "New studies included in review"),
    ],
)  # fmt: skip
def test_each_template_has_its_columns_whatever_the_numbers(template, headers, last):
    for counts in (DATABASES, UPDATED):
        figure = flow(counts, template=template)
        told = texts(figure)
        columns = {PREVIOUS, *(words.format(n) for words in (MAIN, OTHER) for n in ("", "new "))}
        assert [text for text in told if text in columns] == headers
        assert last in told
        assert ("Total studies included in review" in told) == template.startswith("updated")
        assert untidiness(figure) == []


def test_an_unknown_template_is_refused():
    with pytest.raises(LayoutError, match="There is no template 'v3'; choose one of auto, new"):
        flow(DATABASES, template="v3")


def test_a_template_without_a_column_says_what_it_does_not_show():
    told = " ".join(texts(flow(UPDATED, template="new")))
    assert "Not shown: 30 records identified via other methods and 9 of their reports assessed." in told
    assert "Not shown: 7 studies (9 reports) included in the previous version of the review." in told
    assert left_out(UPDATED, Style()) == []
    assert "Not shown" not in " ".join(texts(flow(UPDATED)))


def test_sources_are_named_or_only_summed():
    assert "MEDLINE (n = 300)" in texts(flow(DATABASES))
    told = texts(flow(DATABASES, each_database=False))
    assert "Databases (n = 450)" in told
    assert "ClinicalTrials.gov (n = 50)" in told
    assert not any("MEDLINE" in text for text in told)
    assert "* Records of 2 databases together, before duplicates were removed." in told
    both = texts(flow(DATABASES, each_database=False, each_register=False))
    assert "* Records of 2 databases and 1 register together, before duplicates were removed." in both


def test_who_excluded_is_told_below():
    counts = replace(DATABASES, excluded_automatically=12)
    assert "Records excluded**" in texts(flow(counts))
    assert "** Excluded by people: 338; by automation tools: 12." in texts(flow(counts))


def test_the_box_of_the_meta_analysis_is_an_option():
    counts = replace(UPDATED, studies_in_analysis=11, reports_in_analysis=13)
    assert "analysis" not in frames(flow(counts))
    figure = flow(counts, meta_analysis=True)
    boxes = frames(figure)
    assert boxes["analysis"].top > boxes["total"].bottom
    assert ((boxes["analysis"].left + boxes["analysis"].right) / 2, boxes["analysis"].top) in tips(figure)
    told = " ".join(texts(figure))
    assert "Total studies included in meta-analysis (n = 11)" in told
    assert "Reports of total included studies in meta-analysis (n = 13)" in told
    assert untidiness(figure) == []
    none = " ".join(texts(flow(DATABASES, meta_analysis=True)))
    assert "No meta-analysis has been run yet." in none


def test_what_was_corrected_has_a_dagger_and_its_reason():
    counts = replace(
        UPDATED,
        adjustments={
            "screened": Adjusted(398, 2, "Two were screened on paper."),
            "databases:MEDLINE": Adjusted(310, -10, "A file imported twice."),
            "previous_studies": Adjusted(6, 1, "One was lost."),
        },
    )
    figure = flow(counts)
    assert [item.text for item in group(figure, "flow-screened").items[1:]] == [
        "Records screened",
        "(n = 400†)",
    ]
    told = texts(figure)
    assert "MEDLINE (n = 300†)" in told
    assert "Databases (n = 450†)" in told  # its sum holds the correction
    assert "PsycINFO (n = 150)" in told
    assert "† Corrected by hand: Records screened, 398 counted, +2: Two were screened on paper." in told
    below = "† Corrected by hand: Records identified from databases, MEDLINE, 310 counted, −10: A file"
    assert f"{below} imported twice." in told
    same = replace(
        counts, adjustments=dict.fromkeys(("screened", "excluded"), Adjusted(9, 1, "Found on paper."))
    )
    both = "† Corrected by hand: Records screened, 9 counted, +1; Records excluded, 9 counted, +1: Found on paper."
    assert both in texts(flow(same))
    assert any("(n = 21†)" in text for text in told)  # the total of studies
    assert "Corrected by hand" in figure.desc


def test_numbers_of_a_past_moment_say_so():
    counts = replace(
        DATABASES, as_of=datetime(2026, 3, 4, 15, 30, tzinfo=UTC), doubts=["One merge has no date."]
    )
    told = texts(flow(counts))
    assert "Numbers as they stood on 4 March 2026 at 15:30 (UTC)." in told
    assert "One merge has no date." in told
    evening = replace(counts, as_of=datetime(2026, 3, 4, 23, 59, 59, 999999, tzinfo=UTC))
    assert "Numbers as they stood at the end of 4 March 2026." in texts(flow(evening))


def test_own_words_take_the_place_of_printed_ones():
    own = {
        "screened": "Titles read",
        "databases:MEDLINE": "Ovid MEDLINE",
        "header": "A header that is so long that it needs a second line in its box, as words of people often do",
        "stage_included": "In the review",
    }
    figure = flow(UPDATED, labels=own)
    told = texts(figure)
    assert {"Titles read", "Ovid MEDLINE (n = 300)", "In the review"} <= set(told)
    assert "Records screened" not in told
    assert untidiness(figure) == []
    assert "stands for the stage" not in told
    linked = flow(UPDATED, labels=own, hrefs={"databases:MEDLINE": "/m/"})
    assert "/m/" in {found.href for found in linked.groups()}


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ({"screend": "x"}, "The diagram has no label 'screend'"),
        ({"databases:": "x"}, "The diagram has no label 'databases:'"),
        ({"screened": 3}, "The label of 'screened' must be text."),
        ({"screened": "x" * 201}, "has 201 characters; 200 is the most"),
        ({"stage_screening": "x" * 21}, "has 21 characters; 20 is the most"),
        ({"screened": "a\x00b"}, "holds characters that cannot be printed"),
        ({"screened": "=HYPERLINK(1)"}, "must not begin with ="),
    ],
)
def test_labels_that_cannot_be_printed_are_refused(labels, sentence):
    with pytest.raises(LabelError) as refused:
        checked_labels(labels)
    assert sentence in str(refused.value)
    assert refused.value.key == next(iter(labels))


def test_every_label_has_a_name_of_its_own_in_a_sentence():
    told = {key: told_of(key) for key in LABELS}
    assert told["identified"] == "Records identified from"
    assert told["other_identified"] == "Records identified from (other methods)"
    assert told["other_excluded_reports"] == "Reports excluded (other methods)"
    assert told["databases"] == "Records identified from databases"
    assert told_of("reasons:Wrong dose") == "Reports excluded, Wrong dose"
    assert len(set(told.values())) == len(told)


def test_labels_are_kept_without_those_that_say_what_the_template_says():
    told = {"screened": " Records \n screened ", "excluded": "  Out ", "assessed": ""}
    assert checked_labels(told) == {"excluded": "Out"}
    assert all(len(words) < 80 for words in LABELS.values())
