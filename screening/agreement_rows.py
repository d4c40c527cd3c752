"""Agreement as rows of one table, for the CSV file, the API and the command."""

from reviews.models import Membership
from screening import pair_tables
from screening.agreement import Agreement, Estimate, ManyRaters
from screening.models import Stage

ESTIMATES = ("raw", "kappa", "fleiss", "pabak", "ac1")
HEADER = [
    "stage",
    "maybe",
    "part",
    "name",
    "records",
    "agreed",
    "counts",
    *(f"{name}{suffix}" for name in ESTIMATES for suffix in ("", "_se", "_low", "_high")),
    "fleiss_se0",
]


def agreement_rows(membership: Membership, stage: str, maybe: str) -> list[list]:
    """All of a stage, its pairs, people beside a model, periods and pilots with their pairs. ``counts`` is
    the table of a pair, row by row (the first's answers, in the order of ``pair_tables.ANSWERS``): "38 12 / 9 441".
    """
    lead = [Stage(stage).value, maybe]
    rows = [[*lead, *_of_many("all", "", pair_tables.overall(membership, stage, maybe))]]
    rows += [[*lead, *_of_pair("pair", pair)] for pair in pair_tables.pairs(membership, stage, maybe)]
    rows += [
        [*lead, *_of_pair("with a model", pair)] for pair in pair_tables.with_model(membership, stage, maybe)
    ]
    for period in pair_tables.over_time(membership, stage, maybe):
        rows.append([*lead, *_of_many("period", period.start.isoformat(), period.agreement)])
    for each, found in pair_tables.rounds_at(membership, stage, maybe):
        rows.append([*lead, *_of_many(f"pilot {each.number}", "", found.overall)])
        rows += [[*lead, *_of_pair(f"pilot {each.number}", pair)] for pair in found.pairs]
    return rows


def _of_pair(part: str, pair: pair_tables.Pair) -> list:
    found: Agreement = pair.agreement
    counts = " / ".join(" ".join(map(str, row)) for row in found.table)
    return [
        part,
        f"{_safe(str(pair.first))} and {pair.second}",
        found.n,
        found.agreed,
        counts,
        *_numbers(found),
        "",
    ]


def _of_many(part: str, name: str, found: ManyRaters) -> list:
    se0 = "" if found.fleiss_se0 is None else found.fleiss_se0
    return [part, name, found.records, "", "", *_numbers(found), se0]


def _numbers(found: Agreement | ManyRaters) -> list:
    estimates: list[Estimate] = [getattr(found, name, Estimate(None)) for name in ESTIMATES]
    return [
        "" if part is None else part
        for each in estimates
        for part in (each.value, each.se, each.low, each.high)
    ]


def _safe(name: str) -> str:
    """No cell that a spreadsheet would run as a formula."""
    return f"'{name}" if name[:1] in "=+-@\t\r" else name
