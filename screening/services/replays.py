"""Replays: what screening in the order of the model would have saved in a review that is screened (or part of it)."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import transaction
from django.urls import reverse

from records.models import Record
from reviews.audit import record_event
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User
from reviews.permissions import Permission
from screening.models import Replay, Stage
from screening.services.guards import NotAllowed, NotEligible, require
from screening.services.rankings.known import LABEL, told

TASK, RUN_TASK = "screening.replay", "screening.replay_run"
#: With less there is little to learn from and nothing to save.
LEAST_RECORDS, LEAST_INCLUDED = 50, 5
MOST_RUNS, MOST_PRIORS, MOST_SEED = 20, 100, 2**31 - 1
#: So many points make a curve on a page, besides those after these shares of the records (percent, rounded up).
POINTS = 200
SHARES = (5, 10, 20, 30, 40, 50, 75)
#: Progress is told no more often than this.
TELL_SECONDS = 0.5


class Enough(NamedTuple):
    """What there is to replay at a stage: outcomes that everybody is told."""

    stage: Stage
    records: int
    included: int

    @property
    def is_enough(self) -> bool:
        return self.records >= LEAST_RECORDS and self.included >= LEAST_INCLUDED

    @property
    def lacking(self) -> str:
        """What must be settled yet; empty when it is enough."""
        parts = []
        if self.records < LEAST_RECORDS:
            parts.append(f"{LEAST_RECORDS - self.records} more records with an outcome")
        if self.included < LEAST_INCLUDED:
            parts.append(f"{LEAST_INCLUDED - self.included} more that are included")
        return " and ".join(parts)


def outcomes(review: Review, stage: str) -> dict[int, int]:
    """Record id -> 1 (included) or 0, by id, of what everybody is told.

    At full text it is the final inclusion: what was excluded at title and abstract counts as excluded, what waits for
    its outcome at full text is left out. Nothing of votes on records that are not settled is in it.
    """
    first = _told(review, Stage.TITLE_ABSTRACT)
    if stage == Stage.TITLE_ABSTRACT:
        return first
    last = _told(review, Stage.FULL_TEXT)
    final = {record: 0 for record, label in first.items() if not label} | last
    return dict(sorted(final.items()))


def enough(review: Review, stage: str) -> Enough:
    labels = outcomes(review, stage)
    return Enough(Stage(stage), len(labels), sum(labels.values()))


def _told(review: Review, stage: str) -> dict[int, int]:
    found = told(review, stage).order_by("record_id").values_list("record", "state")
    return {record: LABEL[state] for record, state in found if state in LABEL}


@transaction.atomic
def request_replay(
    *,
    review: Review,
    by: User,
    stage: str = Stage.TITLE_ABSTRACT,
    seed: int = 0,
    runs: int = 5,
    prior_included: int = 1,
    prior_excluded: int = 1,
) -> tuple[Replay, Job]:
    """Replay the outcomes of a stage ``runs`` times in the background, with new priors each time.

    For who analyses or leads. Raises NotAllowed (403), and NotEligible with ``field`` for a number out of range or
    where too little is settled.
    """
    _require_asker(review, by)
    if stage not in Stage.values:
        raise NotEligible(f"“{stage}” is none of {', '.join(Stage.values)}.", field="stage")
    _require_number("seed", seed, 0, MOST_SEED)
    _require_number("runs", runs, 1, MOST_RUNS)
    _require_number("prior_included", prior_included, 1, MOST_PRIORS)
    _require_number("prior_excluded", prior_excluded, 1, MOST_PRIORS)
    there = enough(review, stage)
    if not there.is_enough:
        raise NotEligible(
            f"Too little is settled at {there.stage.label.lower()} to replay: it takes {there.lacking}."
        )
    if prior_included >= there.included:
        raise NotEligible(
            f"{there.included} records are included: at most {there.included - 1} can be known at the start.",
            field="prior_included",
        )
    if prior_excluded > there.records - there.included:
        raise NotEligible(
            f"Only {there.records - there.included} records are excluded.", field="prior_excluded"
        )
    return _made(
        review,
        by,
        stage=stage,
        seed=seed,
        runs=runs,
        prior_included=prior_included,
        prior_excluded=prior_excluded,
    )


def _made(review: Review, by: User, **chosen: Any) -> tuple[Replay, Job]:
    replay = Replay.objects.create(review=review, by=by, **chosen)
    job = enqueue(
        review=review,
        task=TASK,
        label=f"Replay {Stage(chosen['stage']).label.lower()} screening",
        params={"replay": replay.pk},
        by=by,
        key=f"replay-{replay.pk}",
    )
    record_event(
        review=review,
        actor=by,
        verb="screening.replay_requested",
        sentence=f"asked for a replay of {Stage(chosen['stage']).label.lower()} screening ({chosen['runs']} runs)",
        target=replay,
        detail=chosen,
    )
    return replay, job


def _require_asker(review: Review, by: User) -> None:
    may = require(review, by, Permission.VIEW).may
    if not may & {Permission.ANALYSE, Permission.AMEND_PROTOCOL}:
        raise NotAllowed("Replays are asked for by who analyses or leads the review.")


def _require_number(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        words = name.replace("_", " ")
        raise NotEligible(f"{words.capitalize()}: give a whole number from {least} to {most:,}.", field=name)


def carry_out(*, replay: Replay, progress: Progress) -> None:
    """The turns of the whole: share the runs out, and later put them together; called by the worker."""
    if replay.result is not None:
        return
    job = progress.job
    if not job.parts.exists():
        seeds = [{"replay": replay.pk, "seed": replay.seed + number} for number in range(replay.runs)]
        progress.split(RUN_TASK, seeds, units=[100] * len(seeds))
        return
    runs = [part.result for part in job.parts.order_by("part")]
    result = together(runs)
    address = reverse("screening:replay", args=[replay.review.slug, replay.pk])

    def write() -> None:
        Replay.objects.filter(pk=replay.pk, result__isnull=True).update(result=result)
        job.parts.update(result={})

    progress.complete(
        {"replay": replay.pk, "url": address, "label": "Show what it would have saved"}, write=write
    )


def run_once(*, replay: Replay, seed: int, progress: Progress) -> dict[str, Any]:
    """One run with the priors of ``seed``; called by the worker. Ids are of records, shares in percent."""
    # numpy and scipy: only the worker that simulates waits for them
    from screening.priority.simulate import simulate

    labels = outcomes(replay.review, replay.stage)
    texts = {pk: (title, abstract) for pk, title, abstract in _texts(replay.review, labels)}
    ids = [pk for pk in labels if pk in texts]
    try:
        found = simulate(
            [texts[pk][0] for pk in ids],
            [texts[pk][1] for pk in ids],
            [labels[pk] for pk in ids],
            seed=seed,
            prior_included=replay.prior_included,
            prior_excluded=replay.prior_excluded,
            progress=_teller(progress),
        )
    except ValueError as error:
        raise NotEligible(f"Outcomes were taken back meanwhile, and too little is left. {error}") from error
    in_order = found.labels_in_order([labels[pk] for pk in ids])
    return found.to_dict() | {
        "seed": seed,
        "priors": [ids[row] for row in found.priors],
        "curve": points(in_order),
    }


def _texts(review: Review, labels: dict[int, int]) -> list[tuple[int, str, str]]:
    records = Record.objects.unique().filter(review=review).values_list("pk", "title", "abstract")
    return [row for row in records.iterator() if row[0] in labels]


def _teller(progress: Progress) -> Callable[[int, int], None]:
    """In percent of a run, now and then; raises when the job was cancelled."""
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > TELL_SECONDS:
            last = time.monotonic()
            progress.step(100 * done // total)

    return tell


def points(labels_in_order: list[int]) -> list[list[int]]:
    """[read, found] of a curve: some ``POINTS`` even ones and those of ``SHARES``, from [0, 0] to the end."""
    n, found = len(labels_in_order), 0
    step = max(1, -(-n // POINTS))
    exact = {share_of(n, share) for share in SHARES}
    curve = [[0, 0]]
    for read, label in enumerate(labels_in_order, 1):
        found += label
        if read % step == 0 or read == n or read in exact:
            curve.append([read, found])
    return curve


def share_of(n: int, percent: int) -> int:
    """ceil(percent % of n), as the figures count."""
    return -(-n * percent // 100)


def together(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The runs and their means; ``n`` and ``included`` are without the priors, as in each run."""
    means = {
        name: round(sum(run[name] for run in runs) / len(runs), 2)
        for name in ("wss95", "wss100", "recall_at_10", "recall_at_20", "n95", "atd")
    }
    first = runs[0]
    return {
        "n": first["n"],
        "included": first["included"],
        "model": first["model"],
        "mean": means,
        "runs": runs,
    }


def job_of(replay: Replay) -> Job | None:
    """The job that makes (or made) it."""
    return replay.review.jobs.filter(key=f"replay-{replay.pk}").first()
