"""Print what agrees with metafor, and how closely: the table in docs/statistics.md.

    python -m tests.analysis.stats.reference.agreement FOLDER      (the full set of reference values)

A difference is relative, with a floor of 1e-6 of the scale (the median standard error, or 1); values near 0 that are
compared absolutely (statistics, p values, percentages) have a floor of 1."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.analysis.stats import reference_small_study as small_study
from tests.analysis.stats.reference_case import COUNTED, Case, Tally
from tests.analysis.stats.test_stats_reference import CHECKS, ELSEWHERE

UNNAMED = {
    "trim and fill": small_study.check_trim_and_fill,
    "fail-safe N": small_study.check_fail_safe,
    "excess significance": small_study.check_excess,
    "Henmi-Copas": small_study.check_henmi_copas,
    "Baujat": small_study.check_baujat,
}


def run_unnamed(case: Case) -> int:
    """The checks that count without a topic; how many values are out of tolerance."""
    failures = 0
    for topic, check in UNNAMED.items() if "bias" in case.data else ():
        COUNTED.values, COUNTED.largest, COUNTED.where = 0, 0.0, ""
        failures += len(check(case))
        if COUNTED.values:
            case.tallies[topic] = Tally(COUNTED.values, COUNTED.largest, f"{case.id} {COUNTED.where}")
    return failures


def main(folder: Path) -> None:
    totals: dict[str, Tally] = {}
    cases: dict[str, set[str]] = {}
    failures = 0
    for path in sorted(folder.glob("*.json")):
        if path.stem.startswith(ELSEWHERE):
            continue
        case = Case(json.loads(path.read_text(encoding="utf-8")))
        failures += sum(len(check(case)) for check in CHECKS) + run_unnamed(case)
        for topic, tally in case.tallies.items():
            total = totals.setdefault(topic, Tally())
            cases.setdefault(topic, set()).add(case.id)
            total.values += tally.values
            if tally.largest > total.largest:
                total.largest, total.where = tally.largest, tally.where
    sys.stdout.write("| what | cases | values | largest difference |\n|---|---|---|---|" + "\n")
    for topic, total in sorted(totals.items()):
        largest = f"{total.largest:.0e}" if total.largest else "none"
        sys.stdout.write(f"| {topic} | {len(cases[topic])} | {total.values:,} | {largest} |" + "\n")
    sys.stdout.write(
        f"\n{sum(t.values for t in totals.values()):,} values, {failures} outside their tolerance" + "\n"
    )
    for topic, total in sorted(totals.items()):
        sys.stdout.write(f"  {topic}: {total.where}" + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
