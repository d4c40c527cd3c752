"""Risk-of-bias figures: a traffic-light plot (study by domain) and summary bars (shares). No Django here."""

from appraisal.figures.bars import summary_bars
from appraisal.figures.symbols import (
    LEVELS,
    NOT_JUDGED,
    Domain,
    Level,
    domain_list,
    legend_items,
    level_label,
    occurring,
    symbol,
)
from appraisal.figures.traffic import PAGE_ROWS, traffic_light, traffic_light_pages

__all__ = [
    "LEVELS",
    "NOT_JUDGED",
    "PAGE_ROWS",
    "Domain",
    "Level",
    "domain_list",
    "legend_items",
    "level_label",
    "occurring",
    "summary_bars",
    "symbol",
    "traffic_light",
    "traffic_light_pages",
]
