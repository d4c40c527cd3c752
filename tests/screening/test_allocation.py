"""Sharing records out: even, random by a seed, taken back as a whole, and votes stay."""

import json
import re
from collections import Counter

import pytest
from django.core.management import call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reviews.models import AuditEvent, Job
from screening import queue, sharing
from screening.models import Assignment
from screening.services import NotAllowed, NotEligible, allocation
from screening.services.allocation import Wish
from screening.services.claims import end_assignments
from screening.services.searches import save_search
from tests.factories import join, make_record, make_user
from tests.screening.conftest import TA
from tests.screening.test_blinding import settled_text

PEOPLE = [1, 2, 3, 4, 5]


def pools():
    held = st.dictionaries(st.integers(1, 30), st.frozensets(st.sampled_from(PEOPLE), max_size=3))
    return st.builds(sharing.Pool, st.just(list(range(1, 31))), st.integers(1, 3), held)


@hypothesis_settings(max_examples=40, deadline=None)
@given(pool=pools(), seed=st.integers(0, 1000), way=st.sampled_from(["number", "split", "pairs"]))
def test_nobody_gets_a_record_twice_and_no_record_too_many(pool, seed, way):
    deal = {
        "number": lambda: sharing.by_number(pool, dict.fromkeys(PEOPLE, 12), seed),
        "split": lambda: sharing.split(pool, PEOPLE, seed),
        "pairs": lambda: sharing.in_pairs(pool, PEOPLE, seed),
    }[way]
    shares = deal()
    assert shares == deal()
    assert len(set(shares)) == len(shares)
    assert all(share.person not in pool.held(share.record) for share in shares)
    for record, number in Counter(share.record for share in shares).items():
        assert number <= pool.free(record)


def test_shares_are_even():
    pool = sharing.Pool(list(range(100)), 2)
    assert set(Counter(share.person for share in sharing.split(pool, PEOPLE, 1)).values()) == {40}
    pairs = sharing.in_pairs(pool, PEOPLE, 1)
    assert set(Counter(share.person for share in pairs).values()) == {40}
    together = Counter(
        frozenset(share.person for share in pairs if share.record == record) for record in range(100)
    )
    assert len(together) == 10
    assert set(together.values()) == {10}
    half = sharing.Pool(list(range(100)), 2, {record: frozenset({9}) for record in range(100)})
    assert set(Counter(share.person for share in sharing.in_pairs(half, [1, 2], 1)).values()) == {50}
    percent = sharing.by_percent(pool, {1: 60, 2: 20, 3: 120}, 1)
    assert Counter(share.person for share in percent) == {1: 60, 2: 20, 3: 100}
    assert {share.record for share in sharing.by_number(pool, {1: 40, 2: 60}, 5)} == set(range(100))


pytestmark = pytest.mark.django_db


@pytest.fixture
def twelve(review):
    return [make_record(review, f"Record {number}", year=2000 + number) for number in range(12)]


@pytest.fixture
def share(review, ana):
    def out(*people, way="pairs", by=None, **more):
        shares = more.pop("shares", None) or {person.pk: 0 for person in people}
        wish = Wish(way=way, shares=shares, seed=3, **more)
        return allocation.request_allocation(review=review, stage=TA, wish=wish, by=by or ana)[0]

    return out


def held(person):
    return set(Assignment.objects.live().filter(reviewer=person).values_list("record", flat=True))


def test_each_record_is_for_its_pair_alone(review, twelve, share, ben, cleo, ana):
    lot = share(ben, cleo, ana)
    assert lot.result == {str(person.pk): 8 for person in (ben, cleo, ana)}
    for person in (ben, cleo, ana):
        assert {record.pk for record in queue.queue(review, TA, person)} == held(person)
        assert queue.progress(review, TA, person).left == 8
    event = AuditEvent.objects.get(verb="screening.allocated")
    assert "rotating pairs): Ben 8, Cleo 8, Ana 8" in event.sentence


def test_a_filter_gives_all_it_finds(twelve, share, ben, cleo):
    share(ben, cleo, way="filter", query="year_from=2009")
    assert held(ben) == held(cleo) == {record.pk for record in twelve[9:]}


def test_percent_and_number(twelve, share, ben, cleo):
    assert share(way="percent", shares={ben.pk: 50, cleo.pk: 25}).result == {str(ben.pk): 6, str(cleo.pk): 3}
    assert share(way="count", shares={cleo.pk: 100}).result == {str(cleo.pk): 9}


def test_votes_count_and_stay_when_shared_out_anew(review, twelve, share, vote, ben, cleo, ana):
    share(ben, cleo)
    vote(ben, twelve[0], "include")
    fran = join(review, make_user("fran"), "reviewer").user
    wish = Wish(way="split", shares={cleo.pk: 0, fran.pk: 0}, anew=True, seed=1)
    before = allocation.preview(review=review, stage=TA, wish=wish, by=ana)
    assert (before.records, before.ends, before.short) == (12, 23, 0)
    second = share(cleo, fran, way="split", anew=True)
    assert held(ben) == {twelve[0].pk}
    assert len(held(cleo)) + len(held(fran)) == 23
    assert not held(ben) & held(cleo) & held(fran)
    allocation.undo_allocation(review=review, allocation=second, by=ana)
    assert len(held(ben)) == len(held(cleo)) == 12
    assert not held(fran)
    with pytest.raises(allocation.AlreadyDecided, match="taken back before"):
        allocation.undo_allocation(review=review, allocation=second, by=ana)


def test_a_lead_who_screens_learns_no_vote_by_sharing_out(
    review, twelve, share, vote, as_user, ana, ben, cleo
):
    """Cleo's other vote makes a conflict: no number, neither shown nor previewed, may tell ana of it."""
    record = twelve[0]
    share(ana, cleo)
    vote(ana, record, "include")
    client, page = as_user(ana), reverse("screening:allocation", args=[review.slug, TA])
    asked = {"stage": TA, "way": "split", "query": "year_from=2000&year_to=2000", "seed": 1}

    def told():
        shown = [client.get(page), client.get(reverse("screening:allocation_fewer", args=[review.slug, TA]))]
        for anew in (False, True):
            wish = asked | {"anew": anew, "shares": {str(person.pk): 0 for person in (ben, cleo)}}
            answer = client.post(
                f"/api/reviews/{review.slug}/allocations/preview/", wish, content_type="application/json"
            )
            assert answer.status_code == 200, answer.content
            shown.append(answer)
        drawn = r'name="seed" value="\d+"'  # a new one with each form
        return [re.sub(drawn, "", settled_text(answer)) for answer in shown]

    before = told()
    assert '"records":1' in before[-1]
    vote(cleo, record, "exclude")
    assert told() == before
    vote(cleo, record, "include")
    assert told() != before


def test_who_leaves_keeps_votes_and_frees_the_rest(review, twelve, share, vote, ana, ben, cleo):
    share(ben, cleo)
    vote(ben, twelve[0], "include")
    queue.ahead(review, TA, ben)
    assert end_assignments(review=review, user=ben) == 11
    assert held(ben) == {twelve[0].pk}
    assert set(allocation.with_fewer(review, TA)) == set(twelve[1:])
    lead = review.memberships.get(user=ana)
    assert {row["name"]: (row["assigned"], row["done"]) for row in allocation.standing(lead, TA)} == {
        "Ben": (1, 1),
        "Cleo": (12, 0),
    }


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"way": "luck"}, "is no way to share out"),
        ({"way": "pairs", "shares": {}}, "at least one person"),
        ({"way": "pairs", "one": True}, "at least two"),
        ({"way": "filter"}, "Say which records"),
        ({"way": "filter", "query": "source=nonsense"}, "This filter cannot be read"),
        ({"way": "percent"}, "above 0 and up to 100"),
        ({"way": "split", "each": 0}, "at least one person"),
        ({"way": "split", "query": "year_from=2999"}, "Nobody would get a record"),
        ({"way": "split", "shares": {0: 1}}, "does not screen"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(review, twelve, ana, ben, cleo, wish, sentence):
    one = wish.pop("one", False)
    given = Wish(**({"shares": {ben.pk: 0} if one else {ben.pk: 0, cleo.pk: 0}} | wish))
    with pytest.raises(Exception, match=sentence) as caught:
        allocation.request_allocation(review=review, stage=TA, wish=given, by=ana)
    assert caught.value.status == 422
    assert not Assignment.objects.exists()


def test_only_managers_share_out_and_only_to_screeners(twelve, share, ben, cleo, stan):
    with pytest.raises(NotAllowed):
        share(ben, cleo, by=ben)
    with pytest.raises(NotEligible, match="Stan does not screen"):
        share(ben, stan)


def test_many_records_are_shared_out_by_a_job(review, twelve, share, monkeypatch, work, ben, cleo):
    monkeypatch.setattr(allocation, "AT_ONCE", 10)
    monkeypatch.setattr(allocation, "LOT", 5)
    share(ben, cleo)
    assert not Assignment.objects.exists()
    [job] = work()
    assert (job.state, job.task) == (Job.State.DONE, "screening.allocate")
    assert len(held(ben)) == len(held(cleo)) == 12
    lot = review.allocations.get()
    allocation.carry_out(allocation=lot)  # once more, as after a worker died
    assert Assignment.objects.live().count() == 24


def test_the_page_shows_before_it_does(review, twelve, as_user, ana, ben, cleo, eve):
    page = reverse("screening:allocation", args=[review.slug, TA])
    client = as_user(ana)
    assert client.get(page).status_code == 200
    form = {"way": "split", "people": [ben.pk, cleo.pk], "seed": 3}
    shown = client.post(page, form)
    assert "This would be done" in shown.content.decode()
    assert not Assignment.objects.exists()
    assert client.post(page, form | {"do": 1}).status_code == 302
    assert Assignment.objects.live().count() == 24
    undo = reverse("screening:allocation_undo", args=[review.slug, TA, review.allocations.get().pk])
    assert client.post(undo).status_code == 302
    assert not Assignment.objects.live().exists()
    assert "Choose at least one person" in client.post(page, {"way": "split", "seed": 3}).content.decode()
    assert client.get(reverse("screening:allocation_fewer", args=[review.slug, TA])).status_code == 200
    for person, status in ((ben, 403), (eve, 404)):
        assert as_user(person).get(page).status_code == status
        assert as_user(person).post(undo).status_code == status


def test_records_of_a_saved_search_are_shared_out(review, twelve, as_user, ana, ben, cleo):
    page = reverse("screening:allocation", args=[review.slug, TA])
    client = as_user(ana)
    assert "No search is saved yet" in client.get(page).content.decode()
    wanted = twelve[3]
    own = {"review": review, "query": f"q=%22{wanted.title.replace(' ', '+')}%22"}
    search = save_search(**own, by=ben, name="One of twelve", shared=True)
    hidden = save_search(**own, by=ben, name="Only Ben's")
    shown = client.get(page).content.decode()
    assert "One of twelve" in shown
    assert "Only Ben" not in shown
    form = {"way": "filter", "people": [ben.pk, cleo.pk], "seed": 3, "saved": search.pk}
    both = client.post(page, form | {"query": "year_from=2015"})
    assert both.status_code == 422
    assert "leave one of them empty" in both.content.decode()
    assert client.post(page, form | {"saved": hidden.pk}).status_code == 422
    assert client.post(page, form | {"do": 1}).status_code == 302
    assert set(Assignment.objects.live().values_list("record", flat=True)) == {wanted.pk}
    assert review.allocations.get().params["query"] == search.query


def test_the_page_asks_no_more_for_more_records(
    review, twelve, share, as_user, ana, ben, cleo, django_assert_max_num_queries
):
    page = reverse("screening:allocation", args=[review.slug, TA])
    share(ben, cleo)
    client = as_user(ana)
    client.get(page)
    with django_assert_max_num_queries(40) as before:
        client.get(page)
    for number in range(10):
        make_record(review, f"More {number}")
    share(ben, cleo)
    with django_assert_max_num_queries(len(before)):
        client.get(page)


def test_programs_share_out_too(review, twelve, as_user, ana, ben, cleo, eve):
    base, sent = f"/api/reviews/{review.slug}/allocations/", {"content_type": "application/json"}
    client = as_user(ana)
    wish = {"stage": TA, "way": "count", "shares": {str(ben.pk): 5, str(cleo.pk): 4}, "seed": 1}
    told = client.post(f"{base}preview/", wish, **sent).json()
    assert (told["records"], told["given"], told["short"]) == (12, {str(ben.pk): 5, str(cleo.pk): 4}, 12)
    made = client.post(base, wish, **sent)
    assert made.status_code == 201
    assert len(held(ben)) == 5
    undone = client.post(f"{base}{made.json()['allocation']}/undo/")
    assert undone.json()["undone_by"] == ana.pk
    assert client.post(base, wish | {"shares": {"x": 1}}, **sent).status_code == 400
    assert as_user(ben).get(base).status_code == 403
    assert as_user(eve).get(base).status_code == 404


def test_programs_send_votes_together(review, twelve, as_user, ben):
    votes = [{"record": twelve[0].pk, "vote": "include", "key": "0bad"}]
    url, sent = f"/api/reviews/{review.slug}/vote-batches/", {"content_type": "application/json"}
    told = as_user(ben).post(url, {"stage": TA, "votes": votes}, **sent)
    assert told.json()["votes"]["0bad"]["state"] == "refused"


def test_the_command_shares_out_and_takes_back(review, twelve, ana, ben, cleo, capsys):
    here = ["allocate", "--review", review.slug, "--stage", TA, "--json"]
    people = ["--person", ben.email, "--person", cleo.email]
    call_command(*here, *people, "--way", "split", "--dry-run")
    assert not Assignment.objects.exists()
    capsys.readouterr()
    call_command(*here, *people, "--way", "split", "--seed", "3")
    made = json.loads(capsys.readouterr().out)
    assert made["given"] == {str(ben.pk): 12, str(cleo.pk): 12}
    call_command(*here, "--undo", str(made["allocation"]))
    assert json.loads(capsys.readouterr().out)["ended"] == 24
