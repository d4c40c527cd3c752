import json

import pytest
from django.core.management import CommandError, call_command

from extraction.models import Arm, Characteristic, Result

COLUMNS = (
    "study,experimental,comparator,outcome,scale,rater,time_point,n1,mean1,sd1,n2,mean2,sd2,events1,events2,"
    "effect,effect_se,effect_measure,basis,derived,source,preferred,randomised1,characteristic:therapy\n"
)
ROWS = (
    "Nakagawa 2017,CBT,TAU,Depression severity,GRID-HDRS-17,clinician,post (16 wk),40,8.2,4.7,40,13.2,6.9,,,,,,,,"
    "Table 2,yes,40,CBT\n"
    "Nakagawa 2017,cbt,TAU,Depression severity,BDI-II,self_report,post (16 wk),40,15,11.8,40,17.9,12,,,,,,,,,"
    "no,,CBT\n"
    'Town 2020,ISTDP,TAU,Depression severity,HDRS-17,,18 months,30,,,30,,,,,-0.632,0.265,SMD,"d = .64, J applied",'
    "yes,abstract,,,ISTDP\n"
    "Town 2020,ISTDP,TAU,Response,,,,30,,,30,,,14,6,,,,,,,,,\n"
)


@pytest.fixture
def load(tmp_path, review, ben, outcome, capsys):
    from tests.factories import make_outcome, make_study

    make_outcome(review, "Response", kind="dichotomous")
    for label in ("Nakagawa 2017", "Town 2020"):
        make_study(review, label)

    def do(text, *options):
        file = tmp_path / "results.csv"
        file.write_text(text)
        call_command("import_results", str(file), "--review=trd", "--extractor=ben@example.org", *options)
        return capsys.readouterr().out

    return do


def test_rows_become_results_with_their_arms(load, ben):
    assert load(COLUMNS + ROWS) == "4 results recorded, 4 arms added, 3 characteristics set.\n"
    first, second = Result.objects.filter(study__label="Nakagawa 2017").order_by("pk")
    assert (first.kind, first.mean1, first.rater, first.source) == ("means", 8.2, "clinician", "Table 2")
    assert (first.is_preferred, second.is_preferred) == (True, False)
    assert first.experimental == second.experimental
    assert first.experimental.n_randomised == 40
    effect = Result.objects.get(kind="effect")
    assert (effect.effect, effect.effect_se, effect.n1, effect.derived) == (-0.632, 0.265, 30, True)
    assert effect.basis == "d = .64, J applied"
    assert Result.objects.get(kind="events").events1 == 14
    assert Characteristic.objects.get(study__label="Town 2020").value == "ISTDP"


def test_json_for_programs(load):
    said = json.loads(load(COLUMNS.replace("\n", ",remark\n") + ROWS.replace("\n", ",x\n"), "--json"))
    assert said == {"review": "trd", "results": 4, "arms": 4, "characteristics": 3, "ignored": ["remark"]}


HEAD = "study,experimental,comparator,outcome,n1,mean1,sd1,n2,mean2,sd2,effect,effect_se,preferred,rater\n"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            "Nobody,A,B,Depression severity,1,1,1,1,1,1,,,,",
            "line 2, column study: the review has no study 'Nobody'",
        ),
        ("Town 2020,A,B,Death,1,1,1,1,1,1,,,,", "the protocol has no outcome 'Death'. Outcomes: Depression"),
        (
            "Town 2020,A,B,Response,1,1,0,1,1,1,,,,",
            "line 2, column sd1: SD, experimental is 0; it must be above 0.",
        ),
        ("Town 2020,A,B,Response,1,,1,1,1,1,,,,", "column mean1: Mean, experimental is missing."),
        (
            "Town 2020,A,B,Response,1,x,1,1,1,1,,,,",
            "column mean1: Mean, experimental is 'x', which is not a number",
        ),
        ("Town 2020,A,B,Response,1,1,1,1,1,1,0.2,0.1,,", "and only one of them"),
        ("Town 2020,A,B,Response,1,,,1,,,,,,", "give either means and SDs"),
        ("Town 2020,A,B,Response,1,1,1,1,1,1,,,maybe,", "column preferred: 'maybe' is neither yes nor no"),
        ("Town 2020,A,A,Response,1,1,1,1,1,1,,,,", "column comparator: 'A' cannot be compared with itself"),
        ("Town 2020,,B,Response,1,1,1,1,1,1,,,,", "column experimental: the experimental arm is missing"),
        ("Town 2020,A,B,Response,1,1,1,1,1,1,,,,vet", "column rater: 'vet' is not a rater"),
        ("Town 2020,A,B,Response,,,,,,,0.2,0.1,,", "column effect_measure: Effect measure is missing."),
    ],
)
def test_a_fault_names_file_line_and_column_and_nothing_is_kept(load, row, sentence):
    good = "Nakagawa 2017,A,B,Depression severity,1,1,1,1,1,1,,,,\n"
    with pytest.raises(CommandError) as error:
        load(HEAD + row + "\n" + good)
    assert "results.csv, line 2" in str(error.value)
    assert sentence in str(error.value)
    assert "Nothing was imported" in str(error.value)
    assert not Result.objects.exists()
    assert not Arm.objects.exists()


def test_two_preferred_results_of_one_study_and_outcome_are_refused(load):
    row = "Town 2020,A,B,Response,1,1,1,1,1,1,,,yes,{}\n"
    with pytest.raises(CommandError, match="line 2 is preferred for the same study and outcome"):
        load(HEAD + row.format("clinician") + row.format("self_report"))


def test_importing_twice_changes_nothing(load):
    load(COLUMNS + ROWS)
    with pytest.raises(CommandError, match="recorded already"):
        load(COLUMNS + ROWS)
    assert Result.objects.count() == 4


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("study,outcome\n", "the column 'experimental' is missing"),
        (HEAD, "no row below its header"),
        ("", "is empty"),
    ],
)
def test_a_file_that_is_no_table_of_results(load, text, sentence):
    with pytest.raises(CommandError, match=sentence):
        load(text)


def test_a_file_that_is_not_there(load, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command(
            "import_results", str(tmp_path / "no.csv"), "--review=trd", "--extractor=ben@example.org"
        )
