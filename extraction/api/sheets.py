"""The workbook for programs."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from extraction.api.results import ExtractionViewSet
from extraction.models import SheetUpload
from extraction.services import sheets as services
from extraction.workbook import stamp_of
from extraction.workbook.reading import BIGGEST, BadWorkbook
from reviews.permissions import Permission
from reviews.workbooks import XLSX


class CellOut(serializers.Serializer):
    column = serializers.CharField()
    was = serializers.CharField()
    yours = serializers.CharField()
    now = serializers.CharField()
    conflict = serializers.BooleanField()


class ItemOut(serializers.Serializer):
    id = serializers.CharField()
    what = serializers.ChoiceField(choices=["changed", "new", "unknown"])
    sheet = serializers.CharField()
    line = serializers.IntegerField()
    key = serializers.CharField()
    study = serializers.CharField()
    conflict = serializers.BooleanField()
    cells = CellOut(many=True)


class SheetOut(serializers.ModelSerializer):
    class Meta:
        model = SheetUpload
        fields = ["id", "file_name", "uploaded_at", "applied_at"]


class SheetDifferencesOut(serializers.Serializer):
    seen = serializers.CharField(help_text="Send it with what you take.")
    items = ItemOut(many=True)


class SheetIn(serializers.Serializer):
    file = serializers.FileField()


class SheetTakeIn(serializers.Serializer):
    take = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        allow_null=True,
        help_text="Left out: all without conflict.",
    )
    seen = serializers.CharField(required=False, default="", allow_blank=True)


class SheetViewSet(ExtractionViewSet):
    """Workbooks one sent back; ``file`` takes a new one out."""

    queryset = SheetUpload.objects.defer("content")
    serializer_class = SheetOut
    parser_classes = [MultiPartParser, JSONParser]
    permissions = dict.fromkeys(
        ("list", "retrieve", "create", "file", "differences", "take"), Permission.EXTRACT
    )

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return super().get_queryset().filter(uploaded_by=self.user).order_by("-pk")

    @extend_schema(request=SheetIn, responses={201: SheetOut})
    def create(self, request: Request, slug: str) -> Response:
        """Send a filled-in workbook; nothing of it is stored in the review yet."""
        file = self.read(SheetIn)["file"]
        if file.size > BIGGEST:
            raise BadWorkbook(f"{file.name} is larger than 20 MB.")
        upload = services.upload_sheet(review=self.review, by=self.user, name=file.name, data=file.read())
        return self.show(upload, status=status.HTTP_201_CREATED)

    @extend_schema(responses={(200, XLSX): OpenApiTypes.BINARY})
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def file(self, request: Request, slug: str) -> HttpResponse:
        """The workbook to fill in."""
        return HttpResponse(services.workbook_of(membership=self.membership), content_type=XLSX)

    @extend_schema(responses=SheetDifferencesOut)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def differences(self, request: Request, slug: str, pk: str) -> Response:
        """What it would change now."""
        upload = self.get_object()
        items = [] if upload.applied_at else services.differences(upload)
        return Response(SheetDifferencesOut({"seen": stamp_of(items), "items": items}).data)

    @extend_schema(request=SheetTakeIn, responses=SheetOut)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, slug: str, pk: str) -> Response:
        """Take rows over: all of those named, or none."""
        given, upload = self.read(SheetTakeIn), self.get_object()
        services.apply_sheet(upload=upload, by=self.user, take=given.get("take"), seen=given["seen"])
        return self.show(upload)
