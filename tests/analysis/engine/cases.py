"""Rows of snapshots made of the pinned data."""

import json
from pathlib import Path

REFERENCE = json.loads((Path(__file__).parent / "reference" / "engine.json").read_text(encoding="utf-8"))
PLAN = {"measure": "OR", "tau2_method": "REML", "test": "knha", "level": 95.0, "subgroup_by": ""}


def row(number, study, **fields):
    base = dict.fromkeys(
        ("mean1", "sd1", "mean2", "sd2", "n1", "n2", "events1", "events2", "effect", "effect_se")
    )
    return (
        base
        | {"study_id": number, "study": study, "result_id": 100 + number, "kind": "events", "scale": ""}
        | {"effect_measure": "", "derived": False, "subgroup": "all"}
        | fields
    )


def bcg_rows():
    """The trials of BCG vaccine in the order of their years, with latitude and way of allocation as moderators."""
    data = REFERENCE["bcg"]
    trials = [dict(zip(data, values, strict=True)) for values in zip(*data.values(), strict=True)]
    return [
        row(
            trial["trial"],
            f"{trial['author']} {trial['year']}",
            n1=trial["n1"],
            n2=trial["n2"],
            events1=trial["tpos"],
            events2=trial["cpos"],
            subgroup=trial["alloc"],
            moderators={"latitude": trial["ablat"], "allocation": trial["alloc"]},
        )
        for trial in sorted(trials, key=lambda trial: trial["year"])
    ]


def sparse_rows():
    """Six made-up trials with few events, the fifth without any."""
    data = REFERENCE["sparse"]
    return [
        row(i, f"Sparse {i}", n1=n1, n2=n2, events1=a, events2=c)
        for i, (a, n1, c, n2) in enumerate(
            zip(data["ai"], data["n1i"], data["ci"], data["n2i"], strict=True), 1
        )
    ]
