"""What the Word report will say, for programs; ``exports`` makes the document."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.report.readiness import readiness
from reporting.report.source import Source
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class ReportPartSerializer(serializers.Serializer):
    key = serializers.CharField()
    heading = serializers.CharField(help_text="As the document prints it.")
    says = serializers.CharField(help_text="What stands in it.")
    lacking = serializers.ListField(
        child=serializers.CharField(), help_text="A sentence for each thing missing."
    )


class ReportViewSet(ReviewViewSet):
    """The parts of the report that are written from the review, and what is lacking for each."""

    permission = Permission.REPORT
    serializer_class = ReportPartSerializer
    pagination_class = None
    filter_backends = []

    @extend_schema(responses=ReportPartSerializer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        parts = readiness(Source(self.membership))
        return Response(ReportPartSerializer(parts, many=True).data)
