"""Searches, and what PRISMA-S asks of all of them, for programs."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records import services
from records.appendix import Appendix
from records.forms.searches import REPORT_FIELDS, SEARCH_FIELDS
from records.models import Search, SearchReport
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class SearchSerializer(serializers.ModelSerializer):
    class Meta:
        model = Search
        fields: ClassVar[list[str]] = ["id", *SEARCH_FIELDS, "created_at"]
        read_only_fields: ClassVar[list[str]] = ["id", "created_at"]


class ItemSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    name = serializers.CharField()
    said = serializers.CharField()
    lacking = serializers.BooleanField(help_text="Nothing is said of it yet.")


class SourceSerializer(serializers.Serializer):
    search = SearchSerializer()
    imported = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Records left after duplicates.")


class SearchReportSerializer(serializers.ModelSerializer):
    class Meta:
        model = SearchReport
        fields = REPORT_FIELDS


class AppendixSerializer(serializers.Serializer):
    report = SearchReportSerializer()
    sources = SourceSerializer(many=True)
    items = ItemSerializer(many=True)


class SearchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """The searches of a review."""

    queryset = Search.objects.none()
    serializer_class = SearchSerializer
    permissions: ClassVar[dict[str, Permission]] = {
        "create": Permission.IMPORT,
        "partial_update": Permission.IMPORT,
        "destroy": Permission.IMPORT,
        "describe": Permission.IMPORT,
    }

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

    def destroy(self, request: Request, slug: str, pk: str) -> Response:
        """Remove a search by which nothing came into the review; 409 while it has files."""
        services.remove_search(search=self.get_object(), by=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=AppendixSerializer)
    @action(detail=False, pagination_class=None, filter_backends=[])
    def report(self, request: Request, slug: str) -> Response:
        """Every source with its counts, and the sixteen items of PRISMA-S."""
        return Response(AppendixSerializer(Appendix(self.review)).data)

    @extend_schema(request=SearchReportSerializer, responses=AppendixSerializer)
    @report.mapping.patch
    def describe(self, request: Request, slug: str) -> Response:
        """Write what is said once for all searches."""
        given = SearchReportSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        services.describe_searching(review=self.review, by=self.user, values=given.validated_data)
        review = type(self.review).objects.get(pk=self.review.pk)
        return Response(AppendixSerializer(Appendix(review)).data)
