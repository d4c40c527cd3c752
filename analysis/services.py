"""The verbs of this room: write a plan, ask for a run, cancel it."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from analysis.engine import CannotAnalyse, compute, engine_version
from analysis.models import Plan, QuotedResult, Run
from analysis.snapshot import hash_of, take_snapshot
from analysis.stats import StatsError
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.jobs import Progress, enqueue, request_cancel, retry
from reviews.models import Outcome, Review, User
from screening.models import Study


class CannotRun(Refused):
    """The plan cannot be computed with the data there are."""


@transaction.atomic
def write_plan(
    *,
    review: Review,
    name: str,
    outcome: Outcome,
    by: User | None,
    excluded_studies: Iterable[Study] = (),
    **settings: Any,
) -> Plan:
    """A new plan. ``settings`` are the Plan's fields (measure, tau2_method, test, level, subgroup_by, ...)."""
    plan = Plan(review=review, outcome=outcome, name=name.strip(), created_by=by, **settings)
    plan.slug = _free_slug(review, plan.name)
    plan.full_clean(exclude=["slug"])
    plan.save()
    plan.excluded_studies.set(excluded_studies)
    record_event(
        review=review,
        actor=by,
        verb="analysis.plan_written",
        target=plan,
        sentence=f"wrote the analysis plan “{plan.name}”" + (", prespecified." if plan.prespecified else "."),
        detail={
            "measure": plan.measure,
            "tau2_method": plan.tau2_method,
            "test": plan.test,
            **_plain(settings),
        },
    )
    return plan


def request_run(*, plan: Plan, by: User | None) -> Run:
    """Queue the plan on today's data. Equal plan and data are one run: asked twice, computed once.

    Raises CannotRun when there is nothing to pool.
    """
    with transaction.atomic():
        Plan.objects.select_for_update().get(pk=plan.pk)
        snapshot = take_snapshot(plan)
        if not snapshot["rows"]:
            raise CannotRun(
                f"“{plan.name}” has nothing to pool: no study has a result for {plan.outcome} that the plan admits. "
                "Extract results first."
            )
        fingerprint = hash_of(snapshot | {"engine": engine_version()})
        existing = plan.runs.select_related("job").filter(input_hash=fingerprint).first()
        if existing:
            retry(existing.job)  # does nothing unless it had failed or was cancelled
            return existing
        job = enqueue(
            review=plan.review,
            task="analysis.run",
            label=f"Analysis: {plan.name}",
            params={"plan": plan.pk},
            by=by,
            key=f"run-{plan.pk}-{fingerprint[:40]}",
        )
        run = Run.objects.create(
            review=plan.review,
            plan=plan,
            job=job,
            snapshot=snapshot,
            input_hash=fingerprint,
            engine_version=engine_version(),
            requested_by=by,
        )
        record_event(
            review=plan.review,
            actor=by,
            verb="analysis.run_requested",
            target=run,
            sentence=f"asked for a run of “{plan.name}” on {len(snapshot['rows'])} studies.",
            detail={"hash": fingerprint},
        )
    return run


def carry_out(*, run: Run, progress: Progress) -> None:
    """Compute the run from its snapshot and write the result once; called by the worker."""
    if run.result is not None:
        return
    try:
        result = compute(run.snapshot, lambda done, total, message: progress.step(done, total, message))
    except (CannotAnalyse, StatsError) as error:
        raise CannotRun(str(error)) from error

    def write() -> None:
        Run.objects.filter(pk=run.pk, result__isnull=True).update(result=result, finished_at=timezone.now())
        record_event(
            review=run.review,
            actor=run.requested_by,
            verb="analysis.run_finished",
            target=run,
            sentence=f"“{run.plan.name}” was computed.",
            detail={"hash": run.input_hash, "estimate": result["pooled"]["estimate"]},
        )

    progress.complete({"run": run.pk}, write=write)


@transaction.atomic
def cancel_run(*, run: Run, by: User) -> None:
    """Stop a run that has not finished; there is no result then."""
    if run.job.is_finished:
        raise Conflict(f"This run is {run.job.get_state_display().lower()} already.")
    request_cancel(run.job)
    record_event(
        review=run.review,
        actor=by,
        verb="analysis.run_cancelled",
        target=run,
        sentence=f"cancelled a run of “{run.plan.name}”.",
    )


def is_stale(run: Run) -> bool:
    """Whether plan or data changed since the run: its numbers stand, but a new run would differ."""
    return hash_of(take_snapshot(run.plan) | {"engine": run.engine_version}) != run.input_hash


@transaction.atomic
def quote_result(
    *, review: Review, outcome: Outcome, label: str, by: User | None, **fields: Any
) -> QuotedResult:
    """Put a published figure beside ours; it is always shown as quoted, with its citation."""
    try:
        quoted = QuotedResult.objects.create(review=review, outcome=outcome, label=label, **fields)
    except IntegrityError:
        raise Conflict(f"“{label}” is quoted already, or its interval does not hold its estimate.") from None
    record_event(
        review=review,
        actor=by,
        verb="analysis.result_quoted",
        target=quoted,
        sentence=f"quoted a published result: {label}.",
        detail=_plain(fields),
    )
    return quoted


def _free_slug(review: Review, name: str) -> str:
    base = slugify(name)[:50] or "plan"
    taken = set(Plan.objects.filter(review=review, slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int | float | bool | None) else str(value)
        for name, value in values.items()
    }
