"""Searches and imported files for programs."""

from typing import ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from records import services
from records.models import ImportBatch, Search
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class SearchSerializer(serializers.ModelSerializer):
    class Meta:
        model = Search
        fields = [
            "id",
            "source",
            "source_type",
            "platform",
            "searched_on",
            "query",
            "limits",
            "hits_reported",
            "created_at",
        ]
        read_only_fields = ["id", "created_at"]


class BatchSerializer(serializers.ModelSerializer):
    state = serializers.ChoiceField(choices=ImportBatch.State.choices, source="present_state", read_only=True)
    error = serializers.CharField(
        source="job.error", default="", read_only=True, help_text="Why the reading failed, as a sentence."
    )

    class Meta:
        model = ImportBatch
        fields: ClassVar[list[str]] = [
            "id",
            "search",
            "file_name",
            "size",
            "sha256",
            "state",
            "error",
            "format",
            "encoding",
            "records_read",
            "records_rejected",
            "job",
            "created_at",
            "undone_at",
        ]
        read_only_fields = fields


class RejectedSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    cause = serializers.CharField()
    raw = serializers.CharField()


class BatchDetailSerializer(BatchSerializer):
    """With the entries that could not be read, the first thousand."""

    rejected = RejectedSerializer(many=True, read_only=True)

    class Meta(BatchSerializer.Meta):
        fields: ClassVar[list[str]] = [*BatchSerializer.Meta.fields, "rejected"]
        read_only_fields = fields


class UploadSerializer(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True)  # an empty file is refused by the service, by name
    search = serializers.IntegerField(help_text="The search this file is a result of.")


class UndoSerializer(serializers.Serializer):
    confirm = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=0,
        help_text="How much is lost, as the refusal says.",
    )


class SearchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """The searches of a review."""

    queryset = Search.objects.none()
    serializer_class = SearchSerializer
    permissions = {"create": Permission.IMPORT, "partial_update": Permission.IMPORT}

    def get_queryset(self):
        return self.review.searches.all()

    def create(self, request: Request, slug: str) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        search = services.add_search(review=self.review, by=self.user, **given.validated_data)
        return Response(self.get_serializer(search).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        search = self.get_object()
        given = self.get_serializer(search, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        search = services.amend_search(search=search, by=self.user, changes=given.validated_data)
        return Response(self.get_serializer(search).data)


class BatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Imported files: upload one, follow its job, undo it."""

    queryset = ImportBatch.objects.none()
    serializer_class = BatchDetailSerializer
    permissions = {"create": Permission.IMPORT, "undo": Permission.IMPORT}
    parser_classes = [MultiPartParser]

    def get_queryset(self):
        batches = self.review.import_batches.select_related("job")
        return batches.defer("rejected") if self.action == "list" else batches

    def get_serializer_class(self):
        return BatchSerializer if self.action == "list" else BatchDetailSerializer

    @extend_schema(request=UploadSerializer, responses={202: BatchDetailSerializer})
    def create(self, request: Request, slug: str) -> Response:
        given = UploadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        search = get_object_or_404(self.review.searches, pk=given.validated_data["search"])
        batch = services.import_file(
            review=self.review, search=search, file=given.validated_data["file"], by=self.user
        )
        return Response(self.get_serializer(batch).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=UndoSerializer, responses=BatchDetailSerializer)
    @action(detail=True, methods=["post"], parser_classes=[JSONParser, FormParser, MultiPartParser])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        given = UndoSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        batch = services.undo_import(
            batch=self.get_object(), by=self.user, confirm=given.validated_data["confirm"]
        )
        return Response(self.get_serializer(batch).data)
