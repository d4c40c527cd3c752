"""The PRISMA counts for programs."""

from dataclasses import asdict

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.prisma import BOXES, REASONS, flow_counts, rows_behind
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class PrismaSerializer(serializers.Serializer):
    counts = serializers.DictField()
    problems = serializers.ListField(child=serializers.CharField())


class PrismaViewSet(ReviewViewSet):
    """The numbers of the flow diagram, and the ids of the records behind each."""

    permission = Permission.REPORT
    serializer_class = PrismaSerializer
    pagination_class = None
    filter_backends = []

    @extend_schema(responses=PrismaSerializer)
    def list(self, request: Request, slug: str) -> Response:
        counts = flow_counts(self.review)
        return Response({"counts": asdict(counts), "problems": counts.problems()})

    @extend_schema(
        parameters=[
            OpenApiParameter("name", str, description="One line of a box, such as a source or a reason.")
        ],
        responses={200: {"type": "array", "items": {"type": "integer"}}},
    )
    @action(detail=False, url_path=r"records/(?P<key>\w+)")
    def records(self, request: Request, slug: str, key: str) -> Response:
        if key not in BOXES and key not in REASONS:
            raise Http404
        rows = rows_behind(self.review, key, request.query_params.get("name", ""))
        return Response(list(rows.values_list("pk", flat=True)))
