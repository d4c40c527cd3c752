"""The nouns of risk of bias, one per file; import them from here."""

from appraisal.models.assessments import Answer, Assessment, Judgement
from appraisal.models.tools import ReviewTool, ToolVersion

__all__ = ["Answer", "Assessment", "Judgement", "ReviewTool", "ToolVersion"]
