"""Several comparisons of one study, such that nobody in it is counted twice. No Django here.

A row is a result as analysis.snapshot has it, with ``experimental_id`` and ``comparator_id`` (None for one group).
``combine`` makes one comparison of those that share an arm (Cochrane Handbook 23.3.4, formulas of 6.5.2.10),
``split`` divides a shared arm among its comparisons (same section), ``by_treatment`` merges arms of one treatment for
a network and keeps every comparison. Each returns new rows with a ``part`` that says what was done; Cannot says
why it cannot be done, and what to do instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from extraction.conversions import ConversionError, convert
from extraction.values import FIELDS, SINGLE_GROUP

Row = Mapping[str, Any]
Arms = tuple[int, ...]

#: Kinds whose numbers are those of each arm.
BY_ARM = ("means", "events", "change", "rates")
NAMES = {
    "effect": "effects as reported",
    "oe": "O − E with its variance",
    "quantiles": "medians",
    "correlation": "correlations",
    "diagnostic": "tables of a test",
}
INSTEAD = (
    "Enter the data of each arm, name in the plan which arms are compared, or take the marked comparison."
)
PRINTED = {
    field.name: "" if field.text else False if field.flag else None
    for field in FIELDS["events"]
    if field.printed
}
#: What changes its sign, and what its numerator and denominator, when a comparison is turned around.
SIGNED = ("effect", "o_minus_e")
RATIOS = frozenset({"ROM", "OR", "RR", "HR", "IRR"})


class Cannot(ValueError):
    """The comparisons of a study cannot be used together; the sentence says why and what to do."""


def is_single(row: Row) -> bool:
    """Whether the row is about one group."""
    return row["kind"] in SINGLE_GROUP


def arms_of(row: Row) -> frozenset[int]:
    """The ids of its one or two arms."""
    return frozenset({row["experimental_id"], row["comparator_id"]} - {None})


def parts(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows by who shares an arm with whom, directly or through others, in the order of the rows."""
    groups: list[list[Row]] = []
    for row in rows:
        touching = [group for group in groups if any(arms_of(row) & arms_of(other) for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([*(one for group in touching for one in group), row])
    place = {id(row): i for i, row in enumerate(rows)}
    return sorted(
        (sorted(group, key=lambda row: place[id(row)]) for group in groups),
        key=lambda group: place[id(group[0])],
    )


def combine(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One row for each set of comparisons that share an arm: what is tested merged, what it is compared with too.

    Proportions of several groups of a study become one. Comparisons that share nobody stay apart.
    """
    together = [list(rows)] if all(map(is_single, rows)) else parts(rows)
    return _with_keys([_combined(part) if len(part) > 1 else dict(part[0]) for part in together])


def split(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Every comparison, with the people and events of each arm divided among the comparisons it is in."""
    shares: dict[int, int] = {}
    for row in rows:
        for arm in arms_of(row):
            shares[arm] = shares.get(arm, 0) + 1
    if any(row["kind"] == "diagnostic" for row in rows) and len(rows) > 1:
        raise Cannot(
            f"its tables of a test may be of the same people, so they cannot stay side by side. {INSTEAD}"
        )
    seen: dict[int, int] = {}
    return _with_keys([_split_one(row, shares, seen) for row in rows])


def by_treatment(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The comparisons of a network: arms with the same treatment merged, each pair of treatments once.

    ``treatments`` of a row names its two. The numbers of an arm must be the same in each of its comparisons.
    """
    treatment = _treatments(rows)
    pairs: dict[frozenset[str], list[Row]] = {}
    for row in rows:
        names = frozenset(row["treatments"])
        if len(names) == 2:
            pairs.setdefault(names, []).append(row)
    if not pairs:
        raise Cannot(
            f"all its arms are {rows[0]['treatments'][0]}, so nothing is compared. Give them different interventions."
        )
    if len(rows) > 1:
        _fit_together(rows, treatment, len(pairs))
    made = []
    for found in pairs.values():
        names = found[0]["treatments"]
        first, second = (tuple(arm for arm in treatment if treatment[arm] == name) for name in names)
        whole = len(first) == 1 and len(second) == 1
        made.append(dict(found[0]) if whole else _merged(rows, found, (first, second), names))
    return _with_keys(made, name_arms=False)


def turned(row: Row) -> dict[str, Any]:
    """The comparison the other way round: the arms change places, an effect its sign, a printed ratio is inverted."""
    made = dict(row)
    for field in FIELDS[row["kind"]]:
        if field.arm:
            other = field.name[:-1] + ("2" if field.arm == "1" else "1")
            made[field.name] = row.get(other)
    for one, other in (
        ("experimental", "comparator"),
        ("experimental_id", "comparator_id"),
        ("names1", "names2"),
    ):
        if one in row:
            made[one], made[other] = row[other], row[one]
    for name in SIGNED:
        if made.get(name) is not None:
            made[name] = -made[name]
    made |= _printed_around(made)
    if row.get("treatments"):
        made["treatments"] = [*reversed(row["treatments"])]
    made["part"] = _joined(
        f"turned around: reported as {row['experimental']} against {row['comparator']}", row
    )
    return made


def _printed_around(row: Row) -> dict[str, Any]:
    ratio = (row.get("effect_measure") or ("HR" if row["kind"] == "oe" else "")) in RATIOS
    given = {name: row.get(name) for name in ("estimate", "ci_low", "ci_high")}
    if ratio and not all(value is None or value > 0 for value in given.values()):
        return dict.fromkeys(given)
    around = {
        name: None if value is None else 1 / value if ratio else -value for name, value in given.items()
    }
    return around | {"ci_low": around["ci_high"], "ci_high": around["ci_low"]}


def _combined(rows: Sequence[Row]) -> dict[str, Any]:
    first, second = _side(rows, "experimental_id"), _side(rows, "comparator_id")
    labels = _labels(rows)
    if both := [labels[arm] for arm in first if arm in second]:
        raise Cannot(
            f"{both[0]} is tested in one of its results and compared with in another. Name in the plan what is "
            "tested and what it is compared with."
        )
    _same_numbers(rows)
    return _merged(rows, rows, (first, second), ())


def _merged(
    rows: Sequence[Row], used: Sequence[Row], sides: tuple[Arms, ...], names: Sequence[str]
) -> dict[str, Any]:
    """One row for ``sides``: the arms of each merged; their numbers come from ``rows``, the rest from ``used``."""
    lead = next((row for row in used if row.get("is_preferred")), used[0])
    labels = _labels(rows)
    words = [" + ".join(labels[arm] for arm in side) for side in sides]
    made = dict(lead) | {name: empty for name, empty in PRINTED.items() if name in lead}
    for side, arms in zip("12", sides, strict=True):
        made |= _arm_of(rows, arms, side)
    made |= {
        "experimental": words[0],
        "comparator": words[1] if sides[1] else "",
        "arms": sides,
        "result_ids": sorted(row["result_id"] for row in rows if arms_of(row) & {*sides[0], *sides[1]}),
        "derived": any(row["derived"] for row in rows),
        "converted": sorted({name for row in rows for name in row.get("converted", ())}),
        "part": _joined("combined: " + " against ".join(word for word in words if word), lead),
    }
    return made | ({"treatments": list(names)} if names else {})


def _arm_of(rows: Sequence[Row], arms: Arms, side: str) -> dict[str, Any]:
    """{field: number} of the merged arms, for ``side`` "1" or "2"."""
    kinds = {row["kind"] for row in rows}
    if not arms:
        return {}
    kind = kinds.pop()
    numbers = [_numbers_of(rows, arm) for arm in arms]
    stems = [_stem(field.name) for field in FIELDS[kind] if field.arm == "1"]
    if len(arms) == 1:
        return {f"{stem}{side}": numbers[0].get(stem) for stem in stems}
    try:
        found = _MERGE[kind](numbers)
    except ConversionError as error:
        raise Cannot(f"its arms cannot be combined: {error}") from error
    return {f"{stem}{side}": found.get(stem) for stem in stems}


def _means(numbers: Sequence[Row], prefix: str = "") -> dict[str, Any]:
    mean, sd = f"{prefix}mean", f"{prefix}sd"
    found = convert(
        "combine.several",
        n=[one["n"] for one in numbers],
        mean=[one[mean] for one in numbers],
        sd=[one[sd] for one in numbers],
    )
    return {"n": found["n"], mean: found["mean"], sd: found["sd"]}


def _events(numbers: Sequence[Row]) -> dict[str, Any]:
    found = convert(
        "combine.dichotomous", events=[one["events"] for one in numbers], n=[one["n"] for one in numbers]
    )
    return {"events": found["events"], "n": found["n"]}


def _rates(numbers: Sequence[Row]) -> dict[str, Any]:
    people = [one.get("n") for one in numbers]
    return {
        "events": sum(one["events"] for one in numbers),
        "time": sum(one["time"] for one in numbers),
        "n": sum(people) if all(people) else None,
    }


#: The correlation of baseline and final of merged arms is not known from theirs.
_MERGE = {
    "means": _means,
    "change": lambda numbers: _means(numbers, "baseline_") | _means(numbers),
    "events": _events,
    "proportion": _events,
    "rates": _rates,
}


def _split_one(row: Row, shares: Mapping[int, int], seen: dict[int, int]) -> dict[str, Any]:
    made, said = dict(row), []
    for side, arm in (("1", row["experimental_id"]), ("2", row["comparator_id"])):
        k = shares.get(arm, 1)
        if k == 1:
            continue
        if row["kind"] not in BY_ARM:
            raise Cannot(
                f"its {NAMES[row['kind']]} share an arm, whose people cannot be divided so. {INSTEAD}"
            )
        seen[arm] = seen.get(arm, 0) + 1
        made |= _share(row, side, k, seen[arm])
        said.append(f"{row['experimental' if side == '1' else 'comparator']} split in {k}")
    if said:
        made |= {name: empty for name, empty in PRINTED.items() if name in row}
        made["part"] = _joined("; ".join(said), row)
    return made


def _share(row: Row, side: str, k: int, part: int) -> dict[str, Any]:
    n: int | None = row.get(f"n{side}")
    events: Any = row.get(f"events{side}")
    if n is not None and n < k:
        raise Cannot(f"a shared arm of {n} cannot be divided among {k} comparisons. {INSTEAD}")
    if row["kind"] == "events":
        found = convert("combine.split_events", events=events, n=n, k=k, part=part)
        return {f"events{side}": found["events"], f"n{side}": found["n"]}
    if row["kind"] != "rates":
        return {f"n{side}": convert("combine.split_means", n=n, k=k, part=part)["n"]}
    people = {} if n is None else {f"n{side}": n // k + (part <= n % k)}
    return people | {
        f"events{side}": events // k + (part <= events % k),
        f"time{side}": row[f"time{side}"] / k,
    }


def _treatments(rows: Sequence[Row]) -> dict[int, str]:
    found: dict[int, str] = {}
    for row in rows:
        if is_single(row):
            raise Cannot("it has a result of one group, and a network compares groups. Leave it out.")
        found |= {row["experimental_id"]: row["treatments"][0], row["comparator_id"]: row["treatments"][1]}
    return dict(sorted(found.items()))


def _fit_together(rows: Sequence[Row], treatment: Mapping[int, str], pairs: int) -> None:
    """Cannot, unless the comparisons of a multi-arm study can be told from its arms, or are all there as effects."""
    names = set(treatment.values())
    if {row["kind"] for row in rows} != {"effect"} or len(names) < len(treatment):
        _same_numbers(rows)
    elif pairs < (every := len(names) * (len(names) - 1) // 2):
        raise Cannot(
            f"its effects as reported are {pairs} of the {every} comparisons of its {len(names)} treatments. "
            "Enter the others, or the data of each arm."
        )


def _same_numbers(rows: Sequence[Row]) -> None:
    """Cannot, unless the rows are of one kind by arm and each arm has the same numbers in each of them."""
    kinds = {row["kind"] for row in rows}
    if len(kinds) > 1:
        raise Cannot(f"its comparisons are given as different kinds of data. {INSTEAD}")
    kind = next(iter(kinds))
    if kind not in _MERGE:
        raise Cannot(f"its comparisons are given as {NAMES[kind]}, which cannot be combined. {INSTEAD}")
    for arm, label in _labels(rows).items():
        versions = {tuple(sorted(_numbers_of([row], arm).items())) for row in rows if arm in arms_of(row)}
        if len(versions) > 1:
            differing = sorted(set.symmetric_difference(*map(set, list(versions)[:2])), key=str)
            raise Cannot(
                f"the numbers of {label} differ between its comparisons ({_said(differing)}). Make them agree in "
                "extraction, or name in the plan which arms are compared."
            )


def _said(pairs: Iterable[tuple[str, Any]]) -> str:
    name = next(iter(pairs))[0]
    return f"{name}: {', '.join(f'{value:g}' for key, value in pairs if key == name and value is not None)}"


def _numbers_of(rows: Sequence[Row], arm: int) -> dict[str, Any]:
    """{stem: number} of one arm, from the first of the rows it is in."""
    row = next(row for row in rows if arm in arms_of(row))
    side = "1" if row["experimental_id"] == arm else "2"
    return {_stem(field.name): row.get(field.name) for field in FIELDS[row["kind"]] if field.arm == side}


def _stem(name: str) -> str:
    return name[:-1]


def _side(rows: Sequence[Row], name: str) -> Arms:
    return tuple(sorted({row[name] for row in rows} - {None}))


def _labels(rows: Sequence[Row]) -> dict[int, str]:
    found = {}
    for row in rows:
        found[row["experimental_id"]] = row["experimental"]
        if row["comparator_id"] is not None:
            found[row["comparator_id"]] = row["comparator"]
    return dict(sorted(found.items()))


def _joined(said: str, row: Row) -> str:
    return f"{row['part']}; {said}" if row.get("part") else said


def _with_keys(rows: list[dict[str, Any]], *, name_arms: bool = True) -> list[dict[str, Any]]:
    """A key for each row, and the arms in its label where a study has several and these stand side by side."""
    if len(rows) == 1:
        rows[0]["row"] = str(rows[0]["study_id"])
        return rows
    for name in ("experimental", "comparator"):
        tellers = [row[name] for row in rows]
        if len(set(tellers)) == len(rows):
            break
    else:
        tellers = [f"{row['experimental']} against {row['comparator']}" for row in rows]
    for row, teller in zip(rows, tellers, strict=True):
        arms = row.get("arms") or ((row["experimental_id"],), (row["comparator_id"] or 0,))
        row["row"] = "-".join([str(row["study_id"]), *(".".join(map(str, side)) for side in arms)])
        if name_arms:
            row["study"] = f"{row['study']} ({teller})"
    return rows
