"""``manage.py simulate_screening``: figures of a labelled table, without a database."""

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.screening.priority.test_simulate import ABSTRACTS, LABELS, TITLES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "labelled.csv"
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["record_id", "title", "abstract", "label_included"])
        rows.writerows(zip([f"r{n}" for n in range(120)], TITLES, ABSTRACTS, LABELS, strict=True))
    return file


def run(*args):
    out = StringIO()
    call_command("simulate_screening", *map(str, args), stdout=out)
    return out.getvalue()


def test_figures_and_stops_without_a_database(table):
    """No ``django_db`` mark: a query would fail."""
    said = json.loads(run(table, "--priors", "r3, r0", "--json"))
    assert {
        "n",
        "included",
        "wss95",
        "wss100",
        "recall_at_10",
        "recall_at_20",
        "n95",
        "atd",
        "seconds",
    } <= set(said)
    assert (said["n"], said["included"], said["priors"], said["seed"]) == (118, 11, ["r3", "r0"], 0)
    assert said["stops"]["published"].keys() == {"stopped_at", "recall", "read"}


def test_the_seed_draws_the_priors(table):
    first, again, other = (json.loads(run(table, "--seed", seed, "--json")) for seed in (1, 1, 2))
    assert first["priors"] == again["priors"] != other["priors"]
    more = json.loads(run(table, "--prior-included", 2, "--prior-excluded", 3, "--json"))
    assert (len(more["priors"]), more["n"], more["included"]) == (5, 115, 10)


def test_the_table_for_people(table):
    said = run(table, "--priors", "r3,r0")
    assert "Known at the start: r3, r0 (seed 0)." in said
    assert "Work saved at 95 % recall (WSS@95)" in said
    assert "published" in said


def test_the_order_is_written_when_asked_for(table, tmp_path):
    target = tmp_path / "order.csv"
    run(table, "--priors", "r3,r0", "--order", target)
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["record_id"] for row in rows[:2]] == ["r3", "r0"]
    assert [row["prior"] for row in rows[:3]] == ["1", "1", "0"]
    assert {row["record_id"] for row in rows} == {f"r{n}" for n in range(120)}
    assert all(LABELS[int(row["record_id"][1:])] == int(row["label"]) for row in rows)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--priors", "r3,r999"], "labelled.csv: prior 'r999' is no record"),
        (["--seed", "-1"], "--seed must be 0 or more"),
        (["--prior-included", "50"], "labelled.csv: 50 included priors were asked for; there are 12"),
        (["--order", "/nowhere/at/all.csv"], "/nowhere/at/all.csv: No such file or directory."),
    ],
)
def test_trouble_is_told_in_a_sentence(table, args, sentence):
    with pytest.raises(CommandError) as told:
        run(table, *args)
    assert sentence in str(told.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "none.csv")


def test_it_begins_without_settings_and_database(table):
    """Half of its time would go into loading them."""
    code = (
        "import sys, manage\n"
        f"sys.argv = ['manage.py', 'simulate_screening', {str(table)!r}, '--priors', 'r3,r0', '--json']\n"
        "manage.main()\n"
        "print(sorted({'reviewapp', 'reviews', 'celery', 'sklearn', 'pandas'} & set(sys.modules)))\n"
    )
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=bare, capture_output=True, text=True)
    figures, loaded = done.stdout.splitlines()
    assert json.loads(figures)["priors"] == ["r3", "r0"], done.stderr
    assert loaded == "[]"
