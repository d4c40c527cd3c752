"""A changed quorum or rule is applied when somebody asks for it, in the background, record by record."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from reviews.models import AuditEvent
from screening.models import FullText, Verdict
from screening.services import NotAllowed, recount, request_recount
from screening.services.recounting import stale_verdicts
from tests.factories import make_reason, make_record
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


def state(record, stage=TA):
    return Verdict.objects.get(record=record, stage=stage).state


@pytest.fixture
def change(review):
    """``change(quorum_title_abstract=1)`` amends the protocol."""

    def amend(**fields):
        for name, value in fields.items():
            setattr(review, name, value)
        review.save()

    return amend


def test_a_lower_quorum_settles_what_waited(review, record, vote, change, ana, ben):
    vote(ben, record, "include")
    assert stale_verdicts(review) == []
    change(quorum_title_abstract=1)
    assert recount(review=review, by=ana) == {"changed": {"included": 1}, "kept": []}
    assert FullText.objects.filter(record=record).exists()
    assert recount(review=review, by=ana) == {"changed": {}, "kept": []}


def test_a_higher_quorum_opens_records_again_but_not_those_with_full_text_votes(
    review, record, vote, to_full_text, change, ana, ben, cleo
):
    vote(ben, to_full_text(record), "include", stage=FT)
    other = make_record(review)
    for reviewer in (ben, cleo):
        vote(reviewer, other, "exclude")
    change(quorum_title_abstract=3)
    result = recount(review=review, by=ana)
    assert result["changed"] == {"open again": 1}
    (kept,) = result["kept"]
    assert kept.endswith("stays included at title and abstract: it has full-text votes.")
    assert (state(record), state(other)) == ("included", "pending")


def test_changed_rules_for_maybe_and_reasons(review, record, vote, to_full_text, change, ana, ben, cleo):
    vote(ben, record, "maybe")
    vote(cleo, record, "include")
    read = to_full_text(make_record(review))
    for order, reviewer in enumerate((ben, cleo)):
        vote(reviewer, read, "exclude", stage=FT, reason=make_reason(review, f"Reason {order}", order))
    change(maybe_rule="conflict", reasons_must_agree=True)
    assert recount(review=review, by=ana)["changed"] == {"open again": 2}
    assert state(record) == "conflict"
    assert state(read, FT) == "conflict"
    assert not FullText.objects.filter(record=record).exists()


def test_a_resolution_outlives_the_rules(review, record, conflict, resolve, change, ana):
    resolve(conflict(record), False)
    change(quorum_title_abstract=3)
    assert recount(review=review, by=ana)["changed"] == {}
    assert state(record) == "excluded"


def test_from_the_page_in_the_background(review, record, vote, change, work, as_user, ana, ben, dora):
    vote(ben, record, "include")
    conflicts, again = (reverse(f"screening:{name}", args=["trd"]) for name in ("conflicts", "recount"))
    assert "Count the votes anew" not in as_user(ana).get(conflicts).content.decode()
    change(quorum_title_abstract=1)
    assert "1 record has all the votes" in as_user(ana).get(conflicts).content.decode()
    assert "Count the votes anew" not in as_user(dora).get(conflicts).content.decode()
    assert as_user(dora).post(again).status_code == 403
    assert as_user(ana).get(again).status_code == 405
    first, second = as_user(ana).post(again), as_user(ana).post("/api/reviews/trd/verdicts/recount/")
    assert first["Location"].endswith(f"/jobs/{second.json()['job']}/")
    (job,) = work()
    assert job.result == {"changed": {"included": 1}, "kept": [], "said": "1 record is included now."}
    assert state(record) == "included"


def test_from_the_shell(review, record, vote, change, ana, ben):
    def run(*args):
        call_command("recount", "--review", "trd", *args, stdout=(out := StringIO()))
        return out.getvalue()

    assert "Every outcome is what the present rules give" in run()
    vote(ben, record, "exclude")
    change(quorum_title_abstract=1)
    assert json.loads(run("--json")) == {"review": "trd", "changed": {"excluded": 1}, "kept": []}
    assert AuditEvent.objects.filter(verb="screening.recounted").count() == 2


def test_only_those_who_amend_the_protocol_may(review, ben, eve):
    for person in (ben, eve):
        with pytest.raises(NotAllowed):
            recount(review=review, by=person)
        with pytest.raises(NotAllowed):
            request_recount(review=review, by=person)


def test_looking_for_stale_outcomes_takes_six_queries_a_stage(
    review, vote, ben, cleo, django_assert_num_queries
):
    for _ in range(5):
        record = make_record(review)
        vote(ben, record, "include")
        vote(cleo, record, "exclude")
    with django_assert_num_queries(12):
        stale_verdicts(review)
