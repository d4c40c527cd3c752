"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from extraction.api.consensus import ComparisonViewSet
from extraction.api.contacts import ContactViewSet
from extraction.api.digitised import FigureViewSet
from extraction.api.filling import ExtractionViewSet, SettingsViewSet, StandViewSet
from extraction.api.forms import FormVersionViewSet, FormViewSet
from extraction.api.results import ArmViewSet, CharacteristicViewSet, ResultViewSet
from extraction.api.sheets import SheetViewSet
from extraction.api.sources import SourceViewSet
from extraction.api.suggestions import SuggestionViewSet
from extraction.api.vocabulary import VocabularyViewSet
from extraction.api.warnings import ConversionViewSet, DismissalViewSet, WarningViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    here = r"reviews/(?P<slug>[-\w]+)"
    router.register(rf"{here}/extraction-comparisons", ComparisonViewSet, basename="extraction-comparisons")
    router.register(rf"{here}/extraction-settings", SettingsViewSet, basename="extraction-settings")
    router.register(rf"{here}/extraction-studies", StandViewSet, basename="extraction-studies")
    router.register(rf"{here}/extractions", ExtractionViewSet, basename="extraction-extractions")
    router.register(rf"{here}/arms", ArmViewSet, basename="extraction-arms")
    router.register(rf"{here}/characteristics", CharacteristicViewSet, basename="extraction-characteristics")
    router.register(rf"{here}/forms", FormViewSet, basename="extraction-forms")
    router.register(rf"{here}/form-versions", FormVersionViewSet, basename="extraction-form-versions")
    router.register(rf"{here}/results", ResultViewSet, basename="extraction-results")
    router.register(rf"{here}/author-contacts", ContactViewSet, basename="extraction-contacts")
    router.register(rf"{here}/digitised-figures", FigureViewSet, basename="extraction-figures")
    router.register(rf"{here}/warnings", WarningViewSet, basename="extraction-warnings")
    router.register(rf"{here}/dismissed-warnings", DismissalViewSet, basename="extraction-dismissals")
    router.register(rf"{here}/conversions", ConversionViewSet, basename="extraction-conversions")
    router.register(rf"{here}/suggestions", SuggestionViewSet, basename="extraction-suggestions")
    router.register(rf"{here}/sources", SourceViewSet, basename="extraction-sources")
    router.register(rf"{here}/vocabulary", VocabularyViewSet, basename="extraction-vocabulary")
    router.register(rf"{here}/extraction-sheets", SheetViewSet, basename="extraction-sheets")
