"""The nouns of extraction, one subject per file; import them from here."""

from extraction.models.arms import Arm, Characteristic, VocabularyTerm
from extraction.models.extractions import Completion, Extraction, ExtractionSettings
from extraction.models.forms import Form, FormEdit, FormVersion, Value
from extraction.models.notes import AuthorContact, DigitisedFigure, DismissedWarning, SheetUpload
from extraction.models.results import Result
from extraction.models.sources import Source

__all__ = [
    "Arm",
    "AuthorContact",
    "Characteristic",
    "Completion",
    "DigitisedFigure",
    "DismissedWarning",
    "Extraction",
    "ExtractionSettings",
    "Form",
    "FormEdit",
    "FormVersion",
    "Result",
    "SheetUpload",
    "Source",
    "Value",
    "VocabularyTerm",
]
