"""Filling in a form: modes, values with their versions, rows, verification, completion, and nothing lost or told."""

import pytest
from django.utils import timezone

from extraction import services
from extraction.filled import characteristics_of, removed_rows, values_of
from extraction.form_schema import NOT_REPORTED
from extraction.linting import warnings_of
from extraction.models import Completion, Extraction, Value
from extraction.services.values import share_characteristics
from reviews.errors import Conflict, Refused
from reviews.models import AuditEvent, Membership
from tests.extraction.filling import finished, make_form
from tests.factories import make_study


def of(review, user) -> Membership:
    return Membership.objects.get(review=review, user=user)


# --- how a review extracts -------------------------------------------------------------------------------


def test_without_settings_a_second_person_verifies(review, ana):
    assert services.settings_of(review).mode == "verify"
    settings = services.set_mode(review=review, mode="dual", by=ana, seen_version=0)
    assert (settings.mode, settings.version) == ("dual", 1)
    assert AuditEvent.objects.get(verb="extraction.mode_set").detail == {"old": "verify", "new": "dual"}
    with pytest.raises(Conflict, match="changed in the meantime"):
        services.set_mode(review=review, mode="single", by=ana, seen_version=0)
    with pytest.raises(Refused, match="choose one of single, verify, dual"):
        services.set_mode(review=review, mode="triple", by=ana, seen_version=1)


def test_a_study_begun_together_is_not_extracted_twice_later(study, form, mode, ben, cleo):
    shared = services.start_extraction(study=study, by=ben)
    fresh = make_study(study.review, "Fresh 2020")
    mode("dual")
    assert services.modes_of(study.review, [study, fresh]) == {study.pk: "verify", fresh.pk: "dual"}
    assert services.start_extraction(study=study, by=cleo) == shared
    assert services.start_extraction(study=fresh, by=cleo).kind == "independent"


def test_a_study_with_shared_results_was_begun_together(study, mode, record, ben):
    record(ben)
    mode("dual")
    assert services.mode_of(study) == "verify"


def test_dual_extraction_is_not_left_while_somebody_is_at_it(review, study, form, mode, ben, put):
    mode("dual")
    services.start_extraction(study=study, by=ben)
    with pytest.raises(Refused, match="Bring each study to its consensus first"):
        mode("single")
    Membership.objects.filter(user=ben).update(left_at=timezone.now())
    assert mode("single").mode == "single"


# --- values ----------------------------------------------------------------------------------------------


def test_one_extraction_for_the_team_or_one_each(study, form, mode, ben, cleo):
    shared = services.start_extraction(study=study, by=ben)
    assert shared.kind == "consensus"
    assert shared.form_version == form
    assert len(shared.rows["funders"]) == 1
    assert services.start_extraction(study=study, by=cleo) == shared
    mode("dual")
    other = make_study(study.review)
    mine, hers = (services.start_extraction(study=other, by=one) for one in (ben, cleo))
    assert mine != hers
    assert services.start_extraction(study=other, by=ben) == mine


def test_an_extraction_begun_without_a_form_gets_it_later(study, ben, ana, review):
    begun = services.start_extraction(study=study, by=ben)
    assert begun.form_version is None
    form = make_form(review, ana)
    assert services.start_extraction(study=study, by=ben).form_version == form


def test_a_value_is_kept_as_typed_with_version_comment_and_history(study, form, ben, put):
    extraction = services.start_extraction(study=study, by=ben)
    first = put(extraction, ben, "enrolled", " 40.0 ", comment="Table 1")
    assert (first.value, first.version, first.comment, first.changed_by) == ("40.0", 1, "Table 1", ben)
    second = put(extraction, ben, "enrolled", "41")
    assert (second.value, second.version, second.comment) == ("41", 2, "Table 1")
    event = AuditEvent.objects.filter(verb="extraction.value_set").first()
    assert event.sentence == "filled in “Enrolled” of Nakagawa 2017."
    assert event.detail["old"]["value"] == "40.0"
    assert not event.blinded


def test_two_tabs_and_two_people_never_overwrite(study, form, ben, cleo, put):
    extraction = services.start_extraction(study=study, by=ben)
    put(extraction, ben, "enrolled", "40")
    put(extraction, cleo, "enrolled", "44")
    with pytest.raises(
        services.ValueConflict, match="Cleo changed “Enrolled” in the meantime: it is now ‘44’"
    ) as it:
        put(extraction, ben, "enrolled", "41", seen_version=1)
    assert it.value.value.version == 2
    assert values_of(extraction) == {("enrolled", ""): "44"}
    with pytest.raises(services.ValueConflict):
        put(extraction, ben, "women", "3", seen_version=4)


def test_the_same_again_changes_nothing_and_is_never_refused(study, form, mode, ben, put):
    mode("single")
    extraction = services.start_extraction(study=study, by=ben)
    put(extraction, ben, "enrolled", "40")
    finished(extraction, ben, put)
    services.complete_study(study=study, by=ben)
    events = AuditEvent.objects.count()
    assert put(extraction, ben, "enrolled", "40", seen_version=0).version == 1
    assert put(extraction, ben, "women", "", seen_version=7).version == 0
    assert AuditEvent.objects.count() == events
    with pytest.raises(services.AlreadyComplete, match="declared complete"):
        put(extraction, ben, "enrolled", "41")


@pytest.mark.parametrize(
    ("field", "row", "value", "sentence"),
    [
        ("enrolled", "", "many", "Enrolled takes a number"),
        ("enrolled", "", "0", "Enrolled is at least 1"),
        ("share", "", "3", "is calculated"),
        ("nothing", "", "3", "has no field 'nothing'"),
        ("enrolled", "abc", "3", "not in a repeating group"),
        ("funder", "", "MRC", "has no row ''"),
        ("funder", "zzz", "MRC", "may have been removed"),
        ("country", "", "\ud800", "cannot be stored"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(study, form, ben, put, field, row, value, sentence):
    extraction = services.start_extraction(study=study, by=ben)
    with pytest.raises(Refused, match=sentence):
        put(extraction, ben, field, value, row=row)
    assert not Value.objects.exists()


# --- rows ------------------------------------------------------------------------------------------------


def test_a_removed_row_comes_back_with_what_was_in_it(study, form, ben, put):
    extraction = services.start_extraction(study=study, by=ben)
    (first,) = extraction.rows["funders"]
    second = services.add_row(extraction=extraction, group="funders", by=ben)
    with pytest.raises(Refused, match="at most 2 rows"):
        services.add_row(extraction=extraction, group="funders", by=ben)
    put(extraction, ben, "funder", "MRC", row=first)
    services.remove_row(extraction=extraction, group="funders", row=first, by=ben)
    services.remove_row(extraction=extraction, group="funders", row=first, by=ben)
    extraction.refresh_from_db()
    assert extraction.rows == {"funders": [second]}
    assert values_of(extraction) == {}
    with pytest.raises(Refused, match="removed in the meantime"):
        put(extraction, ben, "funder", "NIH", row=first)
    group = services.values.schema_of(extraction).group("funders")
    assert removed_rows(extraction, group) == [first]
    services.restore_row(extraction=extraction, group="funders", row=first, by=ben, position=0)
    extraction.refresh_from_db()
    assert extraction.rows == {"funders": [first, second]}
    assert values_of(extraction) == {("funder", first): "MRC"}
    with pytest.raises(Refused, match="no removed row 'gone'"):
        services.restore_row(extraction=extraction, group="funders", row="gone", by=ben)


# --- characteristics -------------------------------------------------------------------------------------


def test_what_is_shared_becomes_a_characteristic_of_the_study(study, form, ben, put):
    extraction = services.start_extraction(study=study, by=ben)
    put(extraction, ben, "country", "Chile")
    put(extraction, ben, "enrolled", "40")
    put(extraction, ben, "women", "10")
    facts = dict(study.characteristics.values_list("name", "value"))
    assert facts == {"Country": "Chile", "Women, %": "25.0"}
    put(extraction, ben, "women", "")
    put(extraction, ben, "country", NOT_REPORTED)
    assert dict(study.characteristics.values_list("name", "value")) == {"Country": "Not reported"}


def test_an_independent_extraction_tells_no_characteristic_before_it_is_shared(study, form, mode, ben, put):
    mode("dual")
    extraction = services.start_extraction(study=study, by=ben)
    put(extraction, ben, "country", "Chile")
    assert not study.characteristics.exists()
    assert characteristics_of(extraction)["Country"] == "Chile"
    agreed = Extraction.objects.create(
        review=study.review, study=study, kind="consensus", extractor=ben, form_version=form
    )
    Value.objects.create(extraction=agreed, field="country", value="Peru", changed_by=ben)
    share_characteristics(agreed, {}, ben)
    assert study.characteristics.get().value == "Peru"


# --- verifying, completing, opening again ----------------------------------------------------------------


def test_a_second_person_verifies_or_corrects(study, form, ben, cleo, put):
    extraction = services.start_extraction(study=study, by=ben)
    put(extraction, ben, "enrolled", "40")
    verify = {"extraction": extraction, "field": "enrolled"}
    with pytest.raises(services.SecondPersonNeeded):
        services.verify_value(**verify, by=ben, seen_version=1)
    with pytest.raises(services.ValueConflict):
        services.verify_value(**verify, by=cleo, seen_version=2)
    assert services.verify_value(**verify, by=cleo, seen_version=1).verified_by == cleo
    assert services.verify_value(**verify, by=cleo, seen_version=1, yes=False).verified_by is None
    services.verify_value(**verify, by=cleo, seen_version=1)
    corrected = put(extraction, cleo, "enrolled", "44")
    assert corrected.verified_by is None
    with pytest.raises(services.SecondPersonNeeded):
        services.verify_value(**verify, by=cleo, seen_version=2)
    assert services.verify_value(**verify, by=ben, seen_version=2).verified_by == ben
    put(extraction, ben, "country", "", comment="asked the authors")
    with pytest.raises(Refused, match="is empty"):
        services.verify_value(extraction=extraction, field="country", by=cleo, seen_version=1)


def test_a_comment_leaves_the_verification(study, form, ben, cleo, put):
    extraction = services.start_extraction(study=study, by=ben)
    put(extraction, ben, "enrolled", "40")
    services.verify_value(extraction=extraction, field="enrolled", by=cleo, seen_version=1)
    one = put(extraction, cleo, "enrolled", "40", comment="also in the abstract")
    assert (one.verified_by, one.changed_by, one.version) == (cleo, ben, 2)


def test_what_blocks_is_said_and_a_complete_study_is_opened_again(study, form, record, ben, cleo, put):
    assert services.what_blocks(study, ben) == ["The form has not been filled in."]
    extraction = services.start_extraction(study=study, by=ben)
    put(extraction, ben, "setting", "other")
    result = record(ben)
    with pytest.raises(services.Incomplete) as refusal:
        services.complete_extraction(extraction=extraction, by=ben)
    assert len(refusal.value.sentences) == 3
    with pytest.raises(services.Incomplete, match="Which setting is not filled in"):
        services.complete_study(study=study, by=ben)
    put(extraction, ben, "setting", "ward")
    finished(extraction, ben, put)
    assert services.what_blocks(study, ben) == [
        "3 values of the form are not verified by a second person.",
        "1 result is not verified by a second person.",
    ]
    for one in Value.objects.exclude(value=None):
        services.verify_value(
            extraction=extraction, field=one.field, row=one.row, by=cleo, seen_version=one.version
        )
    services.verify_result(result=result, by=cleo, seen_version=1)
    assert services.complete_study(study=study, by=cleo).completed_by == cleo
    with pytest.raises(services.AlreadyRecorded):
        services.complete_study(study=study, by=ben)
    with pytest.raises(services.AlreadyComplete):
        services.reopen_extraction(extraction=extraction, by=ben)
    services.reopen_study(study=study, by=ben)
    services.reopen_study(study=study, by=ben)
    assert not Completion.objects.exists()
    assert services.reopen_extraction(extraction=extraction, by=ben).state == "draft"


def test_one_person_is_enough_where_the_review_says_so(study, form, mode, record, ben, put):
    mode("single")
    record(ben)
    finished(services.start_extraction(study=study, by=ben), ben, put)
    assert services.what_blocks(study, ben) == []


def test_a_study_without_form_and_results_can_be_complete(study, ben):
    assert services.complete_study(study=study, by=ben)


# --- two people, each alone ------------------------------------------------------------------------------


def test_two_independent_extractions(study, form, mode, ben, cleo, dora, put):
    mode("dual")
    mine, hers = (services.start_extraction(study=study, by=one) for one in (ben, cleo))
    with pytest.raises(services.NotYours):
        put(mine, cleo, "enrolled", "40")
    with pytest.raises(services.NotYours):
        services.complete_extraction(extraction=mine, by=cleo)
    with pytest.raises(Refused, match="compared with another one"):
        services.verify_value(extraction=mine, field="enrolled", by=cleo, seen_version=1)
    assert services.what_blocks(study, ben) == ["Your own extraction is not complete."]
    assert services.what_blocks(study, dora) == ["Two people have to complete their own extraction first."]
    finished(mine, ben, put)
    assert services.what_blocks(study, ben) == ["Two people have to complete their own extraction first."]
    with pytest.raises(services.AlreadyComplete, match="Reopen it"):
        put(mine, ben, "country", "Chile")
    services.reopen_extraction(extraction=mine, by=ben)
    services.complete_extraction(extraction=mine, by=ben)
    finished(hers, cleo, put)
    with pytest.raises(services.AlreadyComplete, match="stay as they are"):
        services.reopen_extraction(extraction=mine, by=ben)
    with pytest.raises(services.AlreadyComplete, match="would not be independent"):
        services.start_extraction(study=study, by=dora)
    assert services.what_blocks(study, ben)


def test_a_draft_leaves_no_trace_for_colleagues(review, study, form, mode, ben, cleo, put):
    mode("dual")
    mine = services.start_extraction(study=study, by=ben)
    services.add_row(extraction=mine, group="funders", by=ben)
    before = AuditEvent.objects.visible_to(cleo).count()
    put(mine, ben, "country", "Chile")
    finished(mine, ben, put)
    assert AuditEvent.objects.visible_to(cleo).count() == before
    assert not AuditEvent.objects.visible_to(cleo).filter(sentence__contains="extract", actor=ben).exists()
    assert not Extraction.objects.visible_to(of(review, cleo)).exists()
    assert not Value.objects.visible_to(of(review, cleo)).exists()
    assert Value.objects.visible_to(of(review, ben)).count() == 4


def test_the_warnings_know_how_many_the_form_says_were_randomised(study, record, ana, ben, put):
    field = {"key": "n_randomised_total", "type": "number", "label": "Randomised"}
    make_form(study.review, ana, {"sections": [{"key": "a", "label": "A", "items": [field]}]})
    extraction = services.start_extraction(study=study, by=ben)
    study.arms.update(n_randomised=40)
    result = record(ben)
    assert not warnings_of([result])[result.pk]
    put(extraction, ben, "n_randomised_total", "120")
    assert "120" in " ".join(one.seen for one in warnings_of([result])[result.pk])
