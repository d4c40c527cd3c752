import json

import pytest
from django.core.management import CommandError, call_command

from appraisal.models import Assessment, Judgement
from tests.factories import make_study

HEADER = "study,sequence_generation,allocation_concealment,blinding_assessors,itt,itt_support,remark\n"


@pytest.fixture
def load(tmp_path, review, ben, capsys):
    def do(text, *options):
        file = tmp_path / "rob.csv"
        file.write_text(text)
        call_command(
            "import_assessments",
            str(file),
            "--review=trd",
            "--assessor=ben@example.org",
            "--instrument=metapsy_rob1",
            *options,
        )
        return capsys.readouterr().out

    return do


def test_a_row_becomes_a_complete_assessment(load, review, ben, study):
    make_study(review, "Harley 2008")
    said = load(
        HEADER + "Nakagawa 2017,1,low,sr,1,All randomised,x\nHarley 2008,0,0,1,High or unclear risk,,\n"
    )
    assert "2 assessments of Ben completed." in said
    assert "Columns not used: remark." in said
    mine = Assessment.objects.get(study=study)
    assert mine.is_complete
    assert mine.values["blinding_assessors"] == "self_report"
    assert Judgement.objects.get(assessment=mine, domain="itt").support == "All randomised"
    assert Assessment.objects.get(study__label="Harley 2008").values["itt"] == "high"


def test_json_for_programs(load, study):
    said = json.loads(load(HEADER + "Nakagawa 2017,1,1,1,1,,\n", "--json"))
    assert said == {"review": "trd", "assessments": 1, "ignored": ["remark"]}


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        (
            "Nakagawa 2017,1,1,sr,1,,\nNobody 1999,1,1,1,1,,\nNakagawa 2017,1,1,1,1,,\n",
            ["rob.csv, line 3, column study: the review has no study 'Nobody 1999'", "already in line 2"],
        ),
        (
            "Nakagawa 2017,sr,1,perhaps,,,\n",
            [
                "line 2, column sequence_generation: 'sr' is not a judgement; use one of: low, high",
                "column blinding_assessors: 'perhaps' is not a judgement; use one of: low, high, self_report",
                "line 2, column itt: the judgement is missing",
            ],
        ),
        ("", ["has no row below its header"]),
    ],
)
def test_faults_are_named_by_line_and_nothing_is_kept(load, study, rows, sentences):
    with pytest.raises(CommandError) as error:
        load(HEADER + rows)
    for sentence in sentences:
        assert sentence in str(error.value)
    assert not Assessment.objects.exists()


def test_importing_twice_changes_nothing(load, study):
    load(HEADER + "Nakagawa 2017,1,1,1,1,,\n")
    with pytest.raises(CommandError, match="Ben has an assessment of Nakagawa 2017 already"):
        load(HEADER + "Nakagawa 2017,0,0,0,0,,\n")
    assert set(Assessment.objects.get().values.values()) == {"low"}


@pytest.mark.parametrize("option", ["--review=nowhere", "--assessor=eve@example.org"])
def test_an_unknown_review_or_person_is_said(load, eve, study, option):
    with pytest.raises(CommandError):
        load(HEADER + "Nakagawa 2017,1,1,1,1,,\n", option)
