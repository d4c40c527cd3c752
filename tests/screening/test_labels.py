"""Labels: made, put on records, merged, and hidden while their records are blinded."""

import pytest
from django.urls import reverse

from records.models import Record
from reviews.models import AuditEvent, Membership
from screening import remarks
from screening.models import Label, Labelling, StageSettings
from screening.services.guards import NotAllowed
from screening.services.labellings import label_many, put_label, take_label, toggle_label, unlabel_lot
from screening.services.labels import (
    LabelRefused,
    change_label,
    make_label,
    merge_labels,
    order_labels,
    restore_label,
    retire_label,
)
from tests.factories import join, make_record, make_review, make_user
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def label(review, cleo):
    return make_label(review=review, by=cleo, name="zebra dose", colour=3)


def member(user) -> Membership:
    return Membership.objects.select_related("user", "review").get(user=user, review__slug="trd")


def names_for(user, record) -> list[str]:
    return [use.label.name for use in remarks.labels_on(member(user), [record]).get(record.pk, [])]


def test_put_on_and_taken_off_by_each_for_themselves(review, record, label, ben, cleo, vote):
    assert toggle_label(review=review, label=label, record=record, by=ben)
    put_label(review=review, label=label, record=record, by=cleo)
    put_label(review=review, label=label, record=record, by=cleo)
    assert Labelling.objects.live().count() == 2
    assert not toggle_label(review=review, label=label, record=record, by=ben)
    assert [use.by for use in Labelling.objects.live()] == [cleo]
    assert not take_label(review=review, label=label, record=record, by=ben)


def test_a_colleagues_label_is_shown_once_the_record_is_complete(review, record, label, ben, cleo, vote):
    put_label(review=review, label=label, record=record, by=cleo)
    vote(cleo, record, "include")
    assert names_for(ben, record) == []
    assert names_for(cleo, record) == ["zebra dose"]
    vote(ben, record, "include")
    assert names_for(ben, record) == ["zebra dose"]


def test_a_conflict_shows_no_label(review, record, label, ben, dora, cleo, conflict):
    put_label(review=review, label=label, record=record, by=cleo)
    conflict(record)
    assert names_for(ben, record) == []
    assert names_for(dora, record) == []


def test_a_label_put_at_full_text_waits_for_the_full_text(
    review, record, label, ben, cleo, to_full_text, vote
):
    to_full_text(record)
    put_label(review=review, label=label, record=record, by=cleo)
    assert Labelling.objects.get().stage == FT
    assert names_for(ben, record) == []
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include", stage=FT)
    assert names_for(ben, record) == ["zebra dose"]


@pytest.mark.parametrize(("hidden", "seen"), [(True, []), (False, ["zebra dose"])])
def test_the_setting_says_whether_labels_are_hidden(review, record, label, ben, cleo, hidden, seen):
    StageSettings.objects.create(review=review, stage=TA, labels_hidden=hidden)
    put_label(review=review, label=label, record=record, by=cleo)
    assert names_for(ben, record) == seen


def test_a_private_label_is_nobody_elses(review, record, ben, cleo, vote, as_user):
    mine = make_label(review=review, by=cleo, name="zebra mine", private=True)
    put_label(review=review, label=mine, record=record, by=cleo)
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include")
    assert names_for(ben, record) == []
    assert names_for(cleo, record) == ["zebra mine"]
    client = as_user(ben)
    assert client.get(reverse("screening:label", args=["trd", mine.pk])).status_code == 404
    with pytest.raises(LabelRefused):
        put_label(review=review, label=mine, record=record, by=ben)
    make_label(review=review, by=ben, name="zebra mine", private=True)  # the name tells nothing, either


def test_renaming_keeps_uses_and_retiring_too(review, record, label, ana, cleo):
    put_label(review=review, label=label, record=record, by=cleo)
    change_label(label=label, by=ana, name="dose to check")
    retire_label(label=label, by=ana)
    assert names_for(cleo, record) == ["dose to check"]
    assert label not in remarks.labels_offered(member(cleo))
    with pytest.raises(LabelRefused, match="retired"):
        put_label(review=review, label=label, record=make_record(review), by=cleo)
    restore_label(label=label, by=ana)
    assert label in remarks.labels_offered(member(cleo))


def test_merging_moves_uses_and_restoring_takes_it_back(review, record, label, ana, ben, cleo):
    other = make_label(review=review, by=ben, name="dosage")
    both = make_record(review)
    for one, each in ((label, record), (label, both), (other, both)):
        put_label(review=review, label=one, record=each, by=cleo)
    merge_labels(label=label, into=other, by=ana)
    assert names_for(cleo, record) == names_for(cleo, both) == ["dosage"]
    restore_label(label=label, by=ana)
    assert names_for(cleo, record) == ["zebra dose"]
    assert sorted(names_for(cleo, both)) == ["dosage", "zebra dose"]


def test_only_leads_change_shared_labels(review, label, ana, ben, cleo):
    for act in (
        lambda: change_label(label=label, by=cleo, name="x"),
        lambda: retire_label(label=label, by=ben),
        lambda: order_labels(review=review, by=ben, ids=[label.pk]),
    ):
        with pytest.raises(NotAllowed, match="owner and managers"):
            act()
    order_labels(review=review, by=ana, ids=[label.pk])


@pytest.mark.parametrize(
    ("name", "colour", "sentence"),
    [
        ("  ", 1, "name"),
        ("x" * 61, 1, "60"),
        ("ZEBRA dose", 1, "already"),
        ("a\x07b", 1, "printed"),
        ("x", 9, "1 to 8"),
    ],
)
def test_nonsense_is_refused(review, label, ana, name, colour, sentence):
    with pytest.raises(LabelRefused, match=sentence):
        make_label(review=review, by=ana, name=name, colour=colour)


def test_many_records_at_once_and_back(review, record, label, ben, cleo, to_full_text):
    full = to_full_text(make_record(review))
    put_label(review=review, label=label, record=record, by=ben)
    put_label(review=review, label=label, record=full, by=cleo)
    lot = label_many(review=review, label=label, records=Record.objects.filter(review=review), by=ben)
    assert (lot.taken, lot.already) == (1, 1)
    assert Labelling.objects.get(lot=lot.lot).stage == FT
    assert unlabel_lot(review=review, lot=lot.lot, by=cleo) == 0
    assert unlabel_lot(review=review, lot=lot.lot, by=ben) == 1
    assert Labelling.objects.live().filter(by=ben).count() == 1


def test_the_history_of_putting_labels_is_its_actors(review, record, label, ben, cleo):
    put_label(review=review, label=label, record=record, by=cleo)
    label_many(review=review, label=label, records=Record.objects.all(), by=cleo)
    seen = AuditEvent.objects.visible_to(ben).filter(verb__startswith="screening.label")
    assert [event.verb for event in seen] == ["screening.label_made"]


def test_ten_more_rows_cost_no_more_queries(review, record, label, ben, django_assert_num_queries):
    put_label(review=review, label=label, record=record, by=ben)
    records = [record] + [make_record(review) for _ in range(10)]
    label_many(review=review, label=label, records=Record.objects.filter(review=review), by=ben)
    one = member(ben)
    with django_assert_num_queries(1):
        assert len(remarks.labels_on(one, records)) == 11


def test_the_press_answers_with_the_labels(review, record, label, ben, as_user):
    client, url = as_user(ben), reverse("screening:label_toggle", args=["trd", record.pk])
    answer = client.post(url, {"label": label.pk}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "zebra dose" in answer.content.decode()
    assert f'id="labels-{record.pk}"' in answer.content.decode()
    assert Labelling.objects.live().get().by == ben
    assert client.post(url, {"label": "99999999999999999999"}).status_code == 404
    assert client.post(url, {"label": label.pk}).status_code == 302
    assert not Labelling.objects.live().exists()


def test_pages_of_labels(review, record, label, ana, ben, cleo, eve, as_user):
    put_label(review=review, label=label, record=record, by=cleo)
    page, make = reverse("screening:labels", args=["trd"]), reverse("screening:label_make", args=["trd"])
    assert "on 0 records" in as_user(ben).get(page).content.decode()
    assert "on 1 record" in as_user(cleo).get(page).content.decode()
    assert as_user(eve).get(page).status_code == 404
    assert as_user(ana).post(make, {"name": "Zebra Dose", "colour": 1}).status_code == 422
    assert as_user(ana).post(make, {"name": "second", "colour": 1}).status_code == 302
    second = Label.objects.get(name="second")
    client = as_user(ana)
    client.post(reverse("screening:label_move", args=["trd", second.pk]), {"up": "1"})
    assert list(Label.objects.values_list("name", flat=True)) == ["second", "zebra dose"]
    client.post(reverse("screening:label", args=["trd", second.pk]), {"name": "2nd", "colour": 5})
    client.post(reverse("screening:label_merge", args=["trd", second.pk]), {"into": label.pk})
    second.refresh_from_db()
    assert (second.name, second.merged_into) == ("2nd", label)
    assert "merged into zebra dose" in client.get(page).content.decode()
    client.post(reverse("screening:label_state", args=["trd", second.pk]), {"restore": "1"})
    second.refresh_from_db()
    assert second.retired_at is None


def test_who_only_reads_puts_no_label(review, record, label, as_user):
    olga = join(review, make_user("olga"), "observer").user
    client = as_user(olga)
    url = reverse("screening:label_toggle", args=["trd", record.pk])
    assert client.post(url, {"label": label.pk}, headers={"HX-Request": "true"}).status_code == 403
    assert "Make it" not in client.get(reverse("screening:labels", args=["trd"])).content.decode()


def test_labels_of_another_review_are_not_here(review, record, ben, eve):
    other = make_review("third")
    join(other, eve, "owner")
    foreign = make_label(review=other, by=eve, name="foreign")
    with pytest.raises(LabelRefused):
        put_label(review=review, label=foreign, record=record, by=ben)


def test_many_from_the_list_and_back(review, record, label, ben, cleo, as_user):
    other = make_record(review, "A cohort")
    client, url = as_user(ben), reverse("screening:labels_put", args=["trd"])
    assert "Label them" in client.get(reverse("screening:records", args=["trd"])).content.decode()
    client.post(url, {"label": label.pk, "pick": [record.pk]})
    assert names_for(ben, record) == ["zebra dose"]
    answer = client.post(url, {"label": label.pk, "query": "q=cohort", "all": "1"})
    assert answer["Location"].endswith("/records/?q=cohort")
    assert names_for(ben, other) == ["zebra dose"]
    client.post(url, {"label": label.pk, "query": "year_from=x", "all": "1"})
    client.post(url, {"label": "7" * 30, "all": "1"})
    assert Labelling.objects.live().count() == 2
    page = client.get(reverse("screening:labels", args=["trd"])).content.decode()
    lot = Labelling.objects.get(record=other).lot
    take_back = reverse("screening:labels_take_back", args=["trd", lot])
    assert take_back in page
    as_user(cleo).post(take_back)
    assert names_for(ben, other) == ["zebra dose"]
    client.post(take_back)
    assert names_for(ben, other) == []
    assert names_for(ben, record) == ["zebra dose"]
