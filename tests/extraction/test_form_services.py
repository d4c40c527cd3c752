"""Forms of a review: drafted, undone, piloted, published; extractions follow and lose nothing."""

import pytest

from extraction import services
from extraction.form_versions import history_of, outdated
from extraction.models import Extraction, Form, FormVersion, Value
from reviews.errors import Conflict, Refused
from reviews.models import AuditEvent, Membership
from tests.factories import make_review, make_study


def field(key, kind="number", **more):
    return {"key": key, "type": kind, "label": key.capitalize(), **more}


def schema(*items):
    return {"sections": [{"key": "first", "label": "First", "items": list(items)}]}


AGE, SITE = field("age", max=120), field("site", "text", required=True)


@pytest.fixture
def form(review, ana):
    return services.create_form(review=review, name="Trials", by=ana, schema=schema(AGE))


def draft_of(form):
    return form.versions.open().get()


def publish(form, by, data=None, note=""):
    version = services.begin_draft(form=form, by=by)
    if data:
        version = services.save_draft(version=version, schema=data, by=by, seen_version=version.version)
    return services.publish_form(version=version, by=by, seen_version=version.version, note=note)


def extract(study, form_version, by, values, kind="consensus", **more):
    one = Extraction.objects.create(
        review=study.review, study=study, form_version=form_version, extractor=by, kind=kind, **more
    )
    for key, value in values.items():
        Value.objects.create(extraction=one, field=key, value=value, changed_by=by)
    return one


def test_a_form_is_made_with_ready_made_sections_and_told_in_the_history(review, ana):
    form = services.create_form(review=review, name=" All  studies ", by=ana, designs=["cohort"])
    version = draft_of(form)
    assert (form.name, form.designs, version.number, version.read().faults) == (
        "All studies",
        ["cohort"],
        1,
        (),
    )
    assert {"funding", "conflicts_of_interest"} <= {section.key for section in version.read()}
    assert AuditEvent.objects.get(verb="extraction.form_created").sentence == (
        "made the extraction form “All studies”."
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "Name the form"),
        ({"name": "TRIALS"}, "called “Trials” already"),
        ({"designs": ["rct"]}, "'rct' is no study design"),
        ({"sections": ["x"]}, "no ready-made section 'x'"),
        ({"schema": schema(field("a", "colour"))}, "First, field 'A': 'colour' is no type of field"),
    ],
)
def test_what_makes_no_form_is_refused_and_nothing_is_saved(form, review, ana, given, said):
    with pytest.raises(Refused, match=said):
        services.create_form(**({"review": review, "name": "Other", "by": ana} | given))
    assert Form.objects.count() == 1


def test_a_draft_is_saved_once_per_look_and_every_change_can_be_undone(form, ana, ben):
    draft = draft_of(form)
    services.save_draft(
        version=draft, schema=schema(AGE, SITE), by=ana, seen_version=1, did="added the field ‘Site’"
    )
    with pytest.raises(Conflict, match=r"added the field ‘Site’\. Nothing was overwritten"):
        services.save_draft(version=draft, schema=schema(SITE), by=ben, seen_version=1)
    services.add_standard_section(version=draft, key="funding", by=ben, seen_version=2)
    assert len(draft_of(form).read().sections) == 2
    services.undo_edit(version=draft, by=ben, seen_version=3)
    services.undo_edit(version=draft, by=ben, seen_version=4)
    assert draft_of(form).schema == schema(AGE)
    with pytest.raises(services.NotPossible, match="no change to undo"):
        services.undo_edit(version=draft, by=ben, seen_version=5)
    unchanged = services.save_draft(version=draft, schema=schema(AGE), by=ben, seen_version=5)
    assert (unchanged.version, unchanged.edits.count()) == (5, 0)


def test_an_unfinished_draft_is_kept_but_neither_piloted_nor_published(form, review, ana):
    draft = draft_of(form)
    services.save_draft(version=draft, schema=schema(field("c", "choice")), by=ana, seen_version=1)
    study = make_study(review)
    for verb in (
        lambda: services.publish_form(version=draft, by=ana, seen_version=2),
        lambda: services.start_pilot(version=draft, studies=[study], by=ana),
    ):
        with pytest.raises(services.InvalidForm, match="First, field 'C': has no answers"):
            verb()


def test_a_published_version_never_changes_and_the_next_begins_as_it(form, ana):
    first = publish(form, ana)
    with pytest.raises(services.NotPossible, match="never changes"):
        services.save_draft(version=first, schema=schema(SITE), by=ana, seen_version=first.version)
    draft = services.begin_draft(form=form, by=ana)
    assert (draft.number, draft.schema) == (2, first.schema)
    assert services.begin_draft(form=form, by=ana) == draft
    with pytest.raises(services.NotPossible, match="Nothing was changed since version 1"):
        services.publish_form(version=draft, by=ana, seen_version=1)
    services.save_draft(version=draft, schema=schema(AGE, SITE), by=ana, seen_version=1)
    with pytest.raises(Conflict):
        services.publish_form(version=draft, by=ana, seen_version=1)
    second = services.publish_form(version=draft, by=ana, seen_version=2, note="Site too")
    event = AuditEvent.objects.filter(verb="extraction.form_published").latest("pk")
    assert event.detail["changes"] == ["First, Site is new (text, one line, and required)."]
    assert [(v.number, len(said)) for v, said in history_of(form.versions.all())] == [(2, 1), (1, 0)]
    assert second.edits.count() == 0


def test_a_draft_is_thrown_away_unless_it_is_all_there_is(form, ana):
    with pytest.raises(services.NotPossible, match="only version"):
        services.discard_draft(version=draft_of(form), by=ana)
    publish(form, ana)
    services.discard_draft(version=services.begin_draft(form=form, by=ana), by=ana)
    assert not form.versions.open().exists()


def test_each_study_has_the_first_form_for_its_design(form, review, ana, django_assert_max_num_queries):
    plain, cohort = make_study(review, "Plain"), make_study(review, "Cohort")
    cohort.design = "cohort"
    cohort.save()
    assert services.form_of(plain) is None
    general = publish(form, ana)
    own = services.create_form(review=review, name="Cohorts", by=ana, designs=["cohort"], schema=schema(SITE))
    assert services.form_of(cohort) == general, "a form without a published version is not given to anybody"
    special = publish(own, ana)
    services.move_form(form=own, to="up", by=ana)
    with django_assert_max_num_queries(3):
        assert services.forms_of(review, [plain, cohort]) == {plain.pk: general, cohort.pk: special}
    services.retire_form(form=own, by=ana)
    assert services.form_of(cohort) == general
    services.restore_form(form=own, by=ana)
    assert services.form_of(cohort) == special
    with pytest.raises(services.NotPossible, match="cannot be moved up"):
        services.move_form(form=own, to="up", by=ana)


def test_a_pilot_is_for_its_studies_only_and_what_was_piloted_stays(form, review, ana, ben):
    studies = [make_study(review, f"Study {n}") for n in range(5)]
    draft = draft_of(form)
    services.start_pilot(version=draft, k=2, seed=4, by=ana)
    chosen = list(draft.pilot_studies.all())
    assert len(chosen) == 2
    others = [study for study in studies if study not in chosen]
    assert [services.form_of(study) for study in (chosen[0], others[0])] == [draft, None]
    with pytest.raises(services.NotPossible, match="End the pilot first"):
        services.save_draft(version=draft, schema=schema(SITE), by=ana, seen_version=2)
    extraction = extract(chosen[0], draft, ben, {"age": "40"})
    following = services.end_pilot(version=draft, by=ana)
    draft.refresh_from_db()
    assert (draft.state, following.number, following.state) == ("piloted", 2, "draft")
    services.save_draft(version=following, schema=schema(AGE, SITE), by=ana, seen_version=1)
    assert services.newer_version(extraction) is None
    published = services.publish_form(version=following, by=ana, seen_version=2)
    assert services.newer_version(extraction) == published
    services.take_over_form_version(extraction=extraction, by=ben, seen_version=1)
    extraction.refresh_from_db()
    assert extraction.form_version == published
    assert extraction.values.get().value == "40"


def test_a_pilot_nobody_used_becomes_the_draft_again_and_draws_repeat(form, review, ana):
    for n in range(6):
        make_study(review, f"Study {n}")
    draws = []
    for _ in range(2):
        version = services.start_pilot(version=draft_of(form), k=3, seed=9, by=ana)
        draws.append(set(version.pilot_studies.values_list("pk", flat=True)))
        assert services.end_pilot(version=version, by=ana) == version
    assert draws[0] == draws[1]
    assert FormVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"k": 0}, "1 to 1000"),
        ({"k": 3}, "There are 1 studies"),
        ({}, "at least one study"),
        ({"studies": "other"}, "another review"),
    ],
)
def test_a_pilot_needs_studies_of_this_review(form, review, ana, given, said):
    make_study(review)
    if given.get("studies"):
        given = {"studies": [make_study(make_review("other"), "Elsewhere")]}
    with pytest.raises(services.NotPossible, match=said):
        services.start_pilot(version=draft_of(form), by=ana, **given)


def test_a_new_version_says_who_lacks_what_and_taking_it_over_loses_nothing(form, review, ana, ben):
    old = publish(
        form, ana, schema(AGE, field("n"), field("gone", "text"), field("kind", "choice", options=["A", "B"]))
    )
    study = make_study(review)
    values = {"age": "130", "n": "12.0", "gone": "old words", "kind": "a"}
    done = {"state": "complete", "completed_at": old.published_at, "completed_by": ben}
    extraction = extract(study, old, ben, values, **done)
    new = publish(
        form,
        ana,
        schema(
            AGE, field("n", "text"), field("kind", "choices", options=["A", "B"]), SITE, field("x", "text")
        ),
    )
    (move,) = outdated(form, new, Membership.objects.get(user=ana))
    assert [one.label for one in move.lacks] == ["Site", "X"]
    assert [one.label for one in move.lacks_required] == ["Site"]
    assert [(left.field, left.words) for left in move.left] == [("age", "130"), ("gone", "old words")]
    with pytest.raises(Conflict):
        services.take_over_form_version(extraction=extraction, by=ana, seen_version=7)
    services.take_over_form_version(extraction=extraction, by=ana, seen_version=1)
    extraction.refresh_from_db()
    kept = {one.field: (one.value, one.comment) for one in extraction.values.all()}
    assert kept == {
        "age": (None, "Before version 2: 130"),
        "n": ("12.0", ""),
        "kind": (["a"], ""),
        "gone": ("old words", ""),
    }
    assert not extraction.is_complete, "something required is missing now"
    event = AuditEvent.objects.get(verb="extraction.form_taken_over")
    assert event.detail["left"][1][:3] == ["gone", "", "old words"]
    assert event.sentence.endswith("which opened it again.")
    with pytest.raises(services.NotPossible, match="newest version"):
        services.take_over_form_version(extraction=extraction, by=ana, seen_version=2)


def test_taking_over_everywhere_takes_what_loses_nothing_and_no_colleagues_draft(
    form, review, ana, ben, cleo
):
    old = publish(form, ana, schema(AGE))
    mine, theirs, loses = (make_study(review, label) for label in "ABC")
    one = extract(mine, old, ben, {"age": "40"}, kind="independent")
    hers = extract(theirs, old, cleo, {"age": "41"}, kind="independent")
    third = extract(loses, old, ben, {"age": "110"})
    new = publish(form, ana, schema(field("age", max=100), field("x", "text")))
    membership = Membership.objects.get(user=ben)
    assert {move.extraction for move in outdated(form, new, membership)} == {one, third}
    assert {move.extraction for move in services.take_over_everywhere(membership=membership, by=ben)} == {one}
    services.take_over_everywhere(membership=membership, by=ben, only_plain=False)
    assert list(Extraction.objects.filter(form_version=old)) == [hers]
    with pytest.raises(services.NotYours):
        services.take_over_form_version(extraction=hers, by=ben, seen_version=1)
    assert AuditEvent.objects.filter(verb="extraction.form_taken_over", blinded=True).count() == 1


def test_characteristics_follow_the_version_that_is_taken_over(form, review, ana):
    old = publish(form, ana, schema(field("place", "text")))
    study = make_study(review)
    extraction = extract(study, old, ana, {"place": "Kyoto"})
    publish(form, ana, schema(field("place", "text", characteristic="City")))
    services.take_over_form_version(extraction=extraction, by=ana, seen_version=1)
    assert study.characteristics.get().value == "Kyoto"


def test_an_independent_extraction_that_was_compared_is_not_opened_again(form, review, ana, ben, cleo):
    old = publish(form, ana)
    study = make_study(review)
    done = {"kind": "independent", "state": "complete", "completed_at": old.published_at}
    mine, _hers = (extract(study, old, who, {"age": "40"}, **done) for who in (ben, cleo))
    publish(form, ana, schema(AGE, SITE))
    services.take_over_form_version(extraction=mine, by=ben, seen_version=1)
    mine.refresh_from_db()
    assert mine.is_complete, "ben can read hers, so his stays as it was handed in"
