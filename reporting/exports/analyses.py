"""Finished runs: the newest of each plan as a table, all with inputs as JSON."""

import json
from collections.abc import Iterable, Iterator

from analysis.models import Run
from analysis.stats import Pooled
from reviews.downloads import csv_lines
from reviews.models import Membership

HEADER = ["plan", "run", "part", *Pooled.KEYS, "input_hash", "engine"]


def as_csv(membership: Membership) -> Iterable[str]:
    """One row per pooled result of the newest finished run of each plan: the whole, and each subgroup."""
    return csv_lines(HEADER, _rows(membership))


def as_json(membership: Membership) -> Iterable[str]:
    """Every finished run with its snapshot and every number, to full precision."""
    runs = [
        {
            "run": run.pk,
            "plan": run.plan.name,
            "input_hash": run.input_hash,
            "engine": run.engine_version,
            "finished_at": run.finished_at.isoformat() if run.finished_at else None,
            "snapshot": run.snapshot,
            "result": run.result,
        }
        for run in _finished(membership).order_by("pk")
    ]
    yield json.dumps({"review": membership.review.slug, "runs": runs}, ensure_ascii=False, indent=1)


def _finished(membership: Membership):
    return Run.objects.filter(review=membership.review, result__isnull=False).select_related("plan")


def _rows(membership: Membership) -> Iterator[list]:
    newest = {run.plan_id: run for run in _finished(membership).order_by("pk")}
    for run in newest.values():
        yield _row(run, "all studies", run.result["pooled"])
        for group in (run.result.get("subgroups") or {}).get("groups", []):
            yield _row(run, f"{run.result['subgroups']['by']}: {group['name']}", group)


def _row(run: Run, part: str, numbers: dict) -> list:
    return [
        run.plan.name,
        run.pk,
        part,
        *(numbers.get(key) for key in Pooled.KEYS),
        run.input_hash,
        run.engine_version,
    ]
