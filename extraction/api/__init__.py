"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from extraction.api.contacts import ContactViewSet
from extraction.api.digitised import FigureViewSet
from extraction.api.results import ArmViewSet, CharacteristicViewSet, ResultViewSet
from extraction.api.sources import SourceViewSet
from extraction.api.vocabulary import VocabularyViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    here = r"reviews/(?P<slug>[-\w]+)"
    router.register(rf"{here}/arms", ArmViewSet, basename="extraction-arms")
    router.register(rf"{here}/characteristics", CharacteristicViewSet, basename="extraction-characteristics")
    router.register(rf"{here}/results", ResultViewSet, basename="extraction-results")
    router.register(rf"{here}/author-contacts", ContactViewSet, basename="extraction-contacts")
    router.register(rf"{here}/digitised-figures", FigureViewSet, basename="extraction-figures")
    router.register(rf"{here}/sources", SourceViewSet, basename="extraction-sources")
    router.register(rf"{here}/vocabulary", VocabularyViewSet, basename="extraction-vocabulary")
