"""The tables of a run as CSV: the league table of a network and its comparisons, the directions of a synthesis.

Numbers are on the scale that people read (ratios as ratios), to full precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from analysis.figures.catalogue import NARRATIVE, NETWORK, kind_of
from analysis.models import Run
from analysis.network_words import oriented
from analysis.wording import Scale
from reviews.downloads import csv_lines

Data = Mapping[str, Any]
Table = tuple[list[str], Iterator[list[Any]]]


def league(snapshot: Data, result: Data) -> Table:
    """Every pair of treatments in both directions, as the network and as direct evidence have it."""
    header = ["treatment", "comparator", "measure", "estimate", "ci_low", "ci_high", "p", "pi_low", "pi_high"]
    header += ["direct_studies", "direct_estimate", "direct_ci_low", "direct_ci_high", "direct_share"]
    shown = _shown(result)
    limits = ("estimate", "ci_low", "ci_high")

    def rows() -> Iterator[list[Any]]:
        for cell in result["league"]:
            for treatment in (cell["row"], cell["column"]):
                own = oriented(cell, treatment)
                direct = own["direct"] or {}
                yield [
                    treatment,
                    own["comparator"],
                    result["measure"],
                    *(shown(own[name]) for name in limits),
                    own["pval"],
                    shown(own["pi_low"]),
                    shown(own["pi_high"]),
                    direct.get("studies", 0),
                    *(shown(direct.get(name)) for name in limits),
                    direct.get("proportion"),
                ]

    return header, rows()


def contrasts(snapshot: Data, result: Data) -> Table:
    """Every comparison within a study, as it went into the network (`yi` and `vi` on the scale of the analysis)."""
    header = [
        "study",
        "treatment",
        "comparator",
        "measure",
        "estimate",
        "ci_low",
        "ci_high",
        "yi",
        "vi",
        "people",
    ]
    shown = _shown(result)
    return header, (
        [
            one["study"],
            one["treatment"],
            one["comparator"],
            result["measure"],
            *(shown(one[name]) for name in ("yi", "ci_low", "ci_high")),
            one["yi"],
            one["vi"],
            one["people"],
        ]
        for one in result["contrasts"]
    )


def ranking(snapshot: Data, result: Data) -> Table:
    """P-scores, SUCRA, ranks and their interval."""
    names = ["treatment", "part", "p_score", "sucra", "mean_rank", "median_rank", "rank_low", "rank_high"]
    return names, ([one.get(name) for name in names] for one in result["ranking"]["treatments"])


def directions(snapshot: Data, result: Data) -> Table:
    """Every result with its direction (1 favours what is tested, -1 the comparator, 0 neither, empty: not known)."""
    names = [
        "study",
        "subgroup",
        "direction",
        "basis",
        "effect",
        "ci_low",
        "ci_high",
        "p",
        "p_from",
        "people",
    ]
    shown = _shown(result)
    effects = ("effect", "ci_low", "ci_high")
    return names, (
        [shown(row[name]) if name in effects else row[name] for name in names] for row in result["rows"]
    )


def _shown(result: Data) -> Callable[[float | None], float | None]:
    scale = Scale(result["measure"])
    return lambda value: None if value is None else scale.shown(value)


#: {kind of plan: {name of the file: table}}
RUN_TABLES: dict[str, dict[str, Callable[[Data, Data], Table]]] = {
    NETWORK: {"league": league, "ranking": ranking, "contrasts": contrasts},
    NARRATIVE: {"directions": directions},
}


def tables_of(run: Run) -> dict[str, Callable[[Data, Data], Table]]:
    """The tables that a run of this kind has, by name."""
    return RUN_TABLES.get(kind_of(run.snapshot), {})


def table_csv(run: Run, name: str) -> str:
    """One of ``tables_of(run)`` as CSV. Raises KeyError for another name."""
    assert run.result is not None, "only a run with a result has tables"
    header, rows = tables_of(run)[name](run.snapshot, run.result)
    return "".join(csv_lines(header, rows))
