"""The nouns of analysis, one subject per file; import them from here."""

from analysis.models.plans import Plan, PlanChange
from analysis.models.quotes import QuotedResult
from analysis.models.runs import Exploration, FigureSettings, Run

__all__ = ["Exploration", "FigureSettings", "Plan", "PlanChange", "QuotedResult", "Run"]
