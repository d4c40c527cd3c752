"""Snapshots of networks and of syntheses without meta-analysis, made by hand."""

import json
import random
from pathlib import Path

HERE = Path(__file__).parent
SENN = json.loads((HERE / "stats" / "reference" / "network_senn2013.json").read_text())
SMOKING = json.loads((HERE / "engine" / "reference" / "network_hasselblad1998.json").read_text())
EMPTY = dict.fromkeys(
    ("n1", "n2", "mean1", "mean2", "sd1", "sd2", "events1", "events2", "effect", "effect_se")
)
LONG = "An exceedingly long name of something given twice daily with a supplement, number"


def row(study, one, other, number=1, **fields):
    """One comparison of a study: its id (or label), two treatments and numbers."""
    label = fields.pop("label", f"Study {study}")
    names = {"experimental": one, "comparator": other, "treatments": [one, other]}
    base = {"study": label, "study_id": study, "result_id": 10 * study + number, "row": f"{study}-{number}"}
    return (
        EMPTY | base | names | {"kind": "means", "effect_measure": "", "scale": "", "time_point": ""} | fields
    )


def snapshot(rows, kind="network", direction="lower", **plan):
    settings = {
        "name": "All treatments",
        "kind": kind,
        "measure": "MD",
        "tau2_method": "REML",
        "test": "z",
        "level": 95.0,
        "subgroup_by": "",
        "prefer_rater": "",
        "experimental_label": "therapy",
        "comparator_label": "control",
    }
    outcome = {"name": "HbA1c", "direction": direction}
    return {"plan": settings | plan, "outcome": outcome, "rows": rows, "left_out": []}


def arms_as_rows(columns, kind, fields):
    """A row for each arm but the first of a study against the first: `columns` as the references have them."""
    by_study = {}
    for i, study in enumerate(columns["study"]):
        by_study.setdefault(study, []).append({name: values[i] for name, values in columns.items()})
    rows = []
    for number, (label, arms) in enumerate(by_study.items(), 1):
        base = arms[0]
        for k, arm in enumerate(arms[1:], 1):
            numbers = {f"{ours}1": arm[theirs] for ours, theirs in fields.items()}
            numbers |= {f"{ours}2": base[theirs] for ours, theirs in fields.items()}
            rows.append(
                row(number, arm["treatment"], base["treatment"], k, kind=kind, label=str(label), **numbers)
            )
    return rows


def senn(**plan):
    """Ten drugs for type 2 diabetes, 26 trials, one of three arms (Senn et al. 2013)."""
    fields = {"n": "ni", "mean": "mi", "sd": "sdi"}
    return snapshot(arms_as_rows(SENN["arms"], "means", fields), **{"comparator_label": "placebo"} | plan)


def smoking(**plan):
    """Four ways to help people stop smoking, 24 trials, two of three arms (Hasselblad 1998)."""
    rows = arms_as_rows(SMOKING["arms"], "events", {"n": "n", "events": "events"})
    return snapshot(rows, direction="higher", **{"measure": "OR", "comparator_label": "no_contact"} | plan)


def many(treatments, studies, *, parts=1, long=False, seed=1):
    """A network of any size with events, drawn at random; with `parts` that nothing connects."""
    draw = random.Random(seed)
    names = [f"{LONG} {i}" if long else f"Treatment {i}" for i in range(treatments)]
    each = treatments // parts
    rows = []
    for study in range(1, studies + 1):
        own = list(range(study % parts * each, (study % parts + 1) * each))
        chain = [own[0], own[1 + study // parts % (len(own) - 1)]]
        arms = chain if study <= 3 * treatments else draw.sample(own, min(len(own), draw.choice((2, 2, 3))))
        people = draw.randint(20, 300)
        events = {arm: draw.randint(people // 5, people // 2 + arm % 5) for arm in arms}
        for k, arm in enumerate(arms[1:], 1):
            numbers = {"n1": people, "n2": people, "events1": events[arm], "events2": events[arms[0]]}
            label = f"{LONG} {study}" if long else f"Study {study}"
            rows.append(row(study, names[arm], names[arms[0]], k, kind="events", label=label, **numbers))
    return snapshot(rows, direction="higher", measure="OR", tau2_method="DL")


def studies(count, *, groups=0, long=False, seed=2, **plan):
    """A synthesis without meta-analysis of `count` studies: means, and medians with or without a p value."""
    draw = random.Random(seed)
    rows = []
    for study in range(1, count + 1):
        people = draw.choice([12, 30, 80, 200, 500])
        fields = {
            "n1": people,
            "n2": people,
            "mean1": 10 + draw.gauss(-1.2, 1.5),
            "mean2": 10.0,
            "sd1": 5.0,
            "sd2": 5.0,
        }
        if study % 6 == 0:
            fields = {"n1": people, "n2": people, "median1": 8.0, "median2": draw.choice([8.0, 9.0])}
            fields |= {"kind": "quantiles", "p_value": draw.choice([None, 0.03])}
        if groups:
            fields["subgroup"] = f"{LONG if long else 'Group'} {study % groups}"
        label = f"{LONG} {study}" if long else f"Study {study}"
        rows.append(row(study, "therapy", "control", label=label, **fields))
    settings = {"measure": "SMD", "subgroup_by": "population" if groups else ""}
    return snapshot(rows, kind="narrative", **settings | plan)
