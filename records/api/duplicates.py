"""Pairs of duplicates for programs."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records import services
from records.filters import CandidateFilter
from records.models import DuplicateCandidate
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class CandidateSerializer(serializers.ModelSerializer):
    class Meta:
        model = DuplicateCandidate
        fields = [
            "id",
            "left",
            "right",
            "score",
            "rule",
            "reasons",
            "state",
            "automatic",
            "decided_by",
            "decided_at",
        ]
        read_only_fields = fields


class MergeSerializer(serializers.Serializer):
    keep = serializers.IntegerField(
        required=False, help_text="Id of the record to keep; default: the fuller one."
    )


class QueuedSerializer(serializers.Serializer):
    job = serializers.IntegerField(help_text="Follow it under jobs.")
    state = serializers.CharField()


class CandidateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Pairs that may be the same work."""

    queryset = DuplicateCandidate.objects.none()
    serializer_class = CandidateSerializer
    filterset_class = CandidateFilter
    permissions = dict.fromkeys(("merge", "distinct", "reopen", "find"), Permission.DEDUPLICATE)

    def get_queryset(self):
        return self.review.duplicate_candidates.in_review()

    @extend_schema(request=MergeSerializer, responses=CandidateSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, slug: str, pk: str) -> Response:
        given = MergeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        candidate = self.get_object()
        keep = given.validated_data.get("keep")
        primary = get_object_or_404(self.review.records.live(), pk=keep) if keep else None
        services.merge_candidate(candidate=candidate, by=self.user, primary=primary)
        return self._answer(candidate)

    @extend_schema(request=None, responses=CandidateSerializer)
    @action(detail=True, methods=["post"])
    def distinct(self, request: Request, slug: str, pk: str) -> Response:
        candidate = self.get_object()
        services.mark_distinct(candidate=candidate, by=self.user)
        return self._answer(candidate)

    @extend_schema(request=None, responses=CandidateSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, slug: str, pk: str) -> Response:
        candidate = self.get_object()
        services.reopen_candidate(candidate=candidate, by=self.user)
        return self._answer(candidate)

    @extend_schema(request=None, responses={202: QueuedSerializer})
    @action(detail=False, methods=["post"])
    def find(self, request: Request, slug: str) -> Response:
        job = services.request_deduplication(review=self.review, by=self.user)
        return Response({"job": job.pk, "state": job.state}, status=status.HTTP_202_ACCEPTED)

    def _answer(self, candidate: DuplicateCandidate) -> Response:
        candidate.refresh_from_db()
        return Response(self.get_serializer(candidate).data)
