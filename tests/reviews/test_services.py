"""The verbs of the protocol: what they do, refuse and write into the history."""

import pytest
from django.db import transaction

from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import AuditEvent, Review
from reviews.services import (
    CriterionRefused,
    OutcomeRefused,
    ProtocolRefused,
    ReasonRefused,
    add_criterion,
    add_exclusion_reason,
    add_outcome,
    amend_protocol,
    edit_criterion,
    edit_outcome,
    open_review,
    rename_exclusion_reason,
    reorder_criteria,
    reorder_exclusion_reasons,
    restore_criterion,
    retire_criterion,
    retire_exclusion_reason,
)


def last_event(review) -> AuditEvent:
    return review.events.first()


@pytest.fixture
def somebody_works(review, ben):
    """Call it for something another room did, such as a vote."""

    def work() -> None:
        with transaction.atomic():
            record_event(review=review, actor=ben, verb="screening.vote_cast", sentence="voted", blinded=True)

    return work


class TestOpenReview:
    def test_makes_the_opener_its_owner(self, eve):
        review = open_review(title="Yoga for back pain", by=eve, question="Does it help?")
        assert (review.slug, review.protocol_version) == ("yoga-for-back-pain", 1)
        assert [(m.user, m.role) for m in review.memberships.all()] == [(eve, "owner")]
        assert last_event(review).verb == "reviews.opened"

    def test_numbers_a_taken_or_reserved_address(self, eve):
        slugs = [open_review(title=title, by=eve).slug for title in ("Yoga", "Yoga!", "Open", "針灸", "針")]
        assert slugs == ["yoga", "yoga-2", "open-2", "review", "review-2"]

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"title": "  "}, "title"),
            ({"title": "x" * 301}, "title"),
            ({"title": "Yoga", "slug": "trd"}, "slug"),
            ({"title": "Yoga", "slug": "invitations"}, "slug"),
            ({"title": "Yoga", "slug": "not a slug"}, "slug"),
        ],
    )
    def test_refuses_nonsense_and_saves_nothing(self, review, eve, values, field):
        before = Review.objects.count()
        with pytest.raises(ProtocolRefused) as refusal:
            open_review(by=eve, **values)
        assert refusal.value.field == field
        assert Review.objects.count() == before


class TestAmendProtocol:
    def test_keeps_old_new_and_why(self, review, ana):
        amended = amend_protocol(
            review=review, by=ana, changes={"population": "Adults", "title": review.title}, why="Pilot"
        )
        assert amended.population == "Adults"
        event = last_event(review)
        assert event.verb == "reviews.protocol_amended"
        assert event.detail["changes"] == {"population": {"old": "", "new": "Adults"}}
        assert event.detail["why"] == "Pilot"

    def test_nothing_changed_leaves_no_trace(self, review, ana):
        amend_protocol(review=review, by=ana, changes={"title": review.title})
        assert not review.events.exists()

    def test_a_version_that_was_worked_under_is_never_changed(self, review, ana, somebody_works):
        def amend(**changes) -> int:
            return amend_protocol(review=review, by=ana, changes=changes).protocol_version

        assert amend(population="Adults") == 1
        somebody_works()
        assert amend(population="Adults over 18") == 2
        assert amend(intervention="CBT") == 2, "edits in a row are one amendment"
        somebody_works()
        assert amend(title="Another title") == 2, "a title is nothing one decides by"
        assert amend(quorum_full_text=1) == 3
        somebody_works()
        criterion = add_criterion(review=review, by=ana, kind="include", element="design", text="RCT")
        review.refresh_from_db()
        assert review.protocol_version == 4
        somebody_works()
        retire_criterion(criterion=criterion, by=ana)
        review.refresh_from_db()
        assert review.protocol_version == 5

    def test_does_not_overwrite_a_colleagues_change(self, review, ana):
        amend_protocol(review=review, by=ana, changes={"population": "Adults"})
        with pytest.raises(Conflict, match="it now reads: Adults"):
            amend_protocol(review=review, by=ana, changes={"population": "Children"}, seen={"population": ""})
        review.refresh_from_db()
        assert review.population == "Adults"

    def test_line_ends_of_a_browser_are_no_change(self, review, ana):
        amend_protocol(review=review, by=ana, changes={"population": "a\nb"})
        count = review.events.count()
        amend_protocol(review=review, by=ana, changes={"population": "a\r\nb"}, seen={"population": "a\r\nb"})
        assert review.events.count() == count

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"quorum_title_abstract": 0}, "Reviewers per record"),
            ({"quorum_full_text": 10}, "less than or equal to 9"),
            ({"maybe_rule": "coin"}, "Maybe rule"),
            ({"protocol_url": "javascript:alert(1)"}, "Protocol url"),
            ({"title": ""}, "Title"),
            ({"slug": "x"}, "no field called slug"),
        ],
    )
    def test_refuses_what_cannot_be(self, review, ana, changes, words):
        with pytest.raises(ProtocolRefused, match=words) as refusal:
            amend_protocol(review=review, by=ana, changes={"population": "Adults"} | changes)
        assert refusal.value.field in changes
        review.refresh_from_db()
        assert review.population == ""


class TestCriteria:
    def add(self, review, ana, text="Randomised trials", kind="include"):
        return add_criterion(review=review, by=ana, kind=kind, element="design", text=text)

    def test_add_edit_retire_restore(self, review, ana):
        criterion = self.add(review, ana)
        criterion = edit_criterion(criterion=criterion, by=ana, changes={"text": "RCTs"}, why="Shorter")
        assert last_event(review).detail["changes"] == {"text": {"old": "Randomised trials", "new": "RCTs"}}
        retired = retire_criterion(criterion=criterion, by=ana)
        assert retired.retired_at
        with pytest.raises(CriterionRefused, match="no longer in use"):
            edit_criterion(criterion=criterion, by=ana, changes={"text": "x"})
        assert restore_criterion(criterion=criterion, by=ana).retired_at is None
        verbs = list(review.events.order_by("pk").values_list("verb", flat=True))
        assert verbs == [f"reviews.criterion_{verb}" for verb in ("added", "changed", "retired", "restored")]

    @pytest.mark.parametrize(
        "values", [{"text": " "}, {"kind": "perhaps"}, {"element": "mood"}, {"text": "randomised TRIALS"}]
    )
    def test_refuses_nonsense_and_twins(self, review, ana, values):
        self.add(review, ana)
        with pytest.raises(CriterionRefused):
            add_criterion(
                review=review,
                by=ana,
                **({"kind": "include", "element": "design", "text": "Other"} | values),
            )
        assert review.criteria.count() == 1

    def test_reorder_takes_each_once(self, review, ana):
        one, two, three = (self.add(review, ana, text) for text in "abc")
        reorder_criteria(review=review, by=ana, ids=[three.pk, one.pk, two.pk])
        assert [row.text for row in review.criteria.all()] == ["c", "a", "b"]
        events = review.events.count()
        reorder_criteria(review=review, by=ana, ids=[three.pk, one.pk, two.pk])
        assert review.events.count() == events, "the same order is no event"
        for wrong in ([one.pk, two.pk], [one.pk, one.pk, two.pk], [one.pk, two.pk, three.pk, 10**6]):
            with pytest.raises(Conflict):
                reorder_criteria(review=review, by=ana, ids=wrong)


class TestReasons:
    def test_add_rename_retire_and_add_again(self, review, ana):
        reason = add_exclusion_reason(review=review, by=ana, label=" Wrong population ")
        assert reason.label == "Wrong population"
        rename_exclusion_reason(reason=reason, by=ana, label="Population")
        assert (
            last_event(review).sentence == "renamed the exclusion reason “Wrong population” to “Population”"
        )
        retire_exclusion_reason(reason=reason, by=ana)
        with pytest.raises(ReasonRefused, match="is retired"):
            retire_exclusion_reason(reason=reason, by=ana)
        again = add_exclusion_reason(review=review, by=ana, label="population")
        assert (again.pk, again.retired_at) == (reason.pk, None)

    def test_refuses_twins_and_blanks(self, review, ana):
        add_exclusion_reason(review=review, by=ana, label="Wrong design")
        other = add_exclusion_reason(review=review, by=ana, label="No outcome")
        for label in ("wrong DESIGN", "  ", "x" * 121):
            with pytest.raises(ReasonRefused):
                add_exclusion_reason(review=review, by=ana, label=label)
            with pytest.raises(ReasonRefused):
                rename_exclusion_reason(reason=other, by=ana, label=label)
        assert [row.label for row in review.exclusion_reasons.all()] == ["Wrong design", "No outcome"]

    def test_order_is_the_order_of_checking(self, review, ana):
        one, two = (add_exclusion_reason(review=review, by=ana, label=label) for label in ("a", "b"))
        reorder_exclusion_reasons(review=review, by=ana, ids=[two.pk, one.pk])
        assert [row.label for row in review.exclusion_reasons.all()] == ["b", "a"]
        assert last_event(review).detail == {"old": ["a", "b"], "new": ["b", "a"]}


class TestOutcomes:
    def test_add_and_edit(self, review, ana):
        outcome = add_outcome(review=review, by=ana, name="Severity", direction="lower", unit="points")
        edited = edit_outcome(outcome=outcome, by=ana, changes={"unit": "SMD", "is_primary": True}, why="x")
        assert (edited.unit, edited.is_primary) == ("SMD", True)
        assert last_event(review).detail["changes"]["unit"] == {"old": "points", "new": "SMD"}

    def test_the_scale_and_the_time_points(self, review, ana):
        points = ["6  months", "", "1 year", "6 months"]
        outcome = add_outcome(
            review=review, by=ana, name="BDI", scale_low=0.0, scale_high=63.0, time_points=points
        )
        outcome.refresh_from_db()
        assert (outcome.scale_low, outcome.scale_high) == (0, 63)
        assert outcome.time_points == ["6 months", "1 year"]

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "SEVERITY"}, "name"),
            ({"kind": "colour"}, "kind"),
            ({"minimal_important_difference": -3.0}, "minimal_important_difference"),
            ({"minimal_important_difference": float("nan")}, "minimal_important_difference"),
            ({"review_id": 7}, "review_id"),
            ({"scale_low": 63.0, "scale_high": 0.0}, "scale_high"),
            ({"scale_high": float("inf")}, "scale_high"),
            ({"time_points": "6 months"}, "time_points"),
            ({"time_points": ["x" * 121]}, "time_points"),
            ({"time_points": [str(n) for n in range(31)]}, "time_points"),
        ],
    )
    def test_refuses_nonsense(self, review, ana, values, field):
        add_outcome(review=review, by=ana, name="Severity")
        with pytest.raises(OutcomeRefused) as refusal:
            add_outcome(review=review, by=ana, **({"name": "Other"} | values))
        assert refusal.value.field == field
        assert review.outcomes.count() == 1

    def test_every_refusal_is_of_one_family(self):
        for kind in (ProtocolRefused, CriterionRefused, ReasonRefused, OutcomeRefused, Conflict):
            assert issubclass(kind, Refused)


def test_a_criterion_may_name_the_reason_that_is_given_when_it_fails(review, ana, eve):
    reason = add_exclusion_reason(review=review, by=ana, label="Wrong age")
    values = {"kind": "include", "element": "population", "text": "Adults"}
    criterion = add_criterion(review=review, by=ana, reason=reason, **values)
    edit_criterion(criterion=criterion, by=ana, changes={"reason": None})
    event = review.events.filter(verb="reviews.criterion_changed").get()
    assert event.detail["changes"] == {"reason": {"old": "Wrong age", "new": None}}
    foreign = eve.memberships.get().review.exclusion_reasons.create(label="Elsewhere")
    with pytest.raises(CriterionRefused, match="not in the list"):
        edit_criterion(criterion=criterion, by=ana, changes={"reason": foreign})


def test_the_elements_of_the_framework_come_first(review, ana, as_user):
    review.framework = "PECO"
    review.save()
    form = as_user(ana).get("/reviews/trd/protocol/").context["criterion_form"]
    offered = [value for value, _ in form.fields["element"].choices]
    assert offered[:4] == ["population", "exposure", "comparator", "outcome"]
    assert len(offered) == len(set(offered)) == 14
