"""Certainty by command: the same verbs, and one sentence for what is refused."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from certainty.grade import DOWN
from certainty.models import Finding, Grade


@pytest.fixture
def tell(review):
    """``tell("grade", "--id", 3)`` is what the command prints; ``told(...)`` its JSON."""

    def do(command, *arguments):
        out = StringIO()
        call_command(command, "--review", review.slug, *map(str, arguments), stdout=out)
        return out.getvalue()

    return do


@pytest.fixture
def told(tell):
    return lambda *arguments: json.loads(tell(*arguments, "--json"))


def test_from_the_offer_to_the_table(tell, told, plan, trials, run, ben, cleo, dora, tmp_path):
    assert "not run yet" in tell("findings", "--offers")
    run()
    (offer,) = told("findings", "--offers")["offers"]
    added = told(
        "add_finding", "--plan", offer["plan"], "--set", 'baselines=[{"per_1000": 170}]', "--by", ben.email
    )
    assert added["fields"]["baselines"] == [{"label": "", "source": "", "per_1000": 170}]
    pk = added["finding"]
    assert "Imprecision: -1." in tell("findings", "--id", pk)

    for person in (ben, cleo):
        mine = ("grade", "--id", pk, "--by", person.email)
        assert "Still to be rated: risk of bias" in tell(*mine, "--begin")
        told(*mine, "--accept", "imprecision", "--reason", "Few people.")
        for domain in DOWN:
            if domain != "imprecision":
                told(*mine, "--rate", domain, "0")
        assert told(*mine, "--complete")["level"] == "moderate"
        assert "Moderate: starts at high, down 1 level for imprecision." in tell(*mine)
    assert "differ on: nothing" in tell("findings", "--id", pk, "--by", dora.email)
    assert "1 of 1 alike" in tell("findings", "--agreement")

    agreed = tmp_path / "agreed.json"
    agreed.write_text(
        json.dumps(
            {
                "changes": dict.fromkeys(DOWN, 0) | {"imprecision": -1},
                "reasons": {"imprecision": "Few people."},
            }
        )
    )
    settled = told("grade", "--id", pk, "--consensus", agreed, "--by", dora.email)
    assert (settled["kind"], settled["level"]) == ("consensus", "moderate")
    assert "Relapse (therapy against usual care): moderate" in tell("findings")
    assert "Moderate" in tell("summary_of_findings")
    written = told("summary_of_findings", "--profile", "--out", tmp_path / "profile.csv")
    assert written["rows"]
    assert (tmp_path / "profile.csv").read_bytes()


def test_a_stale_finding_is_told(tell, told, finding, trials, agree, ben, cleo, dora, complete, settle):
    complete(ben)
    complete(cleo)
    settle(dora)
    assert tell("findings", "--stale").strip() == "No finding is stale."
    agree(trials[0], "high")
    (row,) = told("findings", "--stale")["findings"]
    assert row["finding"] == finding.pk
    assert "Ade 2001: its risk of bias was agreed as" in tell("findings")


def test_a_draft_step_by_step(tell, told, finding, trials, agree, ben):
    mine = ("grade", "--id", finding.pk, "--by", ben.email)
    told(*mine, "--begin")
    assert told(*mine, "--accept", "all")["steps"]
    assert told(*mine, "--start", "low", "--reason", "Broken.")["start"] == "low"
    assert told(*mine, "--unrate", "imprecision")["level"] == "low"
    agree(trials[0], "high")
    assert "its risk of bias was agreed" in tell(*mine)
    (left,) = told(*mine, "--look-again")["stale"]
    assert "Run it again" in left
    assert "taken back" in tell(*mine, "--discard")
    assert not Grade.objects.current().exists()


def test_a_finding_is_changed_ordered_retired_and_restored(tell, told, finding, tmp_path):
    fields = tmp_path / "fields.json"
    fields.write_text(json.dumps({"comments": "Short."}))
    changed = told("change_finding", "--id", finding.pk, "--file", fields, "--set", "in_summary=false")
    assert (changed["version"], changed["fields"]["comments"]) == (2, "Short.")
    other = told(
        *("add_finding", "--outcome", "relapse", "--set", "intervention=therapy"),
        "--set",
        "comparison=nothing",
    )
    assert told("change_finding", "--order", f"{other['finding']},{finding.pk}")["order"] == [
        other["finding"],
        finding.pk,
    ]
    assert told("change_finding", "--id", finding.pk, "--retire")["retired"]
    assert not told("change_finding", "--id", finding.pk, "--restore")["retired"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add_finding",), "which outcome"),
        (("add_finding", "--plan", "gone"), "has no plan 'gone'"),
        (("add_finding", "--outcome", "gone"), "no outcome “gone”"),
        (("add_finding", "--set", "colour=red"), "no colour"),
        (("add_finding", "--set", "label"), "NAME=VALUE"),
        (("add_finding", "--set", "baselines=low"), "write it as JSON"),
        (("change_finding",), "--id ID"),
        (("change_finding", "--id", "9"), "has no finding 9"),
        (("change_finding", "--order", "a"), "no list of numbers"),
        (("grade", "--id", "9"), "has no finding 9"),
        (("grade", "--id", "9", "--begin", "--complete"), "One thing at a time"),
        (("summary_of_findings", "--out", "table.pdf"), "ends in one of"),
        (("summary_of_findings", "--comparison", "gone"), "gone"),
    ],
)
def test_nonsense_is_told_in_a_sentence(tell, ana, outcome, arguments, said):
    with pytest.raises(CommandError, match=said):
        tell(*arguments)
    assert not Finding.objects.exists()


def test_a_consensus_file_that_is_none(tell, finding, tmp_path, ana):
    file = tmp_path / "agreed.json"
    for text, said in (
        ("{", "not JSON"),
        ("[]", "one JSON object"),
        ('{"changes": {"imprecision": "x"}}', "whole numbers"),
        ('{"reasons": {"imprecision": 3}}', "are texts"),
    ):
        file.write_text(text)
        with pytest.raises(CommandError, match=said):
            tell("grade", "--id", finding.pk, "--consensus", file)
