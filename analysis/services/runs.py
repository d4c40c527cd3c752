"""Ask for a run, carry it out, cancel it."""

import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from analysis.engine import CannotAnalyse, compute, engine_version
from analysis.models import Plan, Run
from analysis.services.errors import CannotRun, InvalidPlan
from analysis.services.plans import SETTINGS, write_plan
from analysis.snapshot import fingerprint, take_snapshot
from analysis.stats import StatsError
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.jobs import Progress, enqueue, request_cancel, retry
from reviews.models import User

#: Seconds between two writes of what is computed already.
PARTIAL_EVERY = 0.5


def request_run(*, plan: Plan, by: User | None) -> Run:
    """Queue the plan on today's data. Equal plan and data are one run: asked twice, computed once.

    A run of the same inputs that failed or was cancelled is queued again. Raises CannotRun when the plan is
    retired or there is nothing to pool.
    """
    with transaction.atomic():
        plan = Plan.objects.select_for_update().get(pk=plan.pk)
        snapshot = _snapshot_to_run(plan)
        inputs = fingerprint(snapshot, engine_version())
        existing = plan.runs.select_related("job").filter(input_hash=inputs).first()
        if existing:
            _again(existing, by)
            return existing
        job = enqueue(
            review=plan.review,
            task="analysis.run",
            label=f"Analysis: {plan.name}"[:200],
            params={"plan": plan.pk},
            by=by,
            key=f"run-{plan.pk}-{inputs[:40]}",
        )
        run = Run.objects.create(
            review=plan.review,
            plan=plan,
            job=job,
            snapshot=snapshot,
            input_hash=inputs,
            engine_version=engine_version(),
            requested_by=by,
        )
        record_event(
            review=plan.review,
            actor=by,
            verb="analysis.run_requested",
            target=run,
            sentence=f"asked for a run of “{plan.name}” on {_studies(len(snapshot['rows']))}.",
            detail={"hash": inputs},
        )
    return run


def run_alike(*, plan: Plan, by: User | None, **changes: Any) -> Run:
    """Run the plan with other settings: ``risk_of_bias`` ("low", "not_high", ""), ``subgroup_by``, or
    ``leave_out_derived`` (True: without converted and derived values).

    A plan is not changed once written, so this is a plan of its own: the one that differs in nothing else, if there
    is one, or a new one, named after both. Raises InvalidPlan, and CannotRun when nothing is left to pool.
    """
    if not changes or changes.keys() - {"risk_of_bias", "subgroup_by", "leave_out_derived"}:
        raise InvalidPlan(
            "Say which risk of bias to pool (risk_of_bias), by what to group (subgroup_by), or whether to leave out "
            "converted values (leave_out_derived)."
        )
    with transaction.atomic():
        settings = {name: getattr(plan, name) for name in SETTINGS} | changes
        left_out = list(plan.excluded_studies.all())
        found = _same_plan(plan, settings, {study.pk for study in left_out})
        if found is None:
            found = write_plan(
                review=plan.review,
                name=_name_alike(plan, changes),
                outcome=plan.outcome,
                by=by,
                excluded_studies=left_out,
                **settings,
            )
        return request_run(plan=found, by=by)


def carry_out(*, run: Run, progress: Progress) -> None:
    """Compute the run from its snapshot and write the result once; called by the worker."""
    if run.result is not None:
        return
    try:
        result = compute(run.snapshot, progress.step, partial=_tell(run))
    except (CannotAnalyse, StatsError) as error:
        raise CannotRun(str(error)) from error

    def write() -> None:
        Run.objects.filter(pk=run.pk, result__isnull=True).update(
            result=result, partial=None, finished_at=timezone.now()
        )
        pooled = result["pooled"]  # None where nothing is pooled: networks, syntheses without meta-analysis
        record_event(
            review=run.review,
            actor=None,
            verb="analysis.run_finished",
            target=run,
            sentence=f"computed “{run.plan.name}” from {_studies((pooled or result)['k'])}.",
            detail={"hash": run.input_hash} | ({"estimate": pooled["estimate"]} if pooled else {}),
        )

    address = reverse("analysis:run", args=[run.review.slug, run.pk])
    progress.complete({"run": run.pk, "url": address, "label": "Show the result"}, write=write)


def _tell(run: Run) -> Callable[[dict[str, Any]], None]:
    """Keep what is computed already where the page can show it: the first part at once, then now and then."""
    told: list[float] = []

    def partial(result: dict[str, Any]) -> None:
        if not told or time.monotonic() - told[-1] >= PARTIAL_EVERY:
            told.append(time.monotonic())
            Run.objects.filter(pk=run.pk, result__isnull=True).update(partial=result)

    return partial


@transaction.atomic
def cancel_run(*, run: Run, by: User) -> None:
    """Stop a run that has not finished; there is no result then."""
    if not request_cancel(run.job):
        run.job.refresh_from_db()
        raise Conflict(f"This run is {run.job.get_state_display().lower()} already.")
    run.job.refresh_from_db()
    record_event(
        review=run.review,
        actor=by,
        verb="analysis.run_cancelled",
        target=run,
        sentence=f"cancelled a run of “{run.plan.name}”.",
    )


def is_stale(run: Run) -> bool:
    """Whether plan or data changed since the run: its numbers stand, but a new run would differ."""
    return fingerprint(take_snapshot(run.plan), run.engine_version) != run.input_hash


def _same_plan(plan: Plan, settings: dict[str, Any], left_out: set[int]) -> Plan | None:
    """The live plan of the same outcome with these settings, the given one first."""
    alike = Plan.objects.live().filter(review=plan.review, outcome=plan.outcome)
    for found in sorted(alike.prefetch_related("excluded_studies"), key=lambda one: one.pk != plan.pk):
        same = all(getattr(found, name) == value for name, value in settings.items())
        if same and {study.pk for study in found.excluded_studies.all()} == left_out:
            return found
    return None


def _name_alike(plan: Plan, changes: dict[str, Any]) -> str:
    chosen = dict(Plan.RiskOfBias.choices).get(changes.get("risk_of_bias", ""), "")
    words = [str(chosen).lower()] if chosen else []
    words += [f"by {changes['subgroup_by']}"] if changes.get("subgroup_by") else []
    words += ["as printed only"] if changes.get("leave_out_derived") else []
    ending = f": {', '.join(words)}" if words else " (all)"
    return plan.name[: 200 - len(ending)] + ending


def _snapshot_to_run(plan: Plan) -> dict[str, Any]:
    if plan.retired_at:
        raise CannotRun(f"“{plan.name}” was retired. Write a new plan to run it again.")
    snapshot = take_snapshot(plan)
    if not snapshot["rows"]:
        raise CannotRun(
            f"“{plan.name}” has nothing to pool: no study has a result for {plan.outcome} that the plan admits. "
            "Extract results first."
        )
    return snapshot


def _again(run: Run, by: User | None) -> None:
    """Queue a run once more if it had failed or was cancelled; else leave it alone."""
    if retry(run.job):
        run.job.refresh_from_db()
        record_event(
            review=run.review,
            actor=by,
            verb="analysis.run_requested",
            target=run,
            sentence=f"asked again for a run of “{run.plan.name}”.",
            detail={"hash": run.input_hash},
        )


def _studies(count: int) -> str:
    return "1 study" if count == 1 else f"{count} studies"
