"""Finished runs: the newest of each plan as a table, all with inputs as JSON.

A network gives a row for every treatment against the reference; where nothing was pooled, a row says the count of
directions in words.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analysis.figures.catalogue import NARRATIVE, NETWORK, PAIRWISE, kind_of
from analysis.models import Run
from analysis.narrative_words import headline
from analysis.network_words import against
from analysis.stats import Pooled
from reviews.downloads import csv_lines
from reviews.models import Membership

Data = Mapping[str, Any]
HEADER = ["plan", "run", "part", *Pooled.KEYS, "input_hash", "engine"]


def as_csv(membership: Membership) -> Iterable[str]:
    """One row per result of the newest finished run of each plan: pooled (the whole, and each subgroup), a treatment
    of a network against its reference, or a count of directions."""
    return csv_lines(HEADER, rows(membership))


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


def rows(membership: Membership) -> Iterator[list]:
    newest = {run.plan_id: run for run in _finished(membership).order_by("pk")}
    for run in newest.values():
        for part, numbers in PARTS[kind_of(run.snapshot)](run.snapshot, run.result):
            yield _row(run, part, numbers)


def _pooled(snapshot: Data, result: Data) -> Iterator[tuple[str, Data]]:
    yield "all studies", result["pooled"]
    for group in (result.get("subgroups") or {}).get("groups", []):
        yield f"{result['subgroups']['by']}: {group['name']}", group


def _network(snapshot: Data, result: Data) -> Iterator[tuple[str, Data]]:
    whole = {name: result["heterogeneity"][name] for name in ("tau2", "tau2_method", "i2", "q", "q_pval")}
    whole |= {"k": result["k"], "measure": result["measure"], "test": "z"}
    for one in against(result, result["reference"]):
        yield f"{one['treatment']} against {result['reference']}", whole | one


def _narrative(snapshot: Data, result: Data) -> Iterator[tuple[str, Data]]:
    yield headline(snapshot, result), {"k": result["k"], "measure": result["measure"]}


PARTS = {PAIRWISE: _pooled, NETWORK: _network, NARRATIVE: _narrative}


def _row(run: Run, part: str, numbers: Data) -> list:
    return [
        run.plan.name,
        run.pk,
        part,
        *(numbers.get(key) for key in Pooled.KEYS),
        run.input_hash,
        run.engine_version,
    ]
