"""Records for programs."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records import services
from records.filters import RecordFilter
from records.formats import TYPES
from records.formats.earlier import tells
from records.models import Record, Search
from records.values import LABELS, LISTS, LONGEST_WHY
from reviews.api_base import ReviewViewSet
from reviews.permissions import Permission


class RecordSerializer(serializers.ModelSerializer):
    class Meta:
        model = Record
        fields: ClassVar[list[str]] = [
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
            "issn",
            "accession",
            "original",
            "duplicate_of",
        ]
        read_only_fields = fields

    def to_representation(self, instance: Record) -> dict[str, Any]:
        """Without keywords that tell a decision made before this review: who sees those is said elsewhere."""
        shown = super().to_representation(instance)
        if instance.earlier:
            for fields in (shown, shown["original"]):
                if "keywords" in fields:
                    fields["keywords"] = [word for word in fields["keywords"] if not tells("", word)]
        return shown


class FieldsSerializer(serializers.Serializer):
    """The fields of a record a person may write; what else is sent is refused by name."""

    title = serializers.CharField(required=False, allow_blank=True)
    abstract = serializers.CharField(required=False, allow_blank=True)
    authors = serializers.ListField(
        child=serializers.CharField(), required=False, help_text='["Family, Given", ...]'
    )
    year = serializers.IntegerField(required=False, allow_null=True)
    journal = serializers.CharField(required=False, allow_blank=True)
    volume = serializers.CharField(required=False, allow_blank=True)
    issue = serializers.CharField(required=False, allow_blank=True)
    pages = serializers.CharField(required=False, allow_blank=True)
    doi = serializers.CharField(required=False, allow_blank=True)
    pmid = serializers.CharField(required=False, allow_blank=True)
    pmcid = serializers.CharField(required=False, allow_blank=True)
    registry_ids = serializers.ListField(child=serializers.CharField(), required=False)
    keywords = serializers.ListField(child=serializers.CharField(), required=False)
    type = serializers.CharField(required=False, allow_blank=True, help_text=f"One of {', '.join(TYPES)}.")
    language = serializers.CharField(required=False, allow_blank=True)
    url = serializers.CharField(required=False, allow_blank=True)
    issn = serializers.CharField(required=False, allow_blank=True)
    accession = serializers.CharField(required=False, allow_blank=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if strange := sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []:
            raise serializers.ValidationError({name: ["There is no such field."] for name in strange})
        return super().to_internal_value(data)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.validated_data.items() if name in LABELS}


class CorrectionSerializer(FieldsSerializer):
    why = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_WHY)
    seen = serializers.DictField(
        required=False,
        help_text="The values you had before you, by field: one that changed since is not overwritten (409).",
    )

    def validate_seen(self, seen: dict[str, Any]) -> dict[str, Any]:
        for name, value in seen.items():
            if name not in LABELS or isinstance(value, list) != (name in LISTS) or isinstance(value, dict):
                raise serializers.ValidationError(f"“{name}”: send the field's value as you read it here.")
        return seen


class NewRecordSerializer(FieldsSerializer):
    """Where it was found is a search of the review, or a new source."""

    search = serializers.IntegerField(required=False, help_text="Id of a search; or name a new source.")
    source = serializers.CharField(required=False)  # type: ignore[assignment]  # the metaclass takes it off the class
    source_type = serializers.ChoiceField(required=False, choices=Search.SourceType.choices)
    platform = serializers.CharField(required=False, allow_blank=True)
    pasted = serializers.CharField(
        required=False, allow_blank=True, help_text="A citation, identifier or RIS entry to read fields from."
    )
    anyway = serializers.BooleanField(
        required=False, help_text="Add it although the review has such a record (else 409)."
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("search" in given) == ("source" in given):
            raise serializers.ValidationError(
                "Say where it was found: search (an id) or source (a new name)."
            )
        return given

    def new_search(self) -> dict[str, Any]:
        """The fields of the search to add."""
        given = self.validated_data
        kind = given.get("source_type", Search.SourceType.WEBSITE)
        return {"source": given["source"], "source_type": kind, "platform": given.get("platform", "")}


class RestoreSerializer(serializers.Serializer):
    only = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Which fields; all corrected ones if left out.",
    )


class RecordViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """Records as they are read; no votes here."""

    queryset = Record.objects.none()
    serializer_class = RecordSerializer
    filterset_class = RecordFilter
    permissions: ClassVar[dict[str, Permission]] = {
        "create": Permission.IMPORT,
        "partial_update": Permission.DEDUPLICATE,
        "restore": Permission.DEDUPLICATE,
        "split": Permission.DEDUPLICATE,
    }

    def get_queryset(self):
        return self.review.records.live().order_by("pk")

    @extend_schema(request=NewRecordSerializer, responses={201: RecordSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Add a record by hand; it is removed by undoing its import."""
        given = NewRecordSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        known = given.validated_data.get("search")
        try:
            record = services.add_record(
                review=self.review,
                values=given.values(),
                by=self.user,
                search=get_object_or_404(self.review.searches, pk=known) if known is not None else None,
                new_search=None if known is not None else given.new_search(),
                pasted=given.validated_data.get("pasted", ""),
                anyway=given.validated_data.get("anyway", False),
            )
        except services.KnownAlready as refusal:
            same = [record.pk for record in refusal.records]
            return Response({"detail": str(refusal), "records": same}, status=refusal.status)
        return Response(self.get_serializer(record).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=CorrectionSerializer, responses=RecordSerializer)
    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Correct fields; their first values are kept in ``original``."""
        given = CorrectionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        record = self.get_object()
        try:
            record = services.correct_record(
                record=record,
                changes=given.values(),
                by=self.user,
                why=given.validated_data.get("why", ""),
                seen=given.validated_data.get("seen"),
            )
        except services.ChangedMeanwhile as refusal:
            return Response({"detail": str(refusal), "now": refusal.now}, status=refusal.status)
        return Response(self.get_serializer(record).data)

    @extend_schema(request=RestoreSerializer, responses=RecordSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Give corrected fields their first values back."""
        given = RestoreSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        record = services.restore_original(
            record=self.get_object(), fields=given.validated_data.get("only"), by=self.user
        )
        return Response(self.get_serializer(record).data)

    @extend_schema(request=None, responses=RecordSerializer)
    @action(detail=True, methods=["post"])
    def split(self, request: Request, slug: str, pk: str) -> Response:
        record = services.split(record=self.get_object(), by=self.user)
        return Response(self.get_serializer(record).data)
