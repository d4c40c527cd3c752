"""What a person may type about an analysis, one subject per file; import them from here."""

from analysis.forms.plans import PlanChangeForm, PlanForm
from analysis.forms.quotes import QuoteForm

__all__ = ["PlanChangeForm", "PlanForm", "QuoteForm"]
