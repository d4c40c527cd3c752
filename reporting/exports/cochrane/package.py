"""The data package as a ZIP: three tables of analyses, three files of studies, and what is not in it, in words."""

import re
from collections import Counter
from collections.abc import Iterator

from analysis.choices import TEST_NAMES, is_common_effect
from analysis.engine.methods import NO_TAU2, method_of
from analysis.models import Plan, Run
from analysis.standing import standings
from reporting.exports.cochrane.analyses import (
    Analysis,
    comparison_of,
    data_rows,
    settings_row,
    subgroup_rows,
    why_not,
)
from reporting.exports.cochrane.columns import DATA_ROWS, SETTINGS, STUDY_INFORMATION, SUBGROUPS
from reporting.exports.interchange import csv_file, zip_file
from reporting.exports.revman.studies import Included, agreed, risk_of_bias
from reviews.models import Membership, Review

REVMAN, LIBRARY = "revman", "library"
LAYOUTS = (
    (LIBRARY, "As in the Cochrane Library: the file must keep a name such as CD012345-dataPackage.zip"),
)
COCHRANE_NUMBER = re.compile(r"\bCD\d{6}\b")


def as_zip(membership: Membership, *, layout: str = REVMAN) -> Iterator[bytes]:
    yield package(membership, layout=layout)


def package(membership: Membership, *, layout: str = REVMAN) -> bytes:
    """The result shown of each live plan that compares two groups, and the included studies."""
    review = membership.review
    name = identifier(review, library=layout == LIBRARY)
    analyses, left_out = analyses_of(review)
    files = {f"{name}-analysis-data/{name}-{path}": body for path, body in _tables(analyses).items()}
    files |= {f"{name}-study-data/{name}-{path}": body for path, body in _studies(review).items()}
    notes = _notes(review, analyses, left_out).encode()
    if layout == LIBRARY:
        named = f"\r\nKeep this file as {name}-dataPackage.zip: readers go by its name.\r\n".encode()
        return zip_file(files | {"README.txt": notes + named})
    return zip_file({f"{name}-files/{name}-data.zip": zip_file(files), f"{name}-files/README.txt": notes})


def identifier(review: Review, *, library: bool = False) -> str:
    """What the files are called: the Cochrane number if the review is registered under one, else its short name.

    Readers take what stands before the first hyphen, so there is none; in the Library's layout it begins with CD.
    """
    if found := COCHRANE_NUMBER.search(review.registration):
        return found[0]
    plain = review.slug.replace("-", "_")
    return f"CD_{plain}" if library else plain


def analyses_of(review: Review) -> tuple[list[Analysis], list[str]]:
    """The analyses in the order of their plans, numbered within each comparison; and what is left out, and why."""
    taken: list[Analysis] = []
    left_out: list[str] = []
    groups: dict[str, int] = {}
    numbers: Counter[str] = Counter()
    plans = Plan.objects.live().filter(review=review).select_related("outcome").order_by("pk")
    shown = standings(review, plans)
    runs = Run.objects.in_bulk([one.run.pk for one in shown if one.run and one.result])
    years = dict(review.studies.values_list("pk", "year"))
    for one in shown:
        run = runs.get(one.run.pk) if one.run else None
        if run is None:
            left_out.append(f"{one.plan.name}: no run of this plan is finished.")
        elif why := why_not(run.snapshot["plan"]):
            left_out.append(f"{one.plan.name}: {why}.")
        else:
            name = comparison_of(run.snapshot["plan"])
            numbers[name] += 1
            taken.append(
                Analysis(
                    group=groups.setdefault(name, len(groups) + 1),
                    number=numbers[name],
                    key=str(run.pk),
                    snapshot=run.snapshot,
                    result=run.result or {},
                    unit=one.plan.outcome.unit,
                    years=years,
                    stale=one.stale,
                )
            )
    return sorted(taken, key=lambda one: (one.group, one.number)), left_out


def _tables(analyses: list[Analysis]) -> dict[str, bytes]:
    settings = [settings_row(one) for one in analyses]
    studies = [row for one in analyses for row in data_rows(one)]
    subgroups = [row for one in analyses for row in subgroup_rows(one)]
    return {
        "overall-estimates-and-settings.csv": csv_file(SETTINGS, settings),
        "data-rows.csv": csv_file(DATA_ROWS, studies),
        "subgroup-estimates.csv": csv_file(SUBGROUPS, subgroups),
    }


def _studies(review: Review) -> dict[str, bytes]:
    included = Included(review)
    bias = risk_of_bias(included.studies, agreed(review, included.studies))
    return {
        "study-information.csv": csv_file(STUDY_INFORMATION, included.information()),
        "risk-of-bias.csv": csv_file(*bias),
        "included.ris": included.ris(),
    }


def _notes(review: Review, analyses: list[Analysis], left_out: list[str]) -> str:
    """What a reader of the package must know and its tables cannot say."""
    lines = [
        review.title,
        "",
        "Cochrane data package, version 1, made from the newest finished analyses.",
        "",
    ]
    for one in analyses:
        lines.append(f"Analysis {one.group}.{one.number} {one.plan['name']}: {_how(one)}.")
        lines += ["  Out of date: data or plan changed since this was computed."] if one.stale else []
        lines += [f"  Not in it: {study['study']} ({study['why']})" for study in one.snapshot["left_out"]]
    if left_out:
        lines += ["", "Without a place in the package:", *(f"- {line}" for line in left_out)]
    lines += [
        "",
        "Where a test is by t (Knapp-Hartung), the column Effect Z holds t. A reader that pools the studies again by",
        "its own rules (another estimator of the variance between studies, another interval) finds other numbers.",
        "A study that is in an analysis more than once is told apart by its arm.",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def _how(one: Analysis) -> str:
    plan = one.plan
    test = TEST_NAMES.get(plan["test"], plan["test"])
    if method_of(plan) in NO_TAU2 or is_common_effect(plan["tau2_method"]):
        return f"{one.data_type.lower()} data, {one.method}, common effect"
    return f"{one.data_type.lower()} data, {one.method}, random effects ({plan['tau2_method']}), {test}"
