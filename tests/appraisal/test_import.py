import json

import pytest
from django.core.management import CommandError, call_command

from appraisal.models import Assessment, Judgement
from tests.appraisal.conftest import ROB2_LOW
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


@pytest.fixture
def load_results(tmp_path, review, ben, capsys):
    def do(text, *options, instrument="rob2"):
        file = tmp_path / "rob.csv"
        file.write_text(text)
        call_command(
            "import_assessments",
            str(file),
            "--review=trd",
            "--assessor=ben@example.org",
            f"--instrument={instrument}",
            *options,
        )
        return capsys.readouterr().out

    return do


ROB2 = "study,outcome,time_point,D1,D2,D3,D4,D5,overall,D1_support,overall_reason,result\n"


def test_levels_of_results_are_taken_without_answers(load_results, study, outcome):
    load_results(
        ROB2
        + "Nakagawa 2017,depression,6 Months,Some concerns,Low,Low,Some concerns,Low,High,p. 3,,SMD -0.4\n"
        + "Nakagawa 2017,,,low,LOW RISK,Low,Low,High,Some concerns,,It hardly matters.,\n",
        "--outcome=Depression",
    )
    later, main = Assessment.objects.order_by("-time_point")
    assert (later.time_point, later.result_label, later.overall) == ("6 months", "SMD -0.4", "high")
    assert later.several_together is True  # implied by the overall judgement
    assert later.judgements.get(domain="D1").support == "p. 3"
    assert main.judgements.get(domain="overall").proposed == "high"
    assert main.is_complete
    assert main.judgements.get(domain="overall").override_reason == "It hardly matters."


def test_judgements_left_blank_follow_from_the_answers(load_results, study, outcome):
    questions = [*ROB2_LOW, "2.3", "5.1_support", "D1_direction"]
    cells = [*ROB2_LOW.values(), "NA", "Registered", "Towards null"]
    cells[0] = "probably yes"
    header = ",".join(["study", *questions, "D1", "overall", "several_together"])
    load_results(f"{header}\nNakagawa 2017,{','.join(cells)},low,low,no\n", "--outcome=Depression")
    mine = Assessment.objects.get()
    assert mine.given["1.1"] == "PY"
    assert "2.3" not in mine.given
    assert mine.values == dict.fromkeys(["D1", "D2", "D3", "D4", "D5"], "low")
    assert mine.answers.get(question="5.1").support == "Registered"
    assert mine.judgements.get(domain="D1").direction == "towards_null"


def test_other_tools_count_stars_or_decide_by_person(load_results, study):
    load_results(
        "study,Selection,comparability,outcome\nNakagawa 2017,4,1,3 stars\n", instrument="nos_cohort"
    )
    assert Assessment.objects.get().values == {"selection": "4", "comparability": "1", "outcome": "3"}
    load_results("study,Q1,Q2,Q3,Q4,Q5,Q6,Q7,Q8,overall\nNakagawa 2017,y,y,n,u,NA,y,y,y,Seek further info\n",
                 instrument="jbi_case_report")  # fmt: skip
    assert Assessment.objects.get(instrument="jbi_case_report").overall == "seek_info"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            "Nakagawa 2017,Sleep,,Low,Low,Low,Low,Low,Low,,,",
            "column outcome: the review has no outcome 'Sleep'",
        ),
        ("Nakagawa 2017,,,Low,Low,Low,Low,Low,Low,,,", "say which outcome is assessed"),
        ("Nakagawa 2017,Depression,,Low,Low,Low,Low,,Low,,,", "column D5: the judgement is missing"),
        ("Nakagawa 2017,Depression,,Low,Low,Low,Low,High,Low,,,", "the tool proposes High risk"),
    ],
)
def test_faults_of_results_are_named(load_results, study, outcome, row, sentence):
    with pytest.raises(CommandError, match=sentence):
        load_results(ROB2 + row + "\n")
    assert not Assessment.objects.exists()


def test_a_column_that_is_needed_is_named(load_results, study, outcome):
    with pytest.raises(CommandError, match="the column 'D5' is missing"):
        load_results("study,D1,D2,D3,D4,overall\nNakagawa 2017,Low,Low,Low,Low,Low\n")
    with pytest.raises(CommandError, match=r"column 1\.1: 'maybe' is not an answer; use one of: Y, PY"):
        load_results(
            "study,1.1,D1,D2,D3,D4,D5,overall\nNakagawa 2017,maybe,Low,Low,Low,Low,Low,Low\n",
            "--outcome=Depression",
        )
    with pytest.raises(CommandError, match="no instrument 'rob9'"):
        load_results("study\nNakagawa 2017\n", instrument="rob9")
