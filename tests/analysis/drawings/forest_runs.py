"""Snapshots and results for forest plots: of any size, with long names, subgroups and judgements."""

import math

from analysis.engine import compute
from analysis.risk import RiskColumns
from appraisal.figures import LEVELS, Domain

NAMES = ("Ade", "Bolier", "Espinoza García", "Fu", "van der Meulen-Oosterhuis", "Ito", "Löw")
LONG = (
    "The multicentre consortium for the long-term evaluation of internet-delivered treatments in primary care"
)
GROUPS = ("Individual", "In groups", "Over the internet, guided by a therapist once a week", "Alone")
EXTRAS = ["year", "scale", "rater", "weeks", "country", "mean age"]
NOTHING = dict.fromkeys(("mean1", "sd1", "mean2", "sd2", "events1", "events2", "effect", "effect_se"))
DOMAINS = (
    *(Domain(key=f"D{i}", name=f"Domain {i} with a long name of its own") for i in range(1, 6)),
    Domain(key="Overall", name="Overall", apart=True),
)


def study(i, kind="means", *, long=False, groups=False, **given):
    """Row ``i`` of a snapshot; every fifth of means has only an effect."""
    name = f"{NAMES[i % 7]} {1985 + 7 * i % 38}"
    n1, n2 = 20 + 37 * i % 150, 25 + 23 * i % 140
    row = NOTHING | {
        "study_id": i,
        "row": f"r{i}",
        "result_id": 100 + i,
        "study": f"{LONG} {name}" if long and i % 3 == 1 else name,
        "kind": kind,
        "n1": n1,
        "n2": n2,
        "effect_measure": "",
        "scale": ("BDI-II", "HAM-D", "PHQ-9")[i % 3],
        "rater": ("self_report", "clinician")[i % 2],
        "weeks": (6, 12, 26)[i % 3],
        "moderators": {"mean age": 30.5 + i % 40, "country": ("Netherlands", "United States")[i % 2]},
    }
    if kind == "means":
        row |= {"mean1": 12 + 3 * math.sin(i), "sd1": 5.25, "mean2": 15 + 2 * math.cos(i), "sd2": 6.5}
        if i % 5 == 4:
            row |= {"kind": "effect", "effect": -0.4, "effect_se": 0.2, "effect_measure": "SMD"}
    else:
        row |= {"events1": 1 + i % 19, "events2": 2 + i % 17}
    if groups:
        row["subgroup"] = GROUPS[i % 3 if i > 1 else 3]
    return row | given


def snapshot(rows, measure="SMD", **plan):
    """The rows under a plan; a subgroup in the rows is its plan's."""
    settings = {
        "name": "All trials",
        "measure": measure,
        "tau2_method": "REML",
        "test": "knha",
        "level": 95.0,
        "subgroup_by": "format" if "subgroup" in rows[0] else "",
        "experimental_label": "psychotherapy",
        "comparator_label": "usual care",
    }
    outcome = {"name": "Depression severity", "direction": "lower"}
    return {"plan": settings | plan, "outcome": outcome, "rows": list(rows), "left_out": []}


def run(count=5, kind="means", measure="SMD", *, long=False, groups=False, **plan):
    """Snapshot and result of that many studies."""
    rows = [study(i, kind, long=long, groups=groups) for i in range(1, count + 1)]
    found = snapshot(rows, measure, **plan)
    return found, result_of(found)


def result_of(found):
    return compute(found, lambda done, total, message: None)


def judged(found):
    """Judgements of five domains and overall; every seventh study has none."""
    keys = list(LEVELS)[:4]
    return RiskColumns(
        DOMAINS,
        LEVELS,
        {
            row["study_id"]: tuple(keys[row["study_id"] * j % 4] for j in range(1, 7))
            for row in found["rows"]
            if row["study_id"] % 7
        },
    )
