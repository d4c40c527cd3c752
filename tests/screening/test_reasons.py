"""Two exclusion reasons become one, with all that was decided by them, and two again."""

import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from reviews.errors import Conflict
from reviews.models import AuditEvent, ExclusionReason
from screening.models import Decision, ReasonMerge, Verdict
from screening.services import MergeRefused, NotAllowed, merge_reasons, undo_merge
from screening.services.reasons import TABLES
from tests.factories import make_reason, make_record
from tests.screening.conftest import FT

pytestmark = pytest.mark.django_db
PAGE = "/reviews/trd/screening/reasons/"


@pytest.fixture
def age(review):
    return make_reason(review, "Wrong age", 1)


@pytest.fixture
def population(review):
    return make_reason(review, "Wrong population", 3)


@pytest.fixture
def design(review):
    return make_reason(review, "Wrong design", 2)


@pytest.fixture
def excluded(to_full_text, review, vote, ben, cleo):
    def exclude(*reasons):
        record = to_full_text(make_record(review))
        for reviewer, reason in zip((ben, cleo), reasons, strict=False):
            vote(reviewer, record, "exclude", stage=FT, reason=reason)
        return record

    return exclude


def verdict(record):
    return Verdict.objects.select_related("reason").get(record=record, stage=FT)


def test_no_table_with_reasons_is_forgotten():
    pointing = {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.many_to_one and field.related_model is ExclusionReason
    }
    assert pointing == {*TABLES.values(), ReasonMerge}


def test_votes_and_outcomes_follow_and_come_back(review, age, population, excluded, work, ana):
    both, one, other = excluded(age, age), excluded(age), excluded(population, population)
    merge = merge_reasons(review=review, reason=age, into=population, by=ana, why="The same thing")
    assert verdict(both).reason == population
    assert not Decision.objects.filter(reason=age).exists()
    age.refresh_from_db()
    assert age.retired_at
    (event,) = AuditEvent.objects.filter(verb="screening.reasons_merged")
    assert (event.detail["records"], event.actor, event.blinded) == ([both.pk], ana, False)
    assert "1 record" in event.sentence
    undo_merge(review=review, merge=merge, by=ana)
    work()
    assert (verdict(both).reason, verdict(other).reason) == (age, population)
    assert Decision.objects.get(record=one, stage=FT).reason == age
    age.refresh_from_db()
    assert age.retired_at is None
    with pytest.raises(Conflict, match="undone already"):
        undo_merge(review=review, merge=merge, by=ana)


def test_prisma_stays_balanced(review, age, population, excluded, as_user, ana):
    excluded(age, age)
    excluded(population, population)
    client = as_user(ana)
    before = client.get("/api/reviews/trd/prisma/").json()
    merge_reasons(review=review, reason=age, into=population, by=ana)
    after = client.get("/api/reviews/trd/prisma/").json()

    assert after["problems"] == before["problems"] == []
    same = {name: value for name, value in before["counts"].items() if "Wrong age" not in json.dumps(value)}
    assert {name: after["counts"][name] for name in same} == same
    moved = [name for name in before["counts"] if name not in same]
    assert [after["counts"][name] for name in moved] == [[["Wrong population", 2]]]


def test_reasons_that_had_to_agree_and_now_do_are_counted_anew(review, age, population, excluded, work, ana):
    review.reasons_must_agree = True
    review.save()
    record = excluded(age, population)
    assert verdict(record).state == "conflict"
    merge = merge_reasons(review=review, reason=age, into=population, by=ana)
    work()
    assert (verdict(record).state, verdict(record).reason) == ("excluded", population)
    undo_merge(review=review, merge=merge, by=ana)
    work()
    assert verdict(record).state == "conflict"


def test_the_first_reason_in_the_list_stands_after_a_merge(
    review, age, design, population, excluded, work, ana
):
    record = excluded(age, design)
    assert verdict(record).reason == age
    merge_reasons(review=review, reason=age, into=population, by=ana)
    work()
    assert verdict(record).reason == design


def test_what_was_decided_since_stays_where_it_is(review, age, population, excluded, ana):
    excluded(age, age)
    merge = merge_reasons(review=review, reason=age, into=population, by=ana)
    later = excluded(population, population)
    undo_merge(review=review, merge=merge, by=ana)
    assert verdict(later).reason == population


def test_a_chain_is_undone_from_its_end(review, age, design, population, excluded, ana):
    record = excluded(age, age)
    first = merge_reasons(review=review, reason=age, into=design, by=ana)
    second = merge_reasons(review=review, reason=design, into=population, by=ana)
    with pytest.raises(Conflict, match="undo that first"):
        undo_merge(review=review, merge=first, by=ana)
    undo_merge(review=review, merge=second, by=ana)
    undo_merge(review=review, merge=first, by=ana)
    assert verdict(record).reason == age


def test_nonsense_is_refused(review, age, population, ana, ben, eve):
    with pytest.raises(MergeRefused, match="into itself"):
        merge_reasons(review=review, reason=age, into=age, by=ana)
    foreign = make_reason(eve.memberships.get().review, "Elsewhere")
    with pytest.raises(MergeRefused, match="of this review's list"):
        merge_reasons(review=review, reason=age, into=foreign, by=ana)
    merge_reasons(review=review, reason=age, into=population, by=ana)
    with pytest.raises(MergeRefused, match="is retired"):
        merge_reasons(review=review, reason=population, into=age, by=ana)
    with pytest.raises(NotAllowed):
        merge_reasons(review=review, reason=population, into=age, by=ben)


def test_nothing_tells_of_votes_on_open_records(review, age, population, excluded, as_user, ana, ben, cleo):
    excluded(age)
    merge = merge_reasons(review=review, reason=age, into=population, by=ana)
    assert merge.moved["decisions"]
    history = as_user(cleo).get("/api/reviews/trd/history/").json()["results"]
    (event,) = [each for each in history if each["verb"] == "screening.reasons_merged"]
    assert event["detail"]["records"] == []
    assert "moved" not in as_user(cleo).get("/api/reviews/trd/reason-merges/").json()["results"][0]
    page = as_user(cleo).get(PAGE)
    assert [counts["full_text"] for _, counts in page.context["rows"]] == [0, 0]


def test_the_page(review, age, population, excluded, as_user, ana, ben, eve):
    excluded(age, age)
    client = as_user(ana)
    assert f'href="{PAGE}"' in client.get("/reviews/trd/protocol/").content.decode()
    page = client.post(f"{PAGE}merge/", {"reason": age.pk, "into": population.pk, "why": "Same"}, follow=True)
    merge = ReasonMerge.objects.get()
    assert f"{PAGE}{merge.pk}/undo/" in page.content.decode()
    assert page.context["rows"][0] == (population, {"title_abstract": 0, "full_text": 1})
    assert client.post(f"{PAGE}merge/", {"reason": age.pk, "into": age.pk}).status_code == 422
    assert client.post(f"{PAGE}{merge.pk}/undo/").status_code == 302
    assert "undone by Ana" in client.get(PAGE).content.decode()
    assert as_user(ben).get(PAGE).status_code == 200
    assert as_user(ben).post(f"{PAGE}merge/").status_code == 403
    assert as_user(eve).get(PAGE).status_code == 404


def test_by_program_and_from_the_shell(review, age, population, excluded, as_user, ana, ben):
    record = excluded(age, age)
    api, client = "/api/reviews/trd/reason-merges/", as_user(ana)
    made = client.post(
        api, json.dumps({"reason": age.pk, "into": population.pk}), content_type="application/json"
    )
    assert (made.status_code, made.json()["by"]) == (201, ana.pk)
    assert client.post(f"{api}{made.json()['id']}/undo/").json()["undone_by"] == ana.pk
    assert as_user(ben).post(api).status_code == 403

    def run(*args):
        call_command("merge_reasons", "--review", "trd", *args, "--json", stdout=(out := StringIO()))
        return json.loads(out.getvalue())

    done = run("--reason", "wrong age", "--into", "Wrong population")
    assert (done["undone"], verdict(record).reason) == (False, population)
    assert run("--undo", str(done["merge"]))["undone"] is True
    assert verdict(record).reason == age
    for wrong in (("--reason", "x", "--into", "y"), ("--reason", "wrong age"), ("--undo", "999999")):
        with pytest.raises(CommandError):
            run(*wrong)
