"""Pairs of duplicates for programs."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records import ledger, services
from records.filters import CandidateFilter
from records.models import DuplicateCandidate
from records.services.lots import WouldMerge
from reviews.access import BIGGEST_ID
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
        required=False,
        help_text="Id of the record to keep; default: the one that is further along, then the earlier one.",
    )
    anyway = serializers.BooleanField(default=False, help_text="Also when a settled outcome counts no more.")


class QueuedSerializer(serializers.Serializer):
    job = serializers.IntegerField(help_text="Follow it under jobs.")
    state = serializers.CharField()


class ScoreSerializer(serializers.Serializer):
    score = serializers.FloatField(min_value=0, max_value=1)


class AcceptSerializer(ScoreSerializer):
    expected = serializers.IntegerField(
        required=False, min_value=0, help_text="With another number of pairs by now nothing is merged."
    )


class WouldMergeSerializer(serializers.Serializer):
    score = serializers.FloatField()
    count = serializers.IntegerField()
    pairs = serializers.ListField(child=serializers.IntegerField())
    lowest = CandidateSerializer(many=True, help_text="The five least alike of them.")
    objections = serializers.SerializerMethodField(help_text="What speaks against merging: {reason: pairs}.")
    left_out = serializers.IntegerField(help_text="Above the score, but held back or settled by the others.")

    outcomes_leave = serializers.IntegerField(
        help_text="Settled outcomes that would count no more: two records of one group have one."
    )

    def get_objections(self, found: WouldMerge) -> dict[str, int]:
        return dict(found.objections)


class LotSerializer(serializers.Serializer):
    lot = serializers.IntegerField(help_text="Give it to undo-accepted.")
    pairs = serializers.IntegerField()


class UndoLotSerializer(serializers.Serializer):
    lot = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)


class ThresholdsSerializer(serializers.Serializer):
    merge_at = serializers.FloatField(min_value=0, max_value=1)
    ask_at = serializers.FloatField(min_value=0, max_value=1)


class ChangeSerializer(serializers.Serializer):
    old = ThresholdsSerializer()
    new = ThresholdsSerializer()
    merges = serializers.ListField(
        child=serializers.IntegerField(), help_text="Waiting pairs that are merged."
    )
    parts = serializers.ListField(
        child=serializers.IntegerField(), help_text="Pairs a rule merged that wait for a person."
    )
    asked_no_more = serializers.IntegerField()
    asked_again = serializers.IntegerField()
    outcomes_leave = serializers.IntegerField(
        help_text="Settled outcomes that would count no more: two records of one group have one."
    )
    compares = serializers.BooleanField(help_text="There may be more questions: ask thresholds/try.")
    warnings = serializers.ListField(child=serializers.CharField())


class LedgerSerializer(serializers.Serializer):
    kept_id = serializers.IntegerField()
    removed_id = serializers.IntegerField()
    matched_with_id = serializers.IntegerField()
    score = serializers.FloatField()
    rule = serializers.CharField()
    reasons = serializers.CharField()
    decided = serializers.CharField(help_text="automatic or human")
    decided_by = serializers.CharField()
    decided_at = serializers.CharField()
    merge_at = serializers.FloatField(help_text="The thresholds that held then.")
    ask_at = serializers.FloatField()
    kept_source = serializers.CharField()
    removed_source = serializers.CharField()
    kept_title = serializers.CharField()
    removed_title = serializers.CharField()


class CandidateViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Pairs that may be the same work."""

    queryset = DuplicateCandidate.objects.none()
    serializer_class = CandidateSerializer
    filterset_class = CandidateFilter
    permissions = dict.fromkeys(
        (
            "merge",
            "distinct",
            "link",
            "reopen",
            "find",
            "accept",
            "undo_accepted",
            "set_thresholds",
            "try_thresholds",
        ),
        Permission.DEDUPLICATE,
    )

    def get_queryset(self):
        return self.review.duplicate_candidates.in_review()

    @extend_schema(request=MergeSerializer, responses=CandidateSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, slug: str, pk: str) -> Response:
        """The same; 409 with a sentence when a settled outcome would count no more by the choice of `keep`."""
        given = MergeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        candidate = self.get_object()
        keep = given.validated_data.get("keep")
        primary = get_object_or_404(self.review.records.live(), pk=keep) if keep else None
        anyway = given.validated_data["anyway"]
        services.merge_candidate(candidate=candidate, by=self.user, primary=primary, anyway=anyway)
        return self._answer(candidate)

    @extend_schema(request=None, responses=CandidateSerializer)
    @action(detail=True, methods=["post"])
    def distinct(self, request: Request, slug: str, pk: str) -> Response:
        candidate = self.get_object()
        services.mark_distinct(candidate=candidate, by=self.user)
        return self._answer(candidate)

    @extend_schema(request=None, responses=CandidateSerializer)
    @action(detail=True, methods=["post"])
    def link(self, request: Request, slug: str, pk: str) -> Response:
        """Two reports of one study: not merged, and never proposed again."""
        candidate = self.get_object()
        services.link_reports(candidate=candidate, by=self.user)
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

    @extend_schema(parameters=[ScoreSerializer], responses=WouldMergeSerializer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def above(self, request: Request, slug: str) -> Response:
        """The waiting pairs from a score up that `accept` would merge now."""
        given = ScoreSerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        found = services.what_merges_above(self.review, given.validated_data["score"])
        return Response(WouldMergeSerializer(found).data)

    @extend_schema(request=AcceptSerializer, responses=LotSerializer)
    @action(detail=False, methods=["post"])
    def accept(self, request: Request, slug: str) -> Response:
        """Merge all of them at once; `expected` is how many one was shown."""
        given = AcceptSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        lot = services.merge_all_above(review=self.review, by=self.user, **given.validated_data)
        return Response({"lot": lot.pk, "pairs": len(lot.detail["pairs"])})

    @extend_schema(request=UndoLotSerializer, responses=LotSerializer)
    @action(detail=False, methods=["post"], url_path="undo-accepted")
    def undo_accepted(self, request: Request, slug: str) -> Response:
        """Let every pair of a lot that is merged still wait again."""
        given = UndoLotSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        event = get_object_or_404(self.review.events, pk=given.validated_data["lot"])
        return Response(
            {"lot": event.pk, "pairs": services.undo_lot(review=self.review, event=event, by=self.user)}
        )

    @extend_schema(responses=ThresholdsSerializer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def thresholds(self, request: Request, slug: str) -> Response:
        return Response(services.thresholds_of(self.review)._asdict())

    @extend_schema(request=ThresholdsSerializer, responses=ChangeSerializer)
    @thresholds.mapping.post
    def set_thresholds(self, request: Request, slug: str) -> Response:
        """Let them hold. The old ones, set again, undo it."""
        given = ThresholdsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        change = services.set_thresholds(review=self.review, by=self.user, **given.validated_data)
        return Response(ChangeSerializer(change).data)

    @extend_schema(parameters=[ThresholdsSerializer], responses=ChangeSerializer, filters=False)
    @action(
        detail=False,
        methods=["get"],
        url_path="thresholds/change",
        pagination_class=None,
        filterset_class=None,
    )
    def thresholds_change(self, request: Request, slug: str) -> Response:
        """What other thresholds would do to the pairs that are known."""
        given = ThresholdsSerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        change = services.what_thresholds_change(self.review, **given.validated_data)
        return Response(ChangeSerializer(change).data)

    @extend_schema(request=ThresholdsSerializer, responses={202: QueuedSerializer})
    @action(detail=False, methods=["post"], url_path="thresholds/try")
    def try_thresholds(self, request: Request, slug: str) -> Response:
        """Count in the background what a search with them would merge and ask; the job's result has both numbers."""
        given = ThresholdsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        job = services.request_trial(review=self.review, by=self.user, **given.validated_data)
        return Response({"job": job.pk, "state": job.state}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=LedgerSerializer(many=True))
    @action(detail=False, methods=["get"])
    def ledger(self, request: Request, slug: str) -> Response:
        """Each record that is removed now, and why; the filters of this list hold for the reasons."""
        merged = self.filter_queryset(self.get_queryset().filter(state=DuplicateCandidate.State.MERGED))
        pairs = set(merged.values_list("pk", flat=True)) if request.query_params else None
        page = self.paginate_queryset([*ledger.rows(self.review, pairs)]) or []
        return self.get_paginated_response([dict(zip(ledger.HEADER, row, strict=True)) for row in page])

    def _answer(self, candidate: DuplicateCandidate) -> Response:
        candidate.refresh_from_db()
        return Response(self.get_serializer(candidate).data)
