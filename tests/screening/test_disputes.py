"""The resolver's page: what was voted and said, by whom only where the stage tells it; next, undo, two at once."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from screening.anonymity import letters
from screening.models import Adjudication, Claim, Note, StageSettings, Verdict
from screening.services import NotEligible, set_stage_settings, undo_resolution
from tests.factories import join, make_reason, make_record, make_user
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"screening:{name}", args=["trd", *args])


@pytest.fixture
def page(as_user, dora):
    def read(record, stage=TA, by=None):
        return as_user(by or dora).get(url("conflict", stage, record.pk))

    return read


@pytest.fixture
def fran(review):
    return join(review, make_user("fran"), "adjudicator").user


def test_each_reviewers_votes_stand_in_their_own_order_with_their_notes(
    review, record, vote, page, ben, cleo
):
    reason = make_reason(review)
    vote(ben, record, "exclude", reason=reason, note="First thought")
    vote(cleo, record, "exclude")
    Verdict.objects.all().delete()  # as if the quorum had been higher then
    vote(ben, record, "include", note="An RCT")
    Note.objects.create(
        review=review, record=record, stage=TA, author=cleo, text="Only a case series", audience="team"
    )
    Note.objects.create(
        review=review, record=record, stage=TA, author=cleo, text="my secret", audience="private"
    )
    answer = page(record)
    said = {ballot.vote.vote: ballot for ballot in answer.context["dispute"].ballots}
    assert [each.note for each in said["include"].before] == ["First thought"]
    assert answer.context["dispute"].notes == ((said["exclude"].name, "Only a case series"),)
    text = answer.content.decode()
    assert "before: exclude, Wrong population “First thought”" in text
    assert "my secret" not in text


@pytest.mark.parametrize("first", ["ben", "cleo"])
def test_nothing_in_the_page_tells_who_voted_first_or_when(review, record, vote, page, ben, cleo, first):
    """The same page, whoever was first: letters come from a keyed hash, and no id, time or key stands in it."""
    order = [(ben, "include"), (cleo, "exclude")]
    for person, word in order if first == "ben" else reversed(order):
        vote(person, record, word, note=f"said {word}")
    answer = page(record)
    names = letters(record.pk, TA, [ben.pk, cleo.pk])
    assert {ballot.name: ballot.vote.vote for ballot in answer.context["dispute"].ballots} == {
        names[ben.pk]: "include",
        names[cleo.pk]: "exclude",
    }
    text = re.sub(r"<select.*?</select>", "", answer.content.decode(), flags=re.DOTALL)
    for person in (ben, cleo):
        decision = person.decisions.get()
        hints = [str(person), person.email, str(decision.key), decision.created_at.strftime("%H:%M")]
        assert [hint for hint in hints if hint in text] == []


def test_letters_differ_from_record_to_record_and_from_the_order_of_ids():
    orders = {tuple(sorted((1, 2), key=letters(record, TA, (1, 2)).get)) for record in range(1, 30)}
    assert orders == {(1, 2), (2, 1)}
    assert letters(7, TA, (2, 1)) == letters(7, TA, (1, 2))


def test_names_are_told_where_the_stage_tells_them(review, record, conflict, page, ana):
    conflict(record)
    set_stage_settings(
        review=review, stage=TA, changes={"names_hidden": False}, by=ana, why="Open peer review"
    )
    answer = page(record)
    assert [ballot.name for ballot in answer.context["dispute"].ballots] == ["Ben", "Cleo"]


def test_keys_resolve_and_the_next_comes(review, record, reason, conflict, as_user, dora):
    conflict(record)
    second = conflict(make_record(review, "Second"))
    client = as_user(dora)
    page = client.get(url("conflict", TA, record.pk)).content.decode()
    for key in ("i", "e", "1", "s"):
        assert f'data-key="{key}"' in page
    answer = client.post(url("conflict", TA, record.pk), {"reason": reason.pk, "comment": "No adults"})
    assert answer.url == url("conflict", TA, second.pk)
    word = Adjudication.objects.get()
    assert (word.included, word.reason, word.comment) == (False, reason, "No adults")


def test_the_last_resolution_is_taken_back_by_its_resolver_alone(
    review, record, conflict, as_user, dora, fran, ben
):
    conflict(record)
    client = as_user(dora)
    client.post(url("conflict", TA, record.pk), {"included": "exclude"})
    with pytest.raises(NotEligible, match="no resolution"):
        undo_resolution(review=review, stage=TA, by=fran)
    assert as_user(ben).post(url("conflict_undo", TA)).status_code == 403
    answer = client.post(url("conflict_undo", TA), follow=True)
    assert answer.redirect_chain[-1][0] == url("conflict", TA, record.pk)
    assert "in conflict again" in answer.content.decode()
    assert Verdict.objects.get(record=record).state == "conflict"


def test_two_resolvers_are_told_of_each_other_and_get_different_ones(
    review, record, conflict, as_user, dora, fran
):
    conflict(record)
    second = conflict(make_record(review, "Second"))
    first = as_user(dora).get(url("conflict_next", TA)).url
    assert first == url("conflict", TA, record.pk)
    as_user(dora).get(first)
    assert as_user(fran).get(url("conflict_next", TA)).url == url("conflict", TA, second.pk)
    assert "Dora has this conflict open" in as_user(fran).get(first).content.decode()
    as_user(dora).post(first, {"included": "include"})
    late = as_user(fran).post(first, {"included": "exclude"}, headers={"HX-Request": "true"})
    assert late.status_code == 409
    assert "not in conflict any more" in late.content.decode()
    assert Adjudication.objects.get().included


def test_a_resolver_reads_one_at_a_time_and_the_place_lapses(review, record, conflict, as_user, dora, fran):
    conflict(record)
    second = conflict(make_record(review, "Second"))
    for each in (record, second):
        as_user(dora).get(url("conflict", TA, each.pk))
    assert list(Claim.objects.filter(reviewer=dora).values_list("record", flat=True)) == [second.pk]
    Claim.objects.update(until=timezone.now() - timedelta(minutes=1))
    assert as_user(fran).get(url("conflict", TA, second.pk)).context["reader"] is None


@pytest.mark.parametrize("stage", [TA, FT])
def test_a_named_resolver_alone_sees_and_resolves(
    review, record, reason, conflict, to_full_text, as_user, stage, dora, fran, ben
):
    if stage == FT:
        to_full_text(record)
    conflict(record, stage=stage, reason=reason)
    settings = StageSettings.objects.create(review=review, stage=stage)
    settings.may_resolve.add(fran)
    for person in (dora, ben):
        answer = as_user(person).get(url("conflict", stage, record.pk), follow=True)
        assert "Reviewer A" not in answer.content.decode()
    listed = as_user(dora).get(f"{url('records')}?{stage}=conflict").context["page_obj"]
    assert list(listed) == []
    assert "Reviewer A" in as_user(fran).get(url("conflict", stage, record.pk)).content.decode()


def test_a_full_text_conflict_needs_a_reason_button(review, record, reason, conflict, to_full_text, page):
    conflict(to_full_text(record), stage=FT, reason=reason)
    text = page(record, stage=FT).content.decode()
    assert 'name="included" value="exclude"' not in text
    assert f'name="reason" value="{reason.pk}"' in text
    assert "No PDF is attached" in text
