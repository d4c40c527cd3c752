import json

import pytest
from django.core.management import CommandError, call_command

from appraisal.models import Assessment
from tests.appraisal.conftest import LOW, METAPSY, OWN, own_tool


@pytest.fixture
def told(review, capsys):
    """``told("assessments", "--start", by="ben")`` is what the command prints as JSON."""

    def do(name, *options, by="ben"):
        call_command(name, "--review=trd", f"--by={by}@example.org", "--json", *options)
        return json.loads(capsys.readouterr().out)

    return do


def test_an_assessment_from_the_first_answer_to_the_last(told, ben, cleo, study, outcome, capsys):
    start = ("--start", "--study=nakagawa 2017", "--instrument=rob2", "--outcome=depression")
    pk = told("assessments", *start, "--time-point=6 Months", "--name-result=SMD -0.4")["assessment"]["id"]
    mine = f"--id={pk}"
    told("assessments", mine, "--answer", "1.1", "Y", "--quote", "At random", "--page", "3")
    told("assessments", mine, "--answer", "1.2", "Y")
    stand = told("assessments", mine, "--answer", "1.3", "N")
    assert stand["proposals"]["D1"]["level"] == "low"
    assert (stand["shown"][0], stand["assessment"]["time_point"]) == ("1.1", "6 months")
    with pytest.raises(CommandError, match="Say why you judge High risk"):
        told("assessments", mine, "--judge", "D1", "high")
    judged = told(
        "assessments",
        mine,
        "--judge",
        "D1",
        "high",
        "--reason",
        "Known fraud.",
        "--direction",
        "towards_null",
    )
    assert judged["assessment"]["judgements"][0]["override_reason"] == "Known fraud."
    told("assessments", mine, "--judge", "D1", "")
    assert told("assessments", mine, "--accept-proposals")["assessment"]["judgements"][0]["value"] == "low"
    assert told("assessments", mine, "--together", "no")["assessment"]["several_together"] is False
    assert told("assessments", mine, "--name-result", "MD 2")["assessment"]["result_label"] == "MD 2"
    with pytest.raises(CommandError, match="Not complete yet"):
        told("assessments", mine, "--complete")
    call_command("assessments", "--review=trd", "--by=ben@example.org", mine)
    assert "Still to be judged" in capsys.readouterr().out
    assert told("assessments", "--outcome=Depression", "--study=Nakagawa 2017", "--instrument=rob2")[
        "assessments"
    ]
    assert told("assessments", "--outdated")["assessments"] == []
    assert told("assessments", by="cleo")["assessments"] == []
    with pytest.raises(CommandError, match=r"no assessment \d+ that Cleo may see"):
        told("assessments", mine, by="cleo")
    assert told("assessments", mine, "--discard") == {"discarded": pk}
    assert not Assessment.objects.exists()


def test_a_consensus_from_a_file_and_what_was_agreed(
    told, tmp_path, ana, ben, cleo, dora, stan, study, assess, capsys
):
    for by in (ben, cleo):
        assess(by)
    told("assessments", f"--id={Assessment.objects.first().pk}", "--take-over-version")
    file = tmp_path / "agreed.json"
    file.write_text(json.dumps({"study": study.pk, "instrument": METAPSY.key, "values": LOW}))
    assert told("assessments", f"--consensus={file}", by="dora")["assessment"]["kind"] == "consensus"
    (agreed,) = told("assessments", "--levels", by="stan")["levels"]
    assert (agreed["study"], agreed["values"], agreed["source"]) == ("Nakagawa 2017", LOW, "study")
    call_command("assessments", "--review=trd", "--levels")
    assert "Nakagawa 2017: sequence_generation low" in capsys.readouterr().out
    call_command("assessments", "--review=trd")
    assert "metapsy_rob1, consensus, complete, Dora" in capsys.readouterr().out
    with pytest.raises(CommandError, match="can be compared and stay"):
        told("assessments", f"--id={Assessment.objects.get(assessor=ben).pk}", "--reopen")
    file.write_text("{}")
    with pytest.raises(CommandError, match="study: This field is required"):
        told("assessments", f"--consensus={file}", by="dora")
    file.write_text("{")
    with pytest.raises(CommandError, match="is not JSON"):
        told("assessments", f"--consensus={file}", by="dora")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--complete"], "--complete needs --id"),
        (["--start"], "needs --study and --instrument"),
        (["--start", "--study=Nobody", "--instrument=rob1"], "no study 'Nobody'"),
        (["--levels", "--outcome=Sleep"], "no outcome 'Sleep'. Outcomes: none yet"),
    ],
)
def test_what_is_missing_is_said(told, ben, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        told("assessments", *options)


def test_one_gesture_at_a_time_and_only_who_may(told, ben, stan, draft):
    mine = f"--id={draft(ben).pk}"
    with pytest.raises(CommandError, match="One thing at a time: --complete or --discard"):
        told("assessments", mine, "--complete", "--discard")
    with pytest.raises(CommandError, match="lacks the right to assess"):
        told("assessments", mine, "--complete", by="stan")


def test_tools_are_chosen_drafted_and_published(told, tmp_path, review, ana, ben, capsys):
    tools = "risk_of_bias_tools"
    assert len(told(tools)["tools"]) > 20
    with pytest.raises(CommandError, match="lacks the right to amend protocol"):
        told(tools, "--add=rob2")
    (rob2,) = told(tools, "--add=rob2", "--designs", "cohort", by="ana")["tools"]
    assert (rob2["designs"], rob2["chosen"], rob2["offered"]) == (["cohort"], True, True)
    assert told(tools, "--for-designs=rob2", "--designs", by="ana")["tools"][0]["designs"] == []
    file = tmp_path / "own.json"
    file.write_text(json.dumps(own_tool(domains=[])))
    own = told(tools, f"--draft={file}", by="ana")["tools"][1]
    assert (own["key"], own["draft"], own["version"], own["offered"]) == ("own", 1, None, False)
    call_command(tools, "--review=trd")
    assert "own: “Our tool”, for every design (not offered): The tool" in capsys.readouterr().out
    file.write_text(json.dumps(OWN))
    told(tools, f"--draft={file}", "--note=Begun", by="ana")
    assert told(tools, "--publish=own", by="ana")["tools"][1]["version"] == 1
    file.write_text(json.dumps(own_tool(name="Next")))
    assert told(tools, f"--draft={file}", by="ana")["tools"][1]["draft"] == 2
    assert told(tools, "--discard-draft=own", by="ana")["tools"][1]["draft"] is None
    (own, rob2) = told(tools, "--retire=rob2", by="ana")["tools"]
    assert (own["offered"], rob2["chosen"]) == (True, False)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--publish=own"], "no draft of a tool 'own'"),
        (["--for-designs=rob2"], "needs --designs"),
        (["--add=rob2", "--retire=rob1"], "One thing at a time: --add or --retire"),
        (["--retire=rob1"], "not chosen the tool 'rob1'"),
    ],
)
def test_nonsense_about_tools_is_said(told, ana, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        told("risk_of_bias_tools", *options, by="ana")
