"""The BCG vaccine trials (Colditz et al. 1994, JAMA 271:698), as the snapshot of a run and its result."""

import json
from functools import cache

from analysis.engine import compute

#: Authors, year, cases and others with the vaccine, the same without, latitude, allocation.
TRIALS = [
    ("Aronson", 1948, 4, 119, 11, 128, 44, "random"),
    ("Ferguson & Simes", 1949, 6, 300, 29, 274, 55, "random"),
    ("Stein & Aronson", 1953, 180, 1361, 372, 1079, 44, "alternate"),
    ("Rosenthal et al", 1960, 3, 228, 11, 209, 42, "random"),
    ("Rosenthal et al", 1961, 17, 1699, 65, 1600, 42, "systematic"),
    ("Coetzee & Berjak", 1968, 29, 7470, 45, 7232, 27, "random"),
    ("Comstock & Webster", 1969, 5, 2493, 3, 2338, 33, "systematic"),
    ("Frimodt-Moller et al", 1973, 33, 5036, 47, 5761, 13, "alternate"),
    ("Vandiviere et al", 1973, 8, 2537, 10, 619, 19, "random"),
    ("Comstock et al", 1974, 186, 50448, 141, 27197, 18, "systematic"),
    ("Comstock et al", 1976, 27, 16886, 29, 17825, 33, "systematic"),
    ("Hart & Sutherland", 1977, 62, 13536, 248, 12619, 52, "random"),
    ("TPT Madras", 1980, 505, 87886, 499, 87892, 13, "random"),
]
GROUPS = ["random", "alternate", "systematic"]


def row(number, label, **given):
    """A row of a snapshot; nothing is known of it but what is given."""
    empty = dict.fromkeys(
        ("n1", "mean1", "sd1", "n2", "mean2", "sd2", "events1", "events2", "effect", "effect_se")
    )
    return {
        "study_id": number,
        "result_id": 100 + number,
        "row": f"{number}-1",
        "study": label,
        "kind": "events",
        "effect_measure": "",
        **empty,
        **given,
    }


def bcg_rows():
    return [
        row(
            number,
            f"{who} {year}",
            events1=cases,
            n1=cases + others,
            events2=cases2,
            n2=cases2 + others2,
            subgroup=group,
            subgroup_order=GROUPS.index(group),
            moderators={"Latitude": latitude, "Allocation": group},
        )
        for number, (who, year, cases, others, cases2, others2, latitude, group) in enumerate(TRIALS, 1)
    ]


def snapshot(rows=None, **plan):
    settings = {
        "name": "All trials",
        "measure": "RR",
        "tau2_method": "REML",
        "test": "z",
        "level": 95.0,
        "subgroup_by": "Allocation",
        "experimental_label": "vaccine",
        "comparator_label": "no vaccine",
        "moderators": [
            {"name": "Latitude", "type": "number"},
            {"name": "Allocation", "type": "category"},
        ],
    }
    return {
        "plan": settings | plan,
        "outcome": {"name": "Tuberculosis", "direction": "lower"},
        "rows": bcg_rows() if rows is None else rows,
        "left_out": [],
    }


def computed(found):
    """The result of a snapshot as it is stored."""
    return json.loads(json.dumps(compute(found, lambda *step: None), allow_nan=False))


@cache
def bcg(measure="RR"):
    """Snapshot and result of all trials; not to be changed."""
    found = snapshot(measure=measure)
    return found, computed(found)
