"""Ranges and directions of common rating scales, as data. Facts about the instruments, from their manuals.

Where versions differ the widest range is given, so that a warning is never the fault of the table. A scale whose
version cannot be told from its name ("HDRS" alone) has no range.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from extraction.checks.facts import Facts, once


@dataclass(frozen=True)
class Scale:
    """``lower_is_better`` is None where users score it both ways; ``whole``: every person's score is an
    integer.
    """

    name: str
    low: float
    high: float
    pattern: str
    lower_is_better: bool | None = True
    whole: bool = True


#: The first whose pattern matches the squeezed name (letters and digits only, lower case) is meant.
SCALES = (
    Scale("HAMD-6", 0, 22, r"(hamd|hdrs|hrsd)6$"),
    Scale("HAMD-17", 0, 52, r"(hamd|hdrs|hrsd)17"),
    Scale("HAMD-21", 0, 66, r"(hamd|hdrs|hrsd)21"),
    Scale("HAMD-24", 0, 76, r"(hamd|hdrs|hrsd)24"),
    Scale("HAMD-28", 0, 87, r"(hamd|hdrs|hrsd)28"),
    Scale("MADRS-S", 0, 54, r"^madrss"),
    Scale("MADRS", 0, 60, r"madrs"),
    Scale("BDI", 0, 63, r"^bdi(ii|i|2|1|1a|ia)?$"),
    Scale("PHQ-8", 0, 24, r"^phq8"),
    Scale("PHQ-9", 0, 27, r"^phq9"),
    Scale("QIDS", 0, 27, r"^qids"),
    Scale("IDS", 0, 84, r"^ids(sr|c)?(30)?$"),
    Scale("CES-D", 0, 60, r"^cesd(20)?$"),
    Scale("EPDS", 0, 30, r"^epds"),
    Scale("GDS-15", 0, 15, r"^gds15"),
    Scale("GDS-30", 0, 30, r"^gds30"),
    Scale("HADS subscale", 0, 21, r"^hads(a|d|anxiety|depression)$"),
    Scale("HADS total", 0, 42, r"^hads(t|total)$"),
    Scale("Zung SDS", 20, 80, r"^(zung|zsds|zungsds)$"),
    Scale("GAD-7", 0, 21, r"^gad7"),
    Scale("BAI", 0, 63, r"^bai$"),
    Scale("HAMA", 0, 56, r"^(hama|hars)(14)?$"),
    Scale("STAI subscale", 20, 80, r"^stai(s|t|state|trait)$"),
    Scale("PSWQ", 16, 80, r"^pswq$"),
    Scale("LSAS", 0, 144, r"^lsas"),
    Scale("Y-BOCS", 0, 40, r"^ybocs"),
    Scale("PCL-5", 0, 80, r"^pcl5"),
    Scale("CAPS-5", 0, 80, r"^caps5"),
    Scale("ISI", 0, 28, r"^isi$"),
    Scale("PSQI", 0, 21, r"^psqi"),
    Scale("PANSS total", 30, 210, r"^panss(total)?$"),
    Scale("YMRS", 0, 60, r"^ymrs"),
    Scale("WSAS", 0, 40, r"^wsas"),
    Scale("CGI-S", 1, 7, r"^cgis$"),
    Scale("GAF", 0, 100, r"^gaf", lower_is_better=False),
    Scale("MMSE", 0, 30, r"^mmse$", lower_is_better=False),
    Scale("MoCA", 0, 30, r"^moca$", lower_is_better=False),
    Scale("WHO-5 raw", 0, 25, r"^who5raw$", lower_is_better=False),
    Scale("WHO-5", 0, 100, r"^who5", lower_is_better=False),
    Scale("Q-LES-Q-SF", 14, 70, r"^qlesqsf$", lower_is_better=False, whole=True),
    Scale("SWLS", 5, 35, r"^swls$", lower_is_better=False),
    Scale("SF-36 or SF-12 score", 0, 100, r"^sf(36|12)", lower_is_better=False, whole=False),
    Scale("VAS 0-100", 0, 100, r"^vas(0?100)(mm)?$", lower_is_better=None, whole=False),
    Scale("NRS 0-10", 0, 10, r"^nrs(0?10)?$", lower_is_better=None),
)


@lru_cache(maxsize=4096)
def scale_of(name: str) -> Scale | None:
    """The scale a name means, however it is punctuated ("GRID-HDRS-17", "BDI II"); None when it is not in
    the table.
    """
    if "%" in name:
        return None
    squeezed = re.sub(r"[^a-z0-9]", "", re.sub(r"\(.*?\)", "", name.casefold()))
    return next((scale for scale in SCALES if re.search(scale.pattern, squeezed)), None) if squeezed else None


@once
def is_change(facts: Facts) -> bool:
    """Whether the numbers are changes from baseline: said, or told by the scale's name or a mean below
    the scale.
    """
    if facts.is_change is not None:
        return facts.is_change
    if re.search(r"\bchange\b|reduction|improvement|[Δδ]", facts.scale.casefold()):
        return True
    bounds = _final_range(facts)
    means = [mean for mean in (facts.mean1, facts.mean2) if mean is not None]
    return bool(bounds and bounds[0] >= 0 and len(means) == 2 and max(means) < 0)


def _final_range(facts: Facts) -> tuple[float, float] | None:
    if facts.low is not None and facts.high is not None and facts.high > facts.low:
        return facts.low, facts.high
    scale = scale_of(facts.scale)
    return (scale.low, scale.high) if scale else None


def range_of(facts: Facts) -> tuple[float, float] | None:
    """Lowest and highest possible score, of a change when the numbers are changes; None when unknown."""
    bounds = _final_range(facts)
    if bounds and is_change(facts):
        width = bounds[1] - bounds[0]
        return -width, width
    return bounds


@once
def width_of(facts: Facts) -> float | None:
    """Points between the lowest and the highest score of the scale (not of the change)."""
    bounds = _final_range(facts)
    return bounds[1] - bounds[0] if bounds else None


def counts_points(facts: Facts) -> bool:
    """Whether every person's score is a whole number, said or known of the scale."""
    if facts.whole_numbers is not None:
        return facts.whole_numbers
    scale = scale_of(facts.scale)
    return bool(scale and scale.whole)


def lower_is_better(facts: Facts) -> bool | None:
    """The direction of the scale where the table knows it."""
    scale = scale_of(facts.scale)
    return scale.lower_is_better if scale else None
