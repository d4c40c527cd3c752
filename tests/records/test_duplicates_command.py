"""Duplicates from the shell: every verb, and nonsense told in a sentence."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from records.models import DuplicateCandidate
from records.services import thresholds_of
from tests.factories import make_batch, make_record
from tests.records.groups import fresh, groups

State = DuplicateCandidate.State


@pytest.fixture
def run(review, ana):
    """``run("merge", 12, keep=3)`` is what the command prints, as data."""

    def call(verb, *ids, **options):
        out = StringIO()
        call_command("duplicates", verb, *ids, review=review.slug, json=True, stdout=out, **options)
        return json.loads(out.getvalue())

    return call


def test_each_answer_and_its_undo(run, two_pairs):
    first, second = two_pairs
    assert [row["pair"] for row in run("list")["pairs"]] == [first.pk, second.pk]
    assert run("merge", first.pk, keep=first.right_id) == {"pair": first.pk, "kept": first.right_id}
    assert run("reopen", first.pk) == {"pair": first.pk, "state": "waiting"}
    assert run("distinct", first.pk) == {"pair": first.pk, "state": "distinct"}
    assert run("link", second.pk) == {"pair": second.pk, "state": "linked"}
    assert run("list") == {"pairs": []}
    assert (fresh(first).state, fresh(second).state) == ("distinct", "linked")


def test_in_words(review, ana, two_pairs):
    out = StringIO()
    call_command("duplicates", "list", review=review.slug, stdout=out)
    first = two_pairs[0]
    assert out.getvalue().splitlines()[0] == (
        f"{first.pk}  0.90  very likely the same: records {first.left_id} and {first.right_id}, A trial"
    )


def test_many_at_once(run, two_pairs):
    shown = run("accept", score=0.55, preview=True)
    assert (shown["pairs"], shown["left_out"], len(shown["lowest"])) == (2, 0, 2)
    assert fresh(two_pairs[0]).state == "waiting"
    done = run("accept", score=0.55)
    assert done["pairs"] == 2
    assert run("undo-accepted", done["lot"]) == done
    assert fresh(two_pairs[0]).state == "waiting"


def test_thresholds(run, review, two_pairs):
    assert run("thresholds") == {"merge_at": 0.95, "ask_at": 0.5}
    shown = run("thresholds", merge_at=0.85, preview=True)
    assert (shown["merged"], shown["questions"], len(shown["warnings"])) == (1, 0, 1)
    assert thresholds_of(review) == (0.95, 0.5)
    assert run("thresholds", merge_at=0.85)["merged"] == 1
    assert thresholds_of(review) == (0.85, 0.5)
    assert run("thresholds", merge_at=0.95)["parted"] == 1


def test_groups(run, review):
    first, second, third = (make_record(review, f"Trial {n}", batch=make_batch(review)) for n in range(3))
    assert run("together", first.pk, second.pk, third.pk)["kept"] == first.pk
    assert run("lead", second.pk) == {"leads": second.pk}
    assert run("values", first.pk, value=[f"title={third.pk}"]) == {
        "record": second.pk,
        "corrected": ["title"],
    }
    assert fresh(second).title == "Trial 2"
    assert run("take-out", third.pk, linked=True) == {"record": third.pk, "linked": True}
    assert run("dissolve", first.pk) == {"kept": second.pk, "members": [first.pk, second.pk]}
    assert len(groups(review)) == 3


def test_what_was_removed_is_exported(run, two_pairs, tmp_path):
    run("accept", score=0.55)
    told = run("export", out=str(tmp_path / "ledger.csv"))
    assert told["records"] == 2
    rows = [*csv.DictReader((tmp_path / "ledger.csv").open(encoding="utf-8-sig"))]
    assert [row["decided_by"] for row in rows] == ["Ana", "Ana"]
    run("export", out=str(tmp_path / "removed.ris"))
    assert (tmp_path / "removed.ris").read_text(encoding="utf-8").count("TY  - ") == 2


@pytest.mark.parametrize(
    ("verb", "ids", "options", "says"),
    [
        ("merge", [], {}, "Give the number of one pair"),
        ("merge", [10**6], {}, "There is no pair 1000000"),
        ("lead", [10**6], {}, "There is no record 1000000"),
        ("undo-accepted", [10**6], {}, "There is no lot 1000000"),
        ("accept", [], {}, "Give --score"),
        ("accept", [], {"score": 7.0}, "Give a score above 0"),
        ("thresholds", [], {"merge_at": 0.2}, "Merge from a score between"),
        ("together", [], {}, "the first one stays"),
        ("export", [], {"out": "x.doc"}, "ends in .csv"),
        ("export", [], {}, "ends in .csv"),
        ("list", [], {"by": "eve@example.org"}, "is not a member"),
        ("list", [], {"by": "olaf@example.org"}, "lacks the right to"),
    ],
)
def test_nonsense_is_told_in_a_sentence(run, eve, observer, two_pairs, verb, ids, options, says):
    with pytest.raises(CommandError, match=says.replace(".", r"\.")):
        run(verb, *ids, **options)
    assert not DuplicateCandidate.objects.exclude(state="waiting").exists()


def test_a_value_that_names_no_record(run, review):
    first, second = make_record(review), make_record(review)
    run("together", first.pk, second.pk)
    with pytest.raises(CommandError, match="write it as field=record"):
        run("values", first.pk, value=["title"])
