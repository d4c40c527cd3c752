"""The page of progress: one's own list, the numbers of leads, and the attack on them."""

import itertools
import re
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from reviews.models import Membership
from screening.dashboard import lead_view, own_list
from screening.models import Decision, StageSettings, Verdict
from screening.pace import forecast, pace_of
from screening.services import begin_check, begin_pilot, undo_vote
from screening.services.allocation import Wish, request_allocation
from tests.factories import make_record
from tests.screening.conftest import TA
from tests.screening.test_blinding import settled_text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ADDRESSES = [
    "/reviews/trd/screening/",
    "/reviews/trd/screening/?all=1",
    "/reviews/trd/screening/stages-and-people/",
    "/reviews/trd/rounds/",
    "/reviews/trd/agreement/",
    "/reviews/trd/agreement/?maybe=apart",
    "/reviews/trd/agreement/table.csv",
    "/api/reviews/trd/progress/",
    "/api/reviews/trd/agreement/",
    "/api/reviews/trd/agreement/overall/",
    "/api/reviews/trd/agreement/periods/",
    "/api/reviews/trd/rounds/",
]


def member(user, review):
    return Membership.objects.get(user=user, review=review)


def seen(client) -> dict[str, str]:
    found = {}
    for address in ADDRESSES:
        for headers in ({}, HTMX) if "screening/" in address else ({},):
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200, address
            found[address + str(headers)] = settled_text(answer)
    return found


@pytest.fixture
def busy(review, vote, ana, ben, cleo):
    """A stage at work: ana has screened, ben and cleo have records in every situation."""
    records = [make_record(review, f"Busy {number}") for number in range(6)]
    for word, (first, second) in zip(["include", "exclude"], [(ana, ben), (ana, cleo)], strict=True):
        record = records.pop()
        vote(first, record, word)
        vote(second, record, word)
    vote(ben, records[0], "include")
    vote(ben, records[1], "include")
    vote(cleo, records[1], "exclude")
    return records


@pytest.mark.parametrize(
    ("own", "word"),
    [
        ("include", "exclude"),
        ("exclude", "include"),
        ("exclude", "maybe"),
        ("maybe", "exclude"),
        ("include", "maybe"),  # agree: the attack sees a difference
    ],
)
def test_a_lead_who_screens_learns_nothing_from_a_colleague_who_disagrees(
    own, word, review, record, busy, vote, as_user, ana, cleo
):
    """Polled before and after cleo's vote, and after her undoing it: a conflict looks as if she had not voted."""
    vote(ana, record, own)
    client = as_user(ana)
    before = seen(client)
    vote(cleo, record, word)
    after = seen(client)
    if Verdict.objects.get(record=record).state == "conflict":
        assert after == before
        undo_vote(review=review, stage=TA, reviewer=cleo, record=record)
        assert seen(client) == before
    else:
        assert after != before  # complete for all to see: the attack would see a difference


def test_what_is_open_looks_the_same_whatever_was_voted(review, record, busy, vote, as_user, ana, cleo):
    """Without a vote of ana's on the record, cleo's include, exclude and maybe cannot be told apart."""
    client = as_user(ana)
    answers = []
    for word in ("include", "exclude", "maybe"):
        vote(cleo, record, word)
        answers.append(seen(client))
    assert answers[0] == answers[1] == answers[2]


def test_the_first_vote_of_a_lead_tells_nothing_either(review, record, vote, as_user, ana, ben, cleo):
    """ana never screened: she sees full numbers. Her first vote makes a conflict, or waits: the same page."""
    other = make_record(review, "Elsewhere")
    vote(ben, other, "include")
    client = as_user(ana)
    pages = []
    for voted in (False, True):
        if voted:
            vote(cleo, record, "exclude")
        vote(ana, record, "include")
        pages.append(seen(client))
        undo_vote(review=review, stage=TA, reviewer=ana, record=record)
        if voted:
            undo_vote(review=review, stage=TA, reviewer=cleo, record=record)
    assert pages[0] == pages[1]


def test_reviewers_see_no_colleague_at_all(review, record, busy, vote, as_user, ben, cleo):
    vote(ben, record, "include")
    client = as_user(ben)
    before = settled_text(client.get(ADDRESSES[0]))
    vote(cleo, record, "exclude")
    assert settled_text(client.get(ADDRESSES[0])) == before
    assert "Cleo" not in before
    assert client.get(ADDRESSES[2]).status_code == 403


def test_full_numbers_for_who_does_not_screen_there(review, record, vote, ana, ben, cleo):
    more = [make_record(review) for _ in range(3)]
    vote(ben, record, "include")
    vote(cleo, record, "include")
    vote(ben, more[0], "include")
    vote(ben, more[1], "include")
    vote(cleo, more[1], "exclude")
    found = lead_view(member(ana, review))
    bar = found.stages[0]
    assert (bar.total, bar.done, bar.conflicts, bar.waiting, bar.untouched) == (4, 1, 1, 1, 1)
    assert [(str(person.user), person.total) for person in found.people] == [
        ("Ben", 3),
        ("Cleo", 2),
        ("Ana", 0),
    ]
    vote(ana, more[2], "include")
    narrow = lead_view(member(ana, review)).stages[0]
    assert (narrow.done, narrow.conflicts, narrow.waiting, narrow.open) == (1, 1, None, 2)
    people = {str(person.user): person.total for person in lead_view(member(ana, review)).people}
    assert people == {"Ben": 1, "Cleo": 1, "Ana": 1}


def test_people_who_left_are_still_counted(review, record, vote, ana, ben, cleo):
    vote(ben, record, "include")
    Membership.objects.filter(user=ben).update(left_at=timezone.now())
    left = lead_view(member(ana, review)).people[0]
    assert (str(left.user), left.present, left.total) == ("Ben", False, 1)


def test_a_conflict_that_nobody_may_resolve(review, record, conflict, ana, ben, cleo):
    conflict(record)
    assert lead_view(member(ana, review)).stages[0].stuck == 0
    settings = StageSettings.objects.create(review=review, stage=TA)
    Membership.objects.filter(user__in=[ben, cleo]).update(role="adjudicator")
    settings.may_resolve.set([ben, cleo])
    assert lead_view(member(ana, review)).stages[0].stuck == 1


def test_records_that_wait_for_who_must_screen(review, vote, as_user, ana, ben, cleo, dora):
    """Full numbers for a lead who does not vote; whoever votes gets what tells nobody's vote."""
    records = [make_record(review, f"Waiting {number}") for number in range(3)]
    settings = StageSettings.objects.create(review=review, stage=TA)
    settings.must_screen.set([cleo])

    def told():
        return lead_view(member(ana, review)).stages[0].awaited

    assert (told().waiting, told().behind) == (0, False)
    for record in records:
        vote(ben, record, "include")
    assert (told().waiting, told().recent, told().behind) == (3, 0, True)
    page = as_user(ana).get(ADDRESSES[2]).content.decode()
    assert "3 records have all votes but one and wait for Cleo, who cast 0 votes in the last 7 days." in page
    vote(cleo, records[0], "exclude")
    assert (told().waiting, told().recent, told().behind) == (2, 1, True)
    vote(ana, make_record(review, "Ana's"), "include")
    narrow = told()
    assert (narrow.waiting, narrow.open, narrow.recent, narrow.behind) == (None, 3, 0, True)
    page = as_user(ana).get(ADDRESSES[2]).content.decode()
    assert "A record is complete with a vote of Cleo only, 3 are open" in page
    settings.must_screen.set([])
    assert told() is None


def test_records_assigned_to_nobody_who_must_screen(review, record, ana, ben, cleo, as_user):
    settings = StageSettings.objects.create(review=review, stage=TA)
    settings.must_screen.set([cleo])
    wish = Wish(way="split", shares={ben.pk: 0, ana.pk: 0}, each=2)
    request_allocation(review=review, stage=TA, wish=wish, by=ana)
    assert lead_view(member(ana, review)).stages[0].awaited.shut_out == 1
    assert (
        "1 open record is assigned to nobody who must screen"
        in as_user(ana).get(ADDRESSES[2]).content.decode()
    )


@pytest.mark.parametrize("word", ["include", "exclude", "maybe"])
def test_who_must_screen_votes_unseen_by_a_lead_who_votes(
    word, review, record, busy, vote, as_user, ana, ben, cleo
):
    """The warning stays the same when one of the group disagrees with ana, and goes with what they complete."""
    StageSettings.objects.create(review=review, stage=TA).must_screen.set([cleo, ben])
    Decision.objects.filter(reviewer__in=[ben, cleo]).update(created_at=timezone.now() - timedelta(days=9))
    vote(ana, record, "exclude" if word != "exclude" else "include")
    client = as_user(ana)
    before = seen(client)
    assert "in the last 7 days completed one" in before[ADDRESSES[2] + "{}"]
    vote(cleo, record, word)
    assert seen(client) == before


def test_ones_own_list(review, record, conflict, vote, ana, ben, cleo, as_user):
    for person in (ben, cleo):
        vote(person, record, "exclude")
    conflict(make_record(review))
    begin_check(review=review, stage=TA, percent=100, people=[ana], by=ana)
    for _ in range(4):
        make_record(review)
    begin_pilot(review=review, stage=TA, size=2, people=[ana, ben], by=ana)
    own = own_list(member(ana, review))
    assert [left for _, left in own.rounds] == [1, 2]
    assert own.next_stage == TA
    assert own.conflicts[TA] == 1
    page = as_user(ana).get(ADDRESSES[0]).content.decode()
    assert "2 left for you" in page
    assert len(re.findall("btn-primary", page)) == 1


def test_the_same_queries_for_more_rows(review, vote, as_user, ana, ben, cleo, django_assert_max_num_queries):
    """Four records or sixteen, voted on by two: no query more. Numbers are asked for, rows are not."""
    client = as_user(ana)
    counts = []
    for _ in range(2):
        for record in [make_record(review) for _ in range(4 if not counts else 12)]:
            vote(ben, record, "include")
            vote(cleo, record, "include" if record.pk % 2 else "exclude")
        with django_assert_max_num_queries(80) as queries:
            client.get(ADDRESSES[0])
            client.get(ADDRESSES[2])
            client.get("/reviews/trd/agreement/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_who_may(review, as_user, ana, dora, stan, eve):
    assert [as_user(p).get(ADDRESSES[0]).status_code for p in (ana, dora, stan, eve)] == [200, 200, 200, 404]
    assert [as_user(p).get(ADDRESSES[2]).status_code for p in (ana, dora, eve)] == [200, 403, 404]
    assert "role has no screening" in as_user(stan).get(ADDRESSES[0]).content.decode()
    assert reverse("screening:dashboard", args=["trd"]) in as_user(stan).get("/reviews/trd/").content.decode()


# --- pace and forecast ------------------------------------------------------------------------------------------


def at(*seconds):
    return [
        datetime(2026, 3, 1, tzinfo=timezone.get_default_timezone()) + timedelta(seconds=s) for s in seconds
    ]


def test_pace_is_time_in_view_else_the_gap_and_breaks_are_left_out():
    times = at(0, 10, 20, 30, 40, 50, 4000)
    found = pace_of(zip(times, [10, None, 30, None, 10, 10, None], strict=True))
    assert (found.votes, found.seconds) == (
        6,
        pytest.approx(80 / 6),
    )  # 10 10 30 10 10 10; the last gap is a break
    assert found.per_hour == pytest.approx(3600 / (80 / 6))
    assert pace_of(zip(times[:4], itertools.repeat(3))) is None


def test_forecast_by_hand():
    """Ten a day on every day: fifty left take five days, today the first, without a range."""
    found = forecast([10] * 7, 50, date(2026, 3, 1))
    assert (found.per_day, found.on, found.early, found.late) == (10, *[date(2026, 3, 5)] * 3)
    # 0 and 20 in turn: the same pace, s = 10.69 (n = 8), margin 1.2816 * 10.69 * sqrt(1/8 + 1/5) = 7.81
    varied = forecast([0, 20] * 4, 50, date(2026, 3, 1))
    assert varied.on == date(2026, 3, 5)
    assert varied.early == date(2026, 3, 3)  # 50 / 17.81 = 2.8 days
    assert varied.late == date(2026, 3, 23)  # 50 / 2.19 = 22.8 days
    assert forecast([0, 0, 100, 1, 1], 500, date(2026, 3, 1)).late is None
    assert forecast([5, 5], 50, date(2026, 3, 1)) is None
    assert forecast([5, 5, 5], 0, date(2026, 3, 1)) is None


def test_the_forecast_counts_days_with_completed_records(review, vote, ana, ben, cleo):
    records = [make_record(review) for _ in range(8)]
    for day, record in zip((1, 2, 3, 3), records, strict=False):
        vote(ben, record, "exclude")
        vote(cleo, record, "exclude")
        Verdict.objects.filter(record=record).update(settled_at=timezone.now() - timedelta(days=day))
    bar = lead_view(member(ana, review)).stages[0]
    assert bar.forecast.per_day == pytest.approx(4 / 3)
    assert bar.forecast.on == timezone.localdate() + timedelta(days=2)
    StageSettings.objects.create(review=review, stage=TA, due_on=timezone.localdate())
    assert lead_view(member(ana, review)).stages[0].late
    assert Decision.objects.count() == 8


def test_leads_find_settings_and_sharing_out_from_here(review, as_user, ana, ben):
    there = (
        "/reviews/trd/screening/settings/",
        "/reviews/trd/allocation/title_abstract/",
        "/reviews/trd/agreement/",
    )
    page = as_user(ana).get(ADDRESSES[0]).content.decode()
    assert all(f'href="{address}"' in page for address in there)
    page = as_user(ben).get(ADDRESSES[0]).content.decode()
    assert not any(f'href="{address}"' in page for address in there)
