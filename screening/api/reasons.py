"""Merged exclusion reasons, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.api_base import ReviewViewSet
from reviews.models import ExclusionReason
from reviews.permissions import Permission
from screening import services
from screening.models import ReasonMerge
from screening.serializers import OfReview


class ReasonMergeSerializer(serializers.ModelSerializer):
    reason = OfReview(queryset=ExclusionReason.objects.all(), source="gone", help_text="The one that goes.")
    into = OfReview(queryset=ExclusionReason.objects.all(), help_text="The one that stays.")

    class Meta:
        model = ReasonMerge
        fields = ["id", "reason", "into", "why", "by", "created_at", "undone_by", "undone_at"]
        read_only_fields = ["id", "by", "created_at", "undone_by", "undone_at"]


class ReasonMergeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Exclusion reasons that were merged into others."""

    queryset = ReasonMerge.objects.none()
    serializer_class = ReasonMergeSerializer
    permissions = dict.fromkeys(("create", "undo"), Permission.AMEND_PROTOCOL)

    def get_queryset(self):
        return ReasonMerge.objects.filter(review=self.review).order_by("pk")

    def create(self, request: Request, slug: str) -> Response:
        """Merge one reason into another."""
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        merge = services.merge_reasons(
            review=self.review, reason=data["gone"], into=data["into"], by=self.user, why=data.get("why", "")
        )
        return Response(self.get_serializer(merge).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ReasonMergeSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Take a merge back."""
        merge = services.undo_merge(review=self.review, merge=self.get_object(), by=self.user)
        return Response(self.get_serializer(merge).data)
