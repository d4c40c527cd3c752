import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from appraisal import services
from appraisal.models import Assessment, Judgement
from reviews.errors import Conflict
from reviews.models import AuditEvent
from tests.appraisal.conftest import LOW, METAPSY


def events(verb):
    return list(AuditEvent.objects.filter(verb=f"appraisal.{verb}"))


def reconcile(study, by, values=LOW, **kwargs):
    return services.reconcile(study=study, instrument=METAPSY.key, by=by, values=values, **kwargs)


def test_two_assessors_agree_on_each_domain_and_both_originals_stay(study, ben, cleo, assess):
    first, second = assess(ben), assess(cleo)

    consensus = reconcile(study, ben, supports={"itt": "Both read table 2."})

    assert consensus.is_consensus
    assert consensus.values == LOW
    assert consensus.judgements.get(domain="itt").support == "Both read table 2."
    assert {first.pk, second.pk} < set(Assessment.objects.values_list("pk", flat=True))
    (event,) = events("reconciled")
    assert (
        event.sentence == "recorded the agreed risk of bias of Nakagawa 2017 (RoB 1, four items (Metapsy))."
    )
    assert event.detail["new"] == LOW
    assert not event.blinded


def test_starting_twice_gives_the_same_assessment(study, ben, draft):
    assert draft(ben) == draft(ben)
    assert len(events("started")) == 1


def test_an_answer_is_kept_with_old_and_new_for_its_author_alone(ben, draft):
    mine = draft(ben)
    services.judge(assessment=mine, domain="itt", value="low", by=ben)
    services.judge(assessment=mine, domain="itt", value="high", by=ben, support="Completers only.")

    event, earlier = events("judged")
    assert event.blinded
    assert earlier.blinded
    assert event.detail["old"] == {"value": "low", "support": ""}
    assert event.detail["new"] == {"value": "high", "support": "Completers only."}


def test_the_same_answer_again_writes_nothing(ben, draft):
    mine = draft(ben)
    services.judge(assessment=mine, domain="itt", value="low", by=ben)
    services.judge(assessment=mine, domain="itt", value="low", by=ben)
    assert len(events("judged")) == 1


def test_support_can_be_written_before_the_judgement(ben, draft):
    mine = draft(ben)
    services.judge(assessment=mine, domain="itt", value="", by=ben, support="See figure 1.")
    assert mine.values == {}
    assert mine.judgements.get().support == "See figure 1."


@pytest.mark.parametrize(
    ("domain", "value", "sentence"),
    [
        ("itt", "self_report", "'self_report' is not a judgement of intention to treat"),
        ("itt", "purple", "Choose one of: high, low"),
        ("weather", "low", "has no domain 'weather'"),
    ],
)
def test_an_unknown_domain_or_level_is_refused(ben, draft, domain, value, sentence):
    with pytest.raises(services.UnknownInstrument, match=sentence):
        services.judge(assessment=draft(ben), domain=domain, value=value, by=ben)
    assert not Judgement.objects.exists()


def test_an_unknown_instrument_is_refused(study, ben):
    with pytest.raises(services.UnknownInstrument, match="no instrument 'rob9'"):
        services.start_assessment(study=study, instrument="rob9", assessor=ben)


def test_completing_names_what_is_still_to_be_judged(ben, draft):
    mine = draft(ben)
    services.judge(assessment=mine, domain="itt", value="low", by=ben)
    with pytest.raises(services.Incomplete) as refusal:
        services.complete_assessment(assessment=mine, by=ben)
    assert "Sequence generation; Allocation concealment; Blinding of outcome assessors" in str(refusal.value)
    assert not Assessment.objects.get().is_complete


@pytest.mark.parametrize("gesture", ["judge", "complete_assessment", "reopen"])
def test_nobody_touches_a_colleagues_assessment(ben, cleo, draft, gesture):
    extra = {"domain": "itt", "value": "low"} if gesture == "judge" else {}
    with pytest.raises(services.NotYours, match="Only Ben may change"):
        getattr(services, gesture)(assessment=draft(ben), by=cleo, **extra)


def test_a_complete_assessment_is_changed_only_after_reopening(ben, assess):
    mine = assess(ben)
    with pytest.raises(services.AlreadySettled, match="Reopen it"):
        services.judge(assessment=mine, domain="itt", value="high", by=ben)
    late = services.judge(assessment=mine, domain="itt", value="low", by=ben, support=f"p. 3, {ben}")
    assert late == mine.judgements.get(domain="itt")  # an autosave that arrives late says nothing new
    services.reopen(assessment=mine, by=ben)
    services.judge(assessment=mine, domain="itt", value="high", by=ben)
    assert mine.judgements.get(domain="itt").value == "high"


def test_assessments_that_can_be_compared_stay_as_they_are(ben, cleo, assess):
    mine = assess(ben)
    assess(cleo)
    with pytest.raises(services.AlreadySettled, match="Settle differences in the consensus"):
        services.reopen(assessment=mine, by=ben)


def test_a_third_assessment_would_not_be_independent(ben, cleo, dora, assess, draft):
    assess(ben)
    assess(cleo)
    with pytest.raises(services.AlreadySettled, match="not be independent"):
        draft(dora)


def test_a_consensus_needs_two_complete_assessments(study, ben, cleo, assess, draft):
    with pytest.raises(services.Incomplete, match="there is none so far"):
        reconcile(study, ben)
    assess(ben)
    draft(cleo)
    with pytest.raises(services.Incomplete, match="there is one so far"):
        reconcile(study, ben)


def test_who_has_a_draft_left_completes_it_before_reconciling(study, ben, cleo, dora, assess, draft):
    draft(dora)
    assess(ben)
    assess(cleo)
    with pytest.raises(services.Incomplete, match="Complete your own"):
        reconcile(study, dora)


def test_differences_are_settled_by_someone_who_may_reconcile(study, ben, cleo, dora, assess):
    assess(ben)
    assess(cleo, itt="high")
    with pytest.raises(services.NotYours, match="differ on: Intention to treat"):
        reconcile(study, ben)

    consensus = reconcile(study, dora, LOW | {"itt": "high"})
    assert consensus.values["itt"] == "high"
    assert events("reconciled")[0].detail["differed"] == ["itt"]


def test_assessors_who_agree_may_not_record_something_else(study, ben, cleo, assess):
    assess(ben)
    assess(cleo)
    with pytest.raises(services.NotYours, match="Intention to treat"):
        reconcile(study, ben, LOW | {"itt": "high"})


@pytest.mark.parametrize("who", ["stan", "eve"])
def test_a_role_without_assessing_cannot_reconcile(study, ben, cleo, assess, request, who):
    assess(ben)
    assess(cleo)
    with pytest.raises(services.NotYours):
        reconcile(study, request.getfixturevalue(who))


def test_a_consensus_judges_every_domain(study, ben, cleo, assess):
    assess(ben)
    assess(cleo)
    with pytest.raises(services.Incomplete, match="still lacks: Intention to treat"):
        reconcile(study, ben, {key: value for key, value in LOW.items() if key != "itt"})


def test_a_changed_consensus_keeps_its_history(study, ben, cleo, dora, assess):
    assess(ben)
    assess(cleo)
    first = reconcile(study, ben)
    seen = services.consensus_stamp(first)
    reconcile(study, dora, LOW | {"itt": "high"}, seen=seen)

    assert Assessment.objects.consensus().get().values["itt"] == "high"
    assert events("reconciled")[0].detail["old"] == LOW
    with pytest.raises(services.NotYours, match="has its consensus"):
        reconcile(study, ben, seen=services.consensus_stamp(Assessment.objects.consensus().get()))


def test_a_consensus_recorded_meanwhile_is_not_overwritten(study, ana, ben, cleo, dora, assess):
    assess(ben)
    assess(cleo)
    reconcile(study, dora)
    with pytest.raises(Conflict, match="changed by Dora in the meantime"):
        reconcile(study, ana, LOW | {"itt": "high"}, seen="")
    assert Assessment.objects.consensus().get().values == LOW


def test_a_draft_left_over_cannot_be_handed_in_after_the_consensus(
    study, ana, ben, cleo, dora, assess, draft
):
    late = draft(ana)
    assess(ben)
    assess(cleo)
    reconcile(study, dora)
    with pytest.raises(services.AlreadySettled, match="without this draft"):
        services.judge(assessment=late, domain="itt", value="low", by=ana)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "consensus", "state": "draft"},
        {"kind": "independent", "state": "complete"},
        {"kind": "independent", "state": "draft", "completed_at": timezone.now()},
    ],
    ids=["consensus in draft", "complete without date", "draft with date"],
)
def test_the_database_refuses_states_that_cannot_be(review, study, ben, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(review=review, study=study, instrument="rob1", assessor=ben, **fields)


@pytest.mark.parametrize("kind", ["independent", "consensus"])
def test_the_database_keeps_one_of_each(review, study, ben, kind):
    fields = {"review": review, "study": study, "instrument": "rob1", "assessor": ben, "kind": kind}
    fields |= {"state": "complete", "completed_at": timezone.now()}
    Assessment.objects.create(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(**fields)


def test_the_database_keeps_one_judgement_per_domain(ben, draft):
    mine = draft(ben)
    Judgement.objects.create(assessment=mine, domain="itt", value="low")
    with pytest.raises(IntegrityError), transaction.atomic():
        Judgement.objects.create(assessment=mine, domain="itt", value="high")
