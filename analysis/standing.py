"""Where each plan stands today: the run to show, its state, and whether data or plan changed since."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from analysis import narrative_words, network_words
from analysis.figures.catalogue import NARRATIVE, NETWORK
from analysis.models import Plan, PlanChange, Run
from analysis.snapshot import fingerprint, take_snapshots
from analysis.wording import Scale, has_prediction, plain_number
from extraction.models import Result
from reviews.models import Review


def unverified_studies(run: Run) -> list[str]:
    """The studies of a run whose result no second person has verified to this day."""
    study_of = {
        pk: row["study"] for row in run.snapshot["rows"] for pk in row.get("result_ids") or [row["result_id"]]
    }
    open_results = Result.objects.current().filter(pk__in=study_of, verified_by=None)
    found = set(open_results.values_list("pk", flat=True))
    return list(dict.fromkeys(study for pk, study in study_of.items() if pk in found))


@dataclass(frozen=True)
class Standing:
    """One plan. ``run`` is the run of today's inputs, else the newest with a result, else the newest of all.

    ``newest`` is the last run asked for, which may still be under way while ``run`` shows an older result.
    ``post_hoc``: how often the plan was changed when results may have been known.
    """

    plan: Plan
    run: Run | None
    stale: bool
    newest: Run | None = None
    post_hoc: int = 0

    @property
    def under_way(self) -> Run | None:
        """The run that is being computed, if one is."""
        return self.newest if self.newest and not self.newest.job.is_finished else None

    @property
    def kind(self) -> str:
        """The kind of the result shown, else of the plan."""
        return (self.result or {}).get("kind") or self.plan.kind

    @property
    def result(self) -> dict | None:
        return self.run.result if self.run else None

    @property
    def pooled(self) -> dict | None:
        """The pooled effect; there is none in a network or where nothing is pooled."""
        return (self.result or {}).get("pooled")

    @property
    def in_short(self) -> str:
        """What was found where nothing is pooled, in a few words."""
        if self.result and self.kind == NETWORK:
            return network_words.in_short(self.result)
        if self.result and self.kind == NARRATIVE:
            return narrative_words.in_short(self.result, self.plan.experimental_label)
        return ""

    @property
    def scale(self) -> Scale:
        return Scale.of(self.pooled) if self.pooled else Scale(self.plan.measure)

    @property
    def k(self) -> int | None:
        """How many studies are in the result."""
        return (self.pooled or self.result or {}).get("k")

    @property
    def estimate(self) -> str:
        return self.scale.text(self.pooled["estimate"]) if self.pooled else ""

    @property
    def interval(self) -> str:
        return self.scale.interval(self.pooled["ci_low"], self.pooled["ci_high"]) if self.pooled else ""

    @property
    def prediction(self) -> str:
        if not self.pooled or not has_prediction(self.pooled):
            return ""
        return self.scale.interval(self.pooled["pi_low"], self.pooled["pi_high"])

    @property
    def i2(self) -> str:
        if not self.pooled or self.pooled["k"] < 2 or self.pooled["i2"] is None:
            return ""
        return f"{plain_number(self.pooled['i2'], 0)}%"


def standings(review: Review, plans: Iterable[Plan]) -> list[Standing]:
    """One Standing per plan, in the given order; the number of queries does not grow with the plans."""
    plans = list(plans)
    snapshots = take_snapshots(review, plans)
    runs = defaultdict(list)
    light = (
        Run.objects.filter(plan__in=plans)
        .defer("snapshot", "result", "partial")
        .select_related("job")
        .order_by("-pk")
    )
    for run in light:
        runs[run.plan_id].append(run)
    with_result = set(Run.objects.filter(plan__in=plans).finished().values_list("pk", flat=True))
    chosen: dict[int, tuple[Run | None, bool]] = {}
    for plan in plans:
        same = [run for run in runs[plan.pk] if _inputs(snapshots[plan.pk], run) == run.input_hash]
        finished = [run for run in runs[plan.pk] if run.pk in with_result]
        shown = next((found[0] for found in (same, finished, runs[plan.pk]) if found), None)
        if shown:
            chosen[plan.pk] = (shown, not same)
    picked = [run for run, _ in chosen.values() if run]
    results = dict(Run.objects.filter(pk__in=[run.pk for run in picked]).values_list("pk", "result"))
    for run in picked:
        run.result = results[run.pk]
    changed = Counter(
        PlanChange.objects.filter(plan__in=plans, post_hoc=True).order_by().values_list("plan", flat=True)
    )
    return [
        Standing(
            plan,
            *chosen.get(plan.pk, (None, False)),
            newest=next(iter(runs[plan.pk]), None),
            post_hoc=changed[plan.pk],
        )
        for plan in plans
    ]


def _inputs(snapshot: dict, run: Run) -> str:
    return fingerprint(snapshot, run.engine_version)
