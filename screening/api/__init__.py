"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from screening.api.allocations import AllocationViewSet, VoteBatchViewSet
from screening.api.automation import AutomationViewSet, DesignFilterViewSet
from screening.api.duplicates import MarkedDuplicateViewSet
from screening.api.intakes import IntakeViewSet
from screening.api.lists import SavedSearchViewSet, VoteLotViewSet
from screening.api.outcomes import (
    ConflictViewSet,
    DecisionViewSet,
    FullTextViewSet,
    QueueViewSet,
    StudyViewSet,
    VerdictViewSet,
)
from screening.api.pdfs import OpenAccessViewSet, PdfUploadViewSet
from screening.api.rankings import RankingViewSet
from screening.api.reasons import ReasonMergeViewSet
from screening.api.remarks import LabellingViewSet, LabelViewSet, NoteViewSet, TermListViewSet
from screening.api.replays import ReplayViewSet
from screening.api.retractions import RetractionViewSet
from screening.api.retrieval import RetrievalViewSet
from screening.api.rounds import AgreementViewSet, ProgressViewSet, RoundViewSet
from screening.api.settings import StageSettingsViewSet
from screening.api.stopping import RemovalViewSet, StoppingViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    base = r"reviews/(?P<slug>[-\w]+)"
    router.register(f"{base}/decisions", DecisionViewSet, basename="screening-decisions")
    router.register(f"{base}/queue", QueueViewSet, basename="screening-queue")
    router.register(f"{base}/verdicts", VerdictViewSet, basename="screening-verdicts")
    router.register(f"{base}/conflicts", ConflictViewSet, basename="screening-conflicts")
    router.register(f"{base}/full-texts", FullTextViewSet, basename="screening-full-texts")
    router.register(f"{base}/retractions", RetractionViewSet, basename="screening-retractions")
    router.register(f"{base}/retrieval", RetrievalViewSet, basename="screening-retrieval")
    router.register(f"{base}/pdf-uploads", PdfUploadViewSet, basename="screening-pdf-uploads")
    router.register(f"{base}/open-access", OpenAccessViewSet, basename="screening-open-access")
    router.register(f"{base}/studies", StudyViewSet, basename="screening-studies")
    router.register(f"{base}/agreement", AgreementViewSet, basename="screening-agreement")
    router.register(f"{base}/progress", ProgressViewSet, basename="screening-progress")
    router.register(f"{base}/rounds", RoundViewSet, basename="screening-rounds")
    router.register(f"{base}/design-filter", DesignFilterViewSet, basename="screening-design-filter")
    router.register(f"{base}/automation", AutomationViewSet, basename="screening-automation")
    router.register(f"{base}/stopping", StoppingViewSet, basename="screening-stopping")
    router.register(f"{base}/removals", RemovalViewSet, basename="screening-removals")
    router.register(
        f"{base}/marked-duplicates", MarkedDuplicateViewSet, basename="screening-marked-duplicates"
    )
    router.register(f"{base}/allocations", AllocationViewSet, basename="screening-allocations")
    router.register(f"{base}/vote-batches", VoteBatchViewSet, basename="screening-vote-batches")
    router.register(f"{base}/intakes", IntakeViewSet, basename="screening-intakes")
    router.register(f"{base}/stage-settings", StageSettingsViewSet, basename="screening-stage-settings")
    router.register(f"{base}/rankings", RankingViewSet, basename="screening-rankings")
    router.register(f"{base}/replays", ReplayViewSet, basename="screening-replays")
    router.register(f"{base}/reason-merges", ReasonMergeViewSet, basename="screening-reason-merges")
    router.register(f"{base}/saved-searches", SavedSearchViewSet, basename="screening-saved-searches")
    router.register(f"{base}/vote-lots", VoteLotViewSet, basename="screening-vote-lots")
    router.register(f"{base}/labels", LabelViewSet, basename="screening-labels")
    router.register(f"{base}/labellings", LabellingViewSet, basename="screening-labellings")
    router.register(f"{base}/notes", NoteViewSet, basename="screening-notes")
    router.register(f"{base}/term-lists", TermListViewSet, basename="screening-term-lists")
