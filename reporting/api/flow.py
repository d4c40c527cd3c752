"""The drawing of the flow diagram for programs: its files, its settings, a PRISMA2020 CSV that comes in."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.api.prisma import ASKED
from reporting.asked import asked_for
from reporting.diagram import settings_of
from reporting.diagram_files import FORMATS, diagram_file
from reporting.models import FlowSettings
from reporting.prisma2020.cells import LARGEST
from reporting.services.flow_in import compare_file, fill_file, take_from_file
from reporting.services.flow_settings import change_flow_settings
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission

BYTES = {(200, "application/octet-stream"): OpenApiTypes.BINARY}


class FlowSettingsOut(serializers.ModelSerializer):
    labels = serializers.DictField(
        child=serializers.CharField(), help_text="Own words by the key of a label."
    )

    class Meta:
        model = FlowSettings
        fields = [
            "version",
            "template",
            "each_database",
            "each_register",
            "meta_analysis",
            "labels",
            "changed_at",
        ]
        read_only_fields = fields


class FlowSettingsIn(serializers.Serializer):
    seen_version = serializers.IntegerField(
        min_value=0, help_text="The version you looked at; 0 before the first."
    )
    template = serializers.CharField(max_length=15, required=False)
    each_database = serializers.BooleanField(required=False)
    each_register = serializers.BooleanField(required=False)
    meta_analysis = serializers.BooleanField(required=False)
    labels = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(max_length=400, allow_blank=True),
        required=False,
        help_text="All own words anew.",
    )


class FlowFileIn(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True, help_text="A CSV of the R package PRISMA2020.")

    def validate_file(self, file: Any) -> Any:
        if file.size > LARGEST:
            raise serializers.ValidationError(
                f"The file has {file.size:,} bytes; at most {LARGEST:,} are read."
            )
        return file


class ShortJSON(serializers.JSONField):
    """JSON in a part of a multipart body, no deeper than a list or object of plain values needs."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except RecursionError:
            self.fail("invalid")


class FlowTakeIn(FlowFileIn):
    numbers = ShortJSON(
        default=dict, help_text="{id of a difference: what the review said when you compared}"
    )
    labels = ShortJSON(default=list, help_text="[key of a label]")  # type: ignore[assignment, arg-type]
    reason = serializers.CharField(max_length=2_000, allow_blank=True, default="")

    def validate_numbers(self, numbers: Any) -> dict[str, int]:
        if not isinstance(numbers, dict) or not all(type(n) is int for n in numbers.values()):
            raise serializers.ValidationError("Give a JSON object of ids with whole numbers.")
        return numbers

    def validate_labels(self, labels: Any) -> list[str]:
        if not isinstance(labels, list) or not all(isinstance(key, str) for key in labels):
            raise serializers.ValidationError("Give a JSON list of keys of labels.")
        return labels


class FlowDifferenceOut(serializers.Serializer):
    id = serializers.CharField()
    row = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    ours = serializers.IntegerField()
    theirs = serializers.IntegerField()
    amount = serializers.IntegerField()


class FlowLabelDifferenceOut(serializers.Serializer):
    row = serializers.IntegerField()
    key = serializers.CharField()
    ours = serializers.CharField()
    theirs = serializers.CharField()


class FlowProblemOut(serializers.Serializer):
    row = serializers.IntegerField()
    column = serializers.CharField()
    sentence = serializers.CharField()


class FlowComparisonOut(serializers.Serializer):
    numbers = FlowDifferenceOut(many=True)
    labels = FlowLabelDifferenceOut(many=True)
    problems = FlowProblemOut(many=True)
    same = serializers.IntegerField()


class FlowTakenOut(serializers.Serializer):
    adjustments = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids of the corrections made."
    )
    labels = serializers.ListField(child=serializers.CharField())


class FlowViewSet(ReviewViewSet):
    """How the flow diagram is drawn, its files, and a PRISMA2020 CSV beside it."""

    permission = Permission.REPORT
    permissions = dict.fromkeys(("change_drawing", "compare", "take", "filled_file"), Permission.PUBLISH)
    serializer_class = FlowSettingsOut
    pagination_class = None
    filter_backends = []

    def get_parsers(self):
        names = set(getattr(self, "action_map", {}).values())
        sends_file = names & {"compare", "take", "filled_file"}
        return [MultiPartParser()] if sends_file else super().get_parsers()

    @extend_schema(responses=FlowSettingsOut)
    @action(detail=False)
    def drawing(self, request: Request, slug: str) -> Response:
        return Response(FlowSettingsOut(settings_of(self.review)).data)

    @extend_schema(request=FlowSettingsIn, responses=FlowSettingsOut)
    @drawing.mapping.patch
    def change_drawing(self, request: Request, slug: str) -> Response:
        """Change some of the settings; 409 when somebody else did since ``seen_version``."""
        given = self._read(FlowSettingsIn)
        return Response(FlowSettingsOut(change_flow_settings(review=self.review, by=self.user, **given)).data)

    @extend_schema(parameters=ASKED, responses=BYTES)
    @action(detail=False, url_path=r"file/(?P<extension>\w+)")
    def file(self, request: Request, slug: str, extension: str) -> HttpResponse:
        """The diagram as svg, png, pdf, tiff, docx, pptx or csv."""
        if extension not in FORMATS:
            raise Http404(f"The diagram comes as {', '.join(FORMATS)}.")
        counts = asked_for(self.review, request.query_params.dict()).counts()
        content = diagram_file(self.review, counts, extension)
        return _download(content, extension, f"{self.review.slug}_prisma")

    @extend_schema(request={"multipart/form-data": FlowFileIn}, responses=FlowComparisonOut)
    @action(detail=False, methods=["post"])
    def compare(self, request: Request, slug: str) -> Response:
        """What a PRISMA2020 CSV says otherwise than this review; nothing is changed."""
        content = self._read(FlowFileIn)["file"].read()
        return Response(FlowComparisonOut(compare_file(review=self.review, content=content)).data)

    @extend_schema(request={"multipart/form-data": FlowTakeIn}, responses={201: FlowTakenOut})
    @action(detail=False, methods=["post"])
    def take(self, request: Request, slug: str) -> Response:
        """Make corrections and own labels of what is chosen of such a file; all or nothing."""
        given = self._read(FlowTakeIn)
        file = given.pop("file")
        taken = take_from_file(
            review=self.review, by=self.user, content=file.read(), file_name=file.name, **given
        )
        told = {"adjustments": [each.pk for each in taken.adjustments], "labels": taken.labels}
        return Response(told, status=status.HTTP_201_CREATED)

    @extend_schema(request={"multipart/form-data": FlowFileIn}, responses=BYTES)
    @action(detail=False, methods=["post"], url_path="filled-file")
    def filled_file(self, request: Request, slug: str) -> HttpResponse:
        """The file you send with this review's numbers in it; every other byte stays."""
        content = self._read(FlowFileIn)["file"].read()
        return _download(fill_file(review=self.review, content=content), "csv", "PRISMA")

    def _read(self, kind: type[serializers.Serializer]) -> dict[str, Any]:
        given = kind(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data


def _download(content: bytes, extension: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=FORMATS[extension],
        headers={"Content-Disposition": f'attachment; filename="{name}.{extension}"'},
    )
