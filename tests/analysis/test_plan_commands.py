"""Plans at the shell: write, try, change, retire, bring back, list."""

import json

import pytest
from django.core.management import CommandError, call_command

from analysis.models import Plan


@pytest.fixture
def command(review, capsys):
    """``command("plans")`` is the JSON a command prints; ``text=True`` gives what people read."""

    def do(name, *arguments, text=False):
        call_command(name, "--review", review.slug, *arguments, *([] if text else ["--json"]))
        said = capsys.readouterr().out
        return said if text else json.loads(said)

    return do


def test_a_plan_from_a_file_and_options_and_back(command, trials, ana, tmp_path):
    file = tmp_path / "plan.json"
    file.write_text(
        json.dumps(
            {
                "name": "All",
                "outcome": "depression severity",
                "measure": "MD",
                "selection": {"scales": ["HDRS"]},
                "excluded_studies": ["Ade 2001"],
                "exclusion_note": "doubtful",
            }
        )
    )
    options = ["--set", "measure=SMD", "--set", "level=90", "--set", "question=Does it help?"]
    tried = command("write_plan", "--file", str(file), *options, "--preview")
    assert (tried["eligible"], tried["left_out"]) == (2, [{"study": "Ade 2001", "why": "doubtful"}])
    assert "2 studies eligible.\n  Ade 2001 is left out: doubtful" in command(
        "write_plan", "--file", str(file), "--preview", text=True
    )
    assert not Plan.objects.exists()
    written = command("write_plan", "--file", str(file), *options)
    plan = Plan.objects.get()
    assert (plan.measure, plan.level, plan.question, plan.created_by) == ("SMD", 90.0, "Does it help?", ana)
    (listed,) = command("plans")["plans"]
    assert listed["settings"] == written["settings"]
    assert listed["settings"]["excluded_studies"] == ["Ade 2001"]
    file.write_text(json.dumps(listed["settings"] | {"name": "All again"}))
    again = command("write_plan", "--file", str(file))
    assert again["settings"] == listed["settings"] | {"name": "All again"}


def test_change_retire_and_bring_back(command, write, trials, ana):
    write()
    changed = command("change_plan", "--plan", "All trials", "--reason", "asked", "--set", "test=z")
    assert changed["changed"] == {"test": ["knha", "z"]}
    told = command("change_plan", "--plan", "all-trials", "--reason", "b", "--set", "level=90", text=True)
    assert told == "“All trials” is at version 3 now.\nConfidence level, percent: 95% → 90%\n"
    with pytest.raises(CommandError, match="you saw 1"):
        command("change_plan", "--plan", "all-trials", "--reason", "c", "--seen-version", "1")
    assert command("retire_plan", "--plan", "all-trials") == {"plan": "all-trials", "retired": True}
    assert command("plans", text=True) == "No plans yet.\n"
    assert "retired" in command("plans", "--retired", text=True)
    assert command("retire_plan", "--plan", "all-trials", "--restore")["retired"] is False
    assert [change["reason"] for change in command("plans")["plans"][0]["changes"]] == ["asked", "b"]


def test_the_list_says_where_each_stands(command, run, write, ana):
    run()
    write("Second")
    said = command("plans", text=True).splitlines()
    assert said[0].startswith("all-trials: Hedges g −")
    assert said[1] == "second: not run"
    assert command("plans", "--plan", "all-trials")["plans"][0]["studies"] == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "measure"], "is no setting. Write NAME=VALUE"),
        (["--set", "tset=z"], "no setting called tset"),
        (["--set", "level=high"], "level is given as JSON"),
        (["--set", "name=A", "--set", "level=NaN"], "a number that is none"),
        (["--set", "outcome=Mood"], "has no outcome “Mood”. Its outcomes: Depression severity"),
        (["--set", 'excluded_studies=["Nobody"]'], "no study called Nobody"),
        (["--set", "excluded_studies=3"], "Studies are a list"),
        (["--set", "name=A", "--set", 'selection={"whem": 1}'], "There is no rule “whem”"),
        (["--set", "name=", "--set", "measure=OR"], "Name"),
        ([], "A plan needs a name"),
        (["--file", "{tmp}/list.json"], "one JSON object"),
        (["--file", "{tmp}/broken.json"], "not JSON"),
        (["--file", "{tmp}/none.json"], "No such file"),
    ],
)
def test_nonsense_is_told_in_a_sentence(command, trials, ana, arguments, sentence, tmp_path):
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(CommandError, match=sentence):
        command("write_plan", *(one.replace("{tmp}", str(tmp_path)) for one in arguments))
    assert not Plan.objects.exists()


def test_only_who_may_analyse_writes(command, trials, ana, ben):
    with pytest.raises(CommandError, match="lacks the right"):
        command("write_plan", "--set", "name=A", "--by", ben.email)
