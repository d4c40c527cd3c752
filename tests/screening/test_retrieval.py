"""Retrieval with its days: requests and reminders, reports not sought, many changed at once and taken back."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reviews.models import AuditEvent
from screening.models import FullText
from screening.services import (
    NotAllowed,
    NotEligible,
    cast_vote,
    remind,
    set_full_text_state,
    set_states_of,
    undo_states,
)
from tests.factories import make_record
from tests.screening.conftest import FT

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)
JSON = {"content_type": "application/json"}


def url(name, *args):
    return reverse(f"screening:{name}", args=["trd", *args])


@pytest.fixture
def sought(review, ana):
    """Three reports sought, by their records."""
    records = [make_record(review, title) for title in ("First", "Second", "Third")]
    for record in records:
        FullText.objects.create(review=review, record=record, changed_by=ana)
    return records


@pytest.fixture
def state(review, ben):
    def change(record, state, **more):
        return set_full_text_state(review=review, record=record, state=state, by=ben, **more)

    return change


def test_each_step_has_its_day(review, sought, state, ben):
    record = sought[0]
    asked = state(record, "requested", on=MARCH, requested_from="Library")
    assert (asked.requested_at, asked.retrieved_at) == (MARCH, None)
    for days in (20, 10, 10):
        remind(review=review, record=record, by=ben, on=MARCH + timedelta(days))
    assert FullText.objects.get(record=record).reminders == ["2026-03-11", "2026-03-21"]
    got = state(record, "retrieved", on=date(2026, 4, 2))
    assert (got.requested_at, got.retrieved_at, got.given_up_at) == (MARCH, date(2026, 4, 2), None)
    lost = state(record, "not_retrieved", why_not="A blank page")
    assert (lost.requested_at, lost.retrieved_at, lost.given_up_at) == (MARCH, None, timezone.localdate())
    again = state(record, "not_retrieved", why_not="Blank pages")
    assert (again.given_up_at, again.why_not) == (timezone.localdate(), "Blank pages")
    fresh = state(record, "sought")
    assert (fresh.requested_at, fresh.reminders, fresh.given_up_at, fresh.why_not) == (None, [], None, "")


def test_days_that_cannot_be_are_refused(review, sought, state, ben):
    record = sought[0]
    with pytest.raises(NotEligible, match="in the future"):
        state(record, "requested", on=timezone.localdate() + timedelta(1))
    with pytest.raises(NotEligible, match="only one that is requested"):
        remind(review=review, record=record, by=ben)
    state(record, "requested", on=MARCH)
    with pytest.raises(NotEligible, match="cannot be retrieved since 2026-02-01"):
        state(record, "retrieved", on=date(2026, 2, 1))
    with pytest.raises(NotEligible, match="a reminder comes later"):
        remind(review=review, record=record, by=ben, on=date(2026, 2, 1))


def test_a_report_not_sought_says_why_and_cannot_be_voted_on(review, to_full_text, sought, state, ben):
    with pytest.raises(NotEligible, match="is not sought: it leaves"):
        state(sought[0], "not_sought")
    state(sought[0], "not_sought", why_not="A protocol of a study we have")
    record = to_full_text(make_record(review, "Fourth"))
    state(record, "not_sought", why_not="A protocol")
    with pytest.raises(NotEligible, match="was not sought"):
        cast_vote(review=review, record=record, stage=FT, reviewer=ben, vote="include")


def test_many_are_changed_and_taken_back_but_for_those_changed_since(review, sought, state, ben, stan):
    first, second, third = sought
    state(first, "requested", on=MARCH, requested_from="Author")
    everything = [record.pk for record in sought]
    lot = set_states_of(review=review, records=everything, state="not_retrieved", by=ben, why_not="No reply")
    assert (lot.taken, lot.left) == (3, [])
    state(third, "retrieved")
    back = undo_states(review=review, event=lot.event, by=ben)
    assert (back.taken, [pk for pk, _ in back.left]) == (2, [third.pk])
    asked = FullText.objects.get(record=first)
    assert (asked.state, asked.requested_at, asked.given_up_at) == ("requested", MARCH, None)
    assert FullText.objects.get(record=second).state == "sought"
    with pytest.raises(NotEligible, match="nothing to undo"):
        undo_states(review=review, event=lot.event, by=ben)
    with pytest.raises(NotAllowed):
        set_states_of(review=review, records=everything, state="sought", by=stan)


def test_what_is_refused_is_left_and_the_rest_is_done(review, sought, include, ben):
    include(make_record(review, "Included"))
    voted = FullText.objects.exclude(record__in=sought).get().record
    records = [sought[0].pk, voted.pk, make_record(review, "At no full text").pk]
    lot = set_states_of(review=review, records=records, state="requested", by=ben)
    assert lot.taken == 1
    assert "has been voted on" in lot.left[0][1]
    assert "has not been included" in lot.left[1][1]
    with pytest.raises(NotEligible, match="Say why"):
        set_states_of(review=review, records=records, state="not_sought", by=ben)
    with pytest.raises(NotEligible, match="Choose at least one"):
        set_states_of(review=review, records=[], state="sought", by=ben)


def test_the_list_of_requests_begins_with_the_oldest(sought, state, as_user, ben):
    for record, day in zip(sought, (20, 5, 11), strict=True):
        state(record, "requested", on=MARCH + timedelta(day))
    page = as_user(ben).get(url("full_texts"), {"state": "requested"})
    assert [row.record.title for row in page.context["page_obj"]] == ["Second", "Third", "First"]
    assert "Requested <time" in page.content.decode()


def test_the_page_changes_many_undoes_and_reminds(sought, as_user, ben, stan):
    client = as_user(ben)
    chosen = {"records": [sought[0].pk, sought[1].pk], "state": "requested", "on": "2026-03-01"}
    answer = client.post(url("states_set"), chosen, follow=True)
    assert FullText.objects.filter(state="requested", requested_at=MARCH).count() == 2
    lot = AuditEvent.objects.get(verb="screening.full_text_states")
    assert url("states_undo", lot.pk) in answer.content.decode()
    assert client.post(url("reminded", sought[0].pk)).status_code == 302
    assert FullText.objects.get(record=sought[0]).reminders
    client.post(url("states_undo", lot.pk))
    assert FullText.objects.filter(state="sought").count() == 2
    found = {"all": "on", "query": "q=third", "state": "not_sought", "why_not": "Not ours"}
    client.post(url("states_set"), found)
    assert FullText.objects.get(state="not_sought").record == sought[2]
    wrong = client.post(url("states_set"), {"state": "lost"}, follow=True)
    assert "lost is not one of the available choices" in wrong.content.decode()
    assert as_user(stan).post(url("states_set"), chosen).status_code == 403


def test_each_report_offers_what_makes_sense_for_it(sought, state, as_user, ben):
    client = as_user(ben)
    state(sought[0], "requested")
    state(sought[1], "not_sought", why_not="Not ours")
    state(sought[2], "not_retrieved", why_not="Lost")
    rows = dict(
        re.findall(
            r'name="records" value="(\d+)"(.*?)</tr>', client.get(url("full_texts")).content.decode(), re.S
        )
    )
    asked, left, lost = (rows[str(record.pk)] for record in sought)
    assert "Record a reminder of today</button>" in asked
    assert "Mark as retrieved</button>" in asked
    assert ("Open" in asked, "Open" in left, "Open" in lost) == (True, False, False)
    assert "retrieved</button>" not in left
    assert "It came after all</button>" in lost
    assert 'value="sought"' in left
    client.post(url("full_text_state", sought[1].pk), {"state": "sought", "from": "list"})
    assert FullText.objects.get(record=sought[1]).state == "sought"


def test_without_a_report_the_page_says_what_comes(review, as_user, ben, sought):
    found = as_user(ben).get(url("full_texts"), {"q": "nothing like it"}).content.decode()
    assert "No report fits these filters" in found
    FullText.objects.all().delete()
    empty = as_user(ben).get(url("full_texts")).content.decode()
    assert "No report is sought yet" in empty
    assert 'class="tile"' not in empty
    assert reverse("screening:screen", args=["trd", "title_abstract"]) in empty


def test_the_table_comes_out_and_goes_in_again(sought, state, as_user, ben, eve):
    state(sought[0], "requested", on=MARCH, requested_from="Author")
    client = as_user(ben)
    text = b"".join(client.get(url("states_table"), {"state": "requested"}).streaming_content).decode(
        "utf-8-sig"
    )
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["title"], row["state"], row["requested_at"]) for row in rows] == [
        ("First", "requested", "2026-03-01")
    ]
    pks = [record.pk for record in sought]
    table = (
        f"record_id,state,on,why_not\n{pks[0]},reminded,2026-03-09,\n{pks[1]},retrieved,2026-04-01,\n"
        f"{pks[2]},not_sought,,A protocol\n"
    )
    for said in ("3 states recorded, 0 were there already", "0 states recorded, 3 were there already"):
        file = SimpleUploadedFile("states.csv", table.encode())
        assert said in client.post(url("states_file"), {"file": file}, follow=True).content.decode()
    assert FullText.objects.get(record=sought[0]).reminders == ["2026-03-09"]
    assert FullText.objects.get(record=sought[1]).retrieved_at == date(2026, 4, 1)
    file = SimpleUploadedFile("states.csv", f"record_id,state,on\n{pks[0]},requested,1.3.26\n".encode())
    answer = client.post(url("states_file"), {"file": file}, follow=True).content.decode()
    assert "line 2, column on: “1.3.26” is not a day" in answer
    assert as_user(eve).get(url("states_table")).status_code == 404


def test_programs_change_many_undo_and_remind(sought, as_user, ben, stan):
    client, base = as_user(ben), "/api/reviews/trd/retrieval"
    pks = [record.pk for record in sought]
    body = {"records": [*pks, 10**9], "state": "requested", "on": "2026-03-01"}
    done = client.post(f"{base}/states/", body, **JSON).json()
    assert (done["taken"], done["left"]) == (3, [])
    reminded = client.post(f"{base}/remind/", {"record": pks[0], "on": "2026-03-08"}, **JSON).json()
    assert (reminded["requested_at"], reminded["reminders"]) == ("2026-03-01", ["2026-03-08"])
    undone = client.post(f"{base}/undo/", {"lot": done["lot"]}, **JSON).json()
    assert (undone["taken"], [each["record"] for each in undone["left"]]) == (2, [pks[0]])
    assert as_user(stan).post(f"{base}/states/", body, **JSON).status_code == 403
    assert client.post(f"{base}/remind/", {"record": 10**9}, **JSON).status_code == 422
    one = client.patch(
        f"/api/reviews/trd/full-texts/{pks[1]}/", {"state": "retrieved", "on": "2026-03-02"}, **JSON
    )
    assert one.json()["retrieved_at"] == "2026-03-02"


def test_more_reports_cost_no_more_queries(review, sought, as_user, ben, ana, django_assert_max_num_queries):
    client = as_user(ben)
    client.get(url("full_texts"))
    with CaptureQueriesContext(connection) as few:
        client.get(url("full_texts"))
    for number in range(10):
        record = make_record(review, f"More {number}")
        FullText.objects.create(review=review, record=record, changed_by=ana)
    with django_assert_max_num_queries(len(few)):
        client.get(url("full_texts"))
