"""Two people extract, then agree: what is compared, who settles what, what stays, and what nobody sees too early."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from extraction import services
from extraction.models import Completion, Extraction, Result, Source, Value
from extraction.services import withdraw_result
from extraction.services.agreed_results import agree_result, leave_out_result, take_all_agreeing
from extraction.services.consensus import Choice, NothingToCompare, agree_values, unsettled
from extraction.services.errors import AlreadyRecorded, InvalidResult, NotPossible
from extraction.services.values import AlreadyComplete, NotYours, UnknownField, ValueConflict, WrongValue
from extraction.side_by_side import comparisons, side_by_side
from reviews.errors import Conflict
from reviews.models import AuditEvent, Membership
from tests.extraction.dual import BENS, CLEOS, add_result, make_dual, make_extraction, make_form
from tests.factories import make_arms, make_study


@pytest.fixture
def version(review, ana):
    make_dual(review)
    return make_form(review, ana)


@pytest.fixture
def bens(study, ben, version):
    return make_extraction(study, ben, version, BENS)


@pytest.fixture
def cleos(study, cleo, version):
    return make_extraction(study, cleo, version, CLEOS)


@pytest.fixture
def both(bens, cleos):
    return bens, cleos


@pytest.fixture
def results(both, outcome):
    """The same mean to fewer decimals, and another SD."""
    bens, cleos = both
    return add_result(bens, outcome, scale="HDRS-17"), add_result(cleos, outcome, scale="hdrs-17", sd1=5.7)


def member(user):
    return Membership.objects.get(user=user)


def state(side):
    return {item.difference.key: (str(item.difference.grade), item.settled) for item in side.items}


def shared_values(study):
    return {(one.field, one.row): one.value for one in Value.objects.filter(extraction__kind="consensus")}


def test_both_sides_are_compared_field_by_field(study, both, dora):
    side = side_by_side(study, member(dora))
    assert state(side) == {
        ("setting", ""): ("same", False),
        ("age", ""): ("rounded", False),
        ("blind", ""): ("different", False),
        ("notes", ""): ("same", False),
        ("funder", "aa"): ("same", False),
        ("funder", "bb"): ("left_only", False),
    }
    assert (side.fields_open, side.waiting, side.settled) == (2, 3, False)
    assert unsettled(study) == [
        "2 fields differ and are not settled.",
        "3 entries both agree on are not taken over.",
    ]


class TestBlinding:
    def test_one_complete_extraction_is_compared_with_nothing(self, study, bens, ben, cleo, dora):
        make_extraction(study, cleo, bens.form_version, CLEOS, complete=False)
        assert [side_by_side(study, member(user)) for user in (ben, cleo, dora)] == [None, None, None]
        assert comparisons(study.review, member(dora)) == []
        assert unsettled(study) == [f"Two people extract {study} independently; 1 of the two is complete."]
        with pytest.raises(NothingToCompare):
            take_all_agreeing(study=study, by=ben)
        with pytest.raises(NothingToCompare):
            agree_values(study=study, by=dora, choices={("blind", ""): Choice(True)})

    def test_who_has_a_draft_sees_nothing_of_two_others(self, study, both, dora, ben):
        make_extraction(study, dora, values={}, complete=False)
        assert side_by_side(study, member(dora)) is None
        assert side_by_side(study, member(ben)) is not None
        with pytest.raises(NothingToCompare, match="Complete your own extraction"):
            agree_values(study=study, by=dora, choices={("blind", ""): Choice(True)})

    def test_a_third_complete_one_changes_no_comparison(self, study, both, dora):
        make_extraction(study, dora, both[0].form_version, {"blind": True})
        side = side_by_side(study, member(dora))
        assert (side.left, side.right) == both


class TestValues:
    def test_what_both_agree_on_is_taken_over_by_anybody_who_extracts(self, study, both, ben):
        taken = take_all_agreeing(study=study, by=ben)
        assert (taken.values, taken.results) == (3, 0)
        assert shared_values(study) == {
            ("setting", ""): "Outpatient clinic",
            ("age", ""): "41.3",
            ("funder", "aa"): "NIHR",
        }
        assert take_all_agreeing(study=study, by=ben).values == 0, "again changes nothing"
        assert unsettled(study) == ["2 fields differ and are not settled."]
        shared = Extraction.objects.consensus().get()
        assert (shared.rows, shared.is_complete) == ({"funders": ["aa"]}, False)
        assert study.characteristics.get().value == "Outpatient clinic"

    def test_differences_are_settled_by_who_may_reconcile(self, study, both, ben, dora):
        take_all_agreeing(study=study, by=ben)
        with pytest.raises(NotYours, match="differ on “Assessors blinded”"):
            agree_values(study=study, by=ben, choices={("blind", ""): Choice(True)})
        agree_values(
            study=study, by=dora, choices={("blind", ""): Choice("no"), ("funder", "bb"): Choice(None)}
        )
        assert unsettled(study) == []
        shared = Extraction.objects.consensus().get()
        assert (shared.is_complete, shared.completed_by, shared.rows) == (True, dora, {"funders": ["aa"]})
        assert shared_values(study)["blind", ""] is False
        [kept] = Value.objects.filter(field="blind", extraction=both[0])
        assert kept.value is True, "the originals stay"
        event = AuditEvent.objects.filter(verb="extraction.values_agreed").order_by("pk").last()
        told = {one["field"]: one for one in event.detail["values"]}
        assert (told["blind"]["left"], told["blind"]["right"], told["blind"]["new"]) == (True, False, False)
        assert (event.detail["left"], event.detail["right"], event.actor) == ("Ben", "Cleo", dora)

    def test_an_own_value_is_checked_like_any_other(self, study, both, dora, ben):
        with pytest.raises(WrongValue, match="takes a number in years"):
            agree_values(
                study=study, by=dora, choices={("age", ""): Choice("old"), ("blind", ""): Choice(True)}
            )
        assert not Value.objects.filter(extraction__kind="consensus").exists(), "all or nothing"
        with pytest.raises(UnknownField, match="no field 'weight'"):
            agree_values(study=study, by=dora, choices={("weight", ""): Choice("7")})
        with pytest.raises(UnknownField, match="no row 'zz'"):
            agree_values(study=study, by=dora, choices={("funder", "zz"): Choice("MRC")})
        with pytest.raises(NotYours, match="another value than the two agree on"):
            agree_values(study=study, by=ben, choices={("age", ""): Choice("44")})
        [one] = agree_values(study=study, by=dora, choices={("age", ""): Choice("44", comment="Table 1")})
        assert (one.value, one.comment, one.version) == ("44", "Table 1", 1)

    def test_what_nobody_filled_in_can_be_agreed_on(self, study, both, dora, ben):
        with pytest.raises(NotYours):
            agree_values(study=study, by=ben, choices={("notes", ""): Choice("Cluster trial")})
        agree_values(study=study, by=dora, choices={("notes", ""): Choice("Cluster trial")})
        assert shared_values(study)["notes", ""] == "Cluster trial"

    def test_a_consensus_changed_in_the_meantime_is_noticed(self, study, both, ana, dora):
        agree_values(study=study, by=ana, choices={("blind", ""): Choice(True)})
        with pytest.raises(
            ValueConflict, match="Ana settled “Assessors blinded” in the meantime: it is now ‘Yes’"
        ):
            agree_values(study=study, by=dora, choices={("blind", ""): Choice(False)})
        assert agree_values(study=study, by=dora, choices={("blind", ""): Choice(True)}) == [], (
            "no harm in the same"
        )
        [one] = agree_values(study=study, by=dora, choices={("blind", ""): Choice(False, seen_version=1)})
        assert (one.version, one.changed_by) == (2, dora)

    def test_nothing_is_settled_in_a_study_declared_complete(self, study, both, dora):
        Completion.objects.create(study=study, completed_by=dora)
        with pytest.raises(AlreadyComplete, match="Reopen it"):
            agree_values(study=study, by=dora, choices={("blind", ""): Choice(True)})

    def test_who_only_looks_settles_nothing(self, study, both, review):
        from tests.factories import join, make_user

        olga = join(review, make_user("olga"), "observer").user
        with pytest.raises(NotYours):
            take_all_agreeing(study=study, by=olga)

    def test_sources_of_who_had_the_value_come_along(self, study, both, dora):
        for extraction, quote in zip(both, ("masked raters", "open label"), strict=True):
            Source.objects.create(
                review=study.review,
                study=study,
                value=extraction.values.get(field="blind"),
                quote=quote,
                added_by=extraction.extractor,
            )
        [one] = agree_values(study=study, by=dora, choices={("blind", ""): Choice(True)})
        assert [source.quote for source in one.sources.all()] == ["masked raters"]


class TestResults:
    def test_a_result_is_agreed_on_with_what_each_had(self, study, results, dora, ben):
        mine, theirs = results
        [item] = side_by_side(study, member(dora)).results
        assert (item.open, item.pair.matters) == (True, True)
        with pytest.raises(NotYours, match="differ on this result"):
            agree_result(result=mine, by=ben)
        agreed = agree_result(result=mine, by=dora, changes={"sd1": 5.7, "mean1": "8.25"})
        assert (agreed.sd1, agreed.mean1, agreed.scale, agreed.typed) == (
            5.7,
            8.25,
            "HDRS-17",
            {"mean1": "8.25"},
        )
        assert set(agreed.agreed_from.all()) == {mine, theirs}
        assert (agreed.is_preferred, agreed.extraction, agreed.extracted_by) == (True, None, dora)
        assert list(Result.objects.current()) == [agreed]
        assert {one.sd1 for one in Result.objects.independent()} == {4.7, 5.7}
        event = AuditEvent.objects.get(verb="extraction.result_agreed")
        assert (event.detail["left"]["sd1"], event.detail["right"]["sd1"], event.detail["new"]["sd1"]) == (
            4.7,
            5.7,
            5.7,
        )

    def test_a_result_settled_in_the_meantime_is_noticed(self, study, results, ana, dora):
        agreed = agree_result(result=results[0], by=ana)
        with pytest.raises(Conflict, match="Ana settled this result in the meantime"):
            agree_result(result=results[1], by=dora)
        with pytest.raises(AlreadyRecorded, match="Correct the shared one"):
            agree_result(result=results[1], by=dora, seen=str(agreed.pk))

    def test_rounded_results_are_taken_over_with_the_more_precise_numbers(self, study, both, outcome, ben):
        add_result(both[0], outcome, mean1=8.2, typed={"mean1": "8.2"})
        add_result(both[1], outcome, mean1=8.23, typed={"mean1": "8.23"}, p_value=0.03, weeks=12)
        [item] = side_by_side(study, member(ben)).results
        assert not item.waits, "only one says when"
        Result.objects.filter(weeks=12).update(weeks=None)
        assert take_all_agreeing(study=study, by=ben).results == 1
        agreed = Result.objects.current().get()
        assert (agreed.mean1, agreed.typed["mean1"], agreed.p_value) == (8.23, "8.23", 0.03)

    def test_what_only_one_has_is_taken_or_left_out_with_a_reason(self, study, both, outcome, dora, ben):
        mine = add_result(both[0], outcome)
        assert unsettled(study)[1] == "1 result differs and is not settled."
        with pytest.raises(NotPossible, match="Say why"):
            leave_out_result(result=mine, by=dora, why=" ")
        with pytest.raises(NotYours):
            leave_out_result(result=mine, by=ben, why="Not an outcome of ours.")
        left_out = leave_out_result(result=mine, by=dora, why="Another scale is the main one.")
        assert (left_out.withdrawn_by, Result.objects.current().count()) == (dora, 0)
        [item] = side_by_side(study, member(dora)).results
        assert (item.settled, item.left_out, item.open) == (True, True, False)
        with pytest.raises(Conflict, match="left this result out"):
            agree_result(result=mine, by=dora)
        agreed = agree_result(result=mine, by=dora, seen=item.stamp)
        assert list(Result.objects.current()) == [agreed]
        [item] = side_by_side(study, member(dora)).results
        assert (item.shared, item.left_out) == (agreed, False)

    def test_a_consensus_withdrawn_later_counts_as_left_out_and_a_corrected_one_as_settled(
        self, study, results, dora
    ):
        from extraction.services import correct_result

        agreed = agree_result(result=results[0], by=dora)
        corrected = correct_result(
            result=agreed, by=dora, changes={"sd1": 5.0}, why="Table 2", seen_version=1
        )
        [item] = side_by_side(study, member(dora)).results
        assert (item.shared, item.left_out) == (corrected, False)
        withdraw_result(result=corrected, by=dora, why="Wrong scale", seen_version=2)
        [item] = side_by_side(study, member(dora)).results
        assert (item.settled, item.left_out) == (True, True)

    def test_numbers_that_make_no_result_are_refused(self, study, results, dora):
        with pytest.raises(InvalidResult, match="SD, experimental"):
            agree_result(result=results[0], by=dora, changes={"sd1": -1})
        with pytest.raises(InvalidResult, match="no weight"):
            agree_result(result=results[0], by=dora, changes={"weight": 3})
        with pytest.raises(WrongValue, match="cannot be stored"):
            agree_result(result=results[0], by=dora, changes={"scale": "HDRS\x00"})
        with pytest.raises(WrongValue, match="at most 2000 characters"):
            leave_out_result(result=results[0], by=dora, why="x" * 2001)
        assert not Result.objects.current().exists()

    def test_the_last_result_completes_the_shared_extraction(self, study, results, dora):
        take_all_agreeing(study=study, by=dora)
        agree_values(
            study=study, by=dora, choices={("blind", ""): Choice(True), ("funder", "bb"): Choice("Wellcome")}
        )
        assert not Extraction.objects.consensus().get().is_complete
        agree_result(result=results[1], by=dora)
        shared = Extraction.objects.consensus().get()
        assert (shared.is_complete, shared.rows) == (True, {"funders": ["aa", "bb"]})
        assert AuditEvent.objects.get(verb="extraction.agreed").detail["differed"] == 3


def test_from_the_first_value_to_a_complete_study(study, version, ben, cleo, dora):
    for user, age in ((ben, "41.3"), (cleo, "44")):
        mine = services.start_extraction(study=study, by=user)
        services.set_value(extraction=mine, field="age", value=age, by=user, seen_version=0)
        assert services.what_blocks(study, user) == ["Your own extraction is not complete."]
        services.complete_extraction(extraction=mine, by=user)
    assert services.what_blocks(study, dora) == ["1 field differs and is not settled."]
    agree_values(study=study, by=dora, choices={("age", ""): Choice("44")})
    services.complete_study(study=study, by=dora)
    change = {("age", ""): Choice("41.3", seen_version=1)}
    with pytest.raises(AlreadyComplete):
        agree_values(study=study, by=dora, choices=change)
    services.reopen_study(study=study, by=dora)
    assert [one.value for one in agree_values(study=study, by=dora, choices=change)] == ["41.3"]


def test_more_studies_cost_no_more_queries(review, outcome, ana, ben, cleo, version):
    def one_more(number):
        study = make_study(review, f"Study {number}")
        make_arms(study)
        for user, values in ((ben, BENS), (cleo, CLEOS)):
            add_result(make_extraction(study, user, version, values), outcome)
        take_all_agreeing(study=study, by=ana)

    def count():
        with CaptureQueriesContext(connection) as queries:
            found = comparisons(review, member(ana), with_sources=True)
        return len(queries), len(found)

    one_more(1)
    first = count()
    one_more(2)
    one_more(3)
    assert (count(), first[1]) == ((first[0], 3), 1)
