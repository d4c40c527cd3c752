"""What a person may choose about the figures of networks and of syntheses without meta-analysis."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.figures.plot_settings import PlotSettings, option


@dataclass(frozen=True, kw_only=True)
class NetworkGraphSettings(PlotSettings):
    size_by: str = option(
        "people", "Area of a treatment", choices={"people": "By people", "studies": "By studies"}
    )
    shade: bool = option(True, "Shade studies of several arms")
    counts: bool = option(True, "Numbers below the names", help_text="Where there is room for them.")


@dataclass(frozen=True, kw_only=True)
class LeagueTableSettings(PlotSettings):
    direct: bool = option(True, "Direct evidence above the diagonal")


@dataclass(frozen=True, kw_only=True)
class NetworkForestSettings(PlotSettings):
    reference: str = option("", "Compared with", help_text="A treatment; empty as the plan has it.")
    order: str = option(
        "rank", "Order", choices={"rank": "By ranking", "effect": "By effect", "name": "By name"}
    )
    prediction: bool = option(True, "Prediction intervals")


@dataclass(frozen=True, kw_only=True)
class EffectDirectionSettings(PlotSettings):
    order: str = option(
        "given",
        "Order",
        choices={
            "given": "By year",
            "direction": "By direction",
            "people": "By people",
            "name": "By name",
        },
    )
    groups: bool = option(True, "Subgroups")
    risk: bool = option(True, "Risk of bias")


@dataclass(frozen=True, kw_only=True)
class HarvestSettings(PlotSettings):
    groups: bool = option(True, "Subgroups")
    risk: bool = option(True, "Colour by risk of bias")
