"""Results as plain data, as analysis.selection takes them: ``result(1, "CBT", "Control", n1=20)``."""

EMPTY = {
    "scale": "HAMD",
    "time_point": "",
    "rater": "",
    "derived": False,
    "effect_measure": "",
    "effect": None,
    "effect_se": None,
    "events1": None,
    "events2": None,
    "is_preferred": False,
    "study_id": 1,
    "study": "Smith 2010",
    "year": 2010,
}
VALUES = {
    "means": {"n1": 20, "mean1": 5.0, "sd1": 3.0, "n2": 21, "mean2": 9.0, "sd2": 4.0},
    "events": {"events1": 5, "n1": 20, "events2": 9, "n2": 21},
    "rates": {"events1": 5, "time1": 100.0, "events2": 9, "time2": 90.0, "n1": None, "n2": None},
    "effect": {"effect": -0.4, "effect_se": 0.2, "effect_measure": "SMD", "n1": None, "n2": None},
    "change": {
        **{"n1": 20, "baseline_mean1": 20.0, "baseline_sd1": 3.0, "mean1": 5.0, "sd1": 3.0, "r1": 0.5},
        **{"n2": 21, "baseline_mean2": 21.0, "baseline_sd2": 3.5, "mean2": 9.0, "sd2": 4.0, "r2": 0.4},
    },
    "proportion": {"events1": 5, "n1": 20},
    "quantiles": {"n1": 20, "median1": 5.0, "n2": 21, "median2": 9.0},
}
#: Ids of arms by their labels; the same in every study of a test.
ARMS = {"CBT": 1, "IPT": 2, "Control": 3, "Waiting list": 4, "CBT, long": 5}


def result(number, experimental, comparator=None, *, kind="means", **fields):
    """One result of “Smith 2010” between two arms, with numbers of its kind unless ``fields`` say others."""
    names = [experimental] + ([comparator] if comparator else [])
    given = {
        "kind": kind,
        "result_id": number,
        "experimental": experimental,
        "comparator": comparator or "",
        "experimental_id": ARMS[experimental],
        "comparator_id": ARMS[comparator] if comparator else None,
        "names1": [experimental, "experimental"],
        "names2": [comparator, "comparator"] if comparator else [],
        "treatments": names,
    }
    row = EMPTY | given | VALUES[kind] | fields
    return row | {"scale_names": fields.get("scale_names", [row["scale"]])}
