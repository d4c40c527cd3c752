"""The nouns of this room: little is stored, the counts are derived."""

from reporting.models.exports import ChecklistAnswer, ExportFile
from reporting.models.ledger import Adjustment, FlowSettings
from reporting.models.versions import PublicPage, Version

__all__ = ["Adjustment", "ChecklistAnswer", "ExportFile", "FlowSettings", "PublicPage", "Version"]
