"""The reporting checklists for programs: what they ask, what is known, and where the report tells it."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.checklists import CHECKLISTS, Checklist
from reporting.checklists.documents import FORMATS, file_name, file_of
from reporting.checklists.filling import Line, answered, filled
from reporting.services.checklists import LONGEST, UnknownChecklist, answer_item, find_checklist, find_item
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class ChecklistFactSerializer(serializers.Serializer):
    words = serializers.CharField()
    lacking = serializers.BooleanField(help_text="The review says nothing yet, or not enough.")


class ChecklistItemSerializer(serializers.Serializer):
    number = serializers.CharField()
    section = serializers.CharField()
    topic = serializers.CharField()
    text = serializers.CharField(help_text="What to report, in our own short words.")
    facts = ChecklistFactSerializer(many=True)
    location = serializers.CharField(help_text="As a person wrote it, else as proposed.")
    own = serializers.BooleanField(help_text="Whether a person wrote it.")
    not_applicable = serializers.BooleanField()
    version = serializers.IntegerField(help_text="To be sent back with an answer as seen_version.")


class ChecklistSerializer(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    when = serializers.CharField()
    reference = serializers.CharField()
    url = serializers.CharField(help_text="The official wording.")
    items = serializers.IntegerField(help_text="How many there are.", source="length")
    answered = serializers.IntegerField(help_text="How many a person answered.")


class ChecklistWholeSerializer(ChecklistSerializer):
    lines = ChecklistItemSerializer(many=True)


class ChecklistAnswerSerializer(serializers.Serializer):
    """Where the report tells the item, or that it does not apply (``location`` says why). Both empty: as proposed."""

    location = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True, default="")
    not_applicable = serializers.BooleanField(required=False, default=False)
    seen_version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class ChecklistViewSet(ReviewViewSet):
    """Reporting checklists; the key names one, such as prisma2020."""

    permission = Permission.REPORT
    permissions: ClassVar[dict[str, Permission]] = {"answer": Permission.EXPORT}
    serializer_class = ChecklistSerializer
    pagination_class = None
    filter_backends = []
    lookup_field = "key"
    lookup_value_regex = r"[-\w]+"

    @extend_schema(responses=ChecklistSerializer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        counts = answered(self.review)
        rows = [_about(one, counts[one.key]) for one in CHECKLISTS.values()]
        return Response(ChecklistSerializer(rows, many=True).data)

    @extend_schema(responses=ChecklistWholeSerializer)
    def retrieve(self, request: Request, slug: str, key: str) -> Response:
        checklist = find_checklist(key)
        lines = filled(self.review, checklist)
        whole = _about(checklist, sum(line.is_own for line in lines)) | {
            "lines": [_line(one) for one in lines]
        }
        return Response(ChecklistWholeSerializer(whole).data)

    @extend_schema(request=ChecklistAnswerSerializer, responses=ChecklistItemSerializer)
    @action(detail=True, methods=["put"], url_path=r"items/(?P<item>\w+)")
    def answer(self, request: Request, slug: str, key: str, item: str) -> Response:
        """Say where the report tells an item."""
        checklist = find_checklist(key)
        asked = find_item(checklist, item)
        said = ChecklistAnswerSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        answer_item(review=self.review, by=self.user, checklist=checklist, item=asked, **said.validated_data)
        (line,) = filled(self.review, checklist, only=asked)
        return Response(ChecklistItemSerializer(_line(line)).data)

    @extend_schema(
        parameters=[OpenApiParameter("type", str, enum=[*FORMATS], description="docx if not given.")],
        responses={(200, FORMATS["docx"]): OpenApiTypes.BINARY},
    )
    @action(detail=True)
    def file(self, request: Request, slug: str, key: str) -> HttpResponse:
        """The filled-in checklist as a Word document or a table."""
        checklist, extension = find_checklist(key), request.query_params.get("type", "docx")
        if extension not in FORMATS:
            raise UnknownChecklist(f"A checklist comes as {' or '.join(FORMATS)}.")
        name = file_name(self.review, checklist, extension)
        return HttpResponse(
            file_of(self.review, checklist, extension),
            content_type=FORMATS[extension],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _about(one: Checklist, count: int) -> dict[str, Any]:
    names = ("key", "name", "when", "reference", "url")
    return {name: getattr(one, name) for name in names} | {"length": len(one.items), "answered": count}


def _line(line: Line) -> dict[str, Any]:
    names = ("number", "section", "topic", "text")
    return {name: getattr(line.item, name) for name in names} | {
        "facts": line.facts,
        "location": line.location,
        "own": line.is_own,
        "not_applicable": line.not_applicable,
        "version": line.version,
    }
