"""The verbs of analysis, one capability per file; import them from here."""

from analysis.services.errors import CannotRun, InvalidFigure, InvalidPlan, InvalidQuote
from analysis.services.figures import set_figure
from analysis.services.plans import change_plan, draft_plan, restore_plan, retire_plan, write_plan
from analysis.services.quotes import quote_result
from analysis.services.runs import cancel_run, carry_out, is_stale, request_run, run_alike

__all__ = [
    "CannotRun",
    "InvalidFigure",
    "InvalidPlan",
    "InvalidQuote",
    "cancel_run",
    "carry_out",
    "change_plan",
    "draft_plan",
    "is_stale",
    "quote_result",
    "request_run",
    "restore_plan",
    "retire_plan",
    "run_alike",
    "set_figure",
    "write_plan",
]
