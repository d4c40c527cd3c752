"""Saved searches and votes on many records, for programs."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from records.models import Record, RecordQuerySet
from reviews.api_base import ReviewViewSet
from reviews.models import ExclusionReason
from reviews.permissions import Permission
from screening.api.outcomes import valid
from screening.filters import found_by
from screening.models import Decision, SavedSearch, Stage, VoteLot
from screening.serializers import OfReview
from screening.services import bulk_votes, searches

MOST = 1000


class SavedSearchSerializer(serializers.ModelSerializer):
    class Meta:
        model = SavedSearch
        fields = ["id", "name", "query", "shared", "owner", "created_at"]
        read_only_fields = ["id", "owner", "created_at"]
        validators: list = []  # the service's sentence, not DRF's


class ChangeSearchSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=80, required=False)
    shared = serializers.BooleanField(required=False)


class FoundRecordsSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    records = serializers.ListField(child=serializers.IntegerField(), help_text="The first thousand ids.")


class SavedSearchViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, ReviewViewSet
):
    """Filters of the list of records under a name: one's own, and those shown to the team."""

    queryset = SavedSearch.objects.none()
    serializer_class = SavedSearchSerializer

    def get_queryset(self):
        visible = SavedSearch.objects.visible_to(self.membership).order_by("name", "pk")
        return visible if self.action == "restore" else visible.live()

    @extend_schema(responses={201: SavedSearchSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Save a search; the same again is the same one."""
        given = valid(self.get_serializer(data=request.data))
        saved = searches.save_search(review=self.review, by=self.user, **given)
        return Response(self.get_serializer(saved).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangeSearchSerializer, responses=SavedSearchSerializer)
    def partial_update(self, request: Request, slug: str, pk: str) -> Response:
        """Rename or share one's own."""
        given = valid(ChangeSearchSerializer(data=request.data))
        saved = searches.change_search(search=self.get_object(), by=self.user, **given)
        return Response(self.get_serializer(saved).data)

    def perform_destroy(self, instance: SavedSearch) -> None:
        searches.remove_search(search=instance, by=self.user)

    @extend_schema(request=None, responses=SavedSearchSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str, pk: str) -> Response:
        """Bring a removed one back."""
        saved = searches.restore_search(search=self.get_object(), by=self.user)
        return Response(self.get_serializer(saved).data)

    @extend_schema(responses=FoundRecordsSerializer)
    @action(detail=True, methods=["get"])
    def found(self, request: Request, slug: str, pk: str) -> Response:
        """The records it finds now, for the one who asks."""
        records = found_by(self.membership, self.get_object().query)
        ids = list(records.values_list("pk", flat=True))
        return Response(FoundRecordsSerializer({"count": len(ids), "records": ids[:MOST]}).data)


class VoteLotSerializer(serializers.ModelSerializer):
    records = serializers.SerializerMethodField(help_text="How many it was asked for.")

    class Meta:
        model = VoteLot
        fields = [
            "id", "stage", "vote", "reason", "note", "query", "records", "result", "job", "created_at", "undone_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_records(self, lot: VoteLot) -> int:
        return len(lot.records)


class WhichRecordsSerializer(serializers.Serializer):
    """Records by id, or by a filter as in the address of the list of records."""

    stage = serializers.ChoiceField(Stage.choices)
    query = serializers.CharField(
        max_length=2000,
        required=False,
        allow_blank=True,
        help_text="q=alpha&year_from=2010; empty: all records.",
    )
    records = OfReview(queryset=Record.objects.all(), many=True, required=False)

    def validate(self, data: dict) -> dict:
        if ("query" in data) == ("records" in data):
            raise serializers.ValidationError("Give either query or records.")
        if len(data.get("records", ())) > MOST:
            raise serializers.ValidationError(f"At most {MOST} records by id; use a query for more.")
        return data


class VoteLotAskedSerializer(WhichRecordsSerializer):
    vote = serializers.ChoiceField(Decision.Vote.choices)
    reason = OfReview(queryset=ExclusionReason.objects.all(), allow_null=True, default=None)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")
    key = serializers.UUIDField(default=uuid.uuid4, help_text="Your own; the same key again is the same lot.")


class VoteLotPreviewSerializer(serializers.Serializer):
    taken = serializers.IntegerField(help_text="Get the vote, where a place is free.")
    complete = serializers.IntegerField()
    mine = serializers.IntegerField(help_text="Left: voted on already.")
    elsewhere = serializers.IntegerField(help_text="Left: not at the stage.")


class VoteLotViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ReviewViewSet):
    """One's own votes on many records at once."""

    queryset = VoteLot.objects.none()
    serializer_class = VoteLotSerializer
    permission = Permission.SCREEN

    def get_queryset(self):
        return VoteLot.objects.visible_to(self.membership).order_by("-pk")

    @extend_schema(request=VoteLotAskedSerializer, responses={201: VoteLotSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Cast it; with more than 200 records a job does (named in the answer)."""
        given = valid(VoteLotAskedSerializer(data=request.data, context=self.get_serializer_context()))
        records = self._chosen(given)
        given.pop("records", None)
        lot = bulk_votes.cast_lot(review=self.review, by=self.user, records=records, **given)
        return Response(self.get_serializer(lot).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=WhichRecordsSerializer, responses=VoteLotPreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request, slug: str) -> Response:
        """What a lot would do; nothing is voted."""
        given = valid(WhichRecordsSerializer(data=request.data, context=self.get_serializer_context()))
        found = bulk_votes.preview(
            review=self.review, by=self.user, stage=given["stage"], records=self._chosen(given)
        )
        return Response(VoteLotPreviewSerializer(found).data)

    @extend_schema(request=None, responses=VoteLotSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, slug: str, pk: str) -> Response:
        """Take its votes back, but for those on records that are complete by now."""
        lot = bulk_votes.request_undo_of_lot(review=self.review, by=self.user, lot=self.get_object())
        return Response(self.get_serializer(lot).data)

    def _chosen(self, given: dict) -> RecordQuerySet:
        if "query" in given:
            return found_by(self.membership, given["query"])
        return Record.objects.unique().filter(pk__in=[record.pk for record in given["records"]])
