"""Records for programs."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records import services
from records.filters import RecordFilter
from records.models import Record
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class RecordSerializer(serializers.ModelSerializer):
    class Meta:
        model = Record
        fields = [
            "id",
            "search",
            "batch",
            "position",
            "title",
            "abstract",
            "authors",
            "year",
            "journal",
            "volume",
            "issue",
            "pages",
            "doi",
            "pmid",
            "pmcid",
            "registry_ids",
            "keywords",
            "type",
            "language",
            "url",
            "duplicate_of",
        ]
        read_only_fields = fields


class RecordViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Records as they were read; no votes here."""

    queryset = Record.objects.none()
    serializer_class = RecordSerializer
    filterset_class = RecordFilter
    permissions = {"split": Permission.DEDUPLICATE}

    def get_queryset(self):
        return self.review.records.live().order_by("pk")

    @extend_schema(request=None, responses=RecordSerializer)
    @action(detail=True, methods=["post"])
    def split(self, request: Request, slug: str, pk: str) -> Response:
        record = services.split(record=self.get_object(), by=self.user)
        return Response(self.get_serializer(record).data)
