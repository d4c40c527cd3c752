import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from extraction import services
from extraction.history import versions
from extraction.models import Arm, Characteristic, Result
from reviews.errors import Conflict
from reviews.models import AuditEvent
from tests.extraction.conftest import EFFECT, EVENTS, MEANS
from tests.factories import make_arms, make_outcome, make_result, make_study


def events(verb):
    return list(AuditEvent.objects.filter(verb=f"extraction.{verb}"))


def correct(result, by, why="Typed wrong.", seen_version=1, **changes):
    return services.correct_result(result=result, by=by, changes=changes, why=why, seen_version=seen_version)


# --- recording --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["means", "events", "effect"])
def test_a_result_of_each_kind_is_recorded_with_its_history_line(record, ben, kind):
    result = record(ben, kind, scale="HDRS-17", time_point="post", source="Table 2, p. 5", rater="clinician")
    assert (result.version, result.is_preferred, result.extracted_by) == (1, True, ben)
    (event,) = events("result_recorded")
    assert event.sentence == "recorded a result: Nakagawa 2017, Depression severity (HDRS-17)."
    assert event.detail["new"]["source"] == "Table 2, p. 5"
    assert event.detail["new"]["n1" if kind != "effect" else "effect_se"] == (
        40 if kind != "effect" else 0.265
    )


def test_only_the_first_result_of_an_outcome_is_preferred_unless_one_takes_over(record, ben):
    first = record(ben, scale="HDRS-17")
    second = record(ben, scale="BDI-II")
    third = record(ben, scale="QIDS", preferred=True)
    assert list(Result.objects.preferred()) == [third]
    assert not second.is_preferred
    assert events("result_recorded")[0].detail["no_longer_preferred"] == [first.pk]


@pytest.mark.parametrize(
    ("kind", "change", "sentence"),
    [
        ("means", {"values": MEANS | {"sd1": 0}}, "SD, experimental is 0; it must be above 0"),
        ("means", {"values": MEANS | {"n2": None}}, "n, comparator is missing"),
        ("events", {"values": EVENTS | {"events1": 50}}, "more than its n of 40"),
        ("effect", {"values": EFFECT | {"effect_se": 0}}, "Standard error is 0"),
        ("effect", {"basis": " "}, "The basis is missing"),
        ("means", {"values": MEANS | {"weight": 3}}, "no number called weight"),
        ("means", {"rater": "the cat"}, "'the cat' is not a rater"),
    ],
)
def test_numbers_that_do_not_make_a_result_are_refused(record, ben, kind, change, sentence):
    with pytest.raises(services.InvalidResult) as refusal:
        record(ben, kind, **change)
    assert sentence in str(refusal.value)
    assert not Result.objects.exists()


def test_an_unknown_kind_is_refused(record, ben):
    with pytest.raises(services.InvalidResult, match="'survival' is not a kind"):
        record(ben, "survival", values=MEANS)


def test_arms_belong_to_the_study_and_differ(record, review, study, ben):
    other, _ = make_arms(make_study(review, "Fonagy 2015"))
    with pytest.raises(services.NotOfThisStudy, match="not an arm of Nakagawa 2017"):
        record(ben, experimental=other)
    arm = study.arms.first()
    with pytest.raises(services.NotOfThisStudy, match="cannot be compared with itself"):
        record(ben, experimental=arm, comparator=arm)


def test_the_outcome_is_of_the_review(record, ben, eve):
    foreign = make_outcome(eve.memberships.get().review)
    with pytest.raises(services.NotOfThisStudy, match="not of this review"):
        record(ben, outcome=foreign)


def test_the_same_result_is_not_recorded_twice(record, ben, cleo):
    record(ben, scale="HDRS-17")
    with pytest.raises(services.AlreadyRecorded, match="recorded already"):
        record(cleo, scale="HDRS-17", values=MEANS | {"mean1": 9})
    assert Result.objects.count() == 1


# --- correcting -------------------------------------------------------------------------------------------


def test_a_correction_supersedes_and_keeps_the_old_row(record, ben, cleo, dora):
    old = record(ben)
    services.verify_result(result=old, by=cleo, seen_version=1)
    new = correct(old, dora, mean1=8.4, scale="GRID-HDRS-17")

    old.refresh_from_db()
    assert (old.mean1, old.is_current, new.is_current) == (8.2, False, True)
    assert (new.mean1, new.scale, new.version, new.previous) == (8.4, "GRID-HDRS-17", 2, old)
    assert (new.extracted_by, new.verified_by, new.is_preferred) == (dora, None, True)
    (event,) = events("result_corrected")
    assert event.detail["old"] == {"mean1": 8.2, "scale": ""}
    assert event.detail["new"] == {"mean1": 8.4, "scale": "GRID-HDRS-17"}
    assert event.detail["why"] == "Typed wrong."
    assert [(one.version, [change.name for change in changes]) for one, changes in versions(old)] == [
        (2, ["mean1", "scale"]),
        (1, []),
    ]


def test_two_people_cannot_overwrite_each_other(record, ben, cleo, dora):
    result = record(ben)
    correct(result, cleo, mean1=8.4)
    with pytest.raises(Conflict) as conflict:
        correct(result, dora, sd1=5.1)
    assert "Cleo corrected this result in the meantime: mean, experimental 8.2 → 8.4" in str(conflict.value)
    assert "version 2, you looked at version 1" in str(conflict.value)
    assert conflict.value.status == 409
    assert Result.objects.current().get().sd1 == 4.7
    assert len(events("result_corrected")) == 1


def test_a_withdrawn_result_is_not_corrected(record, ben, cleo):
    result = record(ben)
    services.withdraw_result(result=result, by=cleo, why="Another trial.", seen_version=1)
    with pytest.raises(Conflict, match=r"Cleo withdrew this result in the meantime \(Another trial.\)"):
        correct(result, ben, mean1=8.4)


@pytest.mark.parametrize(
    ("changes", "why", "sentence"),
    [
        ({"mean1": 8.4}, " ", "Say why"),
        ({}, "No reason", "Nothing was changed"),
        ({"mean1": 8.2}, "The same", "Nothing was changed"),
        ({"sd1": -1}, "Wrong", "must be above 0"),
        ({"events1": 4}, "Wrong", "cannot change events1"),
        ({"outcome": 1}, "Wrong", "cannot change outcome"),
    ],
)
def test_a_correction_is_checked_like_a_new_result(record, ben, changes, why, sentence):
    result = record(ben)
    with pytest.raises((services.InvalidResult, services.NotPossible), match=sentence):
        correct(result, ben, why=why, **changes)
    result.refresh_from_db()
    assert result.is_current
    assert Result.objects.count() == 1


# --- withdrawing, preferring, verifying -------------------------------------------------------------------


def test_a_withdrawn_result_stays_readable_with_its_reason(record, ben, cleo):
    result = services.withdraw_result(result=record(ben), by=cleo, why="Another trial.", seen_version=1)
    assert (result.withdrawn_by, result.withdrawal_reason, result.is_current) == (
        cleo,
        "Another trial.",
        False,
    )
    assert not Result.objects.current().exists()
    assert events("result_withdrawn")[0].detail["why"] == "Another trial."
    with pytest.raises(services.NotPossible, match="Say why"):
        services.withdraw_result(result=record(ben), by=cleo, why="", seen_version=1)


def test_analyses_use_one_result_of_a_study_and_outcome(record, ben):
    first, second = record(ben, scale="HDRS-17"), record(ben, scale="BDI-II")
    services.prefer_result(result=second, by=ben)
    assert list(Result.objects.preferred()) == [second]
    assert events("result_preferred")[0].detail == {"old": [first.pk], "new": second.pk}
    services.prefer_result(result=second, by=ben)
    assert len(events("result_preferred")) == 1


def test_a_superseded_result_is_not_preferred(record, ben):
    old = record(ben)
    correct(old, ben, mean1=9)
    with pytest.raises(Conflict, match="in the meantime"):
        services.prefer_result(result=old, by=ben)


def test_verifying_needs_a_second_person(record, ben, cleo, dora):
    result = record(ben)
    with pytest.raises(services.SecondPersonNeeded, match="somebody else"):
        services.verify_result(result=result, by=ben, seen_version=1)
    assert services.verify_result(result=result, by=cleo, seen_version=1).verified_by == cleo
    with pytest.raises(services.AlreadyRecorded, match="verified already"):
        services.verify_result(result=result, by=dora, seen_version=1)
    assert len(events("result_verified")) == 1


def test_what_was_corrected_meanwhile_is_not_verified(record, ben, cleo):
    result = record(ben)
    new = correct(result, ben, mean1=9)
    with pytest.raises(Conflict, match=r"8\.2 → 9"):
        services.verify_result(result=result, by=cleo, seen_version=1)
    with pytest.raises(Conflict):
        services.verify_result(result=new, by=cleo, seen_version=1)
    new.refresh_from_db()
    assert new.verified_by is None


# --- arms and characteristics -----------------------------------------------------------------------------


def test_arms_are_added_changed_and_removed_with_a_line_each(study, ben):
    arm = services.add_arm(study=study, label=" CBT ", role="experimental", n_randomised=40, by=ben)
    assert arm.label == "CBT"
    arm = services.change_arm(
        arm=arm, label="CBT + TAU", role="experimental", n_randomised=41, by=ben, seen_version=1
    )
    assert (arm.label, arm.n_randomised, arm.version) == ("CBT + TAU", 41, 2)
    with pytest.raises(Conflict, match=r"it is now 'CBT \+ TAU'"):
        services.change_arm(
            arm=arm, label="X", role="experimental", n_randomised=None, by=ben, seen_version=1
        )
    services.remove_arm(arm=arm, by=ben)
    assert not study.arms.filter(label="CBT + TAU").exists()
    assert [len(events(verb)) for verb in ("arm_added", "arm_changed", "arm_removed")] == [1, 1, 1]
    assert events("arm_changed")[0].detail["old"]["label"] == "CBT"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"label": "therapy"}, "called 'therapy' already"),
        ({"label": "  "}, "Name the arm"),
        ({"role": "placebo"}, "An arm is one of"),
        ({"n_randomised": 0}, "1 or more"),
        ({"label": "x" * 201}, "at most 200"),
    ],
)
def test_an_arm_that_makes_no_sense_is_refused(study, ben, fields, sentence):
    good = {"label": "CBT", "role": "experimental", "n_randomised": None}
    with pytest.raises((services.AlreadyRecorded, services.NotPossible), match=sentence):
        services.add_arm(study=study, by=ben, **(good | fields))
    assert study.arms.count() == 2


def test_an_arm_with_results_stays_even_when_they_are_withdrawn(record, ben):
    result = record(ben)
    services.withdraw_result(result=result, by=ben, why="Wrong", seen_version=1)
    with pytest.raises(services.NotPossible, match="has results"):
        services.remove_arm(arm=result.experimental, by=ben)


def test_characteristics_are_set_changed_and_removed(study, ben):
    services.set_characteristic(study=study, name="therapy", value="CBT", by=ben, seen="")
    services.set_characteristic(study=study, name="Therapy", value="MBCT", by=ben, seen="CBT")
    assert list(Characteristic.objects.values_list("name", "value")) == [("therapy", "MBCT")]
    assert services.set_characteristic(study=study, name="therapy", value="", by=ben) is None
    assert not Characteristic.objects.exists()
    assert [event.detail["new"] for event in events("characteristic_set")] == ["", "MBCT", "CBT"]


def test_a_characteristic_set_meanwhile_is_not_overwritten(study, ben, cleo):
    services.set_characteristic(study=study, name="therapy", value="CBT", by=cleo)
    with pytest.raises(Conflict, match="it is now ‘CBT’"):
        services.set_characteristic(study=study, name="therapy", value="MBCT", by=ben, seen="")
    with pytest.raises(services.NotPossible, match="Name the characteristic"):
        services.set_characteristic(study=study, name=" ", value="MBCT", by=ben)


# --- what the database itself refuses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"sd1": 0},
        {"sd2": -1},
        {"n1": 0},
        {"mean1": None},
        {"sd1": None},
        {"n2": None},
        {"kind": "events", "n1": 10, "n2": 10, "events1": None, "events2": 1},
        {"kind": "effect", "effect": 0.3, "effect_se": None},
        {"kind": "events", "n1": 10, "n2": 10, "events1": 11, "events2": 1},
        {"kind": "effect", "effect": 0.3, "effect_se": 0},
        {"kind": "effect", "effect": None, "effect_se": 0.1},
        {"withdrawal_reason": "no person"},
    ],
)
def test_the_database_refuses_numbers_that_cannot_be(study, outcome, ben, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_result(study, outcome, ben, **fields)


def test_the_database_keeps_one_preferred_result_and_two_different_arms(study, outcome, ben):
    result = make_result(study, outcome, ben)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_result(study, outcome, ben)
    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.filter(pk=result.pk).update(comparator=result.experimental)


def test_the_database_refuses_self_verification_and_half_a_withdrawal(study, outcome, ben):
    rows = Result.objects.filter(pk=make_result(study, outcome, ben).pk)
    for fields in (
        {"verified_by": ben},
        {"withdrawn_by": ben, "withdrawal_reason": "Wrong"},
        {"withdrawn_by": ben, "superseded_at": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**fields)


def test_the_database_keeps_labels_and_names_unique_within_a_study(study):
    with pytest.raises(IntegrityError), transaction.atomic():
        Arm.objects.create(study=study, label="Therapy", role="experimental")
    Characteristic.objects.create(study=study, name="therapy", value="CBT")
    with pytest.raises(IntegrityError), transaction.atomic():
        Characteristic.objects.create(study=study, name="therapy", value="MBCT")
