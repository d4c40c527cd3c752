"""Searches, imports, records and duplicates for programs."""

from rest_framework.routers import SimpleRouter

from records.api.duplicate_groups import GroupViewSet
from records.api.duplicates import CandidateViewSet
from records.api.imports import BatchViewSet
from records.api.network import NetworkViewSet
from records.api.records import RecordViewSet
from records.api.searches import SearchViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    base = r"reviews/(?P<slug>[-\w]+)"
    router.register(f"{base}/searches", SearchViewSet, basename="records-searches")
    router.register(f"{base}/imports", BatchViewSet, basename="records-imports")
    router.register(f"{base}/records", RecordViewSet, basename="records-records")
    router.register(f"{base}/network", NetworkViewSet, basename="records-network")
    router.register(f"{base}/duplicates", CandidateViewSet, basename="records-duplicates")
    router.register(f"{base}/duplicate-groups", GroupViewSet, basename="records-groups")
