"""Ask for an exploration of a run, carry it out in parts, cancel it, try it again."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from analysis.engine import CannotAnalyse, engine_version
from analysis.explorations import KINDS, BadChoice, Kind, Piece, Size, Work, pieces_of
from analysis.explorations.words import said
from analysis.models import Exploration, Run
from analysis.services.errors import CannotExplore
from analysis.stats import StatsError
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.jobs import Progress, enqueue, request_cancel, retry
from reviews.models import Job, User

PIECE = "analysis.explore_piece"
#: Seeds fit into a whole number of every database.
MOST_SEED = 2**31 - 1


def count_exploration(
    *, run: Run, kind: str, settings: Mapping[str, Any], seed: int = 0
) -> tuple[Work, Size]:
    """What it would be to explore the run so: complete settings and the amount of work. Raises CannotExplore."""
    with _refusals():
        chosen = _kind(kind)
        if run.result is None:
            raise CannotExplore("A run is explored when it is finished; this one has no result yet.")
        if why := chosen.why_not(run.snapshot, effects_in(run)):
            raise CannotExplore(why)
        work = Work(run.snapshot, chosen.read(run.snapshot, dict(settings)), seed)
        return work, chosen.size(work)


def request_exploration(
    *,
    run: Run,
    kind: str,
    by: User | None,
    settings: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> Exploration:
    """Queue an exploration of a finished run. Equal settings and seed are one: asked twice, computed once.

    ``settings`` are those of the kind (docs/explorations.md); ``seed`` is the run's unless given. One that failed or
    was cancelled is queued again. Raises CannotExplore, with ``field`` where a setting is at fault.
    """
    seed = run.seed if seed is None else seed
    if not 0 <= seed <= MOST_SEED:
        raise CannotExplore(f"The seed is a whole number from 0 to {MOST_SEED:,}.", field="seed")
    work, size = count_exploration(run=run, kind=kind, settings=settings or {}, seed=seed)
    print_of = _fingerprint(work, engine_version())
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run.pk)
        existing = run.explorations.select_related("job").filter(kind=kind, settings_hash=print_of).first()
        if existing:
            if retry(existing.job):
                _record(existing, by, "requested", "asked again for an exploration")
                existing.job.refresh_from_db()
            return existing
        job = enqueue(
            review=run.review,
            task="analysis.explore",
            label=f"{KINDS[kind].title}, {run.plan.name}"[:200],
            params={"run": run.pk, "kind": kind},
            by=by,
            key=f"explore-{run.pk}-{kind}-{print_of[:40]}",
        )
        found = Exploration.objects.create(
            review=run.review,
            run=run,
            kind=kind,
            settings=dict(work.settings),
            settings_hash=print_of,
            seed=seed,
            job=job,
            engine_version=engine_version(),
            requested_by=by,
        )
        _record(found, by, "requested", "asked for an exploration", size=size.sentence)
    return found


def carry_out_exploration(*, exploration: Exploration, progress: Progress) -> None:
    """The turns of the whole: share the work out, and later put the parts together; called by the worker."""
    job = progress.job
    if exploration.result is not None:
        return
    kind, work = KINDS[exploration.kind], work_of(exploration)
    with _refusals():
        if not job.parts.exists():
            pieces = pieces_of(kind.size(work))
            params = [{"first": piece.first, "after": piece.after} for piece, _ in pieces]
            progress.split(PIECE, params, units=[units for _, units in pieces])
            return
        progress.step(job.total, message="Putting the parts together")
        result = kind.combine(work, [part.result for part in job.parts.order_by("part")])
    address = reverse("analysis:exploration", args=[exploration.review.slug, exploration.pk])

    def write() -> None:
        Exploration.objects.filter(pk=exploration.pk, result__isnull=True).update(
            result=result, finished_at=timezone.now()
        )
        job.parts.update(result={})
        _record(exploration, None, "finished", "computed an exploration")

    progress.complete(
        {
            "exploration": exploration.pk,
            "url": address,
            "label": "Show what was found",
            "said": said(exploration.kind, work.snapshot, result)[0],
        },
        write=write,
    )


def explore_piece(*, part: Job, exploration: Exploration, progress: Progress) -> dict[str, Any]:
    """One part of an exploration; called by the worker."""
    piece = Piece(part.params["first"], part.params["after"])
    with _refusals():
        return KINDS[exploration.kind].do(work_of(exploration), piece, progress.step)


def found_so_far(exploration: Exploration) -> dict[str, Any] | None:
    """The result, or what the parts that are done come to; None while there is none."""
    if exploration.result is not None:
        return exploration.result
    done = exploration.job.parts.filter(state=Job.State.DONE).order_by("part")
    parts = [found for found in done.values_list("result", flat=True) if found]
    if not parts:
        return None
    with _refusals():
        return KINDS[exploration.kind].combine(work_of(exploration), parts)


@transaction.atomic
def cancel_exploration(*, exploration: Exploration, by: User) -> None:
    """Stop an exploration that has not finished, all its parts with it; there is no result then."""
    if not request_cancel(exploration.job):
        exploration.job.refresh_from_db()
        raise Conflict(f"This exploration is {exploration.job.get_state_display().lower()} already.")
    exploration.job.refresh_from_db()
    _record(exploration, by, "cancelled", "cancelled an exploration")


@transaction.atomic
def retry_exploration(*, exploration: Exploration, by: User) -> None:
    """Queue a failed or cancelled exploration again; parts that are done stay done."""
    if not retry(exploration.job):
        raise Conflict("This exploration neither failed nor was cancelled, so there is nothing to try again.")
    exploration.job.refresh_from_db()
    _record(exploration, by, "requested", "asked again for an exploration")


def work_of(exploration: Exploration) -> Work:
    """The data, settings and seed of an exploration."""
    return Work(exploration.run.snapshot, exploration.settings, exploration.seed)


def effects_in(run: Run) -> int:
    """How many rows of a finished run have an effect."""
    return sum(one.get("yi") is not None for one in (run.result or {}).get("studies", []))


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise CannotExplore(
            f"There is no exploration '{name}'; choose one of {', '.join(KINDS)}.", field="kind"
        )
    return KINDS[name]


@contextmanager
def _refusals() -> Iterator[None]:
    """What the data or the settings do not allow, as a refusal with its sentence."""
    try:
        yield
    except BadChoice as fault:
        raise CannotExplore(str(fault), field=fault.field or None) from fault
    except (CannotAnalyse, StatsError) as fault:
        raise CannotExplore(str(fault)) from fault


def _fingerprint(work: Work, engine: str) -> str:
    canonical = json.dumps(
        {"settings": work.settings, "seed": work.seed, "engine": engine}, sort_keys=True, ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _record(exploration: Exploration, by: User | None, verb: str, did: str, **detail: Any) -> None:
    title = KINDS[exploration.kind].title.partition(":")[0]
    record_event(
        review=exploration.review,
        actor=by,
        verb=f"analysis.exploration_{verb}",
        target=exploration,
        sentence=f"{did} of run {exploration.run_id} of “{exploration.run.plan.name}”: {title}.",
        detail={"kind": exploration.kind, "seed": exploration.seed, **detail},
    )
