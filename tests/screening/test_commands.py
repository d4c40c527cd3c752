"""The verbs for the shell: CSV files in, all or nothing, every fault with its line."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from screening.models import Decision, FullText, Verdict
from tests.factories import make_record
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path):
    """``run("screen", "--votes", text, ...)`` writes the text to a file and returns what was printed."""

    def call(command, option, text, *args):
        file = tmp_path / "file.csv"
        file.write_text(text, encoding="utf-8")
        out = StringIO()
        call_command(command, option, str(file), "--review", "trd", *args, stdout=out)
        return out.getvalue()

    return call


def screen(run, text, *args, who="ben", stage=TA):
    return run("screen", "--votes", text, "--stage", stage, "--reviewer", f"{who}@example.org", *args)


def test_votes_find_their_records_by_any_key(review, reason, run, ben):
    first = make_record(review, "Therapy: a trial", doi="10.1000/one", pmid="123")
    second = make_record(review, "Another trial")
    make_record(review, "Another Trial (reprint)", duplicate_of=second)
    text = (
        "record_id,doi,title,vote,reason,note\n"
        ",https://doi.org/10.1000/ONE,,include,,\n"
        ",,another TRIAL reprint,Exclude,wrong population,seen\n"
    )
    assert "2 votes of Ben taken, 0 were there already" in screen(run, text)
    votes = {vote.record: (vote.vote, vote.reason, vote.note) for vote in Decision.objects.all()}
    assert votes == {first: ("include", None, ""), second: ("exclude", reason, "seen")}
    again = json.loads(screen(run, text, "--json"))
    assert again == {"review": "trd", "votes": 0, "already": 2}
    assert Decision.objects.count() == 2


def test_every_fault_has_its_line_and_nothing_is_taken(review, run, ben):
    record = make_record(review, "Good")
    make_record(review, "Twice")
    make_record(review, "Twice")
    text = (
        "record_id,title,vote,reason\n"
        f"{record.pk},,include,\n"
        "999999,,include,\n"
        ",Twice,include,\n"
        ",,include,\n"
        f"{record.pk},,perhaps,\n"
        f"{record.pk},,exclude,No such reason\n"
    )
    with pytest.raises(CommandError) as refusal:
        screen(run, text)
    said = str(refusal.value)
    for sentence in (
        "line 3, column record_id: no record of this review has the record_id “999999”",
        "line 4, column title: 2 records have the title “Twice”",
        "line 5: no record is named",
        "line 6, column vote: “perhaps” is not a vote",
        "line 7, column reason: “No such reason” is not a reason",
        "Nothing was imported.",
    ):
        assert sentence in said
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("record_id\n1\n", "'vote' is missing"),
        ("vote\ninclude\n", "no column names the record"),
    ],
)
def test_files_that_are_not_votes(review, run, ben, text, says):
    with pytest.raises(CommandError, match=says):
        screen(run, text)


def test_people_and_files_that_are_not_there(review, run, ben, stan, tmp_path):
    record = make_record(review)
    with pytest.raises(CommandError, match="is not a member"):
        screen(run, "record_id,vote\n1,include\n", who="nobody")
    with pytest.raises(CommandError, match=r"stan@example.org is statistician of .trd.; that role lacks"):
        screen(run, f"record_id,vote\n{record.pk},include\n", who="stan")
    with pytest.raises(CommandError, match="No such file"):
        call_command(
            "screen",
            "--review=trd",
            f"--stage={TA}",
            "--reviewer=ben@example.org",
            f"--votes={tmp_path}/x.csv",
        )


def test_conflicts_are_resolved(record, reason, conflict, run, dora):
    conflict(record)
    args = ("--stage", TA, "--adjudicator", "dora@example.org")
    text = f"record_id,decision,reason,comment\n{record.pk},exclude,Wrong population,Children\n"
    assert "1 conflicts resolved" in run("adjudicate", "--decisions", text, *args)
    assert Verdict.objects.get().reason == reason
    assert json.loads(run("adjudicate", "--decisions", text, *args, "--json"))["already"] == 1
    with pytest.raises(CommandError, match=r"line 2: .* is not in conflict"):
        run("adjudicate", "--decisions", f"record_id,decision\n{record.pk},include\n", *args)
    with pytest.raises(CommandError, match="line 2, column decision: “maybe” is not a decision"):
        run("adjudicate", "--decisions", f"record_id,decision\n{record.pk},maybe\n", *args)


def test_retrieval_is_recorded(record, vote, run, ana, ben, cleo):
    vote(ben, record, "include")
    vote(cleo, record, "include")
    text = f"record_id,state,why_not\n{record.pk},not_retrieved,No copy anywhere\n"
    assert "1 states recorded" in run("full_texts", "--states", text)
    assert FullText.objects.get().why_not == "No copy anywhere"
    assert json.loads(run("full_texts", "--states", text, "--json"))["already"] == 1
    with pytest.raises(CommandError, match="column why_not: Say why"):
        run("full_texts", "--states", f"record_id,state\n{record.pk},not_retrieved\n")
    run("full_texts", "--states", f"record_id,state\n{record.pk},retrieved\n")
    assert "1 votes" in screen(run, f"record_id,vote\n{record.pk},include\n", stage=FT)


def test_duplicates_are_marked_and_taken_back(review, run, ana):
    first, second = make_record(review, "One", doi="10.1/a"), make_record(review, "One again")
    text = f"record_id,duplicate_of\n{second.pk},{first.pk}\n"
    assert "1 duplicates marked, 0 were already" in run("mark_duplicates", "--pairs", text)
    second.refresh_from_db()
    assert second.duplicate_of == first
    assert json.loads(run("mark_duplicates", "--pairs", text, "--json")) == {
        "review": "trd",
        "marked": 0,
        "already": 1,
    }
    assert "1 duplicates taken back" in run("mark_duplicates", "--pairs", text, "--undo")
    second.refresh_from_db()
    assert second.duplicate_of is None
    assert "1 duplicates marked" in run(
        "mark_duplicates", "--pairs", f"doi,duplicate_of\n10.1/A,{second.pk}\n"
    )
    first.refresh_from_db()
    assert first.duplicate_of == second


def test_a_duplicate_of_nothing_is_refused_with_its_line(review, run, ana):
    record = make_record(review, "One")
    for number in ("", "999999", "one", "²"):
        with pytest.raises(CommandError, match="no record of this review has the id"):
            run("mark_duplicates", "--pairs", f"record_id,duplicate_of\n{record.pk},{number}\n")
