"""Filling in for programs: how a review extracts, extractions with their values and rows, and where studies stand."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from extraction import services
from extraction.filled import is_live
from extraction.models import Extraction, ExtractionSettings, Value
from extraction.serializers import OfReview
from extraction.stands import Stand, State, stands_of
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission
from screening.models import Study


class SettingsOut(serializers.ModelSerializer):
    class Meta:
        model = ExtractionSettings
        fields = ["mode", "version"]


class SettingsIn(serializers.Serializer):
    mode = serializers.ChoiceField(choices=ExtractionSettings.Mode.choices)
    seen_version = serializers.IntegerField(help_text="0 while nothing was set.")


class ValueOut(serializers.ModelSerializer):
    class Meta:
        model = Value
        fields = ["id", "field", "row", "value", "comment", "version", "changed_by", "changed_at"]
        fields += ["verified_by", "verified_at"]


class ExtractionOut(serializers.ModelSerializer):
    study_label = serializers.CharField(source="study.label")

    class Meta:
        model = Extraction
        fields = [
            "id",
            "study",
            "study_label",
            "kind",
            "state",
            "extractor",
            "form_version",
            "rows",
            "version",
        ]
        fields += ["created_at", "completed_at", "completed_by"]


class ExtractionFull(ExtractionOut):
    values = serializers.SerializerMethodField()

    class Meta(ExtractionOut.Meta):
        fields = [*ExtractionOut.Meta.fields, "values"]

    @extend_schema(responses=ValueOut(many=True))
    def get_values(self, extraction: Extraction) -> list[dict]:
        rows = [one for one in extraction.values.all() if is_live(extraction, one.row)]
        return list(ValueOut(rows, many=True).data)


class StartIn(serializers.Serializer):
    study = OfReview(queryset=Study.objects.all())


class CellIn(serializers.Serializer):
    field = serializers.CharField(max_length=60, help_text="A field key of the form.")  # type: ignore[assignment]
    row = serializers.CharField(
        max_length=12, allow_blank=True, default="", help_text="In a repeating group."
    )
    seen_version = serializers.IntegerField(help_text="The version of the value you saw; 0 for none yet.")


class ValueIn(CellIn):
    value = serializers.JSONField(
        allow_null=True, help_text='As typed: text, number, true, a list of answers; null or "" empties it.'
    )
    comment = serializers.CharField(
        allow_blank=True, required=False, allow_null=True, help_text="Left as it is if not given."
    )

    def validate_value(self, value: object) -> object:
        plain = value is None or isinstance(value, str | bool | int | float)
        if not plain and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            raise serializers.ValidationError("Send a text, a number, true or false, or a list of texts.")
        return value


class VerifyIn(CellIn):
    yes = serializers.BooleanField(default=True, help_text="false takes your own word back.")


class GroupIn(serializers.Serializer):
    group = serializers.CharField(max_length=60, help_text="The key of a repeating group.")


class RowIn(GroupIn):
    row = serializers.CharField(max_length=12)


class RestoreIn(RowIn):
    position = serializers.IntegerField(min_value=0, required=False, allow_null=True)


class RowOut(serializers.Serializer):
    row = serializers.CharField()


class SettingsViewSet(ReviewViewSet):
    """How the review extracts: one object, not a list."""

    queryset = ExtractionSettings.objects.none()
    serializer_class = SettingsOut
    permissions = {"create": Permission.AMEND_PROTOCOL}
    pagination_class = None

    @extend_schema(responses=SettingsOut)
    def list(self, request: Request, slug: str) -> Response:
        return Response(SettingsOut(services.settings_of(self.review)).data)

    @extend_schema(request=SettingsIn, responses=SettingsOut)
    def create(self, request: Request, slug: str) -> Response:
        """Choose another way; 409 when the settings changed since ``seen_version``."""
        given = SettingsIn(data=request.data)
        given.is_valid(raise_exception=True)
        settings = services.set_mode(review=self.review, by=self.user, **given.validated_data)
        return Response(SettingsOut(settings).data)


class ExtractionViewSet(ListModelMixin, RetrieveModelMixin, ReviewViewSet):
    """The extractions one may see: one's own, shared ones, and colleagues' once two can be compared."""

    queryset = Extraction.objects.none()
    serializer_class = ExtractionOut
    filterset_fields = ["study", "kind", "state"]
    permissions = dict.fromkeys(
        ("create", "value", "verify", "add_row", "remove_row", "restore_row", "complete", "reopen"),
        Permission.EXTRACT,
    )

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        rows = Extraction.objects.visible_to(self.membership).select_related("study__review", "review")
        return rows.prefetch_related("values").order_by("pk")

    def get_serializer_class(self):
        return ExtractionOut if self.action == "list" else ExtractionFull

    def _read(self, serializer: type[serializers.Serializer]) -> dict:
        given = serializer(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _show(self, extraction: Extraction, code: int = status.HTTP_200_OK) -> Response:
        return Response(ExtractionFull(self.get_queryset().get(pk=extraction.pk)).data, status=code)

    @extend_schema(request=StartIn, responses={201: ExtractionFull})
    def create(self, request: Request, slug: str) -> Response:
        """Begin extracting a study, or find what was begun."""
        extraction = services.start_extraction(by=self.user, **self._read(StartIn))
        return self._show(extraction, status.HTTP_201_CREATED)

    @extend_schema(request=ValueIn, responses=ValueOut)
    @action(detail=True, methods=["post"])
    def value(self, request: Request, slug: str, pk: str) -> Response:
        """Fill in one field; 409 when somebody wrote it since ``seen_version``."""
        one = services.set_value(extraction=self.get_object(), by=self.user, **self._read(ValueIn))
        return Response(ValueOut(one).data)

    @extend_schema(request=VerifyIn, responses=ValueOut)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, slug: str, pk: str) -> Response:
        """Confirm a shared value against its source, as somebody else than who filled it in."""
        one = services.verify_value(extraction=self.get_object(), by=self.user, **self._read(VerifyIn))
        return Response(ValueOut(one).data)

    @extend_schema(request=GroupIn, responses={201: RowOut})
    @action(detail=True, methods=["post"], url_path="add-row")
    def add_row(self, request: Request, slug: str, pk: str) -> Response:
        row = services.add_row(extraction=self.get_object(), by=self.user, **self._read(GroupIn))
        return Response({"row": row}, status=status.HTTP_201_CREATED)

    @extend_schema(request=RowIn, responses=ExtractionFull)
    @action(detail=True, methods=["post"], url_path="remove-row")
    def remove_row(self, request: Request, slug: str, pk: str) -> Response:
        """Take a row away; ``restore-row`` brings it back with what was in it."""
        extraction = self.get_object()
        services.remove_row(extraction=extraction, by=self.user, **self._read(RowIn))
        return self._show(extraction)

    @extend_schema(request=RestoreIn, responses=ExtractionFull)
    @action(detail=True, methods=["post"], url_path="restore-row")
    def restore_row(self, request: Request, slug: str, pk: str) -> Response:
        extraction = self.get_object()
        services.restore_row(extraction=extraction, by=self.user, **self._read(RestoreIn))
        return self._show(extraction)

    @extend_schema(request=None, responses=ExtractionFull)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, slug: str, pk: str) -> Response:
        return self._show(services.complete_extraction(extraction=self.get_object(), by=self.user))

    @extend_schema(request=None, responses=ExtractionFull)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, slug: str, pk: str) -> Response:
        return self._show(services.reopen_extraction(extraction=self.get_object(), by=self.user))


class StandOut(serializers.Serializer):
    """Where a study stands for the person who asks."""

    study = serializers.IntegerField(source="study.pk")
    study_label = serializers.CharField(source="study.label")
    mode = serializers.CharField()
    state = serializers.CharField()
    turn = serializers.CharField()
    yours = serializers.BooleanField()
    extraction = serializers.IntegerField(source="extraction.pk", default=None)
    filled = serializers.IntegerField()
    asked = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Required fields that are empty.")
    values_to_verify = serializers.IntegerField()
    results = serializers.IntegerField()
    results_to_verify = serializers.IntegerField()


class StandFull(StandOut):
    blocks = serializers.ListField(child=serializers.CharField(), help_text="Why it cannot be completed yet.")


class StandViewSet(ReviewViewSet):
    """Where the extraction of each study stands; a study is declared complete, and opened again, here."""

    queryset = Study.objects.none()
    serializer_class = StandOut
    permissions = {"complete": Permission.EXTRACT, "reopen": Permission.EXTRACT}

    @extend_schema(responses=StandOut(many=True))
    def list(self, request: Request, slug: str) -> Response:
        studies = Study.objects.filter(review=self.review).order_by("label", "pk")
        page = self.paginate_queryset(studies) or []
        return self.get_paginated_response(StandOut(stands_of(self.membership, page), many=True).data)

    @extend_schema(responses=StandFull)
    def retrieve(self, request: Request, slug: str, pk: str) -> Response:
        return self._show(self._study(pk))

    @extend_schema(request=None, responses=StandFull)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, slug: str, pk: str) -> Response:
        """Declare the extraction of the study complete; 422 with what blocks it."""
        study = self._study(pk)
        services.complete_study(study=study, by=self.user)
        return self._show(study)

    @extend_schema(request=None, responses=StandFull)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, slug: str, pk: str) -> Response:
        study = self._study(pk)
        services.reopen_study(study=study, by=self.user)
        return self._show(study)

    def _study(self, pk: str) -> Study:
        found = Study.objects.select_related("review").filter(review=self.review)
        return get_object_or_404(found, pk=int(pk) if pk.isdecimal() else 0)

    def _show(self, study: Study) -> Response:
        (stand,) = stands_of(self.membership, [study])
        return Response(StandFull(_full(stand, self.user)).data)


def _full(stand: Stand, by) -> dict:
    names = [str(name) for name in StandOut().fields if name not in ("study", "study_label", "extraction")]
    blocks = [] if stand.state == State.COMPLETE else services.what_blocks(stand.study, by)
    whole = {name: getattr(stand, name) for name in names}
    return whole | {"study": stand.study, "extraction": stand.extraction, "blocks": blocks}
