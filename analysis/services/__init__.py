"""The verbs of analysis, one capability per file; import them from here."""

from analysis.services.errors import CannotExplore, CannotRun, InvalidFigure, InvalidPlan, InvalidQuote
from analysis.services.explorations import (
    MOST_SEED,
    PIECE,
    cancel_exploration,
    carry_out_exploration,
    count_exploration,
    effects_in,
    explore_piece,
    found_so_far,
    request_exploration,
    retry_exploration,
    work_of,
)
from analysis.services.figures import set_figure
from analysis.services.plans import change_plan, draft_plan, restore_plan, retire_plan, write_plan
from analysis.services.quotes import quote_result
from analysis.services.runs import cancel_run, carry_out, is_stale, request_run, run_alike

__all__ = [
    "MOST_SEED",
    "PIECE",
    "CannotExplore",
    "CannotRun",
    "InvalidFigure",
    "InvalidPlan",
    "InvalidQuote",
    "cancel_exploration",
    "cancel_run",
    "carry_out",
    "carry_out_exploration",
    "change_plan",
    "count_exploration",
    "draft_plan",
    "effects_in",
    "explore_piece",
    "found_so_far",
    "is_stale",
    "quote_result",
    "request_exploration",
    "request_run",
    "restore_plan",
    "retire_plan",
    "retry_exploration",
    "run_alike",
    "set_figure",
    "work_of",
    "write_plan",
]
