"""Notices about records, and the lists they come from, for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening import services
from screening.models import IN_REVIEW, Retraction


class RetractionSerializer(serializers.ModelSerializer):
    stands = serializers.BooleanField(read_only=True, help_text="False: a reinstatement lifted it.")

    class Meta:
        model = Retraction
        fields = [
            "id",
            "record",
            "nature",
            "stands",
            "reasons",
            "notice_doi",
            "notice_date",
            "found_by",
            "doubt",
            "found_at",
            "seen_by",
            "seen_at",
        ]
        read_only_fields = fields


class RetractionFileSerializer(serializers.Serializer):
    file = serializers.FileField()


class RetractionCheckSerializer(serializers.Serializer):
    job = serializers.IntegerField()


class RetractionListSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    rows = serializers.IntegerField()
    checked_at = serializers.DateTimeField(allow_null=True)
    result = serializers.DictField()


class RetractionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Retractions, concerns, corrections and reinstatements of the review's records."""

    queryset = Retraction.objects.none()
    serializer_class = RetractionSerializer
    filterset_fields = ["record", "nature"]
    permissions = dict.fromkeys(("check", "add_list", "seen"), Permission.MANAGE_FULL_TEXT)

    def get_queryset(self):
        found = Retraction.objects.filter(IN_REVIEW, review=self.review)
        return found.with_standing().order_by("pk")

    @extend_schema(request=None, responses={202: RetractionCheckSerializer})
    @action(detail=False, methods=["post"])
    def check(self, request: Request, slug: str) -> Response:
        """Check all records again, in the background."""
        job = services.request_check(review=self.review, by=self.user)
        return Response({"job": job.pk}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=RetractionListSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def lists(self, request: Request, slug: str) -> Response:
        """The lists of the review, the newest first; the first is the one that is asked."""
        return Response(RetractionListSerializer(self.review.retraction_lists.all(), many=True).data)

    @extend_schema(
        request={"multipart/form-data": RetractionFileSerializer}, responses={202: RetractionCheckSerializer}
    )
    @lists.mapping.post
    def add_list(self, request: Request, slug: str) -> Response:
        """Upload a list (multipart, field ``file``) and check the records against it, in the background."""
        given = RetractionFileSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        _, job = services.add_list(review=self.review, file=given.validated_data["file"], by=self.user)
        return Response({"job": job.pk}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=RetractionSerializer)
    @action(detail=True, methods=["post"])
    def seen(self, request: Request, slug: str, pk: str) -> Response:
        """Somebody saw the notice."""
        services.mark_seen(review=self.review, retraction=self.get_object(), by=self.user)
        return Response(self.get_serializer(self.get_object()).data)

    def get_parsers(self):
        if getattr(self, "action_map", {}).get("post") == "add_list":
            return [MultiPartParser()]
        return super().get_parsers()
