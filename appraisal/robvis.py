"""The CSV that the R package robvis reads: Study, the domains, Overall and, on demand, Weight. No Django here.

robvis looks at the first letter of the first word of two letters or more, and counts the columns. So words are
spelled out in those its template knows, a missing judgement is "No information" (a short "NI" would be read as not
applicable), Overall is there even when the tool has no overall judgement, study labels are unique, and Weight is
there only for a weighted plot. Source: robvis, R/helpers.R and data_raw/*.csv.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from appraisal.columns import OVERALL, bias_domains, counts_stars
from appraisal.instruments import Level, Tool
from reviews.errors import Refused
from reviews.safe_csv import safe_cell

NOTHING, NOT_APPLICABLE = "No information", "Not applicable"
LONGEST_LABEL = 300


class NotForRobvis(Refused):
    """robvis cannot draw what this tool says."""


@dataclass(frozen=True)
class Layout:
    """One of robvis' templates. ``keys`` head the domains (() for those named by the file); ``words`` by colour."""

    name: str
    keys: tuple[str, ...]
    words: Mapping[str, str]

    @property
    def accepted(self) -> set[str]:
        """Every word this template may hold."""
        return {*self.words.values(), NOTHING, NOT_APPLICABLE}


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"D{number}" for number in range(1, count + 1))


def _words(low: str, middle: str, high: str, worst: str) -> dict[str, str]:
    return {
        "low": low,
        "some_concerns": middle,
        "unclear": middle,
        "moderate": middle,
        "high": high,
        "serious": high,
        "very_high": worst,
        "critical": worst,
        "no_information": NOTHING,
        "not_applicable": NOT_APPLICABLE,
    }


ROB2 = Layout("ROB2", _numbered(5), _words("Low", "Some concerns", "High", "High"))
ROB2_CLUSTER = Layout("ROB2-Cluster", ("D1", "D1b", "D2", "D3", "D4", "D5"), ROB2.words)
ROBINS_I = Layout("ROBINS-I", _numbered(7), _words("Low", "Moderate", "Serious", "Critical"))
ROBINS_E = Layout("ROBINS-E", _numbered(7), _words("Low", "Some concerns", "High", "Very high"))
# "Unclear" is not accepted there.
QUADAS_2 = Layout("QUADAS-2", _numbered(4), ROB2.words)
QUIPS = Layout("QUIPS", _numbered(6), _words("Low", "Moderate", "High", "High"))
# "Serious" would be read as "Some concerns" there, by its first letter.
GENERIC = Layout(
    "Generic",
    (),
    _words("Low", "Some concerns", "High", "Critical") | {"unclear": "Unclear", "moderate": "Moderate"},
)
LAYOUTS = {
    layout.name: layout for layout in (ROB2, ROB2_CLUSTER, ROBINS_I, ROBINS_E, QUADAS_2, QUIPS, GENERIC)
}
LAYOUT_OF = {
    "rob2": ROB2,
    "rob2_adhering": ROB2,
    "rob2_cluster": ROB2_CLUSTER,
    "rob2_cluster_adhering": ROB2_CLUSTER,
    "robins_i": ROBINS_I,
    "robins_i_adhering": ROBINS_I,
    "quadas2": QUADAS_2,
}


def layout_of(tool: Tool) -> Layout:
    """The template that draws this tool: its own, else the generic one."""
    return LAYOUT_OF.get(tool.key, GENERIC)


def layouts_for(tool: Tool) -> list[Layout]:
    """Every template with as many columns as the tool has domains of bias; the tool's own first."""
    own, count = layout_of(tool), len(bias_domains(tool))
    fitting = [layout for layout in LAYOUTS.values() if not layout.keys or len(layout.keys) == count]
    return [own, *(layout for layout in fitting if layout is not own)]


def robvis_csv(
    tool: Tool,
    rows: Iterable[tuple[str, Mapping[str, str]]],
    layout: Layout | None = None,
    weights: Sequence[float | None] | None = None,
) -> str:
    """The file for ``rows`` of (study label, {domain key: level key}), the overall judgement under "overall".

    ``layout`` is one of ``layouts_for(tool)`` (default: the tool's own). ``weights``, one per row, add the column
    Weight; rows without a weight are left out then. QUADAS-2's applicability has no place in robvis and is left out.
    Raises NotForRobvis for a tool that counts stars.
    """
    if counts_stars(tool):
        raise NotForRobvis(
            f"{tool.name} counts stars, and robvis draws judgements such as low and high only. Take the figures "
            "here, or the export of assessments."
        )
    layout = layout or layout_of(tool)
    rows = list(rows)
    given = list(weights) if weights is not None else [None] * len(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    weight = ["Weight"] if weights is not None else []
    writer.writerow(["Study", *headings(tool, layout), "Overall", *weight])
    used: set[str] = set()
    for (study, row), share in zip(rows, given, strict=True):
        if weights is not None and share is None:
            continue
        cells = [
            _word(tool.level(row[domain.key]), layout) if row.get(domain.key) else NOTHING
            for domain in bias_domains(tool)
        ]
        judged = row.get(OVERALL, "")
        overall = _word(tool.overall_level(judged), layout) if judged else NOTHING
        weight = [f"{share:.10g}"] if share is not None else []
        writer.writerow([safe_cell(_unique(study, used)), *cells, overall, *weight])
    return out.getvalue()


def headings(tool: Tool, layout: Layout) -> list[str]:
    """What heads the domains: the template's keys, or the tool's names as R would write them, each once."""
    if layout.keys:
        return list(layout.keys)
    used: set[str] = {"Study", "Overall", "Weight"}
    return [_unique(r_name(domain.label) or domain.key, used, ".{}") for domain in bias_domains(tool)]


def r_name(text: str) -> str:
    """A column name as R would write it, which is how robvis' own examples name domains."""
    return re.sub(r"[^A-Za-z0-9]+", ".", text).strip(".")


def _unique(text: str, used: set[str], suffix: str = " ({})") -> str:
    name = " ".join(text.split())[:LONGEST_LABEL]
    number, found = 1, name
    while found in used:
        number += 1
        found = name + suffix.format(number)
    used.add(found)
    return found


def _word(level: Level, layout: Layout) -> str:
    return level.robvis if level.robvis in layout.accepted else layout.words[level.colour]
