"""How a stage is worked: who may set it, what a change would do, what it begins, and who then resolves."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from extraction import services as extraction
from reviews.errors import Conflict
from reviews.models import AuditEvent, Membership, Review
from screening.models import Decision, FullText, Report, StageSettings, Verdict
from screening.services import (
    AlreadyDecided,
    NotAllowed,
    NotEligible,
    SettingsRefused,
    policy_of,
    recount,
    set_stage_settings,
    settings_of,
    undo_vote,
)
from screening.services.hold import count_held
from screening.services.recounting import affected
from screening.services.stage_settings import present_of, values_of, with_changes
from tests.factories import make_reason, make_record
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db
PAGE, SAVE = "/reviews/trd/screening/settings/", "/reviews/trd/screening/settings/title_abstract/"


def state(record, stage=TA):
    return Verdict.objects.get(record=record, stage=stage).state


def fields_of(page):
    """What the page's form sends when nothing was changed."""
    form = page.context["form"]
    sent = {}
    for bound in form:
        value = bound.value()
        for name in (bound.html_name, bound.html_initial_name):
            if value is None or value is False or (value == [] or (value is True and name == "")):
                if value is False and name == bound.html_initial_name:
                    sent[name] = "False"
                continue
            sent[name] = "on" if value is True and name == bound.html_name else value
    return sent


# --- the settings themselves -----------------------------------------------------------------------------


def test_without_a_row_the_defaults(review):
    policy = policy_of(review, TA)
    assert (policy.quorum, policy.agreement, policy.maybe) == (2, "all", "include")
    assert settings_of(review, TA).pk is None


def test_a_change_that_decides_is_an_amendment_with_one_line(review, record, change, vote, ana, ben):
    vote(ben, record, "include")
    change(agreement="majority", quorum=3, hold_minutes=5)
    assert review.protocol_version == 2
    (event,) = AuditEvent.objects.filter(verb="reviews.protocol_amended")
    assert "began version 2" in event.sentence
    assert event.detail["changes"]["votes per record"] == {"old": 2, "new": 3}
    assert event.detail["changes"]["agreement rule"] == {
        "old": "All must agree",
        "new": "The majority decides",
    }
    change(labels_hidden=False)
    assert review.protocol_version == 2
    assert AuditEvent.objects.filter(verb="reviews.stage_settings_changed").count() == 1
    change(labels_hidden=False)
    assert AuditEvent.objects.filter(verb="reviews.stage_settings_changed").count() == 1
    cast = vote(ana, record, "include")
    assert cast.protocol_version == 2


def test_changes_in_a_row_are_one_amendment(review, record, change, vote, ben):
    vote(ben, record, "include")
    change(quorum=3)
    change(agreement="majority")
    assert review.protocol_version == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quorum": 10}, "Votes per record"),
        ({"quorum": 0}, "Votes per record"),
        ({"agreement": "loudest"}, "Agreement rule"),
        ({"agreement": "majority", "quorum": 1}, "nothing to agree on"),
        ({"hold_minutes": 24 * 60 + 1}, "Minutes before votes are counted"),
        ({"colour": "red"}, "no setting called “colour”"),
        ({"order": "loudest"}, "Order of the records"),
        ({"random_share": 100}, "Random records of 100"),
        ({"order_seed": -1}, "Seed of the order"),
        ({"scores_shown": "loudly"}, "How likely the model finds"),
    ],
)
def test_nonsense_is_refused_and_nothing_is_half_saved(review, change, changes, said):
    with pytest.raises(SettingsRefused, match=said):
        change(third_person=False, **changes)
    assert not StageSettings.objects.exists()
    assert Review.objects.get(pk=review.pk).quorum_title_abstract == 2


def test_the_order_is_an_event_and_no_amendment_but_a_model_that_votes_is_one(
    review, record, change, vote, ben
):
    vote(ben, record, "include")
    change(order="mixed", random_share=20, order_seed=7, scores_shown="stars")
    (event,) = AuditEvent.objects.filter(verb="reviews.stage_settings_changed")
    assert "order of the records" in event.sentence
    assert event.detail["changes"]["order of the records"] == {
        "old": "As they came",
        "new": "Most likely first, mixed with random ones",
    }
    assert review.protocol_version == 1
    change(automation_votes=True)
    assert AuditEvent.objects.filter(verb="reviews.protocol_amended").count() == 1
    assert review.protocol_version == 1


def test_a_maybe_is_no_setting_of_full_text(change):
    with pytest.raises(SettingsRefused, match="no setting called “maybe”"):
        change(FT, maybe="conflict")


def test_only_members_with_the_right_can_be_named(review, change, ana, ben, dora, stan, eve):
    change(must_screen=[ben], may_resolve=[dora.pk])
    settings = settings_of(review, TA)
    assert (present_of(settings, "must_screen"), present_of(settings, "may_resolve")) == ({ben.pk}, {dora.pk})
    with pytest.raises(SettingsRefused, match="Stan cannot be named"):
        change(must_screen=[stan])
    with pytest.raises(SettingsRefused, match="Somebody named"):
        change(may_resolve=[eve])


def test_who_may_not_amend_may_not_set(review, change, ben, eve, as_user):
    for person in (ben, eve):
        with pytest.raises(NotAllowed):
            change(by=person, quorum=3)
    assert as_user(ben).post(SAVE).status_code == 403
    assert as_user(eve).get(PAGE).status_code == 404
    page = as_user(ben).get(PAGE)
    assert "An owner or a manager changes these" in page.content.decode()


def test_what_somebody_changed_meanwhile_is_not_overwritten(review, change, ana):
    change(quorum=3)
    with pytest.raises(Conflict, match="votes per record"):
        set_stage_settings(review=review, stage=TA, changes={"quorum": 4}, by=ana, seen={"quorum": 2})


def test_reasons_at_title_and_abstract_bind_where_they_are_required(review, record, change, vote, ben, cleo):
    first, second = make_reason(review, "One", 1), make_reason(review, "Two", 2)
    change(reasons_must_agree=True, reason_required=True)
    with pytest.raises(NotEligible, match="needs a reason"):
        vote(ben, record, "exclude")
    vote(ben, record, "exclude", reason=first)
    vote(cleo, record, "exclude", reason=second)
    assert state(record) == "conflict"
    change(reason_required=False)
    assert not policy_of(review, TA).reasons_must_agree


# --- what a change mid-way would do ----------------------------------------------------------------------


def test_affected_records_are_told_without_telling_votes(
    review, change, vote, conflict, ana, ben, cleo, dora
):
    complete, waiting, disputed, mine = (make_record(review) for _ in range(4))
    for reviewer in (ben, cleo):
        vote(reviewer, complete, "include")
    vote(ben, waiting, "exclude")
    conflict(disputed)
    vote(ana, mine, "include")
    vote(ben, mine, "exclude")

    def told(person, **changes):
        membership = Membership.objects.get(user=person)
        parts = affected(membership, *with_changes(review, TA, changes)).parts
        return {name: number for name, number in parts.items() if number}

    assert told(ana, agreement="any_include") == {"resolved": 1}
    assert told(dora, agreement="any_include") == {"resolved": 2}
    assert told(ana, quorum=1) == {"counted": 1}
    assert told(ana, quorum=3) == {"reopened": 1, "dropped": 1}
    assert told(ana, third_person=False) == {}
    assert not StageSettings.objects.exists()


def test_what_is_told_beforehand_is_what_a_recount_then_does(
    review, change, vote, to_full_text, include, work, as_user, ana, ben, cleo
):
    """Three that change; of those that stay one has full-text votes, one a PDF, one a study with data."""
    voted, with_pdf, _ = (to_full_text(make_record(review)) for _ in range(3))
    vote(ben, voted, "include", stage=FT)
    FullText.objects.filter(record=with_pdf).update(file="fulltexts/some.pdf")
    study, beside = include(make_record(review)), include(make_record(review))
    Report.objects.filter(study=beside).update(study=study, is_main=False)
    extraction.add_arm(study=study, label="Drug", role="experimental", by=ana)
    membership = Membership.objects.get(user=ana)

    def told(stage):
        return affected(membership, *with_changes(review, stage, {"quorum": 3}))

    assert (told(TA).reopened, told(TA).kept) == (1, 4)
    assert (told(FT).reopened, told(FT).kept) == (1, 1)
    client = as_user(ana)
    sent = fields_of(client.get(PAGE)) | {"quorum": 3}
    assert "4</strong> included records would stay as they are" in client.post(SAVE, sent).content.decode()
    change(quorum=3)
    change(FT, quorum=3)
    job = recounted(work, client)
    assert job.result["changed"] == {"open again": 2}
    assert len(job.result["kept"]) == 5
    page = client.get(f"/reviews/trd/jobs/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "2 records are open again now. 5 records stay as they are" in page
    assert "stays included at title and abstract: it has its PDF." in page
    assert "stays included at full text: data hang on its study" in page
    assert "Exclude it at full text" not in page


def recounted(work, client):
    client.post("/reviews/trd/conflicts/recount/")
    (job,) = work()
    return job


def test_the_history_of_a_recount_tells_no_conflict(review, record, change, vote, ana, ben, cleo):
    change(quorum=3)
    vote(ben, record, "include")
    vote(cleo, record, "exclude")
    change(quorum=2)
    assert recount(review=review, by=ana)["changed"] == {}
    assert state(record) == "conflict"
    event = AuditEvent.objects.get(verb="screening.recounted")
    assert event.detail["changed"] == {}
    assert "0 outcomes" in event.sentence


def test_votes_beyond_a_lowered_quorum_all_count(review, record, change, vote, ana, ben, cleo, dora):
    change(quorum=3, agreement="majority")
    for reviewer, word in ((ben, "include"), (cleo, "exclude"), (ana, "exclude")):
        vote(reviewer, record, word)
    assert state(record) == "excluded"
    change(quorum=2)
    assert recount(review=review, by=ana)["changed"] == {}
    change(agreement="all")
    assert recount(review=review, by=ana)["changed"] == {"open again": 1}


def test_looking_asks_the_same_number_of_queries_for_more_records(
    review, vote, ana, ben, cleo, django_assert_max_num_queries
):
    membership = Membership.objects.select_related("review", "user").get(user=ana)
    asked = set()
    for _ in range(3):
        record = make_record(review)
        vote(ben, record, "include")
        vote(cleo, record, "exclude")
        with django_assert_max_num_queries(10) as queries:
            affected(membership, *with_changes(review, TA, {"quorum": 3}))
        asked.add(len(queries))
    assert len(asked) == 1


# --- the page --------------------------------------------------------------------------------------------


def test_the_page_shows_the_effect_first_and_saves_when_told(review, record, vote, work, as_user, ana, ben):
    vote(ben, record, "include")
    client = as_user(ana)
    sent = fields_of(client.get(PAGE)) | {"quorum": 1, "why": "Too few people"}
    answer = client.post(SAVE, sent)
    assert "would have all its votes" in answer.content.decode()
    review.refresh_from_db()
    assert review.quorum_title_abstract == 2
    answer = client.post(SAVE, sent | {"act": "recount"})
    assert "/jobs/" in answer["Location"]
    work()
    assert state(record) == "included"
    assert AuditEvent.objects.get(verb="reviews.protocol_amended").detail["why"] == "Too few people"


def test_what_affects_no_record_is_saved_at_once(review, as_user, ana, ben, dora):
    client = as_user(ana)
    sent = fields_of(client.get(PAGE)) | {"quorum": 3, "may_resolve": [dora.pk], "due_on": "2027-03-01"}
    del sent["names_hidden"]
    answer = client.post(SAVE, sent, follow=True)
    assert "Saved." in answer.content.decode()
    review.refresh_from_db()
    values = values_of(review, settings_of(review, TA))
    assert (values["quorum"], values["may_resolve"], values["names_hidden"]) == (3, [dora.pk], False)
    assert values["labels_hidden"] is True
    again = client.post(SAVE, fields_of(answer), follow=True)
    assert "Nothing was changed." in again.content.decode()


def test_the_page_refuses_in_sentences(review, as_user, ana):
    client = as_user(ana)
    sent = fields_of(client.get(PAGE))
    answer = client.post(SAVE, sent | {"agreement": "majority", "quorum": 1})
    assert answer.status_code == 422
    assert "nothing to agree on" in answer.content.decode()
    assert client.post(SAVE, sent | {"claim_minutes": 0}).status_code == 422
    assert client.get(SAVE).status_code == 405


def test_a_new_review_is_set_up_stage_by_stage(as_user, ana):
    client = as_user(ana)
    assert f"{PAGE}?setup=1" in client.get("/reviews/trd/").content.decode()
    first = client.get(f"{PAGE}?setup=1")
    answer = client.post(SAVE, fields_of(first) | {"setup": "1"})
    assert answer["Location"] == f"{PAGE}?stage=full_text&setup=1"
    second = client.get(answer["Location"])
    assert "maybe" not in second.context["form"].fields
    answer = client.post(f"{PAGE}full_text/", fields_of(second) | {"setup": "1"})
    assert answer["Location"] == "/reviews/trd/protocol/#criteria"


# --- API and command -------------------------------------------------------------------------------------


def test_by_program(review, record, vote, as_user, ana, ben):
    vote(ben, record, "include")
    api, client = "/api/reviews/trd/stage-settings/", as_user(ana)
    assert [each["stage"] for each in client.get(api).json()] == [TA, FT]

    def send(verb, path, data):
        return verb(api + path, json.dumps(data), content_type="application/json")

    assert send(client.post, f"{TA}/preview/", {"quorum": 1}).json()["counted"] == 1
    changed = send(client.patch, f"{TA}/", {"quorum": 3, "agreement": "majority", "must_screen": [ben.pk]})
    assert changed.json()["must_screen"] == [ben.pk]
    assert client.get(f"{api}{TA}/").json()["quorum"] == 3
    refused = send(client.patch, f"{TA}/", {"quorum": 1})
    assert (refused.status_code, "nothing to agree on" in str(refused.json())) == (422, True)
    assert client.get(f"{api}nonsense/").status_code == 404
    assert send(as_user(ben).patch, f"{TA}/", {"quorum": 2}).status_code == 403
    assert as_user(ben).get(f"{api}{TA}/").status_code == 200


def test_from_the_shell(review, record, vote, ana, ben, dora):
    vote(ben, record, "include")

    def run(*args):
        call_command("stage_settings", "--review", "trd", "--stage", TA, *args, stdout=(out := StringIO()))
        return out.getvalue()

    assert "quorum: 2" in run()
    assert run("--set", "quorum=1", "--dry-run") == "1 counted\n"
    told = json.loads(
        run("--set", "quorum=1", "--set", "may_resolve=dora@example.org", "--recount", "--json")
    )
    assert told["settings"]["may_resolve"] == ["dora@example.org"]
    assert told["recount"]["changed"] == {"included": 1}
    run("--set", "due_on=2027-01-31", "--set", "third_person=no")
    assert 'due_on: "2027-01-31"' in run()
    for wrong in (
        "quorum",
        "quorum=two",
        "third_person=maybe",
        "due_on=soon",
        "shape=round",
        "must_screen=eve@x.org",
    ):
        with pytest.raises(CommandError):
            run("--set", wrong)


# --- votes held back -------------------------------------------------------------------------------------


def later(minutes):
    """Let the live votes and what is held be so much older."""
    age = timedelta(minutes=minutes)
    for vote in Decision.objects.all():
        Decision.objects.filter(pk=vote.pk).update(created_at=vote.created_at - age)
    for verdict in Verdict.objects.exclude(held_until=None):
        Verdict.objects.filter(pk=verdict.pk).update(held_until=verdict.held_until - age)


def test_votes_are_counted_when_their_time_is_over(review, record, change, vote, ana, ben, cleo):
    change(hold_minutes=10)
    vote(ben, record, "include")
    vote(cleo, record, "include")
    assert state(record) == "pending"
    assert count_held() == {"counted": 0, "refused": 0}
    assert recount(review=review, by=ana)["changed"] == {}
    later(6)
    vote(ben, record, "exclude")
    later(6)
    assert (count_held()["counted"], state(record)) == (0, "pending")
    later(6)
    assert (count_held()["counted"], state(record)) == (1, "conflict")
    assert count_held()["counted"] == 0


def test_a_vote_stands_after_its_time_whatever_the_colleague_did(review, change, vote, ben, cleo):
    """Alone, in agreement that waits, or in conflict: the refusal is the same, so it tells nothing."""
    change(hold_minutes=10)
    alone, disputed = make_record(review), make_record(review)
    for record in (alone, disputed):
        vote(ben, record, "include")
    vote(cleo, disputed, "exclude")
    undo_vote(review=review, stage=TA, reviewer=ben, record=alone)
    vote(ben, alone, "include")
    later(11)
    count_held()
    assert (state(alone), state(disputed)) == ("pending", "conflict")
    said = set()
    for record in (alone, disputed):
        for act in (
            lambda record=record: vote(ben, record, "exclude"),
            lambda record=record: undo_vote(review=review, stage=TA, reviewer=ben, record=record),
        ):
            with pytest.raises(AlreadyDecided) as refusal:
                act()
            said.add(str(refusal.value).replace(record.title, "it"))
    assert len(said) == 1
    vote(cleo, alone, "include")
    later(11)
    assert (count_held()["counted"], state(alone)) == (1, "included")


def test_without_holding_all_is_as_before(review, record, vote, ben, cleo):
    vote(ben, record, "include")
    vote(cleo, record, "exclude")
    assert state(record) == "conflict"
    vote(cleo, record, "include")
    assert state(record) == "included"


def test_the_periodic_task_counts(record, change, vote, settings, ben, cleo):
    from screening.tasks import count_held as task

    assert settings.CELERY_BEAT_SCHEDULE["count-held-votes"]["task"] == task.name
    change(hold_minutes=1)
    vote(ben, record, "include")
    vote(cleo, record, "include")
    later(2)
    task()
    assert state(record) == "included"
