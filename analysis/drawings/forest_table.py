"""The forest plot as a table: every number the figure can show. Takes numbers on the scale people read or pool on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.choices import is_ratio, short
from analysis.drawings import forest_data, forest_pooled
from analysis.drawings.forest_data import RawData, Study
from analysis.figures.axis import number
from analysis.figures.catalogue import Data, Table
from analysis.figures.forest_grid import told
from analysis.figures.forest_style import OURS
from analysis.wording import NONE, THREE_DIGITS, has_prediction


def forest_table(snapshot: Data, result: Data) -> Table:
    """Studies, then subtotals, the pooled effects with their prediction interval, and what is said below them."""
    return _Writer(snapshot, result).table()


class _Writer:
    def __init__(self, snapshot: Data, result: Data) -> None:
        self.plan, self.result = snapshot["plan"], result
        pairs = zip(snapshot["rows"], result["studies"], strict=True)
        self.studies: list[Study] = [row | study for row, study in pairs if study["yi"] is not None]
        self.data = RawData(self.studies, self.plan, OURS)
        self.grouped = forest_pooled.grouped(result)
        self.digits = 3 if self.plan["measure"] in THREE_DIGITS else 2
        self.log = is_ratio(self.plan["measure"])
        self.with_notes = any(not self.data.cells(study) for study in self.studies)

    def table(self) -> Table:
        headings = [
            "Study",
            *([forest_data.capital(self.grouped["by"])] if self.grouped else []),
            *(": ".join(filter(None, (one.group, one.heading))) for one in self.data.columns),
            short(self.plan["measure"]),
            f"{self.result['pooled']['level']:g}% CI from",
            "to",
            "Weight",
            *(["Note"] if self.with_notes else []),
        ]
        rows = [self._study(study) for study in self.studies]
        rows += self._subtotals() + self._pooled()
        for line in forest_pooled.notes(self.result, OURS, groups=True):
            rows.append(self._said(line))
        return Table(headings, rows)

    def _study(self, study: Study) -> list[str]:
        cells = self.data.cells(study)
        weight = NONE if study["weight"] is None else f"{study['weight']:.1f}%"
        return self._line(
            study["study"],
            group=study.get("subgroup") or "",
            cells=[text or NONE for text in cells] or [NONE] * len(self.data.columns),
            numbers=(study["yi"], study["ci_low"], study["ci_high"]),
            weight=weight,
            note="" if cells else forest_data.note_of(study),
        )

    def _subtotals(self) -> list[list[str]]:
        rows = []
        for group in (self.grouped or {}).get("groups", ()):
            if not group["poolable"]:
                rows.append(self._line(f"{group['name']}: not pooled", group=group["name"]))
                continue
            own = [study for study in self.studies if study.get("subgroup") == group["name"]]
            label = f"Subtotal, {group['k']} trials"
            rows.append(self._fit(label, group, own, group=group["name"]))
            if group["i2"] is not None:
                rows.append(
                    self._said(
                        f"I² = {number(group['i2'], 0)}%; τ² = {number(group['tau2'], 3)}", group["name"]
                    )
                )
        return rows

    def _pooled(self) -> list[list[str]]:
        pooled = self.result["pooled"]
        rows = []
        summaries = forest_pooled.summaries(
            self.result, self.studies, self.data, OURS, prediction=True, z_test=True
        )
        for i, one in enumerate(summaries):
            limits = (one.effect, one.ci_low, one.ci_high)
            weight = "100%" if one.weight is not None else ""
            cells = self._totals(self.studies) if i == 0 else ()
            rows.append(self._line(one.label, cells=cells, numbers=limits, weight=weight))
            if i == 0 and has_prediction(pooled):
                label = f"{pooled['level']:g}% prediction interval"
                rows.append(self._line(label, numbers=(None, pooled["pi_low"], pooled["pi_high"])))
            rows += [self._said(line) for line in one.notes]
        return rows

    def _fit(self, label: str, fit: Mapping[str, Any], studies: Sequence[Study], *, group: str) -> list[str]:
        numbers = (fit["estimate"], fit["ci_low"], fit["ci_high"])
        known = [study["weight"] for study in studies if study["weight"] is not None]
        weight = f"{sum(known):.1f}%" if known else ""
        return self._line(label, group=group, cells=self._totals(studies), numbers=numbers, weight=weight)

    def _totals(self, studies: Sequence[Study]) -> Sequence[str]:
        return self.data.totals([study for study in studies if study["weight"] is not None] or studies)

    def _said(self, sentence: str, group: str = "") -> list[str]:
        return self._line(sentence, group=group)

    def _line(
        self,
        label: str,
        *,
        group: str = "",
        cells: Sequence[str] = (),
        numbers: Sequence[float | None] = (None, None, None),
        weight: str = "",
        note: str = "",
    ) -> list[str]:
        return [
            label,
            *([group] if self.grouped else []),
            *(cells or [""] * len(self.data.columns)),
            *("" if value is None else self._number(value) for value in numbers),
            weight,
            *([note] if self.with_notes else []),
        ]

    def _number(self, value: float) -> str:
        return told(math.exp(min(value, 700.0)) if self.log else value, self.digits)
