"""What R's meta::read.cdir does with a Cochrane data package, in Python: every step at which it stops, or goes wrong.

By the facts of its source (guido-s/meta, R/read.cdir.R): where it looks for the files, which columns it renames (a
missing one is an error), how readr guesses their types, and by what the tables are joined.
"""

import csv
import io
import math
import zipfile

SETTINGS = {
    "comp.no": "Analysis group",
    "outcome.no": "Analysis number",
    "type": "Data type",
    "method": "Statistical method",
    "sm": "Effect measure",
    "level": "Study CI",
    "level.ma": "Estimate CI",
    "unit": "Unit of effect measure",
    "model": "Analysis model",
    "logscale": "Log-scale data",
    "label.e": "Experimental group label",
    "label.c": "Control group label",
    "overall": "Overall estimates",
    "test.subgroup": "Test for subgroup differences",
    "show.subgroup": "Subgroup estimates",
    "swap.events": "Swap event and non-event",
    "complab": "Analysis group name",
    "outclab": "Analysis name",
    "data.source": "Data source",
    "eligibility": "Data source eligibility",
}
DATA_ROWS = {
    "comp.no": "Analysis group",
    "outcome.no": "Analysis number",
    "grplab": "Subgroup",
    "studlab": "Study",
    "year": "Study year",
    "TE": "GIV Mean",
    "seTE": "GIV SE",
    "lower.TE": "CI start",
    "upper.TE": "CI end",
    "event.e": "Experimental cases",
    "n.e": "Experimental N",
    "mean.e": "Experimental mean",
    "sd.e": "Experimental SD",
    "event.c": "Control cases",
    "n.c": "Control N",
    "mean.c": "Control mean",
    "sd.c": "Control SD",
    "O.E": "O-E",
    "V": "Variance",
    "weight": "Weight",
    "footnotes": "Footnotes",
}
SUBGROUPS = {
    "comp.no": "Analysis group",
    "outcome.no": "Analysis number",
    "group.no": "Subgroup number",
    "grplab": "Subgroup",
}
TYPES = {"Contrast level": "I", "O-E and variance": "P"}
METHODS = {"IV": "Inverse", "EXP_O_E_VAR": "Peto", "MH": "MH", "Peto": "Peto", "Inverse": "Inverse"}
MEASURES = {
    "Odds Ratio": "OR",
    "Odds Ratio (Non-event)": "OR",
    "Peto Odds Ratio": "OR",
    "Risk Ratio": "RR",
    "Risk Difference": "RD",
    "Mean Difference": "MD",
    "Standardized Mean Difference": "SMD",
    "Std. Mean Difference": "SMD",
    "Hazard Ratio": "HR",
}
NUMBERS = {"comp.no", "outcome.no", "year", "TE", "seTE", "lower.TE", "upper.TE", "event.e", "n.e", "mean.e"}
NUMBERS |= {"sd.e", "event.c", "n.c", "mean.c", "sd.c", "O.E", "V", "weight"}
BOOLEANS = {"logscale", "overall", "test.subgroup", "show.subgroup", "swap.events"}


def read_cdir(body: bytes, file_name: str = "review.zip") -> tuple[list[dict], dict[str, dict[str, str]]]:
    """Rows of the data joined with their settings, and {study: {domain: judgement}}."""
    outer = zipfile.ZipFile(io.BytesIO(body))
    names = outer.namelist()
    cd = file_name.split("-")[0] if file_name.startswith("CD") else None
    if file_name.endswith("dataPackage.zip"):
        assert cd, "read.cdir knows a dataPackage.zip by a name that begins with CD"
        files = outer
    else:
        folder = next(name.split("/")[0] for name in names if name.split("/")[0].endswith("-files"))
        cd = cd or folder.split("-")[0]
        files = zipfile.ZipFile(io.BytesIO(outer.read(f"{cd}-files/{cd}-data.zip")))
    place = f"{cd}-analysis-data/{cd}-"
    assert f"{place}parameters.csv" not in files.namelist()
    settings = _read(files, f"{place}overall-estimates-and-settings.csv", SETTINGS)
    rows = _read(files, f"{place}data-rows.csv", DATA_ROWS)
    groups = _read(files, f"{place}subgroup-estimates.csv", SUBGROUPS)
    joined = [_joined(row, settings, groups) for row in rows]
    return joined, _risk(files, f"{cd}-study-data/{cd}-risk-of-bias.csv")


def _read(files, path, renamed) -> list[dict]:
    text = files.read(path)
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert len(set(rows[0])) == len(rows[0])
    assert not set(renamed.values()) - set(rows[0])
    assert {len(row) for row in rows} == {len(rows[0])}
    return [_typed(dict(zip(rows[0], row, strict=True)), renamed) for row in rows[1:]]


def _typed(row: dict[str, str], renamed: dict[str, str]) -> dict:
    found: dict = {}
    for name, column in renamed.items():
        value: object = row[column] or None
        if name in BOOLEANS:
            value = {"true": True, "false": False}[row[column]]
        elif name in NUMBERS and row[column]:
            value = float(row[column])
        found[name] = value
    return found


def _joined(row: dict, settings: list[dict], groups: list[dict]) -> dict:
    keys = ("comp.no", "outcome.no")
    (own,) = [one for one in settings if all(one[key] == row[key] for key in keys)]
    of = [one for one in groups if all(one[key] == row[key] for key in (*keys, "grplab"))]
    assert len(of) == (1 if row["grplab"] else 0)
    if row["TE"] is None:
        row |= {"lower.TE": None, "upper.TE": None}
    if own["logscale"]:
        row |= {name: math.log(row[name]) if row[name] else None for name in ("lower.TE", "upper.TE")}
    return (
        own
        | row
        | {
            "type": TYPES.get(own["type"], own["type"][0]),
            "method": METHODS[own["method"]],
            "sm": MEASURES.get(own["sm"], own["sm"]),
            "common": own["model"] == "Fixed effect",
            "random": own["model"] == "Random effect",
            "level": float(own["level"].removesuffix("%")) / 100,
            "group.no": int(of[0]["group.no"]) if of else None,
        }
    )


def _risk(files, path: str) -> dict[str, dict[str, str]]:
    rows = list(csv.reader(io.StringIO(files.read(path).decode("utf-8-sig"), newline="")))
    judged = [i for i, name in enumerate(rows[0]) if name.startswith("Domain (judgement)")]
    support = [i for i, name in enumerate(rows[0]) if name.startswith("Domain (support)")]
    assert len(judged) == len(support)
    assert len({row[0] for row in rows[1:]}) == len(rows) - 1
    return {
        row[0]: {rows[0][i][20:].replace(": All outcomes", ""): row[i] for i in judged} for row in rows[1:]
    }
