"""The newest finished runs as one table that R metafor takes as it is: effects, what they were computed from, and
what may explain them.

    dat <- read.csv("….csv", encoding = "UTF-8")
    rma(yi, vi, data = dat, slab = slab)

Columns are called as ``escalc`` calls its arguments. There is no mark of UTF-8 at the beginning, which R would take
for a part of the first name; blank cells are NA.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analysis.engine import row_key
from analysis.figures.catalogue import PAIRWISE, kind_of
from analysis.models import Run
from reporting.exports.shape import Choices, Option
from reviews.downloads import csv_lines
from reviews.models import Membership

Data = Mapping[str, Any]
ABOUT = [
    "plan",
    "run",
    "measure",
    "slab",
    "study_id",
    "experimental",
    "comparator",
    "scale",
    "time_point",
    "weeks",
]
EFFECT = ["yi", "vi", "sei", "weight", "left_out"]
#: metafor's names of what each kind of result holds.
NAMES: dict[str, dict[str, str]] = {
    "events": {"ai": "events1", "n1i": "n1", "ci": "events2", "n2i": "n2"},
    "means": {"m1i": "mean1", "sd1i": "sd1", "n1i": "n1", "m2i": "mean2", "sd2i": "sd2", "n2i": "n2"},
    "rates": {"x1i": "events1", "t1i": "time1", "x2i": "events2", "t2i": "time2"},
    "proportion": {"xi": "events1", "ni": "n1"},
    "correlation": {"ri": "correlation", "ni": "n1"},
    "diagnostic": {"ai": "tp", "bi": "fp", "ci": "fn", "di": "tn"},
}
NAMES["change"] = NAMES["means"]
NUMBERS = list(dict.fromkeys(name for names in NAMES.values() for name in names))


def _plans(membership: Membership) -> Choices:
    return [(run.plan.slug, run.plan.name) for run in _newest(membership)]


PLAN = Option(
    "plan", "Analysis", _plans, "All with a result", "One analysis has the columns that it needs, no others."
)


def as_csv(membership: Membership, *, plan: str = "") -> Iterable[str]:
    """One row per row of the newest finished run of each pairwise analysis, or of that of one plan.

    Of several analyses the file has the columns of all; a run that stands in one scale is ``dat[dat$plan == "…", ]``.
    """
    runs = [run for run in _newest(membership) if plan in ("", run.plan.slug)]
    rows = [row for run in runs for row in _rows(run)]
    found = dict.fromkeys(name for row in rows for name, value in row.items() if value not in (None, ""))
    known = [name for name in NUMBERS if name in found]
    more = [name for name in found if name not in {*ABOUT, *EFFECT, *NUMBERS}]
    header = [*ABOUT, *EFFECT, *known, *more]
    return csv_lines(header, ([_cell(row.get(name)) for name in header] for row in rows), mark=False)


def _newest(membership: Membership) -> list[Run]:
    runs = Run.objects.filter(review=membership.review, result__isnull=False).select_related("plan")
    newest = {run.plan_id: run for run in runs.order_by("plan", "pk") if kind_of(run.snapshot) == PAIRWISE}
    return list(newest.values())


def _rows(run: Run) -> Iterator[dict[str, Any]]:
    result: Data = run.result or {}
    effects = {one.get("row", one["study_id"]): one for one in result.get("studies", [])}
    for row in run.snapshot["rows"]:
        effect = effects.get(row_key(row), {})
        vi = effect.get("vi")
        yield {
            "plan": run.plan.name,
            "run": run.pk,
            "measure": run.snapshot["plan"]["measure"],
            "slab": row["study"],
            **{name: row.get(name) for name in ABOUT[4:]},
            "yi": effect.get("yi"),
            "vi": vi,
            "sei": vi**0.5 if vi is not None else None,
            "weight": effect.get("weight"),
            "left_out": effect.get("dropped"),
            **{ours: row.get(theirs) for ours, theirs in NAMES.get(row["kind"], {}).items()},
            **_explaining(row),
        }


def _explaining(row: Data) -> dict[str, Any]:
    """Subgroup, moderators and risk of bias, each under a name that R takes as it is."""
    risk = row.get("risk") or {}
    return {
        "subgroup": row.get("subgroup"),
        **{_named("mod", name): value for name, value in (row.get("moderators") or {}).items()},
        **{_named("rob", name): value for name, value in (risk.get("values") or {}).items()},
        "rob_overall": risk.get("overall"),
    }


def _named(prefix: str, name: str) -> str:
    return f"{prefix}_{re.sub(r'[^A-Za-z0-9]+', '_', name).strip('_').lower()}"


def _cell(value: Any) -> Any:
    return repr(value) if isinstance(value, float) else value
