"""The pages of this room, as each member of the cast meets them."""

import csv

import pytest
from django.db import transaction
from django.urls import reverse

from reviews.audit import record_event
from reviews.models import Job, Membership, Review
from reviews.services import (
    add_criterion,
    add_exclusion_reason,
    add_outcome,
    invite_member,
    remove_member,
)
from tests.factories import join, make_user

PAGES = ["overview", "protocol", "team", "history"]
AMEND_PAGES = ["protocol_edit", "outcome_add"]


def url(name, review, *args):
    return reverse(f"reviews:{name}", args=[review.slug, *args])


@pytest.fixture
def job(review, ben):
    return Job.objects.create(review=review, task="reviews.test", key="one", label="Import", requested_by=ben)


@pytest.mark.parametrize("name", PAGES)
def test_a_member_reads_and_a_stranger_gets_404(name, review, ben, eve, client, as_user):
    assert as_user(ben).get(url(name, review)).status_code == 200
    assert as_user(eve).get(url(name, review)).status_code == 404
    signed_out = client.get(url(name, review))
    assert signed_out.status_code == 302
    assert reverse("account_login") in signed_out["Location"]


@pytest.mark.parametrize("name", AMEND_PAGES)
def test_only_who_amends_the_protocol_gets_its_forms(name, review, ana, ben, eve, as_user):
    assert as_user(ana).get(url(name, review)).status_code == 200
    assert as_user(ben).get(url(name, review)).status_code == 403
    assert as_user(eve).get(url(name, review)).status_code == 404


def test_every_address_of_a_review_is_404_for_a_stranger(review, ana, ben, job, eve, as_user):
    criterion = add_criterion(review=review, by=ana, kind="include", element="design", text="Randomised")
    reason = add_exclusion_reason(review=review, by=ana, label="Wrong design")
    outcome = add_outcome(review=review, by=ana, name="Severity")
    invitation, _ = invite_member(review=review, by=ana, email="x@example.org", role="reviewer")
    member = Membership.objects.get(user=ben)
    rows = {"criterion": criterion, "reason": reason, "outcome": outcome, "member": member, "job": job}
    from reviews.urls import urlpatterns

    tried = 0
    for pattern in urlpatterns:
        if "<slug:slug>" not in str(pattern.pattern):
            continue
        args = [review.slug]
        if "public_id" in str(pattern.pattern):
            args.append(invitation.public_id)
        elif "pk" in str(pattern.pattern):
            args.append(rows[pattern.name.split("_")[0]].pk)
        address = reverse(f"reviews:{pattern.name}", args=args)
        assert as_user(eve).get(address).status_code == 404, pattern.name
        assert as_user(eve).post(address).status_code == 404, pattern.name
        tried += 1
    assert tried > 20


class TestList:
    def test_shows_own_reviews_with_role_only(self, review, ben, eve, as_user):
        page = as_user(ben).get(reverse("reviews:list")).content.decode()
        assert review.title in page
        assert "Reviewer" in page
        assert "Another review" not in page

    def test_is_empty_with_the_next_act(self, db, as_user):
        page = as_user(make_user("nora")).get(reverse("reviews:list")).content.decode()
        assert "No reviews yet" in page
        assert reverse("reviews:open") in page

    def test_a_left_review_is_gone(self, review, ana, ben, as_user):
        remove_member(membership=Membership.objects.get(user=ben), by=ana)
        assert review.title not in as_user(ben).get(reverse("reviews:list")).content.decode()
        assert as_user(ben).get(url("overview", review)).status_code == 404

    def test_ten_more_reviews_cost_no_more_queries(self, ana, as_user, django_assert_num_queries):
        client = as_user(ana)
        with django_assert_num_queries(6):
            client.get(reverse("reviews:list"))
        for number in range(10):
            join(Review.objects.create(slug=f"r{number}", title=f"R{number}"), ana, "owner")
        with django_assert_num_queries(6):
            client.get(reverse("reviews:list"))


class TestOpen:
    def test_opens_and_goes_to_the_protocol(self, eve, as_user):
        answer = as_user(eve).post(reverse("reviews:open"), {"title": "Yoga"})
        assert answer["Location"] == "/reviews/yoga/protocol/"

    def test_nonsense_comes_back_in_the_form(self, eve, as_user):
        before = Review.objects.count()
        answer = as_user(eve).post(reverse("reviews:open"), {"title": " ", "question": "Why?"})
        assert answer.status_code == 422
        assert "This field is required." in answer.content.decode()
        assert "Why?" in answer.content.decode()
        assert Review.objects.count() == before


class TestProtocol:
    def form(self, client, review) -> dict:
        """What a browser would post from the form as it is now, the hidden copies of what was seen included."""
        form = client.get(url("protocol_edit", review)).context["form"]
        data = {"why": ""}
        for field in form:
            value = field.value() or ""
            if field.widget_type != "checkbox" or value:
                data[field.html_name] = value
            if field.field.show_hidden_initial:
                data[field.html_initial_name] = field.value()
        return data

    def test_edit(self, review, ana, as_user):
        client = as_user(ana)
        data = self.form(client, review) | {"population": "Adults", "why": "Clearer"}
        answer = client.post(url("protocol_edit", review), data)
        assert answer["Location"] == url("protocol", review)
        assert list(review.events.first().detail["changes"]) == ["population"]
        assert "Adults" in client.get(url("protocol", review)).content.decode()

    def test_two_people_at_once_do_not_overwrite_each_other(self, review, ana, as_user):
        client = as_user(ana)
        seen = self.form(client, review)
        client.post(url("protocol_edit", review), seen | {"population": "Adults"})
        client.post(url("protocol_edit", review), seen | {"intervention": "CBT"})
        review.refresh_from_db()
        assert (review.population, review.intervention) == ("Adults", "CBT")
        answer = client.post(url("protocol_edit", review), seen | {"population": "Children"})
        assert answer.status_code == 422
        assert "it now reads: Adults" in answer.content.decode()
        review.refresh_from_db()
        assert review.population == "Adults"

    def test_nonsense_is_said_at_the_field(self, review, ana, as_user):
        client = as_user(ana)
        answer = client.post(
            url("protocol_edit", review), self.form(client, review) | {"quorum_full_text": "0"}
        )
        assert answer.status_code == 422
        assert answer.context["form"].errors["quorum_full_text"]

    def test_a_reader_gets_no_buttons(self, review, ana, ben, as_user):
        add_criterion(review=review, by=ana, kind="include", element="design", text="Randomised")
        page = as_user(ben).get(url("protocol", review)).content.decode()
        assert "Randomised" in page
        assert "<button" not in page.split("<main", 1)[1].split("</main>", 1)[0]

    def test_a_text_with_markup_stays_text(self, review, ana, as_user):
        add_criterion(
            review=review, by=ana, kind="include", element="design", text="<script>alert(1)</script>"
        )
        page = as_user(ana).get(url("protocol", review)).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page

    def test_ten_more_rows_cost_no_more_queries(self, review, ana, as_user, django_assert_num_queries):
        client = as_user(ana)
        with django_assert_num_queries(8):
            client.get(url("protocol", review))
        for number in range(10):
            add_criterion(review=review, by=ana, kind="include", element="other", text=f"c{number}")
            add_exclusion_reason(review=review, by=ana, label=f"r{number}")
            add_outcome(review=review, by=ana, name=f"o{number}")
        with django_assert_num_queries(8):
            client.get(url("protocol", review))


HTMX = {"HTTP_HX_REQUEST": "true"}


class TestCriteriaCard:
    @pytest.fixture
    def rows(self, review, ana):
        kinds = {"a": "include", "x": "exclude", "b": "include", "c": "include"}
        return {
            text: add_criterion(review=review, by=ana, kind=kind, element="other", text=text)
            for text, kind in kinds.items()
        }

    def order(self, review) -> str:
        return "".join(review.criteria.filter(retired_at=None).values_list("text", flat=True))

    def test_add_by_htmx_answers_with_the_card(self, review, ana, as_user):
        data = {"kind": "include", "element": "design", "text": "Randomised"}
        answer = as_user(ana).post(url("criterion_add", review), data, **HTMX)
        assert answer.status_code == 200
        assert answer.content.decode().count("Randomised") >= 1
        assert "<html" not in answer.content.decode()

    def test_add_without_script_goes_back(self, review, ana, as_user):
        data = {"kind": "include", "element": "design", "text": "Randomised"}
        answer = as_user(ana).post(url("criterion_add", review), data)
        assert answer["Location"] == url("protocol", review) + "#criteria"

    @pytest.mark.parametrize("extra", [{}, HTMX])
    def test_a_twin_comes_back_with_what_was_typed(self, review, ana, rows, as_user, extra):
        data = {"kind": "include", "element": "other", "text": "a"}
        answer = as_user(ana).post(url("criterion_add", review), data, **extra)
        assert answer.status_code == 422
        assert "The protocol already has this criterion." in answer.content.decode()
        assert review.criteria.count() == 4

    def test_move_among_its_kind(self, review, ana, rows, as_user):
        client = as_user(ana)
        client.post(url("criterion_move", review, rows["b"].pk), {"to": "up"}, **HTMX)
        assert self.order(review) == "bxac"
        client.post(url("criterion_move", review, rows["b"].pk), {"to": "up"}, **HTMX)
        client.post(url("criterion_move", review, rows["x"].pk), {"to": "down"}, **HTMX)
        assert self.order(review) == "bxac", "at the end of its kind it stays"
        client.post(url("criterion_move", review, rows["b"].pk), {"to": "down"})
        assert self.order(review) == "axbc"

    def test_retire_offers_undo(self, review, ana, rows, as_user):
        client = as_user(ana)
        answer = client.post(url("criterion_retire", review, rows["a"].pk), **HTMX).content.decode()
        undo = url("criterion_restore", review, rows["a"].pk)
        assert undo in answer
        assert "hx-swap-oob" in answer
        assert self.order(review) == "xbc"
        client.post(undo, **HTMX)
        assert self.order(review) == "xbca"
        again = client.post(url("criterion_retire", review, rows["a"].pk))
        assert again.status_code == 302
        refused = client.post(url("criterion_retire", review, rows["a"].pk), **HTMX)
        assert (refused.status_code, refused["Content-Type"]) == (422, "text/plain; charset=utf-8")
        assert "no longer in use" in refused.content.decode()

    def test_edit_keeps_why(self, review, ana, rows, as_user):
        data = {"kind": "include", "element": "other", "text": "A", "why": "Capital"}
        answer = as_user(ana).post(url("criterion_edit", review, rows["a"].pk), data)
        assert answer.status_code == 302
        assert review.events.first().detail["why"] == "Capital"


class TestReasonsAndOutcomes:
    def test_reasons(self, review, ana, as_user):
        client = as_user(ana)
        for label in ("a", "b"):
            client.post(url("reason_add", review), {"label": label}, **HTMX)
        one, two = review.exclusion_reasons.all()
        client.post(url("reason_move", review, two.pk), {"to": "up"}, **HTMX)
        assert [row.label for row in review.exclusion_reasons.all()] == ["b", "a"]
        client.post(url("reason_edit", review, one.pk), {"label": "c", "why": ""})
        assert client.post(url("reason_add", review), {"label": "C"}, **HTMX).status_code == 422
        client.post(url("reason_retire", review, one.pk), **HTMX)
        assert [row.label for row in review.exclusion_reasons.filter(retired_at=None)] == ["b"]
        client.post(url("reason_restore", review, one.pk), **HTMX)
        assert [row.label for row in review.exclusion_reasons.filter(retired_at=None)] == ["b", "c"]

    def test_outcomes(self, review, ana, as_user):
        client = as_user(ana)
        data = {"name": "Severity", "kind": "continuous", "direction": "lower"}
        assert client.post(url("outcome_add", review), data).status_code == 302
        outcome = review.outcomes.get()
        assert client.post(url("outcome_add", review), data).status_code == 422
        points = data | {"time_points": "6 months\r\n\r\n1  year", "scale_low": "0", "scale_high": "63"}
        assert client.post(url("outcome_edit", review, outcome.pk), points).status_code == 302
        outcome.refresh_from_db()
        assert (outcome.time_points, outcome.scale_high) == (["6 months", "1 year"], 63)
        protocol = client.get(url("protocol", review)).content.decode()
        assert "0 to 63" in protocol
        assert "1 year" in protocol
        wrong = client.post(
            url("outcome_edit", review, outcome.pk), data | {"minimal_important_difference": "-2"}
        )
        assert wrong.status_code == 422
        assert "give a number above 0" in wrong.content.decode()
        client.post(url("outcome_edit", review, outcome.pk), data | {"unit": "points", "why": "said"})
        outcome.refresh_from_db()
        assert outcome.unit == "points"


class TestOverview:
    def test_shows_protocol_team_history_and_work(self, review, ana, ben, job, as_user):
        add_criterion(review=review, by=ana, kind="include", element="design", text="Randomised")
        page = as_user(ben).get(url("overview", review)).content.decode()
        for words in ("version 1", "1 criterion", "Ana", "added the criterion", url("job", review, job.pk)):
            assert words in page

    def test_hides_a_colleagues_blinded_event(self, review, ana, ben, vote, as_user):
        assert "voted on a record" in as_user(ben).get(url("overview", review)).content.decode()
        assert "voted on a record" not in as_user(ana).get(url("overview", review)).content.decode()

    def test_ten_more_people_cost_no_more_queries(self, review, ana, as_user, django_assert_num_queries):
        client = as_user(ana)
        with django_assert_num_queries(11):
            client.get(url("overview", review))
        for number in range(10):
            join(review, make_user(f"p{number}"), "reviewer")
        with django_assert_num_queries(11):
            client.get(url("overview", review))


@pytest.fixture
def vote(review, ben):
    with transaction.atomic():
        return record_event(
            review=review, actor=ben, verb="screening.vote_cast", sentence="voted on a record", blinded=True
        )


class TestHistory:
    @pytest.fixture
    def events(self, review, ana, ben, vote):
        with transaction.atomic():
            record_event(review=review, actor=ana, verb="records.imported", sentence="imported =cmd.ris")
            record_event(review=review, actor=ben, verb="records.merged", sentence="merged two records")

    def sentences(self, client, review, **query) -> list[str]:
        return [event.sentence for event in client.get(url("history", review), query).context["page_obj"]]

    def test_filters(self, review, ana, ben, events, as_user):
        client = as_user(ben)
        assert self.sentences(client, review) == [
            "merged two records",
            "imported =cmd.ris",
            "voted on a record",
        ]
        assert self.sentences(client, review, q="RECORDS two") == ["merged two records"]
        assert self.sentences(client, review, q="ana") == ["imported =cmd.ris"]
        assert self.sentences(client, review, actor=ana.pk) == ["imported =cmd.ris"]
        assert self.sentences(client, review, verb="records.merged") == ["merged two records"]
        assert self.sentences(client, review, until="2001-01-01") == []
        assert len(self.sentences(client, review, verb="nonsense", since="yesterday")) == 3

    def test_the_filters_do_not_tell_of_blinded_events(self, review, ana, ben, vote, as_user):
        page = as_user(ana).get(url("history", review)).content.decode()
        assert "vote_cast" not in page
        assert "voted" not in page
        assert "vote_cast" in as_user(ben).get(url("history", review)).content.decode()

    def test_csv_is_for_who_may_audit_and_harmless_in_a_spreadsheet(self, review, ana, ben, events, as_user):
        assert as_user(ben).get(url("history_csv", review)).status_code == 403
        answer = as_user(ana).get(url("history_csv", review))
        assert answer["Content-Disposition"] == 'attachment; filename="trd-history.csv"'
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        rows = list(csv.DictReader(text.splitlines()))
        assert [row["verb"] for row in rows] == ["records.imported", "records.merged"]
        with transaction.atomic():
            record_event(review=review, actor=ana, verb="x.y", sentence="=1+1")
        text = b"".join(as_user(ana).get(url("history_csv", review)).streaming_content).decode()
        assert "'=1+1" in text

    def test_is_cut_into_pages_at_a_fixed_price(
        self, review, ana, events, as_user, django_assert_num_queries
    ):
        client = as_user(ana)
        with django_assert_num_queries(10):
            client.get(url("history", review))
        with transaction.atomic():
            for number in range(120):
                record_event(review=review, actor=ana, verb="x.y", sentence=f"event {number}")
        with django_assert_num_queries(10):
            client.get(url("history", review))
        assert self.sentences(client, review, page=3)[-1] == "imported =cmd.ris"
        assert len(self.sentences(client, review)) == 50
        assert len(self.sentences(client, review, page="nonsense")) == 50


class TestPreferences:
    def post_json(self, client, data):
        return client.post(reverse("reviews:preferences"), data, content_type="application/json")

    def test_json(self, ben, as_user):
        client = as_user(ben)
        assert self.post_json(client, {"shortcuts": False}).json() == {"shortcuts": False}
        answer = self.post_json(client, {"keys": {"include": "Y"}}).json()
        assert answer == {"shortcuts": False, "keys": {"include": "y"}}
        ben.refresh_from_db()
        assert ben.preferences == answer

    @pytest.mark.parametrize(
        "data",
        [
            "nonsense",
            [1],
            {"theme": "pink"},
            {"shortcuts": "no"},
            {"keys": ["i"]},
            {"keys": {"fly": "f"}},
            {"keys": {"include": "ab"}},
            {"keys": {"include": "?"}},
            {"keys": {"include": "e"}},
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, ben, as_user, data):
        answer = self.post_json(as_user(ben), data)
        assert answer.status_code == 422
        assert answer.json()["detail"].endswith(".")
        ben.refresh_from_db()
        assert ben.preferences == {}

    def test_form_goes_back_to_a_page_of_ours_only(self, ben, as_user):
        client = as_user(ben)
        for to, expected in (("/reviews/trd/", "/reviews/trd/"), ("https://evil.example/", "/")):
            data = {"shortcuts": "off", "key_exclude": "x", "next": to}
            assert client.post(reverse("reviews:preferences"), data)["Location"] == expected
        ben.refresh_from_db()
        assert ben.preferences == {"shortcuts": False, "keys": {"exclude": "x"}}

    def test_is_for_signed_in_people(self, db, client):
        assert client.post(reverse("reviews:preferences")).status_code == 302
