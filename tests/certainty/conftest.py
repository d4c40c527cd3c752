"""Four trials with events, a finished run of a plan about them, a finding on it, and quick ways to a rating."""

import pytest
from django.db import transaction
from django.utils import timezone

from analysis import services as analysing
from analysis.engine import engine_version, quick
from analysis.models import Run
from analysis.snapshot import fingerprint, take_snapshot
from appraisal.models import Assessment, Judgement
from certainty import services
from certainty.comparison import comparison
from certainty.grade import DOWN
from certainty.models import Finding, Grade
from reviews.jobs import enqueue
from reviews.models import Membership
from screening.models import Study
from tests.factories import make_outcome, make_result, make_study

#: label, events and size of the tested group, of the comparators
TRIALS = (
    ("Ade 2001", 12, 100, 20, 100),
    ("Bol 2005", 25, 200, 38, 200),
    ("Cruz 2010", 9, 80, 15, 80),
    ("Dahl 2014", 30, 300, 44, 300),
)
DOMAINS_ROB1 = ("sequence_generation", "allocation_concealment", "blinding_assessors", "itt")


@pytest.fixture
def outcome(review):
    return make_outcome(review, "Relapse", kind="dichotomous", is_primary=True)


@pytest.fixture
def trials(review, outcome, ben):
    studies = []
    for label, events1, n1, events2, n2 in TRIALS:
        study = make_study(review, label)
        counts = {"events1": events1, "n1": n1, "events2": events2, "n2": n2}
        make_result(study, outcome, ben, kind="events", **counts)
        studies.append(study)
    Study.objects.filter(review=review).update(design=Study.Design.RANDOMISED_PARALLEL)
    return studies


@pytest.fixture
def agree(ana):
    """``agree(study, "high")`` is the agreed risk of bias of a study: its first domain, the others low."""

    def do(study, value="low"):
        consensus, _ = Assessment.objects.get_or_create(
            review=study.review,
            study=study,
            instrument="metapsy_rob1",
            kind=Assessment.Kind.CONSENSUS,
            defaults={"state": "complete", "assessor": ana, "completed_at": study.created_at},
        )
        for number, domain in enumerate(DOMAINS_ROB1):
            Judgement.objects.update_or_create(
                assessment=consensus, domain=domain, defaults={"value": "low" if number else value}
            )

    return do


@pytest.fixture
def plan(review, outcome, ana):
    return analysing.write_plan(
        review=review,
        name="Relapse, all trials",
        outcome=outcome,
        by=ana,
        measure="RR",
        test="z",
        sensitivity=["without_high_risk"],
        experimental_label="therapy",
        comparator_label="usual care",
    )


@pytest.fixture
def run(plan, ana):
    """``run()`` is a run of the plan on today's data with its pooled effect, and none of what takes longer."""

    def do():
        snapshot = take_snapshot(plan)
        inputs = fingerprint(snapshot, engine_version())
        with transaction.atomic():
            job = enqueue(
                review=plan.review, task="analysis.run", label="Run", params={}, by=ana, key=inputs[:60]
            )
        return Run.objects.create(
            review=plan.review,
            plan=plan,
            job=job,
            snapshot=snapshot,
            input_hash=inputs,
            engine_version=engine_version(),
            result={"kind": "pairwise"} | quick(snapshot),
            finished_at=timezone.now(),
        )

    return do


@pytest.fixture
def finding(plan, trials, run, review, ana) -> Finding:
    """On a finished run."""
    run()
    return services.add_finding(review=review, by=ana, plan=plan)


@pytest.fixture
def draft(finding):
    """``draft(ben, imprecision=-1)`` is ben's draft: no level but for what is said, on the finding or another."""

    def do(by, on=None, **changes) -> Grade:
        grade = services.begin_grade(finding=on or finding, by=by)
        if grade.start_reason == "" and grade.evidence["kind"] == "none":
            grade = services.set_start(
                grade=grade, start="high", by=by, seen_version=grade.version, reason="Trials only."
            )
        for domain, change in (dict.fromkeys(DOWN, 0) | changes).items():
            grade = services.rate(
                grade=grade,
                domain=domain,
                change=change,
                by=by,
                seen_version=grade.version,
                reason=f"by {by}",
            )
        return grade

    return do


@pytest.fixture
def complete(draft):
    """``complete(ben, imprecision=-1)`` is ben's complete rating."""

    def do(by, on=None, **changes) -> Grade:
        grade = draft(by, on, **changes)
        return services.complete_grade(grade=grade, by=by, seen_version=grade.version)

    return do


@pytest.fixture
def settle(finding):
    """``settle(dora, imprecision=-1)`` is the agreed rating, no level but for what is said."""

    def do(by, on=None, start="high", **changes) -> Grade:
        about = on or finding
        membership = Membership.objects.get(review=about.review, user=by)
        changes = dict.fromkeys(DOWN, 0) | changes
        return services.reconcile_grades(
            finding=about,
            by=by,
            start=start,
            start_reason="Trials only.",
            changes=changes,
            reasons=dict.fromkeys(changes, "Agreed."),
            stamp=comparison(about, membership).stamp,
        )

    return do
