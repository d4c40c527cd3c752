"""Suggestions from reports, for programs. Nothing is stored before a person's program accepts it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from extraction import services
from extraction.api.sources import SourceOut
from extraction.models import Arm
from extraction.serializers import OfReview
from extraction.services.errors import NotPossible
from extraction.services.suggestions import accept_suggestion, request_suggestions, suggestions_of
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening.models import FullText, Study


class SuggestionOut(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField()
    sentence = serializers.CharField()
    page = serializers.IntegerField()
    why = serializers.CharField(help_text="The rule, in words.")


class ReadingOut(serializers.Serializer):
    full_text = serializers.IntegerField()
    job = serializers.IntegerField(allow_null=True)
    state = serializers.CharField(help_text="Of the job; empty: not read yet.")
    suggestions = SuggestionOut(many=True)


class AcceptIn(serializers.Serializer):
    """``characteristic``, ``arm`` or ``field`` says where the value goes."""

    value = serializers.CharField(max_length=5000)
    sentence = serializers.CharField(max_length=5000)
    page = serializers.IntegerField(min_value=1, max_value=100_000)
    characteristic = serializers.CharField(max_length=80, required=False)
    seen = serializers.CharField(allow_blank=True, required=False)
    arm = OfReview(queryset=Arm.objects.all(), path="study__review", required=False)
    field = serializers.CharField(max_length=60, required=False, help_text="A field of the study's form.")
    seen_version = serializers.IntegerField(min_value=0, default=0)

    def validate(self, attrs: dict) -> dict:
        if sum(bool(attrs.get(name)) for name in ("characteristic", "arm", "field")) != 1:
            raise serializers.ValidationError("Name one of characteristic, arm and field.")
        return attrs


class SuggestionViewSet(ReviewViewSet):
    """What rules find in the PDF of a report; the id is that of its full text."""

    queryset = FullText.objects.none()
    serializer_class = ReadingOut
    permissions = dict.fromkeys(("read", "accept"), Permission.EXTRACT)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return FullText.objects.filter(review=self.review, record__report__isnull=False).select_related(
            "record"
        )

    @extend_schema(responses=ReadingOut)
    def retrieve(self, request: Request, slug: str, pk: str) -> Response:
        return Response(self._shown(self.get_object()))

    @extend_schema(request=None, responses={202: ReadingOut})
    @action(detail=True, methods=["post"])
    def read(self, request: Request, slug: str, pk: str) -> Response:
        """Ask for the report to be read in the background."""
        full_text = self.get_object()
        request_suggestions(full_text=full_text, by=self.user)
        return Response(self._shown(full_text), status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=AcceptIn, responses={201: SourceOut})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, slug: str, pk: str) -> Response:
        """Keep a value, corrected if need be, with its sentence as the source."""
        full_text = self.get_object()
        body = AcceptIn(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(body.validated_data)
        study = Study.objects.select_related("review").get(reports__record=full_text.record_id)
        if given.get("arm") and given["arm"].study_id != study.pk:
            raise NotPossible(f"This is not an arm of {study}.", field="arm")
        if given.get("field"):
            given["extraction"] = services.start_extraction(study=study, by=self.user)
        source = accept_suggestion(full_text=full_text, by=self.user, **given)
        return Response(SourceOut(source).data, status=status.HTTP_201_CREATED)

    def _shown(self, full_text: FullText) -> dict:
        job, found = suggestions_of(full_text)
        shown = SuggestionOut(found, many=True).data
        return {
            "full_text": full_text.pk,
            "job": job.pk if job else None,
            "state": job.state if job else "",
            "suggestions": shown,
        }
