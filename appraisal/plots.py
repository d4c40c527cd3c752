"""A sheet of judgements as figures: the instrument's words and symbols on appraisal.figures. No Django here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from appraisal import figures
from appraisal.instruments import Instrument
from reviews.figures.layout import Figure


def looks(instrument: Instrument) -> dict[str, figures.Level]:
    """How each level of the instrument is drawn."""
    return {
        level.key: replace(figures.LEVELS[level.colour], label=level.label, symbol=level.symbol)
        for level in instrument.levels
    }


def traffic_light(
    instrument: Instrument,
    studies: Sequence[str],
    judgements: Sequence[Mapping[str, str]],
    *,
    title: str = "",
    hrefs: Sequence[str] = (),
) -> Figure:
    """Study by domain; ``judgements[i]`` is {domain key: level key} of study i."""
    return figures.traffic_light(
        studies,
        _domains(instrument),
        _grid(instrument, judgements),
        title=title or f"Risk of bias in each study: {instrument.name}",
        hrefs=hrefs,
        levels=looks(instrument),
    )


def summary(instrument: Instrument, judgements: Sequence[Mapping[str, str]], *, title: str = "") -> Figure:
    """One bar per domain: the share of studies with each judgement."""
    return figures.summary_bars(
        _domains(instrument),
        _grid(instrument, judgements),
        title=title or f"Risk of bias across studies: {instrument.name}",
        levels=looks(instrument),
    )


def _domains(instrument: Instrument) -> list[figures.Domain]:
    return [
        figures.Domain(key=f"D{number}", name=domain.label)
        for number, domain in enumerate(instrument.domains, start=1)
    ]


def _grid(instrument: Instrument, judgements: Sequence[Mapping[str, str]]) -> list[list[str]]:
    return [[row.get(domain.key, "") for domain in instrument.domains] for row in judgements]
