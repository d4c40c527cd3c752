"""manage.py stale: which analyses are out of date, and why."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from analysis import services
from extraction import services as extracting
from extraction.models import Result


def stale(*args):
    out = StringIO()
    call_command("stale", "--review", "trd", *args, stdout=out)
    return out.getvalue()


def test_a_corrected_number_makes_its_analyses_stale(run, trials, cleo, write):
    assert stale().strip() == "There is no run of a plan in use yet."
    made = run()
    write("Never run")
    assert stale().strip() == "None of 1 is stale."
    extracting.correct_result(
        result=Result.objects.get(study=trials[1]),
        by=cleo,
        changes={"mean1": 4.5},
        why="typing error",
        seen_version=1,
    )
    found = json.loads(stale("--json"))
    assert (found["review"], found["analyses"]) == ("trd", 1)
    [one] = found["stale"]
    assert (one["run"], one["plan"], one["now"]["k"]) == (made.pk, "all-trials", 3)
    assert one["changes"][0]["why"] == "typing error"
    said = stale("--plan", "all trials")
    assert "1 of 1 stale:" in said
    assert "Bol 2005: mean, experimental 11 → 4.5. Corrected by Cleo on " in said


def test_a_newer_run_on_todays_data_or_a_retired_plan_is_not_stale(run, trials, ana, work):
    made = run()
    Result.objects.filter(study=trials[1]).update(mean1=4.5)
    assert json.loads(stale("--json"))["stale"]
    services.request_run(plan=made.plan, by=ana)
    work()
    assert json.loads(stale("--json"))["stale"] == []
    services.retire_plan(plan=made.plan, by=ana)
    with pytest.raises(CommandError, match=r"'trd' has no plan 'all-trials' in use\. Its plans: none yet"):
        stale("--plan", "all-trials")
