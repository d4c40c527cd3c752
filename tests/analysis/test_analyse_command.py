"""manage.py analyse: the same service as the button."""

import io
import json
import zipfile
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from analysis import services
from analysis.models import Run
from analysis.reproduction import reproduction_of
from reviews.models import Job


def analyse(*args):
    out = StringIO()
    call_command("analyse", *args, stdout=out)
    return out.getvalue()


def test_it_queues_by_name_or_slug_and_is_harmless_when_repeated(trials, write, ana):
    write("All trials")
    first = json.loads(analyse("--review", "trd", "--plan", "all-trials", "--json"))
    again = json.loads(analyse("--review", "trd", "--plan", "all TRIALS", "--json"))
    assert (first["state"], first["result"]) == ("queued", None)
    assert again["run"] == first["run"]
    assert Run.objects.get().requested_by == ana


def test_wait_gives_the_result(trials, write):
    write("All trials")
    told = json.loads(analyse("--review", "trd", "--plan", "all-trials", "--wait", "--json"))
    assert told["state"] == "done"
    assert told["result"]["pooled"]["k"] == 3
    assert "Pooled Hedges g" in analyse("--review", "trd", "--plan", "all-trials", "--wait")
    assert Job.objects.count() == 1


def test_a_live_plan_comes_before_a_retired_one_of_the_same_name(trials, write, ana):
    services.retire_plan(plan=write("Same"), by=ana)
    write("Same")
    assert json.loads(analyse("--review", "trd", "--plan", "Same", "--json"))["plan"] == "same-2"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--review", "nope", "--plan", "x"], "There is no review 'nope'"),
        (["--review", "trd", "--plan", "x"], "has no plan 'x'. Its plans: all-trials, odds"),
        (["--review", "trd", "--plan", "all-trials", "--by", "eve@example.org"], "not a member"),
        (["--review", "trd", "--plan", "odds", "--wait"], "means and SDs do not give OR"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(trials, write, args, sentence):
    write("All trials")
    write("Odds", measure="OR")
    with pytest.raises(CommandError) as raised:
        analyse(*args)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(("kind", "words"), [("narrative", "3 studies, not pooled"), ("network", "compare")])
def test_plans_without_a_pooled_effect_are_told_and_reproduced(kind, words, write, trials, capsys):
    plan = write(kind=kind)
    call_command("analyse", "--review", "trd", "--plan", plan.slug, "--wait")
    assert words in capsys.readouterr().out
    _, body = reproduction_of(Run.objects.get())
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert "analysis.py" in archive.namelist()
        assert "analysis.R" not in archive.namelist()
