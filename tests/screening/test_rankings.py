"""Orders learned from decisions: what they say, when one is due, why a record is where it is, and as files."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records.models import Record
from reviews import jobs
from reviews.models import AuditEvent, Criterion
from reviews.tables import BadTable
from screening import ranked
from screening.models import Ranking, StageSettings
from screening.services import NotAllowed, NotEligible, rankings
from screening.services.rankings import asking, corpus
from screening.services.rankings.asking import due
from tests.factories import make_record
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db

TRIAL = "A randomised trial of psilocybin for treatment-resistant depression"
OTHER = "Soil bacteria and the growth of maize in wet years"


@pytest.fixture
def likely(review):
    """The stage in the order of the most likely first."""
    return StageSettings.objects.create(review=review, stage=TA, order=StageSettings.Order.LIKELY)


@pytest.fixture
def mixed_lot(review):
    """Ten trials and ten others, in turn."""
    return [make_record(review, f"{OTHER if number % 2 else TRIAL}, part {number}") for number in range(20)]


@pytest.fixture
def settle_two(mixed_lot, vote, ben, cleo):
    """One trial included and one other excluded, by both."""
    for record, word in zip(mixed_lot[:2], ("include", "exclude"), strict=True):
        vote(ben, record, word)
        vote(cleo, record, word)


def is_trial(record_ids, lot):
    by_id = {record.pk: record for record in lot}
    return [by_id[pk].title.startswith(TRIAL) for pk in record_ids]


def test_it_ranks_what_waits_by_what_was_decided(review, likely, mixed_lot, settle_two, ben):
    ranking = rankings.learn(review=review, stage=TA)
    assert is_trial(ranking.order, mixed_lot) == [True] * 9 + [False] * 9
    assert ranking.scores == sorted(ranking.scores, reverse=True)
    assert all(0 < score < 1 for score in ranking.scores)
    assert ranking.labels == [[mixed_lot[0].pk, 1], [mixed_lot[1].pk, 0]]
    assert (ranking.n_labelled, ranking.n_included, ranking.about["start"]) == (2, 1, "decisions")
    assert list(ranked.order_for(review, TA, ben).ids) == ranking.order


def test_the_same_labels_give_the_same_again(review, likely, mixed_lot, settle_two):
    first = rankings.export_ranking(rankings.learn(review=review, stage=TA))
    again = rankings.export_ranking(rankings.learn(review=review, stage=TA))
    del first["learned_at"], again["learned_at"]
    assert first == again
    assert Ranking.objects.count() == 1


def test_the_protocol_speaks_before_the_first_decision(review, likely, mixed_lot, vote, ben, cleo):
    nothing = rankings.learn(review=review, stage=TA)
    assert (nothing.about["start"], nothing.order) == ("protocol", nothing.order)
    assert not due(review, TA)
    review.question = "Which soil bacteria let maize grow?"
    review.save()
    Criterion.objects.create(review=review, kind="exclude", element="population", text="Depression")
    Ranking.objects.update(created_at=nothing.created_at - timedelta(minutes=1))
    assert [each.reviewer for each in due(review, TA)] == [None]
    ranking = rankings.learn(review=review, stage=TA)
    assert ranking.about["start"] == "protocol"
    assert is_trial(ranking.order[:10], mixed_lot) == [False] * 10
    told = ranked.explain(review, TA, ben, mixed_lot[0])
    assert told.terms == []
    assert told.sentence.startswith("No model yet")


def test_where_nothing_speaks_records_come_as_they_came(review, likely, ben):
    review.title = "Quux"
    review.save()
    for _ in range(3):
        make_record(review, "The same words")
    ranking = rankings.learn(review=review, stage=TA)
    assert (ranking.about["start"], ranking.order, ranking.model) == ("nothing", [], "")
    assert not due(review, TA)
    with pytest.raises(NotEligible, match="Nothing is ranked yet"):
        ranked.explain(review, TA, ben, Record.objects.first())


def test_why_is_exact_and_says_when_texts_changed(review, likely, mixed_lot, settle_two, ben):
    from screening.priority import model

    ranking = rankings.learn(review=review, stage=TA)
    record = mixed_lot[2]
    told = ranked.explain(review, TA, ben, record, k=1000)
    features = corpus.load(review, ranking.about["features"])
    fitted = model.restore(features, ranking.about["state"])
    row = corpus.corpus_of(review).ids.index(record.pk)
    parts = sum(weight for _, weight in told.terms) + fitted.intercept
    assert parts == pytest.approx(fitted.decisions(features)[row], abs=1e-6)
    assert told.score == ranked.score_of(review, TA, ben, record.pk) > 0.5
    record.title = "Another title altogether"
    record.save()
    corpus.corpus_of(review)
    with pytest.raises(NotEligible, match="changed since"):
        ranked.explain(review, TA, ben, record)


def age(minutes=1):
    for row in Ranking.objects.all():
        Ranking.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(minutes=minutes))


def test_what_is_due_is_learned_and_no_sooner(review, likely, mixed_lot, settle_two, vote, ben, cleo):
    assert rankings.rank_due() == 1
    assert rankings.rank_due() == 0
    for record in mixed_lot[2:11]:
        vote(ben, record, "exclude")
    age()
    assert rankings.rank_due() == 0  # nine more than the shared one
    vote(ben, mixed_lot[11], "exclude")
    assert [each.reviewer for each in due(review, TA)] == [ben.pk]
    assert rankings.rank_due() == 1
    own = Ranking.objects.get(reviewer=ben)
    assert (own.n_labelled, own.about["ranked"]) == (12, 8)
    for record in mixed_lot[2:12]:
        vote(cleo, record, "exclude")
    assert (
        rankings.rank_due() == 1
    )  # the shared one; ben's was learned a moment ago, and he knows no more than it
    make_record(review, "Come in later")
    assert rankings.rank_due() == 0
    age()
    assert [each.reviewer for each in due(review, TA)] == [None]
    shared = Ranking.objects.get(reviewer=None)
    shared.about["seconds"] = 60  # a minute ago: it rests for five times as long
    shared.save()
    assert not due(review, TA)
    StageSettings.objects.update(order="oldest")
    age()
    assert rankings.rank_due() == 0


def test_a_review_that_another_process_learns_is_left_to_it(review, likely, mixed_lot):
    with asking._alone(review) as mine:
        assert mine
        assert rankings.rank_due() == 0
    assert rankings.rank_due() == 1


def test_setting_a_learned_order_asks_for_one_once(review, likely, mixed_lot, ana):
    job = rankings.after_order_changed(review=review, stage=TA, by=ana)
    jobs.perform(job.pk)
    assert Ranking.objects.get().by == ana
    assert rankings.after_order_changed(review=review, stage=TA, by=ana) is None


def test_a_vote_asks_the_same_queries_in_every_order(review, mixed_lot, vote, ben):
    vote(ben, mixed_lot[4], "include")
    row = StageSettings.objects.create(review=review, stage=TA)
    asked = []
    for record, order in zip(mixed_lot, ("oldest", "likely"), strict=False):
        row.order = order
        row.save()
        rankings.learn(review=review, stage=TA)
        with CaptureQueriesContext(connection) as found:
            vote(ben, record, "include")
        asked.append(len(found))
    assert asked[0] == asked[1]


# --- files ---------------------------------------------------------------------------------------------------


def take(review, by, text, name="order.csv"):
    return rankings.import_ranking(review=review, stage=TA, by=by, name=name, data=text.encode())


def test_what_was_written_out_can_be_taken_in(review, likely, mixed_lot, settle_two, ana, ben):
    written = rankings.export_ranking(rankings.learn(review=review, stage=TA))
    assert [row["place"] for row in written["records"]] == list(range(1, 19))
    assert written["labels"][0] | {"year": 2017} == {
        "record_id": mixed_lot[0].pk,
        "included": True,
        "doi": "",
        "pmid": "",
        "title": mixed_lot[0].title,
        "year": 2017,
    }
    taken = take(review, ana, json.dumps(written), "order.json")
    assert (taken.order, taken.scores) == (
        [row["record_id"] for row in written["records"]],
        [row["score"] for row in written["records"]],
    )
    assert taken.kind == "imported"
    assert list(ranked.order_for(review, TA, ben).ids) == taken.order
    assert "from a file" not in ranked.explain(review, TA, ben, mixed_lot[2]).sentence
    assert AuditEvent.objects.filter(verb="screening.ranking_imported").count() == 1


def test_an_order_from_a_file_stands_until_who_leads_has_one_learned(
    review, likely, mixed_lot, settle_two, vote, ana, ben
):
    take(review, ana, f"record_id,place\n{mixed_lot[3].pk},1\n")
    for record in mixed_lot[4:16]:
        vote(ben, record, "exclude")
    age()
    assert rankings.rank_due() == 0
    with pytest.raises(NotAllowed, match="came with a file"):
        rankings.request_ranking(review=review, stage=TA, by=ben)
    rankings.rank_now(review=review, stage=TA, by=ana)
    assert Ranking.objects.get(reviewer=None).kind == "learned"


def test_rows_are_found_by_doi_pmid_title_or_id_as_asreview_writes_them(review, ana):
    one = make_record(review, "One", doi="10.1000/one")
    two = make_record(review, "Two", pmid="222")
    three = make_record(review, "Three: the title")
    copy = make_record(review, "Copy of one", doi="10.1000/copy", duplicate_of=one)
    ranking = take(
        review,
        ana,
        "record_id;title;doi;pmid;asreview_label;asreview_ranking\n"
        f"{one.pk};THREE - the title;;;;3\n"
        f"{two.pk};;https://doi.org/{copy.doi};;0;2\n"
        f"{copy.pk};;;222;1;1\n"
        "9;Nothing of ours;;;;4\n",
    )
    assert ranking.order == [two.pk, one.pk, three.pk]
    assert ranking.scores == sorted(ranking.scores, reverse=True)
    assert (ranking.about["unknown"], ranking.about["rows"]) == (["line 5: Nothing of ours"], 4)


def test_scores_are_kept_where_they_are_between_0_and_1(review, ana):
    records = [make_record(review) for _ in range(2)]
    for scores, kept in (("0.2", "0.9"), [0.9, 0.2]), (("-3", "7"), [0.75, 0.25]):
        rows = "\n".join(f"{record.pk},{score}" for record, score in zip(records, scores, strict=True))
        ranking = take(review, ana, f"record_id,score\n{rows}\n")
        assert (ranking.order, ranking.scores) == ([records[1].pk, records[0].pk], kept)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "order.csv is empty"),
        ("title,doi\nx,y\n", "no column has the order"),
        ("place\n1\n", "no column names the record"),
        (
            "record_id,place\n1,first\n,2\n3,\n",
            r"line 2: “first” is not a number.(.|\n)*line 3: no record(.|\n)*line 4: nei",
        ),
        ("title,place\nNothing of ours,1\n", "none of its 1 rows names a record"),
        ('{"format": "ranking"}', "is no ranking"),
        ('{"format": "screening ranking", "records": [1]}', "is no object"),
        ('{"broken', "begins like JSON but is none"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why_and_leaves_nothing(review, ana, text, said):
    make_record(review, "One")
    with pytest.raises(BadTable, match=said):
        take(review, ana, text)
    assert not Ranking.objects.exists()


def test_only_who_leads_takes_an_order_in_and_observers_ask_for_none(review, mixed_lot, ben, dora):
    with pytest.raises(NotAllowed):
        take(review, ben, "record_id,place\n1,1\n")
    with pytest.raises(NotAllowed, match="for who screens or leads"):
        rankings.request_ranking(review=review, stage=TA, by=dora)


# --- programs and the shell -------------------------------------------------------------------------------------


def test_programs_ask_learn_explain_and_take_files(review, likely, mixed_lot, settle_two, as_user, ana, ben):
    lead, reader = as_user(ana), as_user(ben)

    def url(verb, stage=TA):
        return reverse(f"screening-rankings-{verb}", args=[review.slug, stage])

    assert reader.get(url("detail")).json()["kind"] is None
    jobs.perform(reader.post(url("learn")).json()["job"])
    told = reader.get(url("detail")).json()
    assert (told["start"], told["labelled"], told["ranked"], told["own"]) == ("decisions", 2, 18, False)
    assert told["terms"][0].keys() == {"term", "weight"}
    asked = {"record": mixed_lot[2].pk}
    assert reader.get(url("explain"), asked).status_code == 403  # scores are hidden
    assert reader.get(url("order-file")).status_code == 403
    why = lead.get(url("explain"), asked).json()
    assert why["score"] > 0.5
    assert why["terms"][0]["weight"] > 0
    written = lead.get(url("order-file"))
    assert len(written.json()["records"]) == 18
    StageSettings.objects.update(scores_shown="stars")
    assert reader.get(url("explain"), asked).status_code == 200
    assert reader.get(url("explain"), {"record": 10**9}).status_code == 404
    assert lead.get(url("detail", "nowhere")).status_code == 404


def run(command, *arguments):
    out = StringIO()
    call_command(command, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_commands_rank_write_and_take(review, likely, mixed_lot, settle_two, tmp_path, ana):
    here = ["--review", review.slug]
    ranked_ = run("rank_records", *here)
    assert (ranked_["ranked"], ranked_["labelled"], ranked_["included"], ranked_["start"]) == (
        18,
        2,
        1,
        "decisions",
    )
    file = tmp_path / "order.json"
    assert run("export_ranking", *here, "--out", str(file))["records"] == 18
    taken = run("import_ranking", str(file), *here)
    assert (taken["ranked"], taken["unknown_count"]) == (18, 0)
    with pytest.raises(CommandError, match="Scores are hidden"):
        run("export_ranking", *here, "--out", str(file), "--by", "ben@example.org")
    with pytest.raises(CommandError, match="Nothing is ranked yet"):
        run("export_ranking", *here, "--stage", "full_text", "--out", str(file))
